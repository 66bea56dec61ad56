"""The assets that steps read and wrote, by URI, so that other orchestrators' assets meet them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from dagster import AssetKey  # noqa: TID253  # only a Dagster loads this
from dagster import DagsterEventType as Type  # noqa: TID253  # same

from datatracing.model.link import Access, AssetUse
from datatracing.model.uris import asset_uri
from datatracing_dagster.records import Records

NAMES = ("dagster/uri", "uri")
"""Metadata that says where an asset really is, the first that is there."""
POINTER = "dagster/input_event_pointer/"
"""Begins a tag of a materialization: behind it stands an asset that was read, its value is the number of the event that
wrote it."""
NOWHERE = "NULL"
"""The pointer to an asset that nothing has written yet."""
STARTS = frozenset({Type.STEP_START, Type.STEP_RESTARTED})


def uses(records: Records, namespace: str) -> Mapping[tuple[str, int], tuple[AssetUse, ...]]:
    """Reads and writes by step key and attempt."""
    attempts: dict[str, int] = defaultdict(int)
    found: dict[tuple[str, int], dict[AssetUse, None]] = defaultdict(dict)
    for entry in records.entries:
        event = entry.dagster_event
        if event.event_type in STARTS:
            attempts[entry.step_key] += 1
        elif entry.step_key is not None and (event_uses := _uses(event, records, namespace)):
            found[entry.step_key, max(attempts[entry.step_key], 1)].update(dict.fromkeys(event_uses))
    return {key: tuple(all_uses) for key, all_uses in found.items()}


def pointers(materialization: Any) -> Iterator[tuple[str, int]]:
    """The assets that were read to make this one, as Dagster names them, and the number of the event behind each."""
    for tag, value in (materialization.tags or {}).items():
        if tag.startswith(POINTER) and value != NOWHERE and value.isdigit():
            yield tag.removeprefix(POINTER), int(value)


def metadata_of(record: Any) -> Mapping[str, Any]:
    """Of the record of a materialization or observation, by name; empty without one."""
    event = record and (record.asset_materialization or getattr(record, "asset_observation", None))
    return event.metadata if event else {}


def uri_of(key: AssetKey, metadata: Mapping[str, Any], namespace: str) -> str:
    """Where the asset's metadata says it is, or else its key below `dagster://` and the installation's name."""
    for name in NAMES:
        value = getattr(metadata.get(name), "value", None)
        if isinstance(value, str) and "://" in value:
            return asset_uri(value)
    return asset_uri(f"dagster://{quote(namespace)}/" + "/".join(quote(part, safe="") for part in key.path))


def _uses(event: Any, records: Records, namespace: str) -> list[AssetUse]:
    data = event.event_specific_data
    if event.event_type is Type.ASSET_MATERIALIZATION:
        made = data.materialization
        read = [_read(name, records.pointed_at(name, number), namespace) for name, number in pointers(made)]
        return [*read, AssetUse(uri_of(made.asset_key, made.metadata, namespace), Access.WRITE)]
    if event.event_type is Type.ASSET_OBSERVATION:
        seen = data.asset_observation
        return [AssetUse(uri_of(seen.asset_key, seen.metadata, namespace), Access.READ)]
    return []


def _read(name: str, record: Any | None, namespace: str) -> AssetUse:
    key = record.asset_key if record is not None else AssetKey.from_user_string(name)
    return AssetUse(uri_of(key, metadata_of(record), namespace), Access.READ)
