"""A user's code location with the tracer in it, beside others."""

from dagster import Definitions

from datatracing_dagster import trace

defs = trace(Definitions())
