"""``commit-reviewed``: which change brought the commit, and who approved that.

It speaks of the change. Whether somebody read the recipe in it, no server can know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from conda_provenance.forge_api import Account, Change, ForgeApi, host_of, how_to_name
from conda_provenance.remotes import RemoteUrl
from conda_provenance.text import listed, show
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.named import is_named
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.repository import Repository
from conda_provenance.verify.review import (
    Tally,
    bringing_change,
    is_bot,
    tally,
    unreviewed_files,
    wanted_branches,
)
from conda_provenance.verify.review.bringing import named
from conda_provenance.verify.stamped import NAMES_NO_COMMIT, NO_SUCH_COMMIT

_EXISTS = "commit-exists"
_RECIPE = "recipe-matches"
_MAX_SHOWN = 100
_MAX_LISTED = 5
_MAX_REVIEWS = 100


class _Question(NamedTuple):
    """What is asked about one package."""

    case: Case
    world: World
    remote: RemoteUrl
    sha: str
    api: ForgeApi
    git: Repository


class CommitReviewed(Check):
    id = "commit-reviewed"
    summary = "Did a merged change of this repository bring the commit, and who approved it?"
    proves = (
        "that a merged change brought this commit, and that as many approved it as the policy wants"
    )

    def check(self, case: Case, world: World) -> Result:
        remote, sha = case.subject.remote, case.subject.sha
        if remote is None or sha is None:
            return self.not_applicable(NAMES_NO_COMMIT)

        exists = case.results.get(_EXISTS)
        if exists is not None and exists.outcome is Outcome.FAIL:
            return self.not_applicable(NO_SUCH_COMMIT)

        if not is_named(remote, case.expected, world.lookup):
            return self.unavailable(
                f"Only {host_of(remote)} could tell, and it says so of itself: "
                f"{how_to_name(host_of(remote))}."
            )

        api = world.lookup.forge(remote, hint=case.subject.package.claim.provider)
        if not api.has_changes:
            return self.not_applicable(
                f"{host_of(remote)} has no {api.change_word}s: changes come by mail."
            )
        return self._reviewed(
            _Question(case, world, remote, sha, api, world.repositories.of(remote))
        )

    def _reviewed(self, asked: _Question) -> Result:
        repository = asked.api.repository()
        branches = wanted_branches(asked.case.expected.refs, asked.git, repository.default_branch)
        bringing = bringing_change(
            asked.api.changes(asked.sha), asked.sha, repository, branches, asked.api.change_word
        )
        if bringing.change is None:
            nearest = bringing.nearest
            facts = _facts(nearest, asked.case.expected.bots) if nearest else {}
            return self.failed(_sentence(bringing.reason), branches=list(branches), **facts)

        return self._judged(asked, bringing.change)

    def _judged(self, asked: _Question, change: Change) -> Result:
        facts = _facts(change, asked.case.expected.bots)
        recipe = asked.case.results.get(_RECIPE)
        folder = recipe.facts.get("folder") if recipe is not None else None
        files = unreviewed_files(
            asked.world.repositories, asked.git, asked.sha, change.head_sha, folder
        )
        if files:
            return self._changed(asked, change, files, facts, is_recipe=folder is not None)

        expected = asked.case.expected
        counts = _counts(asked, change)
        facts |= _review_facts(counts, expected.reviews)
        start = _brought(asked.api, change, expected.bots)
        if len(counts.counted) >= expected.reviews:
            return self.passed(f"{start}; {_approved(counts)}.", **facts)
        if len(counts.counted) + len(counts.unsure) >= expected.reviews:
            return self.unavailable(f"{start}; {_unsure(counts, expected.reviews)}.", **facts)
        return self.failed(f"{start}; {_missing(counts, expected.reviews)}.", **facts)

    def _changed(
        self,
        asked: _Question,
        change: Change,
        files: Sequence[str],
        facts: Mapping[str, Any],
        *,
        is_recipe: bool,
    ) -> Result:
        names = _listed(show(each, _MAX_SHOWN) for each in files)
        it = f"{asked.api.change_word} {named(change)}"
        facts = {**facts, "unreviewed": list(files[:_MAX_REVIEWS])}
        if is_recipe:
            return self.failed(
                f"The change that brought this commit, {it}, was merged with changes nobody "
                f"reviewed: {names}.",
                **facts,
            )
        return self.unavailable(
            f"The change that brought this commit, {it}, was merged with changes nobody reviewed "
            f"({names}), and which of them are the recipe's is not known.",
            **facts,
        )


def _counts(asked: _Question, change: Change) -> Tally:
    """Who approved. The authors of the commits are asked for only if that can matter."""
    reviews = asked.api.reviews(change)
    authors = asked.api.commit_authors(change) if any(each.approves for each in reviews) else ()
    expected = asked.case.expected
    return tally(reviews, change, authors, expected.bots, wants_fresh=expected.fresh_reviews)


def _facts(change: Change, bots: tuple[str, ...]) -> dict[str, Any]:
    return {
        "change": change.number,
        "url": change.url,
        "base_repository": change.base_repository,
        "base": change.base_ref,
        "head": change.head_sha,
        "merged": change.is_merged,
        "merged_at": change.merged_at,
        "author": _login(change.author),
        "merged_by": _login(change.merged_by),
        "merged_by_bot": is_bot(change.merged_by, bots) if change.merged_by else None,
    }


def _login(account: Account | None) -> str | None:
    return account.login if account is not None else None


def _review_facts(counts: Tally, wanted: int) -> dict[str, Any]:
    return {
        "approved_by": list(counts.counted[:_MAX_REVIEWS]),
        "approvals": len(counts.counted),
        "wanted": wanted,
        "unsure": [each._asdict() for each in counts.unsure[:_MAX_REVIEWS]],
        "not_counted": [each._asdict() for each in counts.not_counted[:_MAX_REVIEWS]],
    }


def _brought(api: ForgeApi, change: Change, bots: tuple[str, ...]) -> str:
    merger = change.merged_by
    by = ""
    if merger is not None:
        by = f" by {'the bot ' if is_bot(merger, bots) else ''}{show(merger.login, _MAX_SHOWN)}"
    return (
        f"The change that brought this commit, {api.change_word} {named(change)}, was merged into "
        f"{show(change.base_ref, _MAX_SHOWN)}{by}"
    )


def _approved(counts: Tally) -> str:
    if counts.counted:
        return f"approved by {_logins(counts.counted)}"
    if counts.unsure:
        return f"{_opinions(counts)}, and no policy wants approvals"
    return f"nobody else approved it{_why_not(counts)}, and no policy wants that"


def _unsure(counts: Tally, wanted: int) -> str:
    return (
        f"{_number(counts, wanted)}, and it cannot be told whether more count: {_opinions(counts)}"
    )


def _missing(counts: Tally, wanted: int) -> str:
    return f"{_number(counts, wanted)}{_why_not(counts)}"


def _number(counts: Tally, wanted: int) -> str:
    approvals = "approval is" if wanted == 1 else "approvals are"
    return f"{wanted} {approvals} wanted and {len(counts.counted)} can be counted"


def _why_not(counts: Tally) -> str:
    return f" ({_opinions(counts)})" if counts.unsure or counts.not_counted else ""


def _opinions(counts: Tally) -> str:
    opinions = (*counts.unsure, *counts.not_counted)
    return _listed(f"{show(each.login, _MAX_SHOWN)} {each.why}" for each in opinions)


def _logins(logins: tuple[str, ...]) -> str:
    return _listed(show(each, _MAX_SHOWN) for each in logins)


def _listed(names: Iterable[str]) -> str:
    return listed(names, "and", _MAX_LISTED)


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."


CHECK = CommitReviewed()
