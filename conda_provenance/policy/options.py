"""What a command line expects of packages, joined with a policy.

An option counts before the policy's key of the same meaning, and takes its whole place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.check_ids import IDS
from conda_provenance.policy.expectations import Expectations
from conda_provenance.policy.keys import nearest, providers
from conda_provenance.policy.policy import Policy, in_order
from conda_provenance.policy.refs import check_ref
from conda_provenance.policy.signers import SignerPattern, parse_issuer
from conda_provenance.text import show_value
from conda_provenance.values import is_full_sha


class Options(NamedTuple):
    """What was given on the command line. It is checked."""

    repositories: tuple[RepositoryPattern, ...] = ()
    sha: str | None = None
    refs: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    signers: tuple[SignerPattern, ...] = ()
    issuers: tuple[str, ...] = ()

    @classmethod
    def parse(
        cls,
        *,
        repositories: Iterable[str] = (),
        sha: str | None = None,
        refs: Iterable[str] = (),
        providers: Iterable[str] = (),
        only: Iterable[str] = (),
        skip: Iterable[str] = (),
        signers: Iterable[str] = (),
        issuers: Iterable[str] = (),
        known_checks: Collection[str] = (),
    ) -> Options:
        """Read the texts of the options, as a user typed them.

        ``only`` and ``skip`` may hold several ids with commas between them. ``known_checks`` are
        the ids of further checks. Raises :class:`~conda_provenance.errors.UsageError`.
        """
        if only and skip:
            raise UsageError("--only and --skip exclude each other: give one of the two.")

        known = tuple(known_checks) or IDS
        return cls(
            tuple(dict.fromkeys(map(RepositoryPattern.parse, repositories))),
            None if sha is None else _sha(sha),
            tuple(dict.fromkeys(map(check_ref, refs))),
            tuple(dict.fromkeys(map(_provider, providers))),
            _check_ids("--only", only, known),
            _check_ids("--skip", skip, known),
            tuple(dict.fromkeys(map(SignerPattern.parse, signers))),
            tuple(dict.fromkeys(map(parse_issuer, issuers))),
        )

    def expectations(
        self,
        policy: Policy | None,
        channel: str | None,
        name: str,
        now: float,
        forge_hosts: Mapping[str, str] | None = None,
    ) -> Expectations:
        """What is expected of one package. ``now``: seconds since 1970, UTC.

        ``forge_hosts`` are the user's own settings, which count before the policy's.
        """
        expected = policy.expectations(channel, name, now) if policy else Expectations()
        if self.repositories:
            expected = expected._replace(
                repositories=self.repositories,
                repositories_by="--expect-repo",
                # The policy's numbers are of the repositories that it names.
                repository_id=None,
                owner_id=None,
            )
        if self.repositories or self.sha or self.providers:
            expected = expected._replace(required=in_order(("expected", *expected.required)))
        if self.signers:
            expected = expected._replace(required=in_order((*expected.required, "attested")))
        own = (self.repositories, self.refs, self.providers, self.only, self.skip)
        is_changed = any((*own, self.signers, self.issuers))
        return expected._replace(
            policy_digest="" if is_changed else expected.policy_digest,
            sha=self.sha,
            refs=self.refs or expected.refs,
            providers=self.providers or expected.providers,
            only=self.only,
            skip=self.skip,
            signers=self.signers or expected.signers,
            issuers=self.issuers or expected.issuers,
            forge_hosts={**expected.forge_hosts, **(forge_hosts or {})},
        )


def _sha(text: str) -> str:
    sha = text.strip().lower()
    if not is_full_sha(sha) or not sha.strip("0"):
        raise UsageError(
            f"--expect-sha {show_value(text) or repr('')} is not a full commit hash: give all of "
            "its 40 digits, or 64 where the repository uses SHA-256 ('git rev-parse REF' prints "
            "them)."
        )
    return sha


def _provider(name: str) -> str:
    known = providers()
    if name not in known:
        raise UsageError(
            f"--expect-provider {show_value(name) or repr('')} is not a known CI system"
            f"{nearest(name, known)}: 'conda provenance detect --list' names them all."
        )
    return name


def _check_ids(option: str, given: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    ids = [each.strip() for text in given for each in text.split(",")]
    for each in ids:
        if each not in known:
            raise UsageError(
                f"{option} {show_value(each) or repr('')} is not a known check"
                f"{nearest(each, known)}: the checks are {', '.join(known)}."
            )
    return tuple(dict.fromkeys(ids))
