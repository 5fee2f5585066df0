"""Writes into the ``extra`` of a finished package: about.json changes (and conda-build's own recipe), nothing else does."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from conda_provenance.packages.about import ABOUT, parse_about, with_extra
from conda_provenance.packages.archive import compression
from conda_provenance.packages.archive import tar as tarstream
from conda_provenance.packages.archive import zip as container
from conda_provenance.packages.archive.zip_copy import copy_with
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.replace import (
    Replacement,
    closed_beside,
    commit,
    copy_range,
    replacing,
    require_replaceable,
)
from conda_provenance.packages.index import (
    check_records,
    corrections,
    folders_to_lock,
    with_digests,
)
from conda_provenance.packages.read import (
    is_container,
    open_info,
    open_package,
    open_tar,
    read_files,
)
from conda_provenance.packages.refusals import (
    ChangedMeanwhile,
    PathLike,
    Refusal,
    harmless,
    refusals,
)
from conda_provenance.packages.rendered_recipe import RECIPE, is_conda_builds, with_recipe_extra

_MAX_KEPT = 1 << 20
"""Bytes of metadata, unpacked, that are kept in memory; more is read twice."""

_ATTEMPTS = 20


def stamp_package(
    path: PathLike,
    changes: Mapping[str, str | None],
    *,
    target: PathLike | None = None,
    overwrite: bool = True,
) -> bool:
    """Set these keys in the ``extra`` of a package file's about.json, or remove them where the value is ``None``.

    In a conda-build package the ``extra`` of the rendered recipe is changed likewise. The file, or the one that a link leads
    to, is replaced in one step by a whole new one of the same owner and mode, and the indexes beside it that list it are
    corrected in the same step; what is not the stamp keeps its bytes. With ``target``, the stamped package is written there
    instead, and ``path`` stays. Without ``overwrite``, a package that says something else already is refused.

    Returns whether the package changed. If not, it stays as it is, byte for byte; its indexes are corrected all the same,
    which mends what a kill between the two left behind. Raises :class:`~conda_provenance.errors.PackageError` if it cannot be
    done; the files are then as they were.
    """
    named = path if target is None else target
    with refusals(path, "stamped"):
        if not os.fspath(path) or "\0" in os.fspath(path):
            raise Refusal("it has no name that a file can have")
        for attempt in range(_ATTEMPTS):
            try:
                folders = folders_to_lock(named)
                with locked(folders):
                    if folders_to_lock(named) != folders:
                        raise ChangedMeanwhile  # a link leads elsewhere since
                    return _stamp(
                        os.path.realpath(path), changes, os.path.realpath(named), named, overwrite
                    )
            except ChangedMeanwhile:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(attempt / 200)
    raise AssertionError  # the loop returns or raises


def check_stamp(
    path: PathLike,
    changes: Mapping[str, str | None],
    *,
    target: PathLike | None = None,
    overwrite: bool = True,
) -> bool:
    """Would :func:`stamp_package` change the package? Raises the same for one that it would refuse; writes nothing."""
    with refusals(path, "stamped"), open_package(os.path.realpath(path)) as file:
        zipped, replaced = _plan(file, changes, overwrite)
        if replaced:
            info = zipped.info() if zipped else None
            for _ in _rewritten(file, info, replaced):
                pass
            if target is None:
                require_replaceable(os.path.realpath(path), os.fstat(file.fileno()))
        if target is None:
            with corrections(path, check_records):
                pass
        return bool(replaced)


def _stamp(
    path: str, changes: Mapping[str, str | None], place: str, named: PathLike, overwrite: bool
) -> bool:
    with ExitStack() as stack:
        replacement, changed = _write(path, changes, place, overwrite, stack)
        if replacement:
            descriptor = replacement.file.fileno()
            digests = with_digests(lambda: Digests.of_file(descriptor))
        else:
            digests = with_digests(lambda: Digests.of(path))
        indexes = stack.enter_context(corrections(named, digests, changed=replacement is not None))
        # The package last: what is replaced before it can be put back.
        commit(
            [*indexes.replacements, *([replacement] if replacement else [])],
            then=indexes.remove_derived,
        )
        return changed


def _write(
    path: str, changes: Mapping[str, str | None], place: str, overwrite: bool, stack: ExitStack
) -> tuple[Replacement | None, bool]:
    """The package to put in its place (``None`` if that is the file which is there), and whether the stamp changed it."""
    if os.path.isdir(path):
        raise Refusal("it is a folder, and only package files are stamped")
    # Open until the new file is in its place: the last to close a replaced file pays for freeing its blocks.
    file = stack.enter_context(closed_beside(open_package(path)))
    old = os.fstat(file.fileno())
    zipped, replaced = _plan(file, changes, overwrite)
    in_place = place == path
    if not replaced and in_place:
        return None, False
    if not replaced:
        replacement = stack.enter_context(replacing(place, old, exists=False))
        if not replacement.clone(file, old.st_size):
            copy_range(file, replacement.file, 0, old.st_size)
    elif zipped:
        info = zipped.info()
        # Before there is a new file, for a zstd frame begins with the size of what is in it.
        kept, size = _kept(_rewritten(file, info, replaced))
        replacement = stack.enter_context(replacing(place, old, exists=in_place))
        copy_with(file, zipped, info, _compressed(file, info, replaced, kept, size), replacement)
    else:
        replacement = stack.enter_context(replacing(place, old, exists=in_place))
        for chunk in compression.compress_bz2(_rewritten(file, None, replaced)):
            replacement.file.write(chunk)
    replacement.seal()
    if os.name == "nt":
        file.close()  # nothing can be put over an open file there
    return replacement, bool(replaced)


def _plan(
    file: io.BufferedReader, changes: Mapping[str, str | None], overwrite: bool
) -> tuple[container.Container | None, dict[str, bytes]]:
    """The members of a ``.conda``, and the new data of the files that have to change."""
    zipped = info = None
    if is_container(file):
        zipped = container.read_container(file)
        info = zipped.info()
        for member in zipped.members:
            container.require_stored(member)
        container.check_crc(file, info)
    # A .tar.bz2 is read only as far as it has to be: the payload behind would have to be unpacked twice.
    files = read_files(file, info, (RECIPE,), to_end=info is not None)
    about = parse_about(files[ABOUT])
    if not info and RECIPE not in files and is_conda_builds(about):
        # Unless it is a conda-build of old, which had recipes among the payload.
        files = read_files(file, info, (RECIPE,))
    if not overwrite:
        extra = about.get("extra")
        said = extra if isinstance(extra, dict) else {}
        for key, value in changes.items():
            # An empty string, as local builds of conda-forge have it, says nothing yet.
            if said.get(key) not in (None, "", value):
                raise Refusal(f"it says another {harmless(key)} already; --force overwrites it")
    new = {ABOUT: with_extra(files[ABOUT], changes)}
    if RECIPE in files and is_conda_builds(about):
        new[RECIPE] = with_recipe_extra(files[RECIPE], changes, overwrite=overwrite)
    return zipped, {name: data for name, data in new.items() if data != files[name]}


def _rewritten(
    file: io.BufferedReader, info: container.Member | None, replaced: Mapping[str, bytes]
) -> Iterator[bytes]:
    with open_info(file, info) if info else open_tar(file) as stream:
        yield from tarstream.rewrite(stream, ABOUT, replaced)


def _kept(chunks: Iterable[bytes]) -> tuple[list[bytes] | None, int]:
    """The chunks, unless they are too large to be kept in memory, and their size in bytes."""
    kept: list[bytes] | None = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _MAX_KEPT:
            kept = None
        elif kept is not None:
            kept.append(chunk)
    return kept, size


def _compressed(
    file: io.BufferedReader,
    info: container.Member,
    replaced: Mapping[str, bytes],
    kept: list[bytes] | None,
    size: int,
) -> Iterator[bytes]:
    # A generator, for opening the member moves the file's position: it must not happen before the copy has come to it.
    with contextlib.ExitStack() as stack:
        chunks: Iterable[bytes] = kept if kept is not None else _rewritten(file, info, replaced)
        if kept is None:
            stack.enter_context(contextlib.closing(chunks))  # type: ignore[type-var]
        yield from compression.compress_zstd(chunks, size)
