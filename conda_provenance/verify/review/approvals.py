"""Which approvals of a change count. How many are wanted is the policy's, and not known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from conda_provenance.forge_api import Account, Change, Review

_NOREPLY = re.compile(r"(?:\d+\+)?(?P<login>[^@+]+)@users\.noreply\.[\w.-]+\Z")
"""The address by which GitHub, Gitea and Forgejo hide a person's own. It names the login."""


class Opinion(NamedTuple):
    """What somebody said who does not count, or may not, and why."""

    login: str
    why: str


class Tally(NamedTuple):
    """The reviews of a change, sorted."""

    counted: tuple[str, ...]
    """Logins of those whose approval counts."""
    unsure: tuple[Opinion, ...]
    """Approvals of which the forge does not tell enough."""
    not_counted: tuple[Opinion, ...]


class _Question(NamedTuple):
    """Something that an approval must not be. ``None``: that is not known."""

    ask: Callable[[Review], bool | None]
    yes: str
    unknown: str = ""


def tally(
    reviews: Sequence[Review],
    change: Change,
    authors: Collection[Account],
    bots: Collection[str],
    *,
    wants_fresh: bool,
) -> Tally:
    """Sort the last words of everybody. ``authors``: of the change's commits."""
    questions = _questions(change, authors, bots)
    counted: list[str] = []
    unsure: list[Opinion] = []
    not_counted: list[Opinion] = []
    for review in reviews:
        login = review.account.login
        refused, doubts = _judged(review, questions, wants_fresh=wants_fresh)
        if refused:
            not_counted.append(Opinion(login, refused))
        elif doubts:
            unsure.append(Opinion(login, doubts))
        else:
            counted.append(login)
    return Tally(tuple(counted), tuple(unsure), tuple(not_counted))


def _questions(
    change: Change, authors: Collection[Account], bots: Collection[str]
) -> tuple[_Question, ...]:
    author = change.author
    return (
        _Question(lambda each: each.is_dismissed, "was dismissed"),
        _Question(lambda each: not each.approves, "asks for changes"),
        _Question(lambda each: each.account.is_deleted, "has an account that is gone"),
        _Question(lambda each: is_bot(each.account, bots), "is a bot"),
        _Question(
            lambda each: _is_author(each.account, author),
            "opened the change",
            "may have opened the change, whose author is not known",
        ),
        _Question(
            lambda each: any(_is_same(each.account, other) for other in authors),
            "wrote commits of the change",
        ),
        _Question(
            lambda each: None if each.has_right is None else not each.has_right,
            "has no right to approve",
            "may have no right to approve: the forge does not tell",
        ),
        _Question(
            lambda each: each.is_stale,
            "approved before the last push",
            "may have approved before the last push: the forge does not tell",
        ),
    )


def _judged(
    review: Review, questions: Sequence[_Question], *, wants_fresh: bool
) -> tuple[str, str]:
    """Why it does not count, or why that is not known. Empty: it counts."""
    doubts = ""
    for question in questions:
        answer = question.ask(review)
        if answer:
            return question.yes, ""
        is_about_push = question is questions[-1]
        if answer is None and (wants_fresh or not is_about_push):
            doubts = doubts or question.unknown
    return "", doubts


def is_bot(account: Account, bots: Collection[str]) -> bool:
    """Is it no person: by the forge, by its login, or by the policy, which lists ``bots``?"""
    names = {account.login.casefold(), *(each.casefold() for each in account.further)}
    is_listed = not names.isdisjoint(each.casefold() for each in bots)
    return bool(account.is_bot) or is_listed or account.login.casefold().endswith("[bot]")


def _is_author(account: Account, author: Account | None) -> bool | None:
    if author is None or author.is_deleted:
        return None
    return _is_same(account, author)


def _is_same(one: Account, other: Account) -> bool:
    """May the two be one person? A commit tells a name and an address only, so any will do."""
    return not _names(one).isdisjoint(_names(other))


def _names(account: Account) -> set[str]:
    names = {each.casefold() for each in (account.login, *account.further) if each}
    for each in tuple(names):
        hidden = _NOREPLY.match(each)
        if hidden:
            names.add(hidden["login"])
    return names
