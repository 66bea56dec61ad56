"""The command line. Start-up counts: commands import what they need when they run."""

import sys


def main() -> None:
    """The entry point `datatracing`. Exit codes: 0 done, 1 something is wrong, 2 bad usage, 3 no store, 4 not found."""
    from datatracing.cli.app import run

    sys.exit(run(sys.argv[1:]))
