"""One door to DataTracing: the same verbs over a store that is opened here and over a collector elsewhere."""

from typing import TYPE_CHECKING

from datatracing.connection.port import Connection
from datatracing.context.address import is_collector, is_file

if TYPE_CHECKING:
    from datatracing.settings import Settings


def connect(url: str = "", token: str = "", *, migrate: bool = False, settings: "Settings | None" = None) -> Connection:
    """Open a store (`sqlite:///...`, `postgresql://...`) or a collector (`https://host/datatracing`).

    An empty url or token is taken from the settings, which are the environment's unless the host has its own place for
    them. `migrate` creates the tables where they are missing. Raises BadInputError for a URL of no known kind; that the
    store answers is for `check()` to say.
    """
    from datatracing.settings import Settings

    settings = settings or Settings()
    url = (url or settings.store).strip()
    if is_collector(url):
        from datatracing.connection.remote import RemoteConnection

        return RemoteConnection(url, token or settings.token.get_secret_value())
    from datatracing.capture import redaction
    from datatracing.connection.local import LocalConnection
    from datatracing.inbox.limits import Limits
    from datatracing.sampling.policy import default_policy
    from datatracing.store.registry import open_store

    store = open_store(url, migrate=migrate, silence=settings.answer_timeout)
    policy = default_policy(settings.sample_rate)
    limits, redactor = Limits(**settings.limits()), redaction(settings.capture())
    return LocalConnection(store, policy, limits, redactor, settings.namespace)


def connect_and_prepare(settings: "Settings") -> Connection:
    """For who writes. A SQLite file has no administrator, so its tables are made here; elsewhere they have been made,
    and a store that was not prepared raises SchemaMismatchError when it is used."""
    return connect(settings=settings, migrate=is_file(settings.store))


__all__ = ["Connection", "connect", "connect_and_prepare"]
