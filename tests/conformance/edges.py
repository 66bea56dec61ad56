"""Names at the edge of what an orchestrator allows. Standard library only: pipelines under test import it too."""

LIMIT = 250
"""Letters in the longest id that Airflow allows."""


def _filled(start: str, filler: str) -> str:
    return start + filler * (LIMIT - len(start))


LONG_NAME = _filled("edge.of-what_is.allowed.", "x")
"""250 letters with dots and dashes."""

UNICODE_NAME = _filled("größe.данные_数据-", "é")
"""250 letters, most of them two bytes long."""

LONG_RUN = _filled("by:hand+2026-01-01T00:00:00.000000+00:00~größe.", "é")
"""250 letters as a run's id, with colons, dots, plus and tilde."""
