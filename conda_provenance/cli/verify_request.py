"""Makes of the options of ``verify`` what is expected, which checks run, and how it may ask.

Raises :class:`~conda_provenance.errors.UsageError` for what makes no sense.
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from conda_provenance.bundles import trust
from conda_provenance.cli.target_request import require_no_empty_text
from conda_provenance.cli.verify_options import (
    ASKING_OPTIONS,
    CHECK_OPTIONS,
    EXPECT_OPTIONS,
    LARGE_OPTIONS,
    SIGNED_OPTIONS,
)
from conda_provenance.cli.verify_vsa_options import VSA_OPTIONS
from conda_provenance.condarc import POLICY
from conda_provenance.errors import UsageError
from conda_provenance.policy import Expectations, Policy, load_policy
from conda_provenance.policy.loading import load_policy_of
from conda_provenance.policy.options import Options
from conda_provenance.policy.settings import VerifySettings, load_verify_settings
from conda_provenance.text import show_value
from conda_provenance.verify.attested.given import given_bundle, read_file
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.world import WorldOptions

_TEXTS = {
    each.name: each.flags[-1]
    for each in (
        *EXPECT_OPTIONS,
        *SIGNED_OPTIONS,
        *CHECK_OPTIONS,
        *ASKING_OPTIONS,
        *VSA_OPTIONS,
        *LARGE_OPTIONS,
    )
    if each.metavar
}
"""Options that take any text."""

_OF_THIS_MACHINE = ("offline", "evidence", "token_file")
_ALLOWED = ("http", "private")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def require_sense(arguments: Namespace) -> None:
    """Raise an error for options that contradict each other."""
    given = vars(arguments)
    require_no_empty_text(given, _TEXTS)
    _require_one_way(given)
    if given["evidence_digest"] and not (given["evidence"] and given["offline"]):
        raise UsageError(
            "--evidence-digest means nothing without --evidence and --offline: it says which file "
            "of evidence is to be believed."
        )


def _require_one_way(given: Mapping[str, object]) -> None:
    ways = [f"--{name}" for name in ("merge", "shard", "dask") if given[name]]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} cannot be combined: give one of them.")

    for name in _OF_THIS_MACHINE:
        if given["dask"] and given[name]:
            raise UsageError(
                f"--dask and {_TEXTS.get(name, '--offline')} cannot be combined: a worker has the "
                "network, the files and the tokens of its own machine."
            )

    targets = ("targets", "environment", "prefix", "channels", "lockfiles")
    if given["merge"] and any(given[name] for name in targets):
        raise UsageError(
            "--merge verifies no package: give the files of earlier results, and no more."
        )

    if given["merge"] and given["since_last"]:
        raise UsageError(
            "--merge and --since-last cannot be combined: give --since-last where packages are "
            "verified."
        )


class Criteria(NamedTuple):
    """What is expected of packages, by the options and a policy."""

    options: Options
    policy: Policy | None
    settings: VerifySettings
    """The user's own forges, and how their servers prove who they are."""
    now: float
    """Seconds since 1970, UTC."""
    channel: str | None = None
    """The channel that the packages are for, whatever they are read from."""

    def expect(self, subject: Subject) -> Expectations:
        """What is expected of one package."""
        artifact = subject.artifact
        channel = self.channel or artifact.channel
        return self.options.expectations(
            self.policy, channel, artifact.name, self.now, self.settings.forges
        )


def criteria_of(
    arguments: Namespace, known_checks: Collection[str], now: float, environ: Mapping[str, str]
) -> Criteria:
    """What the options ask of packages, and the settings. The policy is read here."""
    options = Options.parse(
        repositories=arguments.expect_repo or (),
        sha=arguments.expect_sha,
        refs=arguments.expect_ref or (),
        providers=arguments.expect_provider or (),
        only=arguments.only or (),
        skip=arguments.skip or (),
        signers=arguments.cert_identity or (),
        issuers=arguments.cert_oidc_issuer or (),
        known_checks=known_checks,
    )
    settings = load_verify_settings(environ)
    policy = None
    if arguments.policy:
        policy = load_policy(arguments.policy, known_checks)
    elif settings.policy:
        policy = load_policy_of(POLICY, settings.policy, known_checks)
    return Criteria(options, policy, settings, now)


def world_options_of(arguments: Namespace, policy: Policy | None) -> WorldOptions:
    """How the outside may be asked. Files that the options name are read here."""
    bundles = tuple(map(given_bundle, arguments.bundle or ()))
    if arguments.dask and any(each.url for each in bundles):
        raise UsageError(
            "--dask and an address as --bundle cannot be combined: a worker has the network of its "
            "own machine, so fetch the file first."
        )
    root = arguments.trust_root
    return WorldOptions(
        offline=arguments.offline,
        allow=frozenset(_words("--allow", arguments.allow, _ALLOWED)),
        max_age=_seconds(arguments.max_age),
        evidence=arguments.evidence,
        evidence_digests=frozenset(map(_digest, arguments.evidence_digest or ())),
        token_files=tuple(arguments.token_file or ()),
        bundles=bundles,
        trust_root=None if root is None else read_file("--trust-root", root, trust.MAX_SIZE),
        policy_forges=policy.forges if policy else {},
    )


def _words(flag: str, given: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    words = [word.strip() for text in given or () for word in text.split(",")]
    for word in filter(None, words):
        if word not in known:
            raise UsageError(
                f"{flag} does not know {show_value(word, 80)}: it takes {', '.join(known)}."
            )
    return tuple(dict.fromkeys(filter(None, words)))


def _seconds(text: str | None) -> float:
    if text is None:
        return 0.0

    match = re.fullmatch(r"(\d{1,9})\s*([smhdw])", text.strip().lower(), re.ASCII)
    if match is None:
        raise UsageError(
            f"--max-age takes a duration such as 30m, 12h or 1d, not {show_value(text, 40)}."
        )
    return float(int(match[1]) * _UNITS[match[2]])


def _digest(text: str) -> str:
    digest = text.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UsageError(
            f"--evidence-digest takes a sha256 of 64 hexadecimal digits, not "
            f"{show_value(text, 80)}."
        )
    return digest
