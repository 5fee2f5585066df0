"""What an adapter is: how one CI system is told from its variables, and which of them says what of the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from conda_provenance.values import MAX_LENGTH, clean_or_none, is_plain, is_run

_PROVIDER = re.compile(r"[a-z][a-z0-9-]*\Z")
_VARIABLE = re.compile(r"\{(\w+)(?::([^{}]+))?\}")
_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+(?::[^{}]+)?\})+\Z")
_MARK = re.compile(r"\w+(?:=.+)?\Z|(?:\{\w+(?::[^{}]+)?\})+\Z")


class Environ(Mapping[str, str]):
    """A CI's variables, as adapters see them: empty ones are absent, as are those with control characters or over-long.

    So no adapter needs a guard of its own against ``BUILDKITE_TAG=""`` or a line break in an id. Of Windows, where a name's
    case does not count, a copy has its names in upper case; they are found by either.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._any_case = self._variables.get("OS") == "Windows_NT"

    def __getitem__(self, name: str) -> str:
        raw = self._variables.get(name)
        if raw is None and self._any_case:
            raw = self._variables.get(name.upper())
        if (
            raw is None
            or len(raw) > MAX_LENGTH
            or not (value := raw.strip())
            or not value.isprintable()
        ):
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._variables if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def on(self, name: str) -> bool:
        """Is this marker set? CIs write ``true``, ``True``, ``1`` or their own name; ``false`` and ``0`` mean no."""
        value = self.get(name)
        return value is not None and value.lower() not in ("false", "0", "no", "off")

    def first(self, *names: str) -> str | None:
        """The first of these variables that has a value."""
        return next((value for name in names if (value := self.get(name)) is not None), None)

    def has(self, mark: str) -> bool:
        """Is this mark to be seen? ``NAME`` is on, ``NAME=value`` has that value.

        A mark may also be a template, which then must be whole: ``{NAME:regexp}``, or ``{ONE}{OTHER}`` for two at once.
        """
        if mark.startswith("{"):
            return self.fill(mark) is not None
        name, equals, value = mark.partition("=")
        return self.get(name) == value if equals else self.on(name)

    def fill(self, template: str) -> str | None:
        """``template`` with each ``{NAME}`` replaced; ``None`` if one is missing, so that nothing is half made.

        ``{NAME:regexp}`` asks that the value match wholly; its first group, or without one the match, is put in.
        """
        parts, end = [], 0
        for variable in _VARIABLE.finditer(template):
            value = self.get(variable[1])
            if value is not None and variable[2]:
                match = re.fullmatch(variable[2], value, re.ASCII)
                value = match and match[1 if match.re.groups else 0]
            if not value:
                return None
            parts += [template[end : variable.start()], value]
            end = variable.end()
        return "".join([*parts, template[end:]])


Fact: TypeAlias = str | tuple[str, ...] | Callable[[Environ], str | None] | None
"""How a fact is made: a template for :meth:`Environ.fill`, several of which the first that is whole counts, or a function."""


@dataclass(frozen=True)
class CIRun:
    """What a CI says of the run we are in. Whatever it does not say, or says in a form that cannot be used, is ``None``."""

    provider: str
    """Prefix of ``flow_run_id``, such as ``github``."""
    name: str
    """The system's name for people, such as ``GitHub Actions``."""
    flow_run_id: str | None = None
    flow_run_url: str | None = None
    sha: str | None = None
    """Full hash of the commit that the run is for."""
    remote_url: str | None = None
    workspace: str | None = None
    """Folder of the checkout: what lies elsewhere need not be of this repository."""
    event: str | None = None
    """What started the run, in the CI's own word: ``push``, ``pull_request``, ``schedule``, …"""
    branch: str | None = None
    tag: str | None = None
    pull_request: str | None = None
    """Number of the pull request, merge request or change that is built."""
    merge: bool = False
    """Is ``sha`` a merge commit that the CI made for the pull request, which may be gone later?"""
    head_sha: str | None = None
    """The pull request's own last commit."""
    head_remote_url: str | None = None
    """The repository that the pull request comes from."""
    attempt: str | None = None
    """Which try of the same run this is, from 1."""
    rivals: tuple[str, ...] = ()
    """Names of other systems that name a run as well."""


