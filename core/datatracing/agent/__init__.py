"""The process on a host that ships what was captured there, and watches the orchestrator whose records it can reach."""

from datatracing.agent.once import ShipReport, catch_up

__all__ = ["ShipReport", "catch_up"]
