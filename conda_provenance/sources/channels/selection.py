"""Which packages of an index are wanted: the newest, those since a date, those that a spec matches.

Where an index is from is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple, TypeVar

from conda_provenance.errors import UsageError
from conda_provenance.sources.channels.reading import SubdirIndex
from conda_provenance.sources.channels.records import Record, digest_of, time_of
from conda_provenance.sources.specs import Spec
from conda_provenance.sources.versions import version_key
from conda_provenance.text import show


class Candidate(NamedTuple):
    """A package in an index."""

    file_name: str
    record: Record
    place: SubdirIndex


def milliseconds(date: str) -> int:
    """The beginning of a day, ``YYYY-MM-DD`` in UTC, as milliseconds since 1970."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", date, re.ASCII):
            raise ValueError
        day = datetime.fromisoformat(date).replace(tzinfo=timezone.utc)
    except ValueError:
        raise UsageError(
            f"{show(date) or 'An empty text'} is no date: write it as 2024-12-31."
        ) from None
    return int(day.timestamp()) * 1000


def matching(candidates: Iterable[Candidate], specs: Iterable[Spec]) -> Iterator[Candidate]:
    """Those that one of the specs matches."""
    wanted = tuple(specs)
    names: dict[str, list[Spec]] = {}
    for candidate in candidates:
        name = candidate.record.name
        if name not in names:
            names[name] = [spec for spec in wanted if spec.may_match(name)]
        if names[name] and any(_matches(spec, candidate) for spec in names[name]):
            yield candidate


Listed = TypeVar("Listed", bound="tuple[Any, ...]")
"""A file's name, its record, and maybe more: a :class:`Candidate`, or an entry of an index."""


def newest(candidates: Iterable[Listed]) -> list[Listed]:
    """Of each name the newest: by version, build number and time, as conda orders them.

    Written for speed: a large index has half a million records.
    """
    best: dict[str, Listed] = {}
    for candidate in candidates:
        record: Record = candidate[1]
        known = best.get(record.name)
        if known is None:
            best[record.name] = candidate
            continue

        other: Record = known[1]
        if record.version != other.version:
            key, other_key = version_key(record.version), version_key(other.version)
            if key != other_key:
                if key > other_key:
                    best[record.name] = candidate
                continue

        number, other_number = record.build_number, other.build_number
        if number > other_number or (number == other_number and _when(candidate) > _when(known)):
            best[record.name] = candidate
    return list(best.values())


def _when(candidate: tuple[Any, ...]) -> tuple[int, str]:
    """Names decide at last, so that the answer does not depend on the order in an index."""
    return time_of(candidate[1]) or 0, candidate[0]


def _matches(spec: Spec, candidate: Candidate) -> bool:
    record = candidate.record
    return spec.matches(
        record.name,
        record.version,
        record.build,
        record.build_number,
        candidate.place.subdir.name,
        candidate.file_name,
        digest_of(record, "sha256"),
        digest_of(record, "md5"),
    )
