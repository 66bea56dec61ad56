"""`python -m tests.chaos --seed S --faults N`: exit code 1, and the seed, if an event is neither stored nor named."""

import argparse
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.chaos.play import play


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=None, help="play these faults again")
    parser.add_argument("--faults", type=int, default=500)
    chosen = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="chaos"))
    found = play(folder, seed, chosen.faults)
    print("\n".join(found))
    sys.exit(f"again: make chaos SEED={seed} FAULTS={chosen.faults}; what is left is in {folder}" if found else 0)


if __name__ == "__main__":
    main()
