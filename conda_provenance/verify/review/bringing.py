"""Finds the change that brought a commit into a branch. Who approved it is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conda_provenance import forge_api
from conda_provenance.errors import UnavailableError
from conda_provenance.policy.refs import BRANCHES, TAGS, matching_refs
from conda_provenance.text import listed, show
from conda_provenance.verify.repository import Repository

_SHORT = 12
"""Digits of a commit that Bitbucket Cloud tells."""

_MAX_SHOWN = 100
_MAX_LISTED = 5


class Bringing(NamedTuple):
    """The change that made a commit, or the reason why none did."""

    change: forge_api.Change | None
    reason: str = ""
    """The second half of a sentence. Empty if there is a change."""
    nearest: forge_api.Change | None = None
    """The change that the reason is about."""


def wanted_branches(
    refs: Sequence[str], git: Repository, default_branch: str | None
) -> tuple[str, ...]:
    """The branches that a change may have been merged into. A ``*`` is any one segment.

    Nothing is merged into a tag: where only tags are expected, it is the default branch.
    """
    branches = tuple(name for ref in refs if (name := _branch(ref, git)))
    if branches:
        return branches
    if not default_branch or "*" in default_branch:
        raise UnavailableError(
            f"{git.remote} does not say which branch is its default: name one by --expect-ref."
        )
    return (default_branch,)


def _branch(ref: str, git: Repository) -> str | None:
    if ref.startswith(BRANCHES):
        return ref.removeprefix(BRANCHES)
    if ref.startswith("refs/"):
        return None

    try:
        known = git.refs().commits
    except UnavailableError:
        return ref
    is_tag = TAGS + ref in known and BRANCHES + ref not in known
    return None if is_tag else ref


def _is_into(change: forge_api.Change, branches: Sequence[str]) -> bool:
    full = BRANCHES + change.base_ref
    return any(matching_refs(BRANCHES + each, [full]) for each in branches)


def _branch_in_words(branch: str) -> str:
    """A policy that means any branch lists ``*``, ``*/*`` and so on: a ``*`` is one segment."""
    if set(branch) <= {"*", "/"}:
        return "any branch"

    shown = show(branch, _MAX_SHOWN)
    return f"a branch like {shown}" if "*" in branch else shown


def bringing_change(
    changes: Sequence[forge_api.Change],
    sha: str,
    repository: forge_api.Repository,
    branches: Sequence[str],
    word: str,
) -> Bringing:
    """The merged change of this repository into one of the branches that made this commit."""
    into = listed(dict.fromkeys(map(_branch_in_words, branches)), "or", _MAX_LISTED)
    left = list(changes)
    if not left:
        return Bringing(None, f"no merged {word} brought this commit into {into}")

    for test, reason in (
        (
            lambda each: _is_of(each, repository),
            "{it}, which has this commit, is one of {base}, not of this repository",
        ),
        (lambda each: each.is_merged, "{it}, which has this commit, is not merged"),
        (lambda each: _is_into(each, branches), "{it} was merged into {ref}, not into {into}"),
        (
            lambda each: _made(each, sha),
            "this commit is inside {it}: only what merging it made was reviewed",
        ),
    ):
        nearest, left = left[0], [each for each in left if test(each)]
        if not left:
            return Bringing(None, _filled(reason, nearest, word, into), nearest)

    return Bringing(left[0])


def _filled(reason: str, change: forge_api.Change, word: str, into: str) -> str:
    return reason.format(
        it=f"{word} {named(change)}",
        base=show(change.base_repository, _MAX_SHOWN) or "another repository",
        ref=show(change.base_ref, _MAX_SHOWN),
        into=into,
    )


def named(change: forge_api.Change) -> str:
    """The change's number, as people write it."""
    return f"#{show(change.number, _MAX_SHOWN)}"


def _is_of(change: forge_api.Change, repository: forge_api.Repository) -> bool:
    """Was it merged into this repository? Forges ignore the case of names."""
    base = change.base_repository.casefold()
    return base != "" and base in (repository.full_name.casefold(), repository.id)


def _made(change: forge_api.Change, sha: str) -> bool:
    return any(len(each) >= _SHORT and sha.startswith(each) for each in change.merge_shas)
