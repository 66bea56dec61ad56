"""`python -m datatracing.demo [--keep] [--folder DIR] [NAME...]`; exits 0 when every trace was shown."""

import argparse
import sys
from importlib.metadata import entry_points
from pathlib import Path

from datatracing.demo.processes import undisturbed
from datatracing.demo.stage import Stage, Story
from datatracing.errors import DataTracingError

GROUP = "datatracing.demos"


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="datatracing demo")
    parser.add_argument("--keep", action="store_true", help="leave the last orchestrator running until Ctrl-C")
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where everything is kept")
    parser.add_argument("names", nargs="+", help="the orchestrators, in this order")
    chosen = parser.parse_args()
    stage = Stage(chosen.folder)
    try:
        play(stage, chosen.names, keep=chosen.keep)
    except DataTracingError as error:
        print(f"datatracing demo: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ninterrupted; everything that was started is stopped", file=sys.stderr)
        return 130
    return 0


def play(stage: Stage, names: list[str], *, keep: bool) -> None:
    """One story after the other into one store; the last one may stay."""
    stage.prepare()
    try:
        for number, name in enumerate(names, 1):
            story(name)(stage, keep and number == len(names))
    finally:
        with undisturbed():
            stage.leave()
    stage.say("done")
    print(stage.further())


def story(name: str) -> Story:
    """What the orchestrator's package has to show."""
    found: Story = entry_points(group=GROUP)[name].load()
    return found


if __name__ == "__main__":
    sys.exit(main())
