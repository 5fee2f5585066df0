"""``Expectations``: what the user and the policy want of one package. It knows no package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.patterns import RepositoryPattern, is_allowed
from conda_provenance.policy.signers import SignerPattern
from conda_provenance.remotes import RemoteUrl

REQUIRED = ("well-formed", "commit-exists", "commit-on-branch", "recipe-matches")
"""The checks without which nothing is verified, where no policy says otherwise."""


class Expectations(NamedTuple):
    """What is expected of one package. Empty means that nobody said anything about it."""

    repositories: tuple[RepositoryPattern, ...] = ()
    """The repositories that it may be from."""
    repositories_by: str = ""
    """Who named them, for sentences: ``--expect-repo`` or ``the policy NAME``."""
    repository_id: str | None = None
    """The forge's own number of the repository: a name may be registered again by another."""
    owner_id: str | None = None
    sha: str | None = None
    refs: tuple[str, ...] = ()
    """Branches and tags, as given: full names (``refs/heads/main``), or short ones. A ``*`` is a
    whole segment. :func:`~conda_provenance.policy.refs.matching_refs` finds those that are
    meant."""
    providers: tuple[str, ...] = ()
    """The CI systems that may have built it."""
    required: tuple[str, ...] = REQUIRED
    """The checks that must pass. An exception of the policy may leave some of :data:`REQUIRED`
    out: their fail refutes nothing then, but "verified" needs all of :data:`REQUIRED` always."""
    only: tuple[str, ...] = ()
    """``--only``: the checks to run. None: all."""
    skip: tuple[str, ...] = ()
    accepts_consistent: bool = False
    """Is "consistent" enough for exit status 0?"""
    reviews: int = 0
    """Approvals that are wanted."""
    fresh_reviews: bool = False
    """Must they be of the commit that was merged?"""
    bots: tuple[str, ...] = ()
    """Logins that are no people, though the forge takes them for some."""
    side_commits: bool = False
    """Is a commit good that reached the branch through a merge's other parent?"""
    paths: tuple[str, ...] = ()
    """Folders in which the recipe must be, or below which, such as ``recipes/numpy``. The package's
    name is filled in already. A ``*`` is a whole segment. None: any."""
    strict_extras: bool = False
    """Do files refute that look like somebody's leftovers in the recipe's folder?"""
    generated_recipe: bool = False
    """Are recipes made by the CI, so that no commit has them?"""
    workflows: tuple[str, ...] = ()
    """Files of the repository that may say what a run does. None: any."""
    runners: tuple[str, ...] = ()
    ci_hosts: tuple[str, ...] = ()
    """CI servers, organisations and projects that may vouch for a run, as addresses."""
    signers: tuple[SignerPattern, ...] = ()
    """Who may sign statements about it. None: whatever workflow of an expected repository."""
    issuers: tuple[str, ...] = ()
    """Who may vouch for a signer, as addresses. None: the expected repository's public forge."""
    forge_hosts: Mapping[str, str] = {}
    """Forges that the user or the policy named: host and vendor."""
    policy_digest: str = ""
    """The sha256 of the policy, if all of this is what it expects and no option changed it."""
    exception: str = ""
    """Why this package is excepted from the policy, if it is. The reason of the policy's author."""
    notes: tuple[str, ...] = ()
    """What else is to be said with the package, each a sentence: an exception that has ended."""

    def has_repository(self, remote: RemoteUrl) -> bool:
        """Is this one of the repositories that the user or the policy named?"""
        return is_allowed(str(remote), self.repositories)
