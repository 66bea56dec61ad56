"""`doctor`: is everything in order here, and if not, what is to be done?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from datatracing.cli.connecting import Json, Store, chosen
from datatracing.cli.extensions import findings
from datatracing.cli.output import glyphs, print_json, print_page

if TYPE_CHECKING:
    from rich.text import Text

    from datatracing.connection import Connection
    from datatracing.ops.finding import Finding
    from datatracing.settings import Settings


def doctor(*, store: Store = "", json: Json = False) -> None:
    """Check the store, the spool, the disk and the orchestrators. Exit 1 when something has to be done."""
    found = list(_findings(chosen(store), store))
    if json:
        print_json({"ok": all(each.ok for each in found), "findings": [vars(each) for each in found]})
    else:
        print_page(_page(found))
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def _findings(settings: "Settings", store: str) -> "Iterator[Finding]":
    from datatracing import __version__
    from datatracing.capture.inventory import spool_status
    from datatracing.model import clock
    from datatracing.ops import host
    from datatracing.ops.finding import Finding

    yield Finding("version", ok=True, detail=f"DataTracing {__version__}")
    yield _one_store(store)
    yield from _store(settings, "--store" if store else settings.where("store") or "the default")
    yield host.spool(settings.spool_dir, spool_status, clock.now())
    yield host.disk("spool disk", settings.spool_dir, settings.spool_limit)
    yield from findings()


def _one_store(store: str) -> "Finding":
    from datatracing.ops.store_places import Named, named, one_store

    given = [Named("--store", store)] if store else []
    return one_store([*given, *named()])


def _store(settings: "Settings", where: str) -> "Iterator[Finding]":
    from datatracing.connection import connect
    from datatracing.errors import DataTracingError
    from datatracing.ops import host, stored
    from datatracing.store.address import parse

    try:
        connection = connect(settings=settings)
    except DataTracingError as error:
        yield stored.unusable(error, where)
        return
    try:
        first = stored.reachable(connection.url, connection.check, where)
        yield first
        if path := parse(settings.store).path:
            yield host.disk("store disk", path.parent, settings.spool_limit)
        if first.ok:
            yield from _contents(connection, settings)
    finally:
        connection.close()


def _contents(connection: "Connection", settings: "Settings") -> "Iterator[Finding]":
    from datatracing.connection.local import LocalConnection
    from datatracing.model import clock
    from datatracing.ops import stored
    from datatracing.store.search import RunFilter

    yield stored.runs(connection.runs(RunFilter(), 1))
    yield stored.namespaces(connection.runs, settings.namespace)
    if isinstance(connection, LocalConnection):
        yield stored.ledger(connection.store.ledger(limit=1_000), clock.now())


def _page(found: "list[Finding]") -> "Iterator[Text]":
    from rich.text import Text

    from datatracing.cli.terminal.glyphs import STATUS_COLOURS
    from datatracing.cli.terminal.text import plain

    signs, wide = glyphs(), max(len(each.name) for each in found)
    for each in found:
        status = "ok" if each.ok else "problem"
        sign = (signs.statuses[status], STATUS_COLOURS[status])
        yield Text.assemble(sign, f" {status:7}  {each.name:{wide}}  {plain(each.detail)}")
        if each.advice:
            yield Text.assemble(
                " " * (11 + wide + 2), (f"{signs.arrow} {plain(each.advice)}", "bold" if not each.ok else "")
            )
