"""What the tap costs a task run of Prefect, beside Prefect's own OpenTelemetry and nothing at all."""

import json
import platform
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

from datatracing.store.sql.schema import upgrade
from tests.bench.report import machine, percentile
from tests.prefect_rig.home import Home

ROUNDS = 25
NAMES = {"nothing": "nothing", "datatracing": "DataTracing, `@traced`", "opentelemetry": "Prefect's own OpenTelemetry"}
HEAD = """\
| per task run | blocks | wall p25 / p50 / p75 | processor p50 | added wall | added processor |
|---|---|---|---|---|---|"""


def main(options: list[str]) -> None:
    rounds, where = int(options[0]) if options else ROUNDS, machine()
    folder = Path(tempfile.mkdtemp(prefix="datatracing-bench-"))
    store = f"sqlite:///{folder}/traces.db"
    upgrade(store)
    home = Home(folder / "prefect", {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": f"{folder}/spool"})
    try:
        found = json.loads(home.open().call("tests.bench.prefect_blocks", str(rounds)).stdout.splitlines()[-1])
    finally:
        home.close()
        shutil.rmtree(folder, ignore_errors=True)
    report(found, where)


def report(found, where: str) -> None:
    blocks = found["blocks"]
    print("\n## Prefect\n")
    print(conditions(where), "\n")
    print(HEAD)
    for name, title in NAMES.items():
        print(row(title, blocks[name], blocks["nothing"]))
    in_tap = found["in_tap"]
    print(
        f"\nIn the tap itself: {median(in_tap):.0f} µs per event (p99 {percentile(in_tap, 0.99):.0f}), of which a task "
        f"run that goes well has three; {found['counters']['emitted']} statements were written to the spool, "
        f"{sum(n for name, n in found['counters'].items() if name.startswith('lost.'))} lost."
    )


def row(title: str, blocks, base) -> str:
    wall, used = zip(*blocks, strict=True)
    quartiles = " / ".join(f"{percentile(wall, share):.2f}" for share in (0.25, 0.5, 0.75))
    more = (median(each - other for each, other in zip(of, of_base, strict=True)) for of, of_base in both(blocks, base))
    added = [f"{each:+.2f}" for each in more] if blocks is not base else ["", ""]
    return f"| {title} | {len(blocks)} | {quartiles} | {median(used):.2f} | {' | '.join(added)} |"


def both(blocks, base):
    """Wall times and processor times, each beside those of the same round without anything."""
    return zip(zip(*blocks, strict=True), zip(*base, strict=True), strict=True)


def conditions(where: str) -> str:
    """What a reader needs in order to compare."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("prefect", "opentelemetry-sdk"))
    return (
        "Milliseconds per task run that does nothing, in blocks of 20 called one after the other in a flow. All "
        "conditions in one process against a real server, in random order; what is added is the median difference to "
        f"the block without anything in the same round. {where}. Python {platform.python_version()}, {packages}; "
        "OpenTelemetry exports in batches to memory, DataTracing through its spool to SQLite."
    )
