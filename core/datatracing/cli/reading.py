"""`runs`, `trace` and `why`: the commands that read."""

from typing import Annotated, Any

import typer

from datatracing.cli.connecting import Json, RunArgument, Store, connected
from datatracing.cli.output import glyphs, print_json, print_page, terminal_width


def runs(
    *,
    orchestrator: Annotated[str, typer.Option(help="airflow, dagster or prefect.", show_default=False)] = "",
    namespace: Annotated[str, typer.Option(help="The installation's name.", show_default=False)] = "",
    pipeline: Annotated[str, typer.Option(metavar="GLOB", help="A name with * and ?.", show_default=False)] = "",
    state: Annotated[str, typer.Option(help="success, failed, running, ...", show_default=False)] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Started after: 24h, 7d, 2025-01-31T06:00:00Z.", show_default=False)
    ] = "",
    slower_than: Annotated[
        str, typer.Option(metavar="DURATION", help="Took longer than: 90s, 10m, 1h30m.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=500)] = 20,
    cursor: Annotated[str, typer.Option(help="Where the list before this one ended.", show_default=False)] = "",
    store: Store = "",
    json: Json = False,
) -> None:
    """Search runs, newest first."""
    from datatracing.model import clock
    from datatracing.query.runs import RUNS

    words = {"orchestrator": orchestrator, "namespace": namespace, "pipeline": pipeline, "state": state}
    words |= {"since": since, "slower_than": slower_than, "cursor": cursor}
    with connected(store) as connection:
        document = connection.ask(RUNS, limit=limit, **{name: word for name, word in words.items() if word})
    if json:
        print_json(document)
        return
    _print_runs(document, clock.now())


def trace(
    run: RunArgument,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Show every mapped instance.")] = False,
    store: Store = "",
    json: Json = False,
) -> None:
    """Show the trace of a run: a waterfall of its tasks, its links, and why it is stored as it is."""
    from datatracing.model import clock

    with connected(store) as connection:
        document = connection.trace(run)
    if json:
        print_json(document)
        return
    from datatracing.cli.terminal.trace import trace_page

    print_page(trace_page(document, terminal_width(), glyphs(), clock.now(), everything=everything))


def why(run: RunArgument, *, store: Store = "", json: Json = False) -> None:
    """Say what became of a run's data, with the reason at every stage; also of a run that is not there."""
    from datatracing.errors import NotFoundError
    from datatracing.query.here import why_here
    from datatracing.settings import Settings

    settings = Settings()
    with connected(store) as connection:
        document, stored = why_here(connection, run, settings.spool_dir, settings.namespace)
    if json:
        print_json(document)
    else:
        from datatracing.cli.terminal.why import why_page

        print_page(why_page(document, glyphs()))
    if not stored:
        raise NotFoundError(f"{run} is not stored: {document['reason']}")


def _print_runs(document: dict[str, Any], now: int) -> None:
    from rich.text import Text

    from datatracing.cli.terminal.runs import runs_page

    if not document["runs"]:
        print_page([Text("no run matches")])
        return
    print_page(runs_page(document["runs"], glyphs(), now))
    if document["cursor"]:
        print_page([Text(), Text(f"more: the same command with --cursor {document['cursor']}", "bright_black")])
