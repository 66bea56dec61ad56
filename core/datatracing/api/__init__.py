"""The HTTP API: one FastAPI app that stands alone or is mounted into an orchestrator's own server."""

from datatracing.api.app import create_app

__all__ = ["create_app"]
