"""An adapter: how one CI system is recognised, and what its variables say about a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conda_provenance.ci.environ import Environ
from conda_provenance.ci.fact import Fact, conditions, templates, value_of
from conda_provenance.ci.run import PROVIDER, CIRun, make_run

_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+(?::[^{}]+)?\})+\Z")
_MARK = re.compile(r"\w+(?:=.+)?\Z|(?:\{\w+(?::[^{}]+)?\})+\Z")
_VARIABLE = re.compile(r"\{(\w+)")
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
    """Marks (:meth:`Environ.has`). If none of them is there, this system is not running us."""
    unless: tuple[str, ...] = ()
    """Marks of other systems that set the same variables. If one of them is there, it is not this
    system that runs us."""
    first: bool = False
    """Does it win whenever it names a run? Set for the adapters of other distributions, so that a
    build farm that sets another CI's variables is not taken for that CI."""
    last: bool = False
    """Does it count only if no other system names a run? Set for machines and platforms on which
    the runs of other systems happen."""
    forge: str = ""
    """If this vendor also hosts repositories: ``package.module:NAME`` of its
    :class:`~conda_provenance.forges.Forge`. It is loaded when a page is asked for, never to detect
    a run."""
    runs: str = ""
    """If a run's page can be found from its id: ``package.module:NAME`` of its
    :class:`~conda_provenance.runs.Runs`. It too is loaded only when a page is asked for."""
    forge_api: str = ""
    """If ``verify`` can ask this vendor's forge: ``package.module:NAME`` of its subclass of
    :class:`~conda_provenance.forge_api.ForgeApi`. It is loaded only for that."""
    run_api: str = ""
    """If ``verify`` can ask this CI about a run: ``package.module:NAME`` of its subclass of
    :class:`~conda_provenance.run_api.RunApi`. It is loaded only for that."""
    ran_by: Fact = None
    """The provider of the id, if this system passes on the id of another system's run."""
    run_id: Fact = None
    """Unique on its server; ``flow_run_id`` becomes ``{provider}_{run_id}``."""
    run_url: Fact = None
    """The run's page. Credentials, query and fragment are cut off."""
    sha: Fact = None
    """The commit that the run is for. Anything but a full hash is dropped."""
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
    """Facts that no variable says, or that could not be confirmed, each with the reason, such as
    :data:`NO_VARIABLE`. Git may know some of them."""

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

        for name in ("forge", "runs", "forge_api", "run_api"):
            reference = getattr(self, name)
            if reference and not _REFERENCE.match(reference):
                raise ValueError(
                    f'{self.provider}: {name} is not "package.module:NAME": {reference!r}'
                )

    def _check_marks(self, name: str, given: tuple[str, ...]) -> None:
        if isinstance(given, str):  # its letters would be taken for marks
            raise ValueError(f'{self.provider}: {name} is a tuple of marks, such as ("MYCI",)')
        for mark in given:
            if not _MARK.match(mark):
                raise ValueError(f"{self.provider}: {name} has an item that is no mark: {mark!r}")

    def _check_fact(self, name: str, fact: Fact) -> None:
        self._check_marks(name, tuple(conditions(fact)))
        for template in templates(fact):
            if not _TEMPLATE.match(template):
                raise ValueError(
                    f"{self.provider}: {name} is not a template (text with {{NAME}} or "
                    f"{{NAME:regexp}}, no braces within): {template!r}"
                )

    @property
    def mark_variables(self) -> tuple[str, ...]:
        """The variables that :attr:`active` reads. If none is set, this system is not active."""
        names = (_VARIABLE.findall(mark) or [mark.partition("=")[0]] for mark in self.active)
        return tuple(dict.fromkeys(name for each in names for name in each))

    def is_active(self, environ: Environ) -> bool:
        """Is this system running us, and not one that sets the same variables?"""
        return environ.has_any(self.active) and not environ.has_any(self.unless)

    def names_commit(self, environ: Environ) -> bool:
        """Does this system name a commit, if only as ``HEAD``, a branch or a shortened hash?

        Where it names a repository, there is a commit too.
        """
        return any(value_of(fact, environ) is not None for fact in (self.sha, self.remote_url))

    def run(self, environ: Environ) -> CIRun:
        """What this system says of its run."""
        values = {name: value_of(getattr(self, name), environ) for name in FACTS}

        provider = value_of(self.ran_by, environ)
        if provider:
            return make_run(provider, f"{self.name} on {provider}", **values)
        return make_run(self.provider, self.name, **values)
