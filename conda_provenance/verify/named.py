"""Did somebody other than the package name the server that is asked?

A server that nobody named vouches only for itself: whoever made the package may run it.
"""

from __future__ import annotations

from conda_provenance.forge_api import host_of
from conda_provenance.lookup import Lookup
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl


def is_named(remote: RemoteUrl, expected: Expectations, lookup: Lookup) -> bool:
    """May the repository's server be believed about it?

    So it is if it is a vendor's public one, if the user or the policy says which forge it is, or if
    they expect the package to be from this repository.
    """
    host = host_of(remote)
    if lookup.is_named(host) or any(_is_at(each, host) for each in expected.forge_hosts):
        return True

    return expected.has_repository(remote)


def not_shown(remote: RemoteUrl) -> str:
    """Said alike of a repository that is private and of one that is not there."""
    return (
        f"{remote} cannot be read without a login, and nobody but the package names it: name it "
        "with --expect-repo, or in a policy."
    )


def _is_at(name: str, host: str) -> bool:
    """A name may go on with the path of the forge, as in ``host/gitlab``."""
    return name.partition("/")[0].lower() == host
