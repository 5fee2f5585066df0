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
    """What a rule asks. The fields are the keys of the file, and what is said of them here is in
    ``docs/reference/policy.md``."""

    repositories: tuple[str, ...] = ()
    """List of addresses: the package names one of these, and every address that answers is one.
    ``*`` is one whole segment of the path; scheme, host and port must be equal. ``{name}`` stands
    for the package's name: ``https://github.com/conda-forge/{name}-feedstock``."""
    repository_id: str | None = None
    """Number or text: the forge knows the repository by this number. A name that was given up can
    be registered again by somebody else; a number cannot. Without it, ``expected`` says "by name
    only". It needs one repository."""
    owner_id: str | None = None
    """Number or text: the same for the repository's owner. It needs repositories of one owner."""
    checks: tuple[str, ...] = ()
    """List of ids: these checks must pass, besides ``well-formed``, ``commit-exists``,
    ``commit-on-branch`` and ``recipe-matches``, which always must."""
    accept: str = "verified"
    """``"verified"`` or ``"consistent"``: the outcome that is enough for exit status 0."""
    reviews: int = 0
    """Number: approvals that the change must have. It requires the check ``commit-reviewed``."""
    fresh_reviews: bool = False
    """``true`` or ``false``: must they be of the very commit that was merged?"""
    bots: tuple[str, ...] = ()
    """List of logins: bots that the forge takes for people."""
    refs: tuple[str, ...] = ()
    """List of branches and tags: the commit is on one of these: ``main``, ``refs/heads/main``,
    ``refs/tags/v1.0``, with ``*`` for a whole segment. Without it, on the default branch. ``*``
    alone means branches; for tags write ``refs/tags/*``."""
    side_commits: bool = False
    """``true`` or ``false``: may the commit be one that reached the branch only through a merge's
    other parent? It never was the tip of the branch."""
    paths: tuple[str, ...] = ()
    """List of folders: the recipe is in one of these, or below it: ``recipe``, ``recipes/{name}``,
    with ``*`` for a whole segment. ``.`` is the repository's top, so it allows all."""
    strict_extras: bool = False
    """``true`` or ``false``: does a file in the recipe's folder that looks like a leftover
    (``__pycache__/``, ``*~``) refute the package?"""
    generated_recipes: bool = False
    """``true`` or ``false``: are recipes made by the CI, so that no commit has them?"""
    providers: tuple[str, ...] = ()
    """List of CI systems: the package names a run of one of these. ``conda-provenance detect
    --list`` names them all."""
    workflows: tuple[str, ...] = ()
    """List of files: the run is of one of these workflow files. It requires ``run-matches``."""
    runners: tuple[str, ...] = ()
    """List of labels: the run was on one of these. It requires ``run-matches``."""
    ci_hosts: tuple[str, ...] = ()
    """List of addresses: CI servers, organisations or projects that may vouch for a run:
    ``https://ci.example.com``, ``https://dev.azure.com/organisation/project``."""
    signers: tuple[SignerPattern, ...] = ()
    """List of signers: a statement about the package is signed by one of these: the address of a
    workflow with its branch or tag,
    ``https://github.com/o/n/.github/workflows/build.yml@refs/heads/main``, with ``*`` for a whole
    segment, or an e-mail address. It requires the check ``attested``."""
    issuers: tuple[str, ...] = ()
    """List of addresses: who may vouch for a signer. Without it, the public forge of the
    repository: GitHub or gitlab.com."""

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
