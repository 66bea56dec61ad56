"""Settings of one orchestrator's watcher, beside those that all share (`datatracing.settings`)."""

from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from datatracing.errors import BadInputError


class OwnSettings(BaseSettings):
    """Each is `env_prefix` and its name in capitals. What is given as None is the environment's.

    BadInputError names the variable that does not fit.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = f"{self.model_config['env_prefix']}{'_'.join(map(str, first['loc']))}".upper()
            raise BadInputError(f"{name} does not fit: {first['msg']}") from error
