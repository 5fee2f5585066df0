"""What an adapter is: one CI system's two answers, "is it me?" and "which run is this?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from conda_provenance.provenance import MAX_LENGTH, is_full_sha
from conda_provenance.remotes import RemoteUrl, RemoteUrlError, clean_page_url, clean_run_id

_PROVIDER = re.compile(r"[a-z][a-z0-9-]*\Z")


class Environ(Mapping[str, str]):
    """A CI's variables, as adapters see them: empty ones are absent, as are those with control characters or over-long.

    So no adapter needs a guard of its own against ``BUILDKITE_TAG=""`` or a line break in an id.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        value = self._variables[name].strip()
        if not value or len(value) > MAX_LENGTH or not value.isprintable():
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
        return self.get(name, "false").lower() not in ("false", "0", "no", "off")

    def any_on(self, *names: str) -> bool:
        """Is one of these markers set?"""
        return any(self.on(name) for name in names)

    def first(self, *names: str) -> str | None:
        """The first of these variables that has a value."""
        return next((value for name in names if (value := self.get(name)) is not None), None)

    def fill(self, template: str) -> str | None:
        """``template`` with each ``{NAME}`` replaced; ``None`` if one is missing, so that nothing is half made."""
        try:
            return re.sub(r"\{(\w+)\}", lambda match: self[match[1]], template)
        except KeyError:
            return None


@dataclass(frozen=True, slots=True)
class CIRun:
    """What a CI says of the run we are in. Whatever it does not say, or says in a form that cannot be used, is ``None``."""

    provider: str
    """Prefix of ``flow_run_id``, such as ``github``."""
    name: str
    """The system's name for people, such as ``GitHub Actions``."""
    flow_run_id: str | None = None
    flow_run_url: str | None = None
    sha: str | None = None
    """Full hash of the commit that triggered the run."""
    remote_url: str | None = None
    workspace: str | None = None
    """Folder of the checkout: what lies elsewhere need not be of this repository."""
    merge_of: str | None = None
    """The pull request whose short-lived merge commit ``sha`` is."""


def make_run(
    provider: str,
    name: str,
    *,
    run_id: str | None = None,
    run_url: str | None = None,
    sha: str | None = None,
    remote_url: str | None = None,
    workspace: str | None = None,
    merge_of: str | None = None,
) -> CIRun:
    """A :class:`CIRun` from raw values: those that are no full hash or no clean URL are dropped; an id needs its run part.

    Raises :class:`ValueError` for a provider's name by which an id could not be told apart again.
    """
    if not _PROVIDER.match(provider):
        raise ValueError("a provider's name has lower-case letters, digits and '-' only")
    run_id = _quietly(clean_run_id, run_id)  # a server's address in an id may carry a login
    return CIRun(
        provider=provider,
        name=name,
        flow_run_id=_usable(f"{provider}_{run_id}") if run_id else None,
        flow_run_url=_quietly(clean_page_url, run_url),
        sha=sha.lower() if sha and is_full_sha(sha.lower()) else None,
        remote_url=_quietly(lambda text: str(RemoteUrl.parse(text)), remote_url),
        workspace=_usable(workspace),
        merge_of=_usable(merge_of),
    )


def _usable(text: str | None) -> str | None:
    # Joined from several variables, or percent-encoded, a text can be longer than any of its parts.
    return text if text and len(text) <= MAX_LENGTH and text.isprintable() else None


def _quietly(parse: Callable[[str], str], text: str | None) -> str | None:
    try:
        return _usable(parse(text)) if text else None
    except RemoteUrlError:
        return None


@dataclass(frozen=True, slots=True)
class Adapter:
    """One CI system. Neither function may raise for any environment; both only read the variables given to them."""

    provider: str
    """Prefix of ``flow_run_id``: lower-case letters, digits and ``-``; without ``_``, so that an id splits at its first."""
    name: str
    docs: str
    """The vendor's page that lists the variables."""
    is_active: Callable[[Environ], bool]
    """Is this system running us, and not one that sets the same variables?"""
    read: Callable[[Environ], Mapping[str, str | None]]
    """Raw values by the names of :func:`make_run`'s keywords; ``provider`` and ``name`` need not be among them."""

    def __post_init__(self) -> None:
        if not _PROVIDER.match(self.provider):
            raise ValueError("a provider's name has lower-case letters, digits and '-' only")

    def run(self, environ: Environ) -> CIRun:
        """What this system says of its run."""
        return make_run(**{"provider": self.provider, "name": self.name, **self.read(environ)})  # type: ignore[arg-type]
