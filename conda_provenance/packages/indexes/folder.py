"""Corrects the indexes of a folder once, after several of its packages have changed.

Also finishes what a killed process had begun. How a package changes is not known here.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from conda_provenance.errors import PackageError
from conda_provenance.packages.files import journal as journals
from conda_provenance.packages.files.digests import Checksums, Digests, StandingDigests
from conda_provenance.packages.files.interrupts import uninterrupted
from conda_provenance.packages.files.journal import Journal
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.files.replace import remove_temporary_files, replacing
from conda_provenance.packages.indexes.change import BrokenIndex, changed_index, open_index
from conda_provenance.packages.indexes.checksum_names import is_checksum_file
from conda_provenance.packages.indexes.correction import (
    corrections,
    folders_to_lock,
    indexes_of,
    journal_of,
    signature_dropped,
    warn,
)
from conda_provenance.packages.indexes.edits import Correction, needed_checksums
from conda_provenance.packages.neighbours import Neighbours
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike, refusals, shown_path

_ATTEMPTS = 20


def same_folders(packages: Sequence[PathLike]) -> list[list[int]]:
    """Group the packages by folder. Each group has their positions in ``packages``."""
    groups: dict[object, list[int]] = {}
    for position, package in enumerate(packages):
        try:
            key: object = frozenset(os.path.realpath(folder) for folder, _ in places_of(package))
        except (OSError, ValueError):
            key = position  # No file can have this name.
        groups.setdefault(key, []).append(position)
    return list(groups.values())


@contextmanager
def corrected_once(
    packages: Sequence[PathLike], *, leave_broken: bool = False, dry_run: bool = False
) -> Iterator[FolderIndexes]:
    """Correct the indexes beside these packages at the end of the block, each of them once.

    In the block, give what this yields to each :func:`~conda_provenance.packages.stamp_package`.
    No other call of ours changes a file in the folder meanwhile. However the block ends, the
    indexes are corrected for the packages that have changed. If the process is killed, the next
    stamp in the folder does that.

    :param packages: where the packages stand, or will stand, all in one folder.
    :param leave_broken: leave an index as it is if it cannot be read.

    Raises :class:`~conda_provenance.errors.PackageError`.
    """
    indexes = FolderIndexes(packages, leave_broken=leave_broken, dry_run=dry_run)
    with ExitStack() as stack:
        with refusals(indexes.folder, "stamped"):
            _lock(packages, stack)
            indexes.begin()
        try:
            yield indexes
        except BaseException:
            try:
                indexes.finish()
            except PackageError as error:
                warn(str(error))
            raise
        indexes.finish()


class FolderIndexes:
    """The indexes beside some packages, while the packages are stamped."""

    def __init__(self, packages: Sequence[PathLike], *, leave_broken: bool, dry_run: bool) -> None:
        self._leave_broken = leave_broken
        self._dry_run = dry_run
        self._places = list(dict.fromkeys(place for each in packages for place in places_of(each)))
        self._listing = _Listing()
        self._journal = Journal({})
        self._refused: dict[str, PackageError] = {}
        """Why packages must not change, by their names."""
        self._left: list[str] = []
        """Warnings of indexes that are left as they are."""
        self.signed: dict[str, list[str]] = {}
        """The packages that indexes hold a signature for, each with these indexes."""
        self.neighbours: dict[str, Neighbours] = {}
        """The files in the folders, once they are listed."""
        self._digests: dict[str, Digests] = {}
        """The checksums of the packages that have changed, by name."""

    @property
    def folder(self) -> str:
        """The folder of the packages."""
        return self._places[0][0] if self._places else os.curdir

    def begin(self) -> None:
        """Look through the indexes. From here on, a killed process leaves a journal."""
        for folder in dict.fromkeys(os.path.realpath(folder) for folder, _ in self._places):
            finish_interrupted(folder, dry_run=self._dry_run)
        for index, names in indexes_of(self._places).items():
            self._look_into(index, names)

        if not self._dry_run:
            records = self._listing.records
            allowed = {name: records[name] for name in records.keys() - self._refused.keys()}
            self._journal = journal_of(self._places, allowed)
            self._journal.write()

    def finish(self) -> None:
        """Correct the indexes for the packages that have changed."""
        with uninterrupted():
            try:
                with refusals(self.folder, "indexed"):
                    _, left = _commit(self._places, self._digests, leave_broken=self._leave_broken)
            except PackageError as error:
                raise PackageError(
                    f"{str(error).rstrip('.')}; the next stamp in this folder tries it again."
                ) from error
            self._journal.remove()

        for sentence in dict.fromkeys([*self._left, *left]):
            warn(sentence)

    def require_correctable(self, package: PathLike) -> None:
        """Raise the reason if the indexes cannot be corrected for this package."""
        for _, name in places_of(package):
            if name in self._refused:
                raise self._refused[name]

    def checksums_of(self, package: PathLike, digests: Digests) -> Digests | None:
        """The checksums that the indexes need for the package. ``None``: no index lists it."""
        needed: set[str] = set()
        for _, name in places_of(package):
            needed |= self._listing.checksums.get(name, set())
        if not needed:
            return None

        digests.need(sorted(needed))
        return digests

    def say_what_is_dropped(self, package: PathLike) -> None:
        """Warn of the signatures that the indexes lose if this package changes."""
        for _, name in places_of(package):
            for index in self.signed.get(name, ()):
                warn(signature_dropped(index, [name]))

    def note(self, package: PathLike, digests: Digests | None) -> None:
        """Remember that this package has changed, and has these checksums now."""
        if digests is not None:
            path = os.path.realpath(package)
            standing = StandingDigests(path, digests.size, digests.known)
            self._digests |= {name: standing for _, name in places_of(package)}

    def _look_into(self, index: str, names: Collection[str]) -> None:
        """Note what the index says of the packages and, if it cannot be corrected, why."""
        left = set(names)
        while left:
            try:
                listing, status = _listing_of(index, left)
            except BrokenIndex as broken:
                self._leave(index, broken)
                left -= set(broken.names)  # It may be right for the others.
                continue

            self._listing.add(listing)
            for name in listing.signed:
                self.signed.setdefault(name, []).append(index)
            if status is not None and listing.records:
                self._require_replaceable(index, status, listing.records)
            return

    def _leave(self, index: str, broken: BrokenIndex) -> None:
        """Refuse the packages that a broken index may list, unless it may be left as it is."""
        if self._leave_broken or is_checksum_file(index):
            self._left.append(broken.sentence(index))
            return

        try:
            with refusals(index, "corrected"):
                raise broken
        except PackageError as error:
            self._refused |= dict.fromkeys(broken.names, error)

    def _require_replaceable(self, index: str, old: os.stat_result, names: Collection[str]) -> None:
        """Refuse the packages if the index cannot be replaced, before one of them has changed."""
        try:
            with refusals(index, "corrected"), replacing(os.path.realpath(index), old) as new:
                new.seal()
        except PackageError as error:
            self._refused |= dict.fromkeys(names, error)


class _Listing:
    """An edit that changes nothing, and notes what the indexes say."""

    def __init__(self) -> None:
        self.records: dict[str, set[Checksums]] = {}
        self.checksums: dict[str, set[str]] = {}
        """The checksums that the records of a package need."""
        self.signed: Collection[str] = ()
        """The packages that the index holds a signature for."""

    def __call__(self, name: str, record: Mapping[str, Any], prefix: str) -> Mapping[str, str]:
        self.records.setdefault(name, set()).add(Checksums.of(record, prefix))
        self.checksums.setdefault(name, set()).update(needed_checksums(record, prefix))
        return {}

    def add(self, other: _Listing) -> None:
        for name, records in other.records.items():
            self.records.setdefault(name, set()).update(records)
        for name, checksums in other.checksums.items():
            self.checksums.setdefault(name, set()).update(checksums)


def _listing_of(index: str, names: Collection[str]) -> tuple[_Listing, os.stat_result | None]:
    """What an index says about the packages, and the status of its file if there is one."""
    listing = _Listing()
    blob = open_index(os.path.realpath(index), names)
    if blob is None:
        return listing, None

    with blob:
        listing.signed = changed_index(blob, index, names, listing).signed
        return listing, blob.status


def finish_interrupted(folder: str, *, dry_run: bool = False) -> None:
    """Correct the indexes for what a killed process had begun in this folder, and say so."""
    if not journals.exists(folder):
        if not dry_run:
            journals.clean(folder)
        return
    if dry_run:
        warn(f"an interrupted stamp in {shown_path(folder)} will be finished by the next one.")
        return

    try:
        entries = journals.read(folder)
    except (OSError, ValueError, RecursionError):
        path = os.path.join(folder, journals.NAME)
        warn(
            f"{shown_path(path)} cannot be read and is removed: what an interrupted stamp had begun"
            " is not known; run the indexer again."
        )
    else:
        places = [(folder, name) for name in entries]
        digests = _standing(folder, entries)
        changed, left = _commit(places, digests, only=entries, leave_broken=True)
        for sentence in left:
            warn(sentence)
        warn(
            f"an earlier stamp in {shown_path(folder)} was interrupted; what it had begun is"
            f" finished now, and the indexes have changed for {changed} of its {len(entries)}"
            f" {'package' if len(entries) == 1 else 'packages'}."
        )
    remove_temporary_files(folder)
    journals.remove(folder)


def _standing(folder: str, names: Iterable[str]) -> dict[str, Digests]:
    digests: dict[str, Digests] = {}
    for name in names:
        path = os.path.join(folder, name)
        try:
            status = os.stat(path)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            digests[name] = StandingDigests(path, status.st_size)
    return digests


def _commit(
    places: Iterable[tuple[str, str]],
    digests: Mapping[str, Digests],
    *,
    leave_broken: bool,
    only: Mapping[str, Collection[Checksums]] | None = None,
) -> tuple[int, list[str]]:
    """Correct the indexes for these packages.

    Returns how many packages had a record that changed, and the warnings of what is left.
    """
    places = [(folder, name) for folder, name in places if name in digests]
    for attempt in range(_ATTEMPTS):
        edit = Correction(digests, only)
        try:
            with corrections(places, edit, leave_broken=leave_broken) as corrected:
                corrected.commit()
        except ChangedMeanwhile:
            if attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(attempt / 200)
            continue
        return sum(len(records) > 1 for records in edit.records.values()), corrected.left
    raise AssertionError  # The loop returns or raises.


def _lock(packages: Iterable[PathLike], stack: ExitStack) -> None:
    """Lock the folders of the packages until the end of ``stack``."""
    for _ in range(_ATTEMPTS):
        folders = folders_to_lock(packages)
        with ExitStack() as attempt:
            attempt.enter_context(locked(folders))
            if folders_to_lock(packages) == folders:
                stack.push(attempt.pop_all())
                return
    raise ChangedMeanwhile
