"""A code location that needs no code of the user's. In workspace.yaml:

    load_from:
      - python_module: datatracing_dagster.code_location

Its sensor sees the runs of all code locations; its settings are the environment's.
"""

from dagster import Definitions  # noqa: TID253  # only a Dagster loads this

from datatracing_dagster.definitions import trace

defs = trace(Definitions())
