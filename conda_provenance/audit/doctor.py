"""``conda doctor``: which installed packages do not say where they come from.

Only files on this disk are read, and none is written. Whether what a package says is sound, or
true, is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from conda.plugins.types import CondaHealthCheck

NAME = "packages-without-provenance"

_MAX_LINE = 1000


class Findings(NamedTuple):
    """What the packages of an environment are found to say."""

    total: int
    silent: tuple[str, ...] = ()
    """The names of those that say nothing."""
    unreadable: tuple[str, ...] = ()
    """A sentence for each one that could not be read. What it says is not known."""


def health_check() -> CondaHealthCheck:
    """The check as conda takes it."""
    from conda.plugins.types import CondaHealthCheck

    further: dict[str, Any] = {}
    if "summary" in getattr(CondaHealthCheck, "__dataclass_fields__", ()):  # since conda 26.1
        further["summary"] = "Find packages that do not say where they come from"
    return CondaHealthCheck(name=NAME, action=check, **further)


def check(prefix: str, verbose: bool) -> None:
    """Print how many packages of the environment say nothing, and if ``verbose`` which."""
    try:
        from conda_provenance.sources.environments import Configuration

        findings = find(prefix, Configuration(os.environ, prefix))
        text = report(findings, verbose=verbose)
    except Exception as error:
        from conda_provenance.errors import ProvenanceError

        # conda makes one line of it. The error's own text may repeat what is in a file.
        raise ProvenanceError(f"conda-provenance failed: {type(error).__name__}") from None

    print(text)


def find(prefix: str, caches: Iterable[str]) -> Findings:
    """Read all packages of an environment. ``caches`` are the package caches to look in."""
    from conda_provenance.errors import PackageError
    from conda_provenance.sources import Unreadable
    from conda_provenance.sources.environments import claim_of_record, read_records, record_files

    silent: list[str] = []
    unreadable: list[str] = []
    total = 0
    for found in read_records(prefix, record_files(prefix)):
        if isinstance(found, Unreadable):
            total += 1
            unreadable.append(found.why)
            continue
        if found.is_wheel:  # Not a package of conda's, though conda has installed it.
            continue

        total += 1
        try:
            package = claim_of_record(found, caches, archives=False)
        except PackageError as error:
            unreadable.append(str(error))
            continue

        if not package.claim:
            silent.append(found.full_name)

    return Findings(total, tuple(silent), tuple(unreadable))


def report(findings: Findings, *, verbose: bool) -> str:
    """The findings as ``conda doctor`` prints them.

    Where all packages say something there is no check mark: nobody has verified what they say.
    """
    from conda.base import constants

    from conda_provenance.text import escape

    total, silent, unreadable = findings
    lines = []
    if silent:
        mark = getattr(constants, "X_MARK", "❌")
        lines += [f"{mark} {_do_not_say(len(silent), total)} (CEP 31)."]
        lines += [f"  {escape(name, _MAX_LINE)}" for name in silent] if verbose else []
    elif total > len(unreadable):
        lines += [f"{_say(total - len(unreadable))} (claimed, not verified)."]

    if unreadable:
        lines += [f"{len(unreadable)} could not be read, so what they say is not known."]
        lines += [f"  {escape(why, _MAX_LINE)}" for why in unreadable] if verbose else []
    if not lines:
        lines += ["There are no packages that could say where they come from."]
    elif (silent or unreadable) and not verbose:
        lines += [f"'conda doctor -v {NAME}' lists them."]
    return "\n".join([*lines, ""])


def _do_not_say(number: int, total: int) -> str:
    if number == 1:
        return f"1 of {total} packages does not say where it comes from"
    return f"{number} of {total} packages do not say where they come from"


def _say(number: int) -> str:
    if number == 1:
        return "1 package says where it comes from"
    return f"{number} packages say where they come from"
