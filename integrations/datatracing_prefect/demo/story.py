"""Prefect's part of `datatracing demo`, in order: a server of its own, one run of the example flow, show."""

import sys
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from datatracing.demo.processes import Programs, free_port, stopped_afterwards
from datatracing.demo.stage import Stage

FAILED = 1
"""How a script ends whose flow raises, as the example is meant to."""


def tell(stage: Stage, keep: bool = False) -> None:
    """The whole of it. With `keep`, Prefect's server stays up until Ctrl-C."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    programs = Programs(stage.room("prefect"), stage.environment(**variables(stage.folder / "prefect", url)))
    stage.say("starting a real Prefect server")
    with stopped_afterwards(programs):
        programs.start("server", prefect("server", "start", "--host", "127.0.0.1", "--port", str(port)))
        programs.wait("Prefect", partial(healthy, port))
        stage.say("running the flow `shop` with @traced: a retry, a map with one bad batch, a subflow")
        programs.run("shop", [sys.executable, str(example())], allowed=(0, FAILED))
        stage.show(programs.wait("the trace", partial(stage.newest, "prefect", "shop"), patience=30))
        if keep:
            stage.stay(f"Prefect is at {url}", programs.check)
        stage.say("stopping Prefect")


def variables(home: Path, url: str) -> dict[str, str]:
    """Prefect's configuration as environment variables."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_UI_API_URL": f"{url}/api",
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }


def healthy(port: int) -> bool:
    """Whether the server answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def prefect(*words: str) -> list[str]:
    """The command line of the Prefect that is installed beside us."""
    return [sys.executable, "-m", "prefect", *words]


def example() -> Path:
    """In a checkout the folder `examples`; in a wheel a copy of it."""
    checkout = Path(__file__).parents[3] / "examples" / "prefect"
    return (checkout if checkout.is_dir() else Path(__file__).parent / "example") / "shop.py"
