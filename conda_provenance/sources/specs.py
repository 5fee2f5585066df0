"""Specs that match packages: a name, ``name=1.2``, or all that conda calls a MatchSpec.

The plain forms need no library. All else is conda's to read where it is installed, or else
py-rattler's. Channels and their indexes are not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

from conda_provenance.errors import UsageError
from conda_provenance.sources.versions import is_version, same_version, starts_with
from conda_provenance.text import show_value

_PLAIN = re.compile(
    r"(?P<name>[A-Za-z0-9_.*-]+)"
    r"(?:(?P<sign>==?)(?P<version>[A-Za-z0-9_.!+-]+)(?P<star>\.\*)?(?:=(?P<build>[\w.*+]+))?)?",
    re.ASCII,
)
_CHANNEL = re.compile(r"(?P<channel>.+)::(?P<spec>[^:\[\]]+(?:\[.*)?)", re.DOTALL)
"""What stands before the last ``::``, which is not within brackets."""

_BUILD_NUMBER = re.compile(r"(?:.*_)?([0-9]{1,9})", re.ASCII)
_MAX_LENGTH = 1000
"""Characters of a spec that is read."""

_UNKNOWN_FIELDS = (
    *("track_features", "features", "license", "license_family", "url", "channel"),
    *("when", "extras", "flags"),
)
"""What conda's specs may ask for, and is not known of a package here."""

_RATTLER_FIELDS = {"version", "build", "build_number", "subdir", "sha256", "md5"}
_RATTLER_FIELD = re.compile(r"(?:\[|\", ?|, ?)(\w+)=")
"""A field that py-rattler's text of a spec asks for."""


class Candidate(NamedTuple):
    """A package that a spec may match."""

    name: str
    version: str
    build: str
    build_number: int | None = None
    """``None``: it is what the build string ends in."""
    subdir: str | None = None
    file_name: str | None = None
    sha256: str | None = None
    md5: str | None = None


class Matches(Protocol):
    """Does a spec match a package?"""

    def __call__(
        self,
        name: str,
        version: str,
        build: str,
        build_number: int | None = None,
        subdir: str | None = None,
        file_name: str | None = None,
        sha256: str | None = None,
        md5: str | None = None,
    ) -> bool: ...


@dataclass(frozen=True)
class Spec:
    """A spec that was read. It says nothing about channels: see :func:`split_channel`."""

    text: str
    name: str | None
    """The one name that it matches, if it is only one."""
    may_match: Callable[[str], bool]
    """Can it match a package of this name? Quick."""
    test: Callable[[Candidate], bool]
    """Does it match a package of a name that it can match?"""

    def matches(
        self,
        name: str,
        version: str,
        build: str,
        build_number: int | None = None,
        subdir: str | None = None,
        file_name: str | None = None,
        sha256: str | None = None,
        md5: str | None = None,
    ) -> bool:
        """Does it match this package?"""
        if not self.may_match(name):
            return False
        number = _number(build) if build_number is None else build_number
        return self.test(Candidate(name, version, build, number, subdir, file_name, sha256, md5))


def matcher(text: str) -> Matches:
    """A function that says whether a package matches. Raises :class:`UsageError` for a bad spec."""
    return parse_spec(text).matches


@lru_cache(maxsize=1000)
def parse_spec(text: str) -> Spec:
    """The spec in ``text``, which names no channel.

    Raises :class:`UsageError` if it is none, or if nothing that can read it is installed.
    """
    spec = text.strip()
    if not spec or len(spec) > _MAX_LENGTH or not spec.isprintable():
        raise _no_spec(text, "write a name, or a name and a version as in numpy=1.26")
    if split_channel(spec)[0] is not None:
        raise _no_spec(text, "leave the channel out of it")

    plain = _PLAIN.fullmatch(spec)
    without_library = _plain(text, plain) if plain else None
    return without_library or _by_library(text)


def split_channel(text: str) -> tuple[str | None, str]:
    """``CHANNEL::SPEC`` as the two. The channel is ``None`` where there is none."""
    found = _CHANNEL.fullmatch(text)
    return (found["channel"], found["spec"]) if found else (None, text)


def near_names(name: str, names: Iterable[str]) -> list[str]:
    """Those of the names that somebody may have meant, at most three."""
    from difflib import get_close_matches

    # To compare with each of 30,000 names takes a second; most have another beginning or length.
    begins = name[:1]
    near = [each for each in set(names) if each[:1] == begins and abs(len(each) - len(name)) <= 4]
    return get_close_matches(name, near, n=3, cutoff=0.75)


