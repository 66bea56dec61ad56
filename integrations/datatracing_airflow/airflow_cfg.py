"""The section `[datatracing]` of airflow.cfg, found and read as Airflow does it, without Airflow."""

import os
import sys
from collections.abc import Mapping
from configparser import (
    ConfigParser,
    DuplicateOptionError,
    DuplicateSectionError,
    Error,
    InterpolationError,
    MissingSectionHeaderError,
    ParsingError,
)
from importlib.util import find_spec
from pathlib import Path

from datatracing.errors import BadInputError

SECTION = "datatracing"
LOADED = "airflow.configuration"


def configuration(environ: Mapping[str, str]) -> Path:
    """Where Airflow's configuration file is, or would be."""
    home = expanded(environ.get("AIRFLOW_HOME") or "~/airflow")
    return Path(expanded(environ.get("AIRFLOW_CONFIG") or "") or os.path.join(home, "airflow.cfg"))  # noqa: PTH118  # as Airflow joins it


def section(environ: Mapping[str, str], file: Path) -> dict[str, str]:
    """Its options as they are after interpolation; none where no Airflow is and none has been named.

    BadInputError when the file cannot be understood: to read on as if it were empty would mean another store.
    """
    named = environ.get("AIRFLOW_CONFIG") or environ.get("AIRFLOW_HOME")
    if not named and find_spec("airflow") is None:
        return {}
    try:
        return _options(_loaded(environ) or _parsed(file))
    except (Error, OSError, UnicodeError) as error:
        reason = _reason(error)
        raise BadInputError(f"{file} cannot be read, so the settings in it are not known: {reason}") from None


def _reason(error: Exception) -> str:
    """In words of ours: a parser's own repeat the line, with the password in it."""
    if isinstance(error, InterpolationError):
        return f"a % in `{error.option}` of [{error.section}] has to be written as %%"
    if isinstance(error, MissingSectionHeaderError):
        return f"line {error.lineno} stands before every section"
    if isinstance(error, ParsingError):
        return f"line {error.errors[0][0]} is neither a section nor an option"
    if isinstance(error, DuplicateSectionError | DuplicateOptionError):
        return f"line {error.lineno} repeats what was said before"
    return getattr(error, "strerror", None) or type(error).__name__


def expanded(text: str) -> str:
    """With variables and ~ in it replaced, again and again as in Airflow."""
    while (replaced := os.path.expanduser(os.path.expandvars(text))) != text:  # noqa: PTH111  # any text, not only paths
        text = replaced
    return text


def _loaded(environ: Mapping[str, str]) -> ConfigParser | None:
    """What Airflow has parsed already in a process of its own, where to parse it again would cost each task 10 ms."""
    loaded = sys.modules.get(LOADED) if environ is os.environ else None
    return getattr(loaded, "conf", None)


def _parsed(file: Path) -> ConfigParser:
    parser = ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep names as they are
    if file.exists():
        parser.read_string(file.read_text(encoding="utf-8"), str(file))
    return parser


def _options(parser: ConfigParser) -> dict[str, str]:
    """By the base class: Airflow's own parser would add the environment and defaults, which have their own place."""
    if not ConfigParser.has_section(parser, SECTION):
        return {}
    return {name: ConfigParser.get(parser, SECTION, name) for name in ConfigParser.options(parser, SECTION)}
