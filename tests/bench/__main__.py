"""`make bench`, or `python -m tests.bench NAME [OPTION...]` for one of them. Each prints its own table."""

import sys
from importlib import import_module

BENCHES = ("task", "airflow", "dagster", "prefect", "ingest")
"""Modules beside this one, each with a `main(options)`."""


def main(words: list[str]) -> None:
    for name in words[:1] or BENCHES:
        import_module(f"tests.bench.{name}").main(words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
