"""``expected``: the package names what the user or the policy expects. Nothing else is looked at.

It holds the stamped address against the patterns, and every address that answered too: a repository
that was moved to another owner answers at its old address. Whether the commit is there is not known
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Repository
from conda_provenance.patterns import is_allowed, why_unfit
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.text import listed, show_sentence, show_value
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.look_alikes import look_alike
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.subject import Subject

_MAX_SHOWN = 1500
_MAX_NAMED = 3
"""Patterns and addresses that a sentence names."""


class Expected(Check):
    """The repository, commit and CI that the package names are the expected ones.

    It passes only where somebody named the repository. Without that, a commit or a CI that is the
    expected one makes it "not-applicable": nothing is verified against a repository that nobody but
    the package named.
    """

    id = "expected"
    summary = "Is it from a repository, commit and CI system that you or the policy expect?"
    proves = "that the package names them, and that the repository still answers there"

    def check(self, case: Case, world: World) -> Result:
        subject, expected = case.subject, case.expected
        if not subject.package.claim:
            return self.not_applicable(
                "The package claims nothing, so there is nothing to compare with what is expected."
            )

        facts = _facts(subject, expected)
        faults = [*_faults_of_claim(subject, expected), *_faults_of_address(subject, expected)]
        if faults:
            return self.failed(_said(f"It is not what is expected: {_joined(faults)}"), **facts)

        if not expected.repositories:
            return self.not_applicable(_said(_nobody(subject, expected)), **facts)

        if subject.remote is None:
            return self.unavailable("The repository's address cannot be asked.", **facts)

        faults = _faults_of_answers(world, subject.remote, expected, facts)
        if faults:
            return self.failed(_said(f"It is not what is expected: {_joined(faults)}"), **facts)
        return self.passed(_said(_passed(subject, expected)), **facts)


def _facts(subject: Subject, expected: Expectations) -> dict[str, Any]:
    claim = subject.package.claim
    facts: dict[str, Any] = {
        "repository": claim.shown("remote_url") or None,
        "sha": claim.shown("sha") or None,
        "provider": subject.package.claim.provider or None,
        "named_by": expected.repositories_by or None,
        "allowed": [str(each) for each in expected.repositories],
    }
    further: Mapping[str, Any] = {
        "expected_sha": expected.sha,
        "expected_refs": list(expected.refs),
        "expected_providers": list(expected.providers),
        "policy_sha256": expected.policy_digest,
        "exception": expected.exception,
        "notes": list(expected.notes),
    }
    return facts | {key: value for key, value in further.items() if value}


# --- what the package says -----------------------------------------------------------------------


def _faults_of_claim(subject: Subject, expected: Expectations) -> Iterator[str]:
    claim = subject.package.claim
    if expected.sha and claim.sha != expected.sha:
        shown = show_value(claim.shown("sha") or "") or "none"
        yield f"its commit is {shown}, not {expected.sha}"

    provider = subject.package.claim.provider
    if expected.providers and provider not in expected.providers:
        named = f"{show_value(provider, 100)} as its CI" if provider else "no CI run"
        yield f"it names {named}, but {_any_of(expected.providers)} is expected"


def _faults_of_address(subject: Subject, expected: Expectations) -> Iterator[str]:
    """What is wrong with the stamped address, as it stands in the package."""
    claim = subject.package.claim
    if not expected.repositories or is_allowed(claim.remote_url or "", expected.repositories):
        return

    allowed = f"{_by(expected)} {_any_of(map(str, expected.repositories))}"
    if not claim.remote_url:
        yield f"it names no repository, and {allowed}"
        return

    shown = show_value(claim.shown("remote_url") or "")
    unfit = why_unfit(claim.remote_url)
    why = f", since {unfit}" if unfit else look_alike(claim.remote_url, expected.repositories)
    yield f"its repository is {shown}, and {allowed}{why}"


# --- what answers --------------------------------------------------------------------------------


def _faults_of_answers(
    world: World, remote: RemoteUrl, expected: Expectations, facts: dict[str, Any]
) -> list[str]:
    """What is wrong with the addresses that answered, and with the forge's own numbers."""
    addresses = [str(each) for each in world.repositories.of(remote).addresses()]
    facts["addresses"] = addresses
    faults = [
        f"it answers at {show_value(each)}, and {_by(expected)} "
        f"{_any_of(map(str, expected.repositories))}{look_alike(each, expected.repositories)}"
        for each in addresses
        if not is_allowed(each, expected.repositories)
    ]
    if faults or not (expected.repository_id or expected.owner_id):
        return faults

    repository = world.lookup.forge(remote).repository()
    facts |= {"repository_id": repository.id, "owner_id": repository.owner_id}
    return [*_faults_of_numbers(repository, expected), *_faults_of_name(repository, expected)]


def _faults_of_numbers(repository: Repository, expected: Expectations) -> Iterator[str]:
    pairs = (
        ("repository", expected.repository_id, repository.id),
        ("owner", expected.owner_id, repository.owner_id),
    )
    for what, wanted, found in pairs:
        if wanted and found is None:
            raise UnavailableError(
                f"The forge does not say the number of the {what}, which the policy asks for."
            )
        if wanted and found != wanted:
            yield (
                f"the number of its {what} is {show_value(found or '', 100)}, not {wanted}: the "
                "name may have been registered again by another"
            )


def _faults_of_name(repository: Repository, expected: Expectations) -> Iterator[str]:
    """The forge may answer for a repository that has another name by now."""
    if repository.url and not is_allowed(repository.url, expected.repositories):
        yield f"its forge knows it as {show_value(repository.url)}"


# --- sentences -----------------------------------------------------------------------------------


def _passed(subject: Subject, expected: Expectations) -> str:
    shown = show_value(subject.package.claim.shown("remote_url") or "")
    pinned = [
        what
        for what, number in (
            ("repository", expected.repository_id),
            ("owner", expected.owner_id),
        )
        if number
    ]
    if pinned:
        how = f"by name and by the number of its {' and its '.join(pinned)}"
    else:
        how = "by name only, since no number of the forge is pinned"
    return f"The repository is {shown}, which {expected.repositories_by or 'the user'} names, {how}"


def _nobody(subject: Subject, expected: Expectations) -> str:
    shown = show_value(subject.package.claim.shown("remote_url") or "")
    met = [
        what for what, wanted in (("commit", expected.sha), ("CI", expected.providers)) if wanted
    ]
    are = "are" if met[1:] else "is"
    first = f"The {' and the '.join(met)} {are} as expected. " if met else ""
    if not shown:
        return f"{first}The package names no repository, and nobody else named one"

    return (
        f"{first}It is from {shown}, which the package itself names: nobody else named a "
        "repository to compare it with"
    )


def _by(expected: Expectations) -> str:
    return f"{expected.repositories_by or 'the user'} allows"


def _any_of(names: Iterable[str]) -> str:
    return listed(names, "or", _MAX_NAMED)


def _joined(faults: list[str]) -> str:
    more = len(faults) - _MAX_NAMED
    return "; ".join(faults[:_MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")


@lru_cache(maxsize=1000)
def _said(sentence: str) -> str:
    return show_sentence(f"{sentence}.", _MAX_SHOWN)


CHECK = Expected()
