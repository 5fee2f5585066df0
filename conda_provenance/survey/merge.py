"""Joins the results of a survey's parts. It neither knows nor trusts what the rows say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.survey.shards import Shard
from conda_provenance.text import escape, redact_location, show

_MAX_NAMED = 20
"""Missing parts that a sentence names."""


class Part(NamedTuple):
    """The result of one part, as it was read from a file."""

    file: str
    rows: Iterable[Mapping[str, Any]]
    """The packages of ``audit --json``. Each has a ``package`` and a ``location``."""
    excluded: Iterable[Mapping[str, Any]]
    not_conda: int
    shard: str | None
    """Such as ``1/8``, or ``None`` if the file is the result of a whole audit."""
    missing: str | None = None
    """What was missing when the file itself was joined from others."""
    audited: str | None = None
    """What was audited, in the words of the command line."""


class Merged(NamedTuple):
    """The results of all parts."""

    rows: list[Mapping[str, Any]]
    excluded: list[Mapping[str, Any]]
    not_conda: int
    duplicates: int
    """Packages that more than one file has. Each is counted once."""
    missing: str | None
    """A sentence that names the parts that are missing."""
    audited: str | None = None
    """What was audited. Several audits stand one after the other."""


def merge(parts: Iterable[Part]) -> Merged:
    """Join the results of all parts, in the order of the files.

    Of a package that several files have, the first result that is no error is taken. Within one
    file nothing is dropped: two environments may hold the same package.
    Raises :class:`~conda_provenance.errors.UsageError` for a shard that is none.
    """
    parts = list(parts)
    rows, excluded = _Union(), _Union()
    shards: dict[str | None, set[Shard]] = {}
    not_conda = 0
    for part in parts:
        shard = _shard(part)
        seen = shards.setdefault(part.audited, set())
        rows.add(part.rows)
        excluded.add(part.excluded)

        # What has no checksum and no location can only be counted.
        if shard is None or shard not in seen:
            not_conda += part.not_conda
        seen |= {shard} if shard else set()

    missing = _incomplete(parts) or _missing_of_all(shards)
    audited = "; ".join(each for each in shards if each) or None
    return Merged(rows.rows, excluded.rows, not_conda, rows.duplicates, missing, audited)


class _Union:
    """Rows of several files, each package once."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, Any]] = []
        self.duplicates = 0
        self._by_checksum: dict[tuple[str, str], int] = {}
        self._by_location: dict[str, int] = {}

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add the rows of one file."""
        places = []
        for row in rows:
            place = self._place(row)
            if place is None:
                places.append(len(self.rows))
                self.rows.append(row)
                continue

            self.duplicates += 1
            if self.rows[place].get("error") and not row.get("error"):
                self.rows[place] = row

        # Only now: what one file has twice stays.
        for place in places:
            row = self.rows[place]
            self._by_location.setdefault(str(row.get("location")), place)
            if row.get("sha256"):
                self._by_checksum.setdefault(_checksum(row), place)

    def _place(self, row: Mapping[str, Any]) -> int | None:
        """Where the same package is: it has the same checksum, or else the same location."""
        if row.get("sha256") and (place := self._by_checksum.get(_checksum(row))) is not None:
            return place

        place = self._by_location.get(str(row.get("location")))
        if place is None:
            return None

        # What could not be read may have no checksum. Two that differ are two packages.
        other = self.rows[place].get("sha256")
        differs = other and row.get("sha256") and other != row["sha256"]
        return None if differs else place


def _checksum(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["sha256"]), str(row.get("package"))


def _shard(part: Part) -> Shard | None:
    if part.shard is None:
        return None

    try:
        return Shard.parse(part.shard)
    except UsageError:
        file = escape(redact_location(part.file), 300)
        raise UsageError(
            f"{file} names a shard that is none: give a file that 'audit --json' has written."
        ) from None


def _missing_of_all(shards: Mapping[str | None, set[Shard]]) -> str | None:
    """Which parts are missing of any of the audits that were split."""
    for audited, given in shards.items():
        of_which = f" of {show(audited)}" if audited and len(shards) > 1 else ""
        if sentence := _missing(given, of_which):
            return sentence
    return None


def _missing(given: set[Shard], of_which: str) -> str | None:
    """Which parts are missing, of every way in which an audit was split, unless one is whole."""
    missing = {count: _absent(count, given) for count in sorted({each.count for each in given})}
    if not all(missing.values()):
        return None

    # What is missing in one way of splitting may be there in another. That is not looked into.
    return _sentence([each for absent in missing.values() for each in absent], of_which)


def _incomplete(parts: Iterable[Part]) -> str | None:
    """A file that was itself joined from too few parts stays incomplete, whatever is added."""
    for part in parts:
        if part.missing:
            file = escape(redact_location(part.file), 300)
            return f"{file} was joined while parts were missing: join the parts themselves again."
    return None


def _absent(count: int, given: set[Shard]) -> list[str]:
    present = {shard.number for shard in given if shard.count == count}
    return [f"{number}/{count}" for number in range(1, count + 1) if number not in present]


def _sentence(missing: list[str], of_which: str) -> str | None:
    if not missing:
        return None

    named = ", ".join(missing[:_MAX_NAMED])
    more = f" and {len(missing) - _MAX_NAMED:,} more" if len(missing) > _MAX_NAMED else ""
    is_one = len(missing) == 1
    shards, are = ("shard", "is") if is_one else ("shards", "are")
    return (
        f"The {shards} {named}{more}{of_which} {are} missing: "
        "nothing is known of the packages there."
    )
