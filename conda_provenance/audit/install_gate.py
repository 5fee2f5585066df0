"""The gate before installing: which packages fall short of the policy, and the text about them.

It reads what a package's maker wrote, so it is hygiene and no protection. conda is not known here:
:mod:`conda_provenance.audit.install_action` hands over what conda is about to install.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from conda_provenance.audit.incoming import Incoming, claim_of, is_extracted
from conda_provenance.audit.install_policy import InstallPolicy
from conda_provenance.audit.install_rules import Place
from conda_provenance.condarc import INSTALL, INSTALL_EXEMPT
from conda_provenance.errors import PackageError
from conda_provenance.policy.channels import channel_address
from conda_provenance.settings import wrong_value
from conda_provenance.text import show_sentence

SECONDS = 60.0
"""How long all packages of a transaction may take. A thousand take a tenth of a second."""

PAUSE = 0.3
"""Seconds after which what could not be read is read once more."""

_MAX_LINE = 1000
"""Characters of the line about one package."""

Matcher: TypeAlias = Callable[[Any], bool]


class Shortfall(NamedTuple):
    """A package that falls short of the policy, or that could not be checked."""

    package: Incoming
    why: tuple[str, ...]
    is_unreadable: bool = False

    def __str__(self) -> str:
        return show_sentence(f"{self.package.name}: {'; '.join(self.why)}", _MAX_LINE)


@dataclass(frozen=True)
class Verdict:
    """What came of a transaction."""

    policy: InstallPolicy
    total: int
    """The packages to install."""
    shortfalls: tuple[Shortfall, ...] = ()
    fault: str | None = None
    """Why not all of them could be checked, in one sentence."""

    @property
    def refuses(self) -> bool:
        """May the transaction not go on?"""
        return self.policy.action == "refuse" and self.has_news

    @property
    def has_news(self) -> bool:
        """Is there anything to say?"""
        return bool(self.shortfalls or self.fault)

    def __str__(self) -> str:
        lines = [self._heading(), *(f"  - {each}" for each in self.shortfalls)]
        lines += [f"  - {self.fault}"] if self.fault else []
        if self.refuses:
            lines += ["Nothing was installed or removed."]
            lines += [_REMEDY] if any(not each.is_unreadable for each in self.shortfalls) else []
            lines += [_READ_IT] if any(each.is_unreadable for each in self.shortfalls) else []
            lines += [_ROUND_IT, f"{_HYGIENE} {_NOT_SEEN}"]
        elif self.shortfalls:
            lines += [_HYGIENE]
        return "\n".join(lines)

    def _heading(self) -> str:
        verb = "refuses to go on" if self.refuses else "warns"
        setting = f"conda-provenance {verb} (plugins.{INSTALL.name})"
        if not self.shortfalls:
            return f"{setting}: the check of {_packages(self.total)} to install was not completed."

        # What could not be read may say all that is asked.
        unreadable = sum(each.is_unreadable for each in self.shortfalls)
        short = len(self.shortfalls) - unreadable
        one = short == 1
        said = f"do{'es' if one else ''} not say what is asked of {'it' if one else 'them'}"
        parts = [f"{short} of {_packages(self.total)} to install {said}"] if short else []
        if unreadable:
            of_all = "" if short else f" of {_packages(self.total)} to install"
            parts.append(f"{unreadable}{of_all} could not be read")
        return f"{setting}: {', and '.join(parts)}."


_HYGIENE = (
    "This is hygiene, not protection: only what a package says of itself was read, and anyone can "
    "write that."
)
_REMEDY = (
    "Ask those who build these packages to record where they come from, or exempt them by "
    f"plugins.{INSTALL_EXEMPT.name}."
)
_READ_IT = (
    "Of a package that could not be read, remove the folder from the package cache: conda then "
    "extracts it anew."
)
_NOT_SEEN = (
    "It does not see mamba, micromamba, pixi, constructor, pip, conda --no-plugins or "
    "CONDA_NO_PLUGINS, conda before 25.5 and another base, nor edits in a package cache; and "
    "variables and a user's condarc go before the system's, unless that says #!final."
)
_ROUND_IT = f"To go round this once: {INSTALL.variable}=ignore conda install …"


def check(
    policy: InstallPolicy,
    incoming: Iterable[Incoming],
    present: Collection[str],
    caches: Iterable[str],
    compile_spec: Callable[[str], Matcher],
    seconds: float | None = None,
) -> Verdict:
    """Check all packages that are about to be installed. It never raises for a package.

    ``present`` are the sha256 of packages that are in the environment already: the identical
    package may be linked again, if its folder is of that file. ``caches`` are the folders of
    extracted packages, in the order in which they are searched. ``compile_spec`` makes a function
    of a spec that says whether an ``original`` record matches it.
    """
    packages = tuple(incoming)
    if policy.action == "ignore" or policy.error:
        return Verdict(policy, len(packages), fault=policy.error)

    try:
        exempts = [
            (each.channel, compile_spec(each.spec) if each.spec else None)
            for each in policy.exemptions
        ]
    except Exception:  # a spec is read by conda, which raises what it likes
        return Verdict(policy, len(packages), fault=str(wrong_value(INSTALL_EXEMPT)))

    folders = tuple(caches)

    def shortfall(package: Incoming) -> Iterator[Shortfall]:
        # Whose checksum it is, is an index's word. The folder is what gets linked.
        is_present = package.record.sha256 in present and is_extracted(package, folders)
        return iter(()) if is_present else _shortfall(policy, package, folders)

    to_read = [each for each in packages if not _is_exempt(each, exempts)]
    limit = SECONDS if seconds is None else seconds
    shortfalls, fault = _within(limit, to_read, shortfall)
    torn = [each.package for each in shortfalls if each.is_unreadable]
    if torn and not fault:
        # Another conda may be extracting them at this moment.
        time.sleep(PAUSE)
        readable = [each for each in shortfalls if not each.is_unreadable]
        torn_still, fault = _within(limit, torn, shortfall)
        shortfalls = (*readable, *torn_still)
    return Verdict(policy, len(packages), shortfalls, fault)


def _is_exempt(package: Incoming, exempts: list[tuple[str, Matcher | None]]) -> bool:
    channel = channel_address(package.record.channel or "") if exempts else None
    if channel is None:
        return False

    places = (channel, f"{channel}/{package.record.subdir}")
    return any(
        address in places and (matches is None or matches(package.original))
        for address, matches in exempts
    )


def _within(
    seconds: float,
    packages: list[Incoming],
    shortfall: Callable[[Incoming], Iterator[Shortfall]],
) -> tuple[tuple[Shortfall, ...], str | None]:
    """The shortfalls, and why there may be more. A disk that hangs does not hang conda."""
    found: list[Shortfall] = []
    done: list[int] = []
    failures: list[Exception] = []
    end = time.monotonic() + seconds

    def work() -> None:
        try:
            for package in packages:
                if time.monotonic() > end:
                    return

                found.extend(shortfall(package))
                done.append(1)
        except Exception as error:
            failures.append(error)

    if packages:
        thread = threading.Thread(target=work, name="conda-provenance-install", daemon=True)
        thread.start()
        thread.join(seconds)

    rest = len(packages) - len(done)
    if not rest:
        return tuple(found), None

    why = (
        f"conda-provenance failed ({type(failures[0]).__name__})"
        if failures
        else (f"reading took longer than {seconds:g} seconds")
    )
    return tuple(found), f"{_packages(rest)} could not be checked: {why}."


def _shortfall(
    policy: InstallPolicy, package: Incoming, caches: tuple[str, ...]
) -> Iterator[Shortfall]:
    try:
        place = Place(package.record.name, package.record.channel, package.record.sha256)
        why = policy.shortcomings(claim_of(package, caches), place)
    except PackageError as error:
        yield Shortfall(package, (str(error).rstrip("."),), True)
        return

    if why:
        yield Shortfall(package, why)


def _packages(number: int) -> str:
    return "1 package" if number == 1 else f"{number} packages"
