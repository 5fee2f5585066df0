"""Makes the gate of an audit of the options and the settings. What falls short is decided there."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import NamedTuple

from conda_provenance.audit.gate import Gate, percent
from conda_provenance.cli.output import Output
from conda_provenance.errors import UsageError
from conda_provenance.keys import KEYS
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.text import show_value

_PROVIDER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


def gate_of(arguments: Namespace, output: Output) -> Gate:
    """What is asked of the packages. Raises :class:`UsageError` for what cannot be asked."""
    require = _required(arguments.require)
    gate = Gate(
        require=require,
        repositories=tuple(RepositoryPattern.parse(text) for text in arguments.repo or ()),
        providers=_providers(arguments.provider or (), output),
        fail_under=None if arguments.fail_under is None else percent(arguments.fail_under),
    )
    # A baseline alone asks that nothing new is worse than complete.
    return gate._replace(complete=True) if arguments.baseline and not gate else gate


def _required(given: Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        # conda's settings take a while to read.
        from conda_provenance.plugins import provider_names
        from conda_provenance.settings import load_settings

        return load_settings(os.environ, provider_names).required

    keys = [key.strip() for text in given for key in text.split(",")]
    for key in filter(None, keys):
        if key not in KEYS:
            raise UsageError(
                f"{show_value(key)} is no key that can be required: it may be any of "
                f"{', '.join(KEYS)}."
            )
    return tuple(dict.fromkeys(filter(None, keys)))


def _providers(given: Sequence[str], output: Output) -> tuple[str, ...]:
    for name in given:
        if not _PROVIDER.fullmatch(name):
            raise UsageError(
                f"{show_value(name) or 'An empty text'} cannot be the name of a CI system: "
                "'detect --list' shows those that are known."
            )

    if unknown := _unknown(given):
        # A build farm has a name of its own, so this is no error. No package passes by a slip.
        output.warn(
            f"No CI system called {' or '.join(unknown)} is known ('detect --list' shows those "
            "that are): only packages of a run that says so pass."
        )
    return tuple(dict.fromkeys(given))


def _unknown(names: Sequence[str]) -> list[str]:
    if not names:
        return []

    from conda_provenance.plugins import provider_names

    known = set(provider_names())
    return [name for name in names if name not in known]


class Candidate(NamedTuple):
    """What ``--exclude`` knows of a package."""

    name: str
    version: str
    build: str
    subdir: str | None
    file_name: str
    sha256: str | None


Excludes = Callable[[Candidate], bool]
"""Is the package to be left out?"""


def exclusion_of(arguments: Namespace) -> Excludes:
    """What ``--exclude`` matches. Raises :class:`UsageError` for what is no spec."""
    if not arguments.exclude:
        return lambda _package: False

    from conda_provenance.sources.specs import matcher

    matchers = [matcher(text) for text in arguments.exclude]

    def excludes(package: Candidate) -> bool:
        known = package._asdict()
        return any(matches(**known) for matches in matchers)

    return excludes
