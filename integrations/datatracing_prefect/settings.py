"""What a flow's process has to know, as plain values from the environment: it pays for no settings library."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from datatracing.capture import CaptureSettings
from datatracing.errors import BadInputError

PARAMETER_VALUES = "DATATRACING_PREFECT_PARAMETER_VALUES"
WORDS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


@dataclass(frozen=True)
class TapSettings:
    """`parameter_values`: keep what a flow was called with, redacted, and not the names of its parameters alone."""

    capture: CaptureSettings
    parameter_values: bool = False

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "TapSettings":
        """BadInputError names what does not fit."""
        word = environ.get(PARAMETER_VALUES, "").strip().lower()
        if word not in WORDS:
            raise BadInputError(f"{PARAMETER_VALUES} must be true or false")
        return cls(CaptureSettings.from_env(environ=environ), WORDS[word])
