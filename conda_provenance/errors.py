"""The one exception family: every message is a single sentence with what, where and the remedy.

No message repeats a value that may hold a secret or a terminal escape.
"""


class ProvenanceError(Exception):
    """This project cannot or will not do something. The message says why, in one sentence."""


class UsageError(ProvenanceError):
    """A command was given something that it cannot work with."""


class SettingsError(ProvenanceError):
    """A condarc key or its environment variable has an invalid value."""


class RequirementError(ProvenanceError):
    """The build must not go on: a required key is missing or the recipe folder is dirty.

    A post-build hook raises it to stop a build. No other exception does.
    """


class PackageError(ProvenanceError):
    """A package file cannot be read or stamped. The file is unchanged."""


class RefusedError(PackageError):
    """A package may not be changed, or not without ``overwrite``. The file is unchanged."""


class UnavailableError(ProvenanceError):
    """A server, a service or an index could not be asked. Nothing follows from that."""

    def __init__(self, message: str = "", *, retry_at: float | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at
        """When to try again: seconds since 1970, UTC. Only where the server says it."""


class NotShownError(UnavailableError):
    """The server has no such thing, or does not show it to us. It does not tell which."""
