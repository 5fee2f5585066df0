"""Looks for packages in one channel, index by index, and explains it if nothing is found.

What is done with the packages is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.log import logger
from conda_provenance.packages.refusals import shown_path
from conda_provenance.sources.artifact import NotConda, Unreadable
from conda_provenance.sources.channels.addresses import Subdir, find_subdirs
from conda_provenance.sources.channels.reading import IndexReader, NoIndexError, SubdirIndex
from conda_provenance.sources.channels.selection import Candidate, newest
from conda_provenance.sources.specs import Spec, near_names
from conda_provenance.sources.versions import version_key
from conda_provenance.text import show

_FEW_NAMES = 5
"""Up to so many names are looked up one by one."""

_FEW_VERSIONS = 5
_MAX_VERSIONS = 10_000


class Lookup:
    """Looks into the subdirs of a channel, and remembers what it finds on the way."""

    def __init__(self, channel: str, subdirs: Sequence[str], reader: IndexReader) -> None:
        """Raises :class:`UsageError` if this can be no channel."""
        self.faults: list[Unreadable] = []
        """Indexes and records that cannot be used."""
        self.wheels: list[NotConda] = []
        self._channel = channel
        self._reader = reader
        self._subdirs = find_subdirs(channel, subdirs)
        self._say_if_folder()
        self._read: list[Subdir] = []
        self._missing: list[Subdir] = []
        self._names: set[str] = set()
        self._versions: set[str] = set()

    def _say_if_folder(self) -> None:
        """A word is a channel's name, also where there is a channel's folder of that name."""
        if any(
            not subdir.is_local and os.path.isdir(os.path.join(self._channel, subdir.name))
            for subdir in self._subdirs
        ):
            logger().warning(
                "%s is the name of a channel; the folder of that name is ./%s.",
                *[shown_path(self._channel)] * 2,
            )

    def candidates(
        self, specs: Sequence[Spec] = (), *, newest_only: bool = False
    ) -> Iterator[Candidate]:
        """Every package that the indexes list; with specs, at least those that they match.

        ``newest_only``: of each subdir only the newest of each name.
        Raises :class:`UnavailableError` if no subdir has an index that can be read.
        """
        for subdir in self._subdirs:
            for place in self._indexes(subdir, specs):
                yield from self._listed(place, specs, newest_only)

        if not self._read:
            raise self._nothing_read()
        for subdir in self._missing:
            logger().warning("%s has no index, so it is left out.", shown_path(subdir.shown))

    def no_match(self, asked: str, specs: Sequence[Spec]) -> UsageError:
        """What to raise if nothing matches: where it was looked for, and what there is."""
        places = " and ".join(shown_path(subdir.shown) for subdir in self._read)
        return UsageError(f"{asked} matches no package in {places}{self._hint(specs)}.")

    def _indexes(self, subdir: Subdir, specs: Sequence[Spec]) -> Iterator[SubdirIndex]:
        """The index of a subdir. Of a few names their shards, where the channel has such."""
        names = list(dict.fromkeys(spec.name for spec in specs))
        try:
            if names and len(names) <= _FEW_NAMES and None not in names:
                indexes = [self._reader.of_name(subdir, name) for name in names if name]
                found = {id(each.listing): each for each in indexes}.values()
            else:
                found = {0: self._reader.whole(subdir)}.values()
        except NoIndexError:
            self._missing.append(subdir)
            return
        except UnavailableError as error:
            self.faults.append(Unreadable(subdir.name, subdir.shown, str(error)))
            return

        self._read.append(subdir)
        yield from found

    def _listed(
        self, place: SubdirIndex, specs: Sequence[Spec], newest_only: bool
    ) -> Iterator[Candidate]:
        index, where = place.listing, place.subdir.shown
        self.faults += [
            Unreadable(key, where, "Its record in the index makes no sense.")
            for key in index.bad
            if _may_be_wanted(key, specs)
        ]
        if index.is_newer:
            why = "The index has records of a newer form, which are left out; update this program."
            self.faults.append(Unreadable(place.subdir.name, where, why))
        for key, wheel in index.wheels.items():
            if not specs or any(spec.may_match(wheel.name) for spec in specs):
                name, version = wheel.name or key, wheel.version
                self.wheels.append(NotConda(name, version, where, "wheel"))

        if specs:
            self._remember(place, specs)
        listed = newest(index.listed()) if newest_only else index.listed()
        for file_name, record in listed:
            yield Candidate(file_name, record, place)

    def _remember(self, place: SubdirIndex, specs: Sequence[Spec]) -> None:
        """Names and versions, for the case that nothing matches."""
        self._names |= place.names
        for _, record in place.listing.listed():
            self._names.add(record.name)
            if len(self._versions) < _MAX_VERSIONS and specs[0].may_match(record.name):
                self._versions.add(record.version)

    def _hint(self, specs: Sequence[Spec]) -> str:
        if self._versions:
            newest = sorted(self._versions, key=version_key, reverse=True)
            more = ", …" if len(newest) > _FEW_VERSIONS else ""
            return f"; there are the versions {', '.join(map(show, newest[:_FEW_VERSIONS]))}{more}"

        wanted = [spec.name for spec in specs if spec.name]
        near = [name for each in wanted for name in near_names(each, self._names)]
        return f"; there is {' and '.join(map(show, near))}" if near else ""

    def _nothing_read(self) -> UnavailableError:
        if self.faults:
            return UnavailableError(self.faults[0].why)

        names = " or ".join(dict.fromkeys(subdir.name for subdir in self._subdirs))
        channel = shown_path(self._subdirs[0].channel)
        remedy = "check its name, or give another --subdir"
        if not self._subdirs[0].is_local and os.path.isdir(self._channel):
            remedy = f"for the folder of that name write ./{shown_path(self._channel)}"
        elif self._subdirs[0].is_local:
            remedy = "run an indexer on it, or give the folder itself without --channel"
        return UnavailableError(f"{channel} has no index for {names}: {remedy}.")


def _may_be_wanted(key: str, specs: Sequence[Spec]) -> bool:
    name = key.rsplit("-", 2)[0]
    return not specs or any(spec.may_match(name) for spec in specs)
