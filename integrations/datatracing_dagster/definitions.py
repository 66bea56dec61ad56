"""Definitions of the user's, with the tracer in them."""

from dagster import Definitions  # noqa: TID253  # only a Dagster loads this

from datatracing.errors import BadInputError
from datatracing_dagster import compat
from datatracing_dagster.resource import DataTracingResource
from datatracing_dagster.sensor import NAME, watching_sensor

KEY = "datatracing"


def trace(defs: Definitions, resource: DataTracingResource | None = None, *, key: str = KEY) -> Definitions:
    """`defs = trace(Definitions(...))`: adds the resource under `key`, and the sensor that has an agent watch.

    A resource that is there already is used when none is given here, and tracing twice changes nothing. BadInputError
    when something else stands under the key.
    """
    there = (defs.resources or {}).get(key)
    if there is not None and (not isinstance(there, DataTracingResource) or resource not in {None, there}):
        raise BadInputError(
            f"there is another resource {key!r} in these definitions: choose a name with trace(key=...)"
        )
    resources = {} if there is not None else {key: resource or DataTracingResource()}
    sensors = [] if any(each.name == NAME for each in defs.sensors or ()) else [watching_sensor(key)]
    if not resources and not sensors:
        return defs
    return compat.merged(defs, Definitions(resources=resources, sensors=sensors))
