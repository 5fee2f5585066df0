"""Says in plain sentences what is expected of a package. Whether it is met is not known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conda_provenance.policy.expectations import REQUIRED, Expectations
from conda_provenance.text import listed, show

_MAX_NAMED = 10


def sentences(expected: Expectations) -> tuple[str, ...]:
    """Each of them fit to be shown."""
    return tuple(
        show(each, 1000)
        for part in (_origin, _review, _run, _signature, _recipe, _outcome)
        for each in part(expected)
    )


def _origin(expected: Expectations) -> Iterator[str]:
    if expected.repositories:
        yield f"It must be from {_any_of(map(str, expected.repositories))}."
    else:
        yield "No repository is named, so it cannot be verified: name one with --expect-repo."

    if expected.repository_id:
        yield f"The forge must know that repository by the number {expected.repository_id}."
    if expected.owner_id:
        yield f"The forge must know the repository's owner by the number {expected.owner_id}."

    where = "the default branch"
    if expected.refs:
        where = f"{_any_of(expected.refs)} ('*' is one whole segment of a name)"
        where = where if any("*" in each for each in expected.refs) else _any_of(expected.refs)
    yield f"Its commit must be on {where}."
    if expected.side_commits:
        yield "A commit is good too that came there through a merge's other parent."


def _review(expected: Expectations) -> Iterator[str]:
    if expected.reviews:
        fresh = " of the very commit that was merged" if expected.fresh_reviews else ""
        approvals = "1 approval" if expected.reviews == 1 else f"{expected.reviews} approvals"
        yield f"The change that brought the commit must have {approvals}{fresh}."
    if expected.bots:
        yield f"These logins are no people: {_and(expected.bots)}."


def _run(expected: Expectations) -> Iterator[str]:
    if expected.providers:
        yield f"It must name a run of {_any_of(expected.providers)}."
    if expected.workflows:
        yield f"What the run does must be said by {_any_of(expected.workflows)}."
    if expected.runners:
        yield f"The run must be on {_any_of(expected.runners)}."
    if expected.ci_hosts:
        yield f"These may vouch for a run: {_and(expected.ci_hosts)}."


def _signature(expected: Expectations) -> Iterator[str]:
    if expected.signers:
        yield f"A statement about it must be signed by {_any_of(map(str, expected.signers))}."
    if expected.issuers:
        yield f"These may vouch for whoever signs: {_and(expected.issuers)}."


def _recipe(expected: Expectations) -> Iterator[str]:
    if expected.paths:
        places = (each or "the top of the repository" for each in expected.paths)
        yield f"Its recipe must be in {_any_of(places)}, or below."
    if expected.strict_extras:
        yield "Files in the recipe that look like somebody's leftovers refute it."
    if expected.generated_recipe:
        yield "Its recipe is made by the CI, so no commit need have it."


def _outcome(expected: Expectations) -> Iterator[str]:
    yield f"These checks must pass: {_and(expected.required, limit=100)}."
    missing = [each for each in REQUIRED if each not in expected.required]
    if missing:
        yield f"Without {_and(missing)}, it is never called verified."
    if expected.accepts_consistent:
        yield '"consistent" is enough for exit status 0.'
    else:
        yield '"verified" alone is enough for exit status 0.'


def _any_of(names: Iterable[str]) -> str:
    return listed(names, "or", _MAX_NAMED)


def _and(names: Iterable[str], limit: int = _MAX_NAMED) -> str:
    return listed(names, "and", limit)
