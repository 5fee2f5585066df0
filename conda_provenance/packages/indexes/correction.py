"""Corrects the indexes beside packages.

``records`` and ``shards`` know what can be in an index, ``files`` knows which files there are, and
``edits`` how a record changes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from conda_provenance.log import logger
from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.files.digests import Checksums, Digests
from conda_provenance.packages.files.interrupts import uninterrupted
from conda_provenance.packages.files.journal import Journal
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.ownership import other_names
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.files.replace import Replacement, commit, replacing
from conda_provenance.packages.indexes.change import BrokenIndex, changed_index, open_index
from conda_provenance.packages.indexes.checksum_names import checksum_files, is_checksum_file
from conda_provenance.packages.indexes.edits import Correction, remove_record
from conda_provenance.packages.indexes.files import indexes_in, outdated_by, packed
from conda_provenance.packages.indexes.records import NewValues
from conda_provenance.packages.indexes.shards import Shard
from conda_provenance.packages.refusals import (
    ChangedMeanwhile,
    PathLike,
    refusals,
    shown_name,
    shown_path,
)

MAIN_INDEX = "repodata.json"

_ATTEMPTS = 20


@dataclass(slots=True)
class Corrections:
    """Corrected indexes that are not in their places yet."""

    replacements: list[Replacement] = field(default_factory=list)
    shards: list[Shard] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    """Files that are made from these indexes, and are wrong once the indexes are corrected."""
    left: list[str] = field(default_factory=list)
    """Warnings of what is left as it is."""
    signed: dict[str, list[str]] = field(default_factory=dict)
    """The packages that indexes hold a signature for, each with these indexes."""

    def commit(self, *packages: Replacement, journal: Journal | None = None) -> None:
        """Put all files into their places, the packages last. If one fails, none is changed."""
        journal = journal or Journal({})
        new: list[str] = []

        def undone() -> None:
            _unlink(new)
            journal.remove()

        def done() -> None:
            self._remove_outdated()
            journal.remove()

        with uninterrupted():
            try:
                if self.replacements:
                    journal.write()
                for shard in self.shards:
                    if not os.path.lexists(shard.path):
                        new.append(shard.path)
                        _write_shard(shard)
            except BaseException:
                undone()
                raise
            commit([*self.replacements, *packages], then=done, undone=undone)

    def say_what_is_left(self) -> None:
        """Warn of what is left as it is."""
        for sentence in self.left:
            warn(sentence)

    def _remove_outdated(self) -> None:
        for path in self.outdated:
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue
            except OSError:
                what = "is out of date and cannot be removed"
            else:
                what = "was out of date and is removed"
            warn(f"{shown_path(path)} {what}; run the indexer again.")


def update_index_entry(package_path: PathLike, index_path: PathLike | None = None) -> bool:
    """Update the checksums and the size of the package in ``index_path``.

    Without ``index_path``, the indexes in the package's folder are updated: repodata.json,
    repodata_from_packages.json and current_repodata.json, their compressed copies, and the shards.
    Everything else in an index keeps its bytes, and an index that does not list the package is left
    alone. What is wrong afterwards and cannot be corrected is said in the log.

    Returns whether anything changed. Raises :class:`~conda_provenance.errors.PackageError`.
    """
    with (
        refusals(package_path, "indexed"),
        locked(folders_to_lock([package_path], index_path)),
        open_file_blob(package_path) as blob,
    ):
        corrected = _apply(package_path, correction(package_path, Digests(blob)), index_path)
        corrected.say_what_is_left()
        return bool(corrected.replacements)


def withdraw_package(package_path: PathLike) -> None:
    """Take a package out of the indexes in its folder, and remove its file.

    Raises :class:`~conda_provenance.errors.PackageError`.
    """
    with refusals(package_path, "withdrawn"), locked(folders_to_lock([package_path])):
        _apply(package_path, remove_record, None)
        os.unlink(package_path)


def folders_to_lock(packages: Iterable[PathLike], index_path: PathLike | None = None) -> list[str]:
    """The real folders of the packages, wherever they have a name, and of the indexes there.

    An index may be a link into another folder.
    """
    folders = {folder: None for package in packages for folder, _ in places_of(package)}
    indexes = [index for folder in folders for index in indexes_in(folder)]
    links = [index for index in indexes if os.path.islink(index)]
    if index_path:
        links.append(os.fspath(index_path))

    folders |= {os.path.dirname(os.path.realpath(link)): None for link in links}
    return list(dict.fromkeys(map(os.path.realpath, folders)))


def correction(package: PathLike, digests: Digests) -> Correction:
    """The correction for one package, under every name that it has."""
    return Correction({name: digests for _, name in places_of(package)})


def journal_of(
    places: Iterable[tuple[str, str]], records: Mapping[str, Collection[Checksums]]
) -> Journal:
    """What the next stamp has to know about these packages if this process is killed."""
    folders: dict[str, dict[str, Collection[Checksums]]] = {}
    for folder, name in places:
        if name in records:
            folders.setdefault(os.path.realpath(folder), {})[name] = records[name]
    return Journal(folders)


@contextmanager
def corrections(
    places: Iterable[tuple[str, str]],
    edit: NewValues,
    *,
    leave_broken: bool = False,
    index_path: PathLike | None = None,
) -> Iterator[Corrections]:
    """Apply ``edit`` to copies of the indexes. Unless they are committed, nothing of them remains.

    :param places: folder and name of each package.
    :param leave_broken: leave an index that cannot be read as it is, with a warning.
    """
    places = list(places)
    indexes = indexes_of(places)
    if index_path:
        indexes = {os.fspath(index_path): {name for _, name in places}}

    corrected = Corrections()
    with ExitStack() as stack:
        for index, names in indexes.items():
            with refusals(index, "corrected"):
                _correct(index, names, edit, stack, corrected, leave_broken=leave_broken)
        yield corrected


def indexes_of(places: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The indexes of these packages, each with the names that it may list.

    An index that two links lead to comes once.
    """
    folders: dict[str, set[str]] = {}
    for folder, name in places:
        folders.setdefault(os.path.realpath(folder), set()).add(name)

    shown: dict[str, str] = {}
    indexes: dict[str, set[str]] = {}
    for folder, names in folders.items():
        for index in indexes_in(folder):
            first = shown.setdefault(os.path.realpath(index), index)
            indexes.setdefault(first, set()).update(names)
        for path, packages in checksum_files(folder, names).items():
            indexes.setdefault(path, set()).update(packages)
    return indexes


