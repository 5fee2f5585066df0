"""Packages of channels: whole channels, ``CHANNEL::SPEC``, and a folder that has an index.

How an index is read is not known here, nor how a package is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.log import logger
from conda_provenance.sources.artifact import Artifact, Contents, Found, Unreadable
from conda_provenance.sources.channels.addresses import Subdir
from conda_provenance.sources.channels.lookup import Lookup
from conda_provenance.sources.channels.reading import IndexReader, NoIndexError, Web
from conda_provenance.sources.channels.records import (
    attestations_of,
    built_of,
    digest_of,
    safe_file_name,
    size_of,
    time_of,
)
from conda_provenance.sources.channels.selection import (
    Candidate,
    matching,
    milliseconds,
    newest,
)
from conda_provenance.sources.files import FileContents
from conda_provenance.sources.request import Request
from conda_provenance.sources.specs import parse_spec, split_channel
from conda_provenance.text import show_value

if TYPE_CHECKING:
    from conda_provenance.sources.remote import Listed


class ContentsOf(Protocol):
    """Makes what reads a package at an address on the web, as ``Remote.contents`` does."""

    def __call__(self, url: str, listed: Listed, /, *, file_name: str) -> Contents: ...


class Channels:
    """Finds packages in channels, as a request asks for them."""

    def __init__(
        self,
        request: Request,
        web: Callable[[], Web],
        contents: ContentsOf,
        *,
        expect: Callable[[int], None] | None = None,
    ) -> None:
        """``web`` is called when something is to be fetched; local channels need none.

        ``expect`` is told how many packages will come, before the first of them.
        """
        self._expect = expect
        self._request = request
        self._reader = IndexReader(web)
        self._contents = contents

    def whole(self, channel: str) -> Iterator[Found]:
        """All packages of a channel, or those of them that the request asks for.

        Raises :class:`UnavailableError` if no subdir of it has an index that can be read, and
        :class:`UsageError` if a spec of the request matches none of its packages.
        """
        specs = [parse_spec(text) for text in self._request.match]
        lookup = Lookup(channel, self._request.subdirs, self._reader)

        is_reduced = self._request.newest and not specs and not self._request.since
        found: Iterable[Candidate] = lookup.candidates(specs, newest_only=is_reduced)
        if specs:
            asked = " or ".join(map(show_value, self._request.match))
            found = _some(matching(found, specs), lambda: lookup.no_match(asked, specs))
        if self._request.since:
            found = _since(found, milliseconds(self._request.since))

        yield from self._artifacts(newest(found) if self._request.newest else found)
        yield from lookup.wheels
        yield from lookup.faults

    def spec(self, target: str) -> Iterator[Found]:
        """What ``CHANNEL::SPEC`` matches: the newest build, or all of them. Raises the same.

        If the name in it is a pattern, it is the newest of each name.
        """
        channel, text = split_channel(target)
        if channel is None:
            raise UsageError(
                f"{show_value(target)} is no CHANNEL::SPEC, such as conda-forge::numpy."
            )

        specs = [parse_spec(text)]
        lookup = Lookup(channel, self._request.subdirs, self._reader)
        found = matching(lookup.candidates(specs), specs)
        found = _some(
            found, lambda: _unless_faulty(lookup, lookup.no_match(show_value(text), specs))
        )

        yield from self._artifacts(found if self._request.every else newest(found))
        yield from lookup.faults

    def _artifacts(self, candidates: Iterable[Candidate]) -> Iterator[Found]:
        if self._expect:
            candidates = list(candidates)
            self._expect(len(candidates))

        for candidate in candidates:
            file_name = candidate.file_name
            if safe_file_name(file_name):
                yield self._artifact(candidate)
            else:
                shown = candidate.place.subdir.shown
                yield Unreadable(file_name, shown, "It is not named as a package is in the index.")

    def _artifact(self, candidate: Candidate) -> Artifact:
        file_name, record, place = candidate
        sha256, md5 = digest_of(record, "sha256"), digest_of(record, "md5")
        size, timestamp = size_of(record), time_of(record)
        address = place.address + file_name

        contents: Contents
        if place.is_local:
            contents = FileContents(address, sha256=sha256, check=self._request.check)
        else:
            from conda_provenance.sources.remote import Listed

            # Where info stands in the file depends on when it was built, not when it was indexed.
            listed = Listed(sha256, md5, size, built_of(record))
            contents = self._contents(address, listed, file_name=file_name)

        return Artifact(
            record.name,
            record.version,
            record.build,
            file_name,
            place.shown + file_name,
            contents,
            subdir=place.subdir.name,
            channel=place.subdir.channel,
            timestamp=timestamp,
            sha256=sha256,
            md5=md5,
            size=size,
            attestations=attestations_of(record),
        )


class LocalRecord(NamedTuple):
    """What the index of a folder says about a package file in it."""

    sha256: str | None
    md5: str | None
    size: int | None
    timestamp: int | None


def records_of_folder(folder: str) -> dict[str, LocalRecord]:
    """What the index in a folder of packages says about each of them, by file name.

    The index is used, not needed: without one, or with one that cannot be read, there are none.
    """
    name = os.path.basename(os.path.abspath(folder))
    subdir = Subdir(name, folder, folder, os.path.dirname(folder), True)
    try:
        place = IndexReader(_no_web).whole(subdir)
    except NoIndexError:
        return {}
    except UnavailableError as error:
        logger().warning("%s", error)
        return {}

    return {
        file_name: LocalRecord(
            digest_of(record, "sha256"), digest_of(record, "md5"), size_of(record), time_of(record)
        )
        for records in place.listing.by_file_name()
        for file_name, record in records
    }


def _no_web() -> Web:
    raise AssertionError("a folder needs no web")


def _some(
    candidates: Iterable[Candidate], otherwise: Callable[[], Exception]
) -> Iterator[Candidate]:
    """The candidates. If there are none, raise what ``otherwise`` returns."""
    empty = True
    for candidate in candidates:
        empty = False
        yield candidate
    if empty:
        raise otherwise()


def _unless_faulty(lookup: Lookup, no_match: UsageError) -> Exception:
    """If an index could not be read, the package may be there all the same."""
    return UnavailableError(lookup.faults[0].why) if lookup.faults else no_match


def _since(candidates: Iterable[Candidate], since: int) -> Iterator[Candidate]:
    """Those that are not older. Of what has no time it cannot be known, so that is left out."""
    timeless = 0
    for candidate in candidates:
        time = time_of(candidate.record)
        if time is None:
            timeless += 1
        elif time >= since:
            yield candidate
    if timeless:
        logger().warning(
            "%d packages are left out, because the index does not say from when they are.", timeless
        )
