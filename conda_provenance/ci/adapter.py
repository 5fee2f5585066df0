"""What an adapter is: how one CI system is recognised, and which variables say what of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conda_provenance.ci.environ import Environ
from conda_provenance.ci.fact import Fact, conditions, templates, value_of
from conda_provenance.ci.run import PROVIDER, CIRun, make_run

_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+(?::[^{}]+)?\})+\Z")
_MARK = re.compile(r"\w+(?:=.+)?\Z|(?:\{\w+(?::[^{}]+)?\})+\Z")
_REFERENCE = re.compile(r"[\w.]+:\w+\Z")

FACTS = (
    "run_id", "run_url", "sha", "remote_url", "workspace", "event", "branch", "tag", "pull_request",
    "merge", "head_sha", "head_remote_url", "attempt",
)  # fmt: skip
"""What an adapter can say, in the order of :class:`Adapter`."""

NO_VARIABLE = "no documented variable holds it"
"""The usual reason in :attr:`Adapter.left_out`: the page or source at ``docs`` has nothing."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Adapter:
    """One CI system. It reads variables, and files that they name; nothing else.

    Every fact has one of the forms in :mod:`conda_provenance.ci.fact`.

    Raises :class:`ValueError` for a provider's name that would make ids ambiguous, and for a
    malformed mark, template or reference.
    """

    provider: str
    """Prefix of ``flow_run_id``: lower-case letters, digits and ``-``, a letter first."""
    name: str
    """The system's name for people."""
    docs: str
    """The vendor's page that lists the variables."""
    active: tuple[str, ...]
    """Marks (:meth:`Environ.has`). One of them must be there for this system to be running us."""
    unless: tuple[str, ...] = ()
    """Marks of others that set the same variables. With one of them it is not this system."""
    first: bool = False
    """Does it win wherever it names a run? Set for adapters of other distributions, so that a farm
    that imitates another CI's variables can be told from it."""
    last: bool = False
    """Does it count only where no other system names a run? So with machines and platforms on which
    other systems' runs happen."""
    forge: str = ""
    """Where this vendor hosts repositories too: ``package.module:NAME`` of its
    :class:`~conda_provenance.forges.Forge`. It is loaded when a page is asked for, never to detect
    a run."""
    runs: str = ""
    """Where an id leads to the run's page: ``package.module:NAME`` of its
    :class:`~conda_provenance.runs.Runs`, loaded likewise."""
    ran_by: Fact = None
    """The provider of an id that was passed on from another system, where it is not this one."""
    run_id: Fact = None
    """Unique on its server; ``flow_run_id`` becomes ``{provider}_{run_id}``."""
    run_url: Fact = None
    """The run's page. Credentials, query and fragment are cut off."""
    sha: Fact = None
    """The commit that the run is for. What is no full hash is dropped."""
    remote_url: Fact = None
    """Its repository, in any form that git takes. It becomes https, without credentials."""
    workspace: Fact = None
    event: Fact = None
    branch: Fact = None
    tag: Fact = None
    pull_request: Fact = None
    merge: Fact = None
    """Is the commit a merge that the CI made? Any value means yes."""
    head_sha: Fact = None
    head_remote_url: Fact = None
    attempt: Fact = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Facts that the system does not say, or does not say in a way that could be confirmed, each
    with the reason, such as :data:`NO_VARIABLE`. Git may know them."""

    def __post_init__(self) -> None:
        if not PROVIDER.match(self.provider):
            raise ValueError(
                f"provider {self.provider!r}: its name has lower-case letters, digits and '-' only,"
                " a letter first"
            )

        if not self.active:
            raise ValueError(f'{self.provider}: active is a tuple of marks, such as ("MYCI",)')
        for name in ("active", "unless"):
            self._check_marks(name, getattr(self, name))
        for name in ("ran_by", *FACTS):
            self._check_fact(name, getattr(self, name))

        for name in ("forge", "runs"):
            reference = getattr(self, name)
            if reference and not _REFERENCE.match(reference):
                raise ValueError(
                    f'{self.provider}: {name} is no "package.module:NAME": {reference!r}'
                )

    def _check_marks(self, name: str, given: tuple[str, ...]) -> None:
        if isinstance(given, str):  # its letters would be taken for marks
            raise ValueError(f'{self.provider}: {name} is a tuple of marks, such as ("MYCI",)')
        for mark in given:
            if not _MARK.match(mark):
                raise ValueError(f"{self.provider}: {name} has what is no mark: {mark!r}")

    def _check_fact(self, name: str, fact: Fact) -> None:
        self._check_marks(name, tuple(conditions(fact)))
        for template in templates(fact):
            if not _TEMPLATE.match(template):
                raise ValueError(
                    f"{self.provider}: {name} is no template (text with {{NAME}} or "
                    f"{{NAME:regexp}}, no braces within): {template!r}"
                )

    def is_active(self, environ: Environ) -> bool:
        """Is this system running us, and not one that sets the same variables?"""
        return environ.has_any(self.active) and not environ.has_any(self.unless)

    def run(self, environ: Environ) -> CIRun:
        """What this system says of its run."""
        values = {name: value_of(getattr(self, name), environ) for name in FACTS}

        provider = value_of(self.ran_by, environ)
        if provider:
            return make_run(provider, f"{self.name} on {provider}", **values)
        return make_run(self.provider, self.name, **values)
