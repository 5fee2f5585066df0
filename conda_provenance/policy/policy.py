"""``Policy``: rules, exceptions, and what they expect of one package.

The first rule that fits a package counts, alone. Every exception that fits and has not ended counts
too. How a policy is written down is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from typing import NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.channels import channel_address
from conda_provenance.policy.check_ids import IDS
from conda_provenance.policy.expectations import REQUIRED, Expectations
from conda_provenance.policy.names import NamePattern, filled_in, fit_name
from conda_provenance.policy.signers import SignerPattern


class Terms(NamedTuple):
    """What a rule asks. The fields are the keys of the file; see ``docs/reference/policy.md``."""

    repositories: tuple[str, ...] = ()
    repository_id: str | None = None
    owner_id: str | None = None
    checks: tuple[str, ...] = ()
    accept: str = "verified"
    reviews: int = 0
    fresh_reviews: bool = False
    bots: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    side_commits: bool = False
    paths: tuple[str, ...] = ()
    strict_extras: bool = False
    generated_recipes: bool = False
    providers: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    runners: tuple[str, ...] = ()
    ci_hosts: tuple[str, ...] = ()
    signers: tuple[SignerPattern, ...] = ()
    issuers: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """The checks that must pass: what cannot be asked without a check requires it."""
        expected = ("expected",) if self.repositories or self.providers else ()
        reviewed = ("commit-reviewed",) if self.reviews else ()
        run = ("run-matches",) if self.workflows or self.runners else ()
        attested = ("attested",) if self.signers else ()
        return in_order((*expected, *REQUIRED, *reviewed, *run, *attested, *self.checks))


def in_order(checks: Iterable[str]) -> tuple[str, ...]:
    """Each check once, in the order in which they run. Other distributions' are last."""
    given = dict.fromkeys(checks)
    return (
        *(each for each in IDS if each in given),
        *(each for each in given if each not in IDS),
    )


class Scope(NamedTuple):
    """Which packages are meant."""

    packages: tuple[NamePattern, ...]
    channels: tuple[str, ...] = ()
    """Addresses, as :func:`channel_address` gives them. None: any channel, and packages of which no
    channel is known."""
    exact: frozenset[str] = frozenset()
    """Those of ``packages`` that are plain names: a policy may list thousands."""
    wide: tuple[NamePattern, ...] = ()
    """The others."""

    @classmethod
    def of(cls, packages: tuple[NamePattern, ...], channels: tuple[str, ...] = ()) -> Scope:
        exact = frozenset(each.text for each in packages if each.is_exact)
        return cls(packages, channels, exact, tuple(each for each in packages if not each.is_exact))

    def fits(self, channel: str | None, name: str) -> bool:
        """``name`` is one that :func:`fit_name` gave."""
        if self.channels and channel_address(channel or "") not in self.channels:
            return False
        return name in self.exact or any(pattern.matches(name) for pattern in self.wide)

    def covers(self, pattern: NamePattern) -> bool:
        """Are all names that ``pattern`` matches in here?"""
        return pattern.text in self.exact or any(each.covers(pattern) for each in self.wide)


class Rule(NamedTuple):
    """What is expected of some packages."""

    scope: Scope
    terms: Terms
    line: int = 0
    """Where it begins in the file."""


class PolicyException(NamedTuple):
    """What is not held against some packages, until a day."""

    scope: Scope
    reason: str
    until: date
    """The last day, in UTC."""
    waive: tuple[str, ...] = ()
    """Checks that need not pass."""
    repositories: tuple[str, ...] = ()
    """Further repositories that are allowed."""
    accepts_consistent: bool = False
    line: int = 0

    def has_ended(self, now: float) -> bool:
        """Is it later than the last day? ``now``: seconds since 1970, UTC."""
        return datetime.fromtimestamp(now, timezone.utc).date() > self.until


class Applied(NamedTuple):
    """What of a policy is about one package."""

    rule: Rule | None
    """``None``: no rule is about it, and nothing else here counts."""
    repositories: tuple[RepositoryPattern, ...] = ()
    """Those that the rule and the exceptions allow."""
    exceptions: tuple[PolicyException, ...] = ()
    ended: tuple[PolicyException, ...] = ()


class Policy(NamedTuple):
    """A whole policy."""

    name: str
    location: str
    """Its file, as it was given, or the name of a ready one."""
    digest: str
    """The sha256 of the file's bytes, as hex."""
    rules: tuple[Rule, ...]
    exceptions: tuple[PolicyException, ...] = ()
    forges: Mapping[str, str] = {}
    """Hosts, with a port where it is not the usual one, and the vendor of the forge there."""
    description: str = ""

    def applied(self, channel: str | None, name: str, now: float) -> Applied:
        """The rule and the exceptions for a package. ``now``: seconds since 1970, UTC."""
        fit = fit_name(name)
        rule = next((each for each in self.rules if fit and each.scope.fits(channel, fit)), None)
        if fit is None or rule is None:
            return Applied(None)

        mine = [each for each in self.exceptions if each.scope.fits(channel, fit)]
        counting = tuple(each for each in mine if not each.has_ended(now))
        further = (each for exception in counting for each in exception.repositories)
        try:
            repositories = _patterns((*rule.terms.repositories, *further), fit)
        except UsageError:  # The package's name is none that a repository can have.
            return Applied(None)
        return Applied(
            rule, repositories, counting, tuple(each for each in mine if each.has_ended(now))
        )

    def expectations(self, channel: str | None, name: str, now: float) -> Expectations:
        """What is expected of a package.

        Without a rule for it nobody named its repository, so it cannot be verified.
        """
        applied = self.applied(channel, name, now)
        if applied.rule is None:
            note = f"The policy {self.name} has no rule for this package."
            return Expectations(forge_hosts=self.forges, notes=(note,))

        terms, repositories = applied.rule.terms, applied.repositories
        has_further = any(exception.repositories for exception in applied.exceptions)
        waived = {each for exception in applied.exceptions for each in exception.waive}
        return Expectations(
            repositories=repositories,
            repositories_by=f"the policy {self.name}" if repositories else "",
            # Another repository has another number.
            repository_id=None if has_further else terms.repository_id,
            owner_id=None if has_further else terms.owner_id,
            refs=terms.refs,
            providers=terms.providers,
            required=tuple(each for each in terms.required if each not in waived),
            accepts_consistent=_accepts(terms, applied.exceptions),
            reviews=terms.reviews,
            fresh_reviews=terms.fresh_reviews,
            bots=terms.bots,
            side_commits=terms.side_commits,
            paths=tuple(filled_in(path, name.lower()) for path in terms.paths),
            strict_extras=terms.strict_extras,
            generated_recipe=terms.generated_recipes,
            workflows=terms.workflows,
            runners=terms.runners,
            ci_hosts=terms.ci_hosts,
            signers=terms.signers,
            issuers=terms.issuers,
            forge_hosts=self.forges,
            policy_digest=self.digest,
            exception=" ".join(each.reason for each in applied.exceptions),
            notes=tuple(ended_note(each) for each in applied.ended),
        )


def ended_note(exception: PolicyException) -> str:
    """What is said of an exception that no longer counts."""
    return (
        f"An exception of the policy ended on {exception.until.isoformat()} and does not count any "
        f"more: {exception.reason}"
    )


def _accepts(terms: Terms, exceptions: Iterable[PolicyException]) -> bool:
    return terms.accept == "consistent" or any(each.accepts_consistent for each in exceptions)


def _patterns(templates: Iterable[str], name: str) -> tuple[RepositoryPattern, ...]:
    return tuple(RepositoryPattern.parse(filled_in(each, name)) for each in templates)
