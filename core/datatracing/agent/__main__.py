"""`python -m datatracing.agent`: how hosts start it. Settings come from the environment, which the host has filled in.

Until it has a duty it is standard library only, so one that stands by costs next to nothing.
"""

import argparse
import logging
import resource
import signal
import sys
from logging.handlers import RotatingFileHandler

from datatracing.agent.agent import Agent
from datatracing.capture.settings import CaptureSettings

LOG = "agent.log"
LOG_BYTES = 1024 * 1024
LOG_LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def main() -> None:
    """Run until there is nothing left to attend to."""
    given = _arguments()
    settings = _settings().anchored()
    _log_into(settings)
    if given.once:
        from datatracing.agent.once import catch_up

        sys.exit(catch_up(settings, bound=None).waits)
    _begin_anew()
    agent = Agent(settings, attend=given.attend, on_demand=not given.attend)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: agent.stop())
    agent.run()


def _settings() -> CaptureSettings:
    """The environment's; every place is asked only where that names no store."""
    settings = CaptureSettings.from_env()
    if settings.store:
        return settings
    from datatracing.settings import Settings

    return Settings().capture()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m datatracing.agent")
    parser.add_argument("--attend", type=int, default=0, help="end with the process of this id")
    parser.add_argument("--once", action="store_true", help="send what is there, and end")
    return parser.parse_args()


def _begin_anew() -> None:
    """A host hands on its signal mask, whether it ignores its children, and how many files it may open."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _log_into(settings: CaptureSettings) -> None:
    settings.spool_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(settings.spool_dir / LOG, maxBytes=LOG_BYTES, backupCount=1, delay=True)
    logging.basicConfig(format=LOG_LINE, level=logging.WARNING, handlers=[handler])
    logging.getLogger("datatracing").setLevel(logging.INFO)


if __name__ == "__main__":
    main()