FACTS = (
    "run_id", "run_url", "sha", "remote_url", "workspace", "event", "branch", "tag", "pull_request", "merge",
    "head_sha", "head_remote_url", "attempt",
)  # fmt: skip
"""What an adapter can say, in the order of :class:`Adapter`."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Adapter:
    """One CI system. It reads the variables, and files that they name; nothing else.

    Raises :class:`ValueError` for a provider's name by which an id could not be told apart again, and for a malformed template.
    """

    provider: str
    """Prefix of ``flow_run_id``: lower-case letters, digits and ``-``; without ``_``, so that an id splits at its first."""
    name: str
    docs: str
    """The vendor's page that lists the variables."""
    active: tuple[str, ...]
    """Marks (:meth:`Environ.has`), of which one must be seen for this system to be running us."""
    unless: tuple[str, ...] = ()
    """Marks of others that set the same variables: with one of them it is not this system."""
    first: bool = False
    """Is it believed wherever it names a run? Adapters of other distributions are, so that a farm that imitates
    another CI's variables can be told from it."""
    last: bool = False
    """Is it believed only where no other names a run? Such are machines and platforms on which other systems' runs happen."""
    ran_by: Fact = None
    """The provider that an id handed on from elsewhere names, where it is not this one."""
    run_id: Fact = None
    """Unambiguous on the server, and whole; ``flow_run_id`` becomes ``{provider}_{run_id}``."""
    run_url: Fact = None
    sha: Fact = None
    remote_url: Fact = None
    """Any form of URL; it becomes https, and credentials are dropped."""
    workspace: Fact = None
    event: Fact = None
    branch: Fact = None
    tag: Fact = None
    pull_request: Fact = None
    merge: Fact = None
    """Anything at all means yes."""
    head_sha: Fact = None
    head_remote_url: Fact = None
    attempt: Fact = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Facts that are left to git, or unsaid, with the reason: the system does not tell them, or how it does is not confirmed."""

    def __post_init__(self) -> None:
        if not _PROVIDER.match(self.provider):
            raise ValueError(
                f"provider {self.provider!r}: its name has lower-case letters, digits and '-' only, a letter first"
            )
        for field_name in ("active", "unless"):
            marks = getattr(self, field_name)
            if isinstance(marks, str) or (field_name == "active" and not marks):
                raise ValueError(
                    f'{self.provider}: {field_name} is a tuple of marks, such as ("MYCI",)'
                )
            for mark in marks:
                if not _MARK.match(mark):
                    raise ValueError(f"{self.provider}: {field_name} has what is no mark: {mark!r}")
        for name in ("ran_by", *FACTS):
            fact: Fact = getattr(self, name)
            for template in (
                (fact,) if isinstance(fact, str) else fact if isinstance(fact, tuple) else ()
            ):
                if not _TEMPLATE.match(template):
                    raise ValueError(
                        f"{self.provider}: {name} is no template (text with {{NAME}} or {{NAME:regexp}}, no braces within): "
                        f"{template!r}"
                    )

    def is_active(self, environ: Environ) -> bool:
        """Is this system running us, and not one that sets the same variables?"""
        return any(map(environ.has, self.active)) and not any(map(environ.has, self.unless))

    def run(self, environ: Environ) -> CIRun:
        """What this system says of its run."""
        said = {name: make(getattr(self, name), environ) for name in FACTS}
        provider = make(self.ran_by, environ)
        if provider:
            return make_run(provider, f"{self.name} on {provider}", **said)
        return make_run(self.provider, self.name, **said)


def make(fact: Fact, environ: Environ) -> str | None:
    """The fact's raw value in this environment."""
    if fact is None or isinstance(fact, str):
        return fact and environ.fill(fact)
    if isinstance(fact, tuple):
        return next(
            (value for template in fact if (value := environ.fill(template)) is not None), None
        )
    return fact(environ)


def make_run(provider: str, name: str, *, merge: str | None = None, **said: str | None) -> CIRun:
    """A :class:`CIRun` from raw values: those that are no full hash or no clean URL are dropped; an id needs its run part.

    Raises :class:`ValueError` for a provider's name by which an id could not be told apart again.
    """
    if not _PROVIDER.match(provider):
        raise ValueError("a provider's name has lower-case letters, digits and '-' only")
    run_id = said.pop("run_id", None)
    flow_run_id = f"{provider}_{run_id}" if run_id and is_run(run_id) else None

    return CIRun(
        provider=provider,
        name=name,
        flow_run_id=clean_or_none("flow_run_id", flow_run_id),
        flow_run_url=clean_or_none("flow_run_url", said.pop("run_url", None)),
        sha=_sha(said.pop("sha", None)),
        remote_url=clean_or_none("remote_url", said.pop("remote_url", None)),
        head_sha=_sha(said.pop("head_sha", None)),
        head_remote_url=clean_or_none("remote_url", said.pop("head_remote_url", None)),
        merge=bool(merge),
        **{key: text if text and is_plain(text) else None for key, text in said.items()},  # type: ignore[arg-type]
    )


def _sha(text: str | None) -> str | None:
    return clean_or_none("sha", text and text.lower())
