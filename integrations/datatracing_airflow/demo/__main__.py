"""`python -m datatracing_airflow.demo [--keep] [--folder DIR]`; exits 0 when the trace was shown."""

import argparse
import sys
from pathlib import Path

from datatracing.errors import DataTracingError
from datatracing_airflow.demo.story import Story


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="datatracing demo")
    parser.add_argument("--keep", action="store_true", help="leave Airflow running until Ctrl-C")
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where everything is kept")
    chosen = parser.parse_args()
    try:
        Story(chosen.folder).tell(chosen.keep)
    except DataTracingError as error:
        print(f"datatracing demo: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ninterrupted; everything that was started is stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
