"""`python -m tests.chaos --seed S --faults N`: exit code 1, and the seed, if an event is neither stored nor named.

On Postgres and then on SQLite, the same faults on each.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.chaos.keeper import KEEPERS
from tests.chaos.play import play


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=None, help="play these faults again")
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--store", choices=KEEPERS, action="append", help="on this store only")
    chosen = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="chaos"))
    for store in chosen.store or KEEPERS:
        (folder / store).mkdir()
        if found := play(folder / store, seed, chosen.faults, store):
            print("\n".join(found))
            again = f"make chaos SEED={seed} FAULTS={chosen.faults} STORE={store}"
            sys.exit(f"again: {again}; what is left is in {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
