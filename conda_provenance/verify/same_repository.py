"""Are two addresses those of one repository? Whether it is there is not known here."""

from __future__ import annotations

from conda_provenance.remotes import RemoteUrl, RemoteUrlError


def is_same_repository(address: str, remote: RemoteUrl) -> bool | None:
    """Forges take a path in any case for the same. ``None``: it is no address to compare."""
    try:
        other = RemoteUrl.parse(address)
    except RemoteUrlError:
        return None

    is_same_path = other.path.lower() == remote.path.lower()
    return is_same_path and other.host == remote.host and other.port == remote.port