def _plain(text: str, found: re.Match[str]) -> Spec | None:
    """A spec that needs no library. ``None``: it needs one after all."""
    name, version, build = found["name"].lower(), found["version"], found["build"]
    is_exact = found["sign"] == "==" or build is not None
    if is_exact and found["star"]:
        return None
    if version is not None and not is_version(version):
        raise _no_spec(text, "its version is none")

    # Case counts in a build string, as it does for conda. py-rattler leaves it out of account.
    same_name, same_build = _glob(name), _glob(build, with_case=True) if build else None

    def test(candidate: Candidate) -> bool:
        if version is not None:
            same = same_version if is_exact else starts_with
            if not same(candidate.version, version):
                return False
        return same_build is None or same_build(candidate.build)

    return Spec(text, None if "*" in name else name, same_name, test)


def _glob(pattern: str, *, with_case: bool = False) -> Callable[[str], bool]:
    """Does a text match the pattern, in which ``*`` stands for anything?"""
    compared = str if with_case else str.lower
    first, *parts = compared(pattern).split("*")
    if not parts:
        return lambda text: compared(text) == first

    def matches(text: str) -> bool:
        # By hand: with many stars, a regular expression would try for hours.
        text = compared(text)
        end = len(text) - len(parts[-1])
        if not text.startswith(first) or not text.endswith(parts[-1]):
            return False

        position = len(first)
        for part in parts[:-1]:
            found = text.find(part, position, end) if position <= end else -1
            if found < 0:
                return False
            position = found + len(part)
        return position <= end

    return matches


def _number(build: str) -> int | None:
    """The build number that a build string ends in, as all builders write it."""
    found = _BUILD_NUMBER.fullmatch(build)
    return int(found[1]) if found else None


def _by_library(text: str) -> Spec:
    if find_spec("conda") is not None:
        return _by_conda(text)
    if find_spec("rattler") is not None:
        return _by_rattler(text)
    raise _no_spec(
        text,
        "only a name, name=1.2, name==1.2 and name=1.2=build can be read here; for all other specs "
        "install conda, or pip install 'conda-provenance[rattler]'",
    )


def _by_conda(text: str) -> Spec:
    from conda.exceptions import CondaError
    from conda.models.match_spec import MatchSpec

    try:
        spec: Any = MatchSpec(text)
        unknown = [field for field in _UNKNOWN_FIELDS if spec.get_raw_value(field) is not None]
    except (CondaError, ValueError, AttributeError, TypeError, RecursionError):
        raise _no_spec(text, "see conda's documentation of MatchSpec") from None
    if unknown:
        raise _no_spec(text, f"it cannot ask for {unknown[0]} here")

    def test(candidate: Candidate) -> bool:
        record = SimpleNamespace(fn=candidate.file_name, **candidate._asdict())
        try:
            return bool(spec.match(record))
        except (CondaError, ValueError):  # The package's own version is none to conda.
            return False

    name = spec.get_exact_value("name")
    named = str(name) if name else None
    return Spec(text, named, _name_test(named, str(spec.get_raw_value("name") or "*")), test)


def _by_rattler(text: str) -> Spec:
    from rattler import MatchSpec

    try:
        spec = MatchSpec(text, strict=False, exact_names_only=False)
        asked = set(_RATTLER_FIELD.findall(str(spec)))
    except Exception:  # py-rattler's class of this exception has another name in each release
        raise _no_spec(text, "see conda's documentation of MatchSpec") from None
    if unknown := sorted(asked - _RATTLER_FIELDS):
        raise _no_spec(text, f"it cannot ask for {unknown[0]} here")

    def test(candidate: Candidate) -> bool:
        missing = {field for field in asked if getattr(candidate, field, "") is None}
        if missing or (spec.subdir and spec.subdir != candidate.subdir):
            return False  # py-rattler itself does not compare the subdir.
        record = _rattler_record(candidate)
        return record is not None and bool(spec.matches(record))

    pattern = str(spec.name.normalized) if spec.name is not None else "*"
    named = None if set(pattern) & set("*^$") else pattern
    return Spec(text, named, _name_test(named, pattern), test)


def _rattler_record(candidate: Candidate) -> Any:
    """The package as py-rattler has it. ``None``: its name, version or build is none to it."""
    import rattler

    # Since 0.28 a build string has a class of its own.
    as_build = getattr(rattler, "BuildString", str)
    try:
        return rattler.PackageRecord(
            name=candidate.name,
            version=candidate.version,
            build=as_build(candidate.build),
            build_number=candidate.build_number or 0,
            subdir=candidate.subdir or "noarch",
            arch=None,
            platform=None,
            sha256=bytes.fromhex(candidate.sha256) if candidate.sha256 else None,
            md5=bytes.fromhex(candidate.md5) if candidate.md5 else None,
        )
    except TypeError:
        raise  # A mistake of ours, which would look like no match.
    except Exception:  # py-rattler has a class of exceptions for each part
        return None


def _name_test(name: str | None, pattern: str) -> Callable[[str], bool]:
    if name is not None:
        return _glob(name)
    if pattern.startswith("^"):
        return lambda _name: True
    return _glob(pattern)


def _no_spec(text: str, remedy: str) -> UsageError:
    return UsageError(
        f"{show_value(text) or 'An empty text'} is no spec that can be used: {remedy}."
    )