def signature_dropped(index: str, names: Collection[str]) -> str:
    """The warning for an index that loses its signatures over these packages."""
    some = ", ".join(map(shown_name, sorted(names)[:3])) + (" and more" if len(names) > 3 else "")
    return (
        f"the signature over {some} in {shown_path(index)} was made for the old checksum, and goes"
        " with it; sign the package again."
    )


def warn(sentence: str) -> None:
    """Warn in the log."""
    logger().warning("conda-provenance: %s", sentence)


def _apply(package: PathLike, edit: NewValues, index_path: PathLike | None) -> Corrections:
    for attempt in range(_ATTEMPTS):
        with corrections(places_of(package), edit, index_path=index_path) as corrected:
            try:
                corrected.commit()
            except ChangedMeanwhile:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(attempt / 200)
                continue
            return corrected
    raise AssertionError  # The loop returns or raises.


def _correct(
    index: str,
    names: Collection[str],
    edit: NewValues,
    stack: ExitStack,
    corrected: Corrections,
    *,
    leave_broken: bool,
) -> None:
    """Correct an index. If it is broken for some of the packages, correct it for the others."""
    left = set(names)
    while left:
        try:
            _correct_for(index, left, edit, stack, corrected)
        except BrokenIndex as broken:
            if not leave_broken and not is_checksum_file(index):
                raise
            corrected.left.append(broken.sentence(index))
            left -= set(broken.names)
        else:
            return


def _correct_for(
    index: str, names: Collection[str], edit: NewValues, stack: ExitStack, corrected: Corrections
) -> None:
    path = os.path.realpath(index)
    blob = open_index(path, names)
    if blob is None:
        return

    with blob:
        change = changed_index(blob, index, names, edit)

    for name in change.signed:
        corrected.signed.setdefault(name, []).append(index)
    if change.left:
        corrected.left.append(f"{shown_path(index)} {change.left}")
    if change.dropped:
        corrected.left.append(signature_dropped(index, change.dropped))
    if change.data is None:
        return

    replacement = stack.enter_context(replacing(path, blob.status))
    for chunk in packed(change.data, index):
        replacement.file.write(chunk)
    replacement.seal()

    if sentence := other_names(shown_path(index), blob.status):
        corrected.left.append(sentence)
    corrected.replacements.append(replacement)
    corrected.shards += change.shards
    if outdated := outdated_by(index):
        corrected.outdated.append(outdated)


def _write_shard(shard: Shard) -> None:
    with (
        refusals(shard.path, "written"),
        replacing(shard.path, shard.old, copied_from=shard.old_path) as new,
    ):
        new.file.write(shard.data)
        new.seal()
        commit([new])


def _unlink(paths: Iterable[str]) -> None:
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            continue
