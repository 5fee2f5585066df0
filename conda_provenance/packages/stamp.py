"""Writes into the ``extra`` of a finished package. Nothing else in the package changes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from conda_provenance.claim import Claim
from conda_provenance.packages.about import ABOUT, MAX_SIZE, parse_about, with_extra
from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.replace import Replacement, commit
from conda_provenance.packages.index import corrections, digests_edit, folders_to_lock
from conda_provenance.packages.metadata import (
    Container,
    check_container,
    is_container,
    open_info,
    open_tar,
    read_files,
)
from conda_provenance.packages.read import INDEX, claim_of, package_name
from conda_provenance.packages.refusals import (
    ChangedMeanwhile,
    NotAllowed,
    PathLike,
    Refusal,
    refusals,
    shown_name,
    shown_path,
)
from conda_provenance.packages.rendered_recipe import RECIPE, is_conda_builds, with_recipe_extra
from conda_provenance.packages.rewrite import copied, opened_to_replace, rewritten

STAMPED, WOULD_STAMP, UNCHANGED = "stamped", "would stamp", "unchanged"

_ATTEMPTS = 20

_MAX_EDITED = 64 << 20
"""Bytes of a file that is edited. A larger one stays as it is."""

Edit: TypeAlias = Callable[[bytes], bytes]
"""Makes the new data of a file out of the old."""


@dataclass(frozen=True, slots=True)
class StampResult:
    """What became of a package. True if it changed, or would change."""

    status: str
    """``stamped``, ``would stamp`` in a dry run, or ``unchanged``."""
    path: str
    """The package, as it was given."""
    target: str | None
    """The stamped copy, where one was asked for, as it was given."""
    claim: Claim
    """What the package says now, or would say."""
    changes: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """The old and the new value of every key of ``extra`` that changes. ``None``: it is not there.

    A value that is not a string is given as its JSON text.
    """

    def __bool__(self) -> bool:
        return self.status != UNCHANGED


def stamp_package(
    path: PathLike,
    changes: Mapping[str, str | None],
    *,
    target: PathLike | None = None,
    overwrite: bool = True,
    dry_run: bool = False,
) -> StampResult:
    """Set these keys in the ``extra`` of a package file's about.json. ``None`` removes a key.

    In a conda-build package the ``extra`` of the rendered recipe changes with it. Everything else
    in the package stays as it is. The file is replaced in one step by a whole new one with the same
    owner and mode. If it is a link, the link stays and the file that it leads to is replaced. The
    indexes beside it that list it are corrected in the same step.

    With ``target``, the stamped package is written there, and ``path`` stays as it is.

    Without ``overwrite``, these are refused: a package that has other values already, one that a
    signature or attestation beside it speaks for, and a target that exists.

    A dry run does everything but replace the file, and raises the same errors.

    If nothing changes, the package keeps every byte. Its indexes are corrected all the same: an
    earlier call may have been killed after it replaced the package, and before it got to them.

    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be done. Then the files are
    as they were.
    """
    return _stamp_order(_Order(path, changes, target, overwrite, dry_run, {}))


def stamp_built_package(
    path: PathLike, changes: Mapping[str, str | None], edits: Mapping[str, Edit]
) -> StampResult:
    """Stamp a package that was just built, and edit other files in its ``info`` folder.

    ``edits`` has what makes their new data, by path. about.json is edited after it has its new
    ``extra``. Otherwise it is the same as :func:`stamp_package`.
    """
    return _stamp_order(_Order(path, changes, None, True, False, edits))


def _stamp_order(order: _Order) -> StampResult:
    path = order.path
    with refusals(path, "stamped"):
        if not os.fspath(path) or "\0" in os.fspath(path):
            raise Refusal("it has no name that a file can have")

        for attempt in range(_ATTEMPTS):
            try:
                return _stamp_locked(order)
            except ChangedMeanwhile:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(attempt / 200)
    raise AssertionError  # The loop returns or raises.


class _Order(NamedTuple):
    """What the caller wants."""

    path: PathLike
    changes: Mapping[str, str | None]
    target: PathLike | None
    overwrite: bool
    dry_run: bool
    edits: Mapping[str, Edit]

    @property
    def place(self) -> PathLike:
        """Where the stamped package is to stand."""
        return self.path if self.target is None else self.target


class _Plan(NamedTuple):
    """What has to change in the package."""

    container: Container | None
    """The ``.conda``'s zip. ``None``: a ``.tar.bz2``."""
    replaced: Mapping[str, bytes]
    """The new data of every file that changes."""
    about: Mapping[str, Any]
    new_about: Mapping[str, Any]
    index_json: bytes | None


def _stamp_locked(order: _Order) -> StampResult:
    folders = folders_to_lock(order.place)
    with locked(folders):
        if folders_to_lock(order.place) != folders:
            raise ChangedMeanwhile  # A link leads elsewhere since.
        return _stamp(order)


def _stamp(order: _Order) -> StampResult:
    path, place = os.path.realpath(order.path), os.path.realpath(order.place)
    if os.path.isdir(path):
        raise Refusal("it is a folder, and only package files are stamped")
    _require_free_target(order)

    with ExitStack() as stack:
        blob = stack.enter_context(opened_to_replace(path))
        plan = _plan(blob, order)
        _require_unsigned(order, plan)
        replacement = _write(blob, plan, order, place, stack)

        new = FileBlob(replacement.file) if replacement else blob
        corrected = stack.enter_context(
            corrections(order.place, digests_edit(new), changed=replacement is not None)
        )
        if not order.dry_run:
            # The package comes last: whatever is replaced before it can be put back.
            replacements = [*corrected.replacements, *([replacement] if replacement else [])]
            commit(replacements, then=corrected.remove_derived)
        return _result(order, plan)


def _require_free_target(order: _Order) -> None:
    """Refuse a target that exists. With ``overwrite`` only the package itself is refused."""
    target = order.target
    if target is None:
        return
    if not os.path.lexists(target):
        folder = os.path.dirname(os.path.abspath(target))
        if not order.dry_run and not os.path.isdir(folder):
            raise Refusal(f"there is no folder {shown_path(folder)} for the copy; make it first")
        return

    if os.path.isdir(target):
        raise Refusal(f"{shown_path(target)} is a folder, and no file can take its place")

    is_package = os.path.exists(target) and os.path.samefile(order.path, target)
    if is_package or not order.overwrite:
        raise NotAllowed(f"{shown_path(target)} is there already; --force overwrites another file")


def _require_unsigned(order: _Order, plan: _Plan) -> None:
    """Refuse to change a package whose bytes something vouches for."""
    if order.overwrite or order.target is not None or not plan.replaced:
        return

    from conda_provenance.packages.signatures import signatures_of

    if signatures := signatures_of(order.path):
        names = ", ".join(map(shown_name, signatures))
        raise NotAllowed(f"{names} vouches for its bytes and would be wrong; --force stamps it")


def _plan(blob: FileBlob, order: _Order) -> _Plan:
    container = check_container(blob) if is_container(blob) else None
    files = _read(blob, container, order.edits)
    about = parse_about(files[ABOUT])
    if not order.overwrite:
        _require_unsaid(about, order.changes)

    new = {ABOUT: with_extra(files[ABOUT], order.changes)}
    if RECIPE in files and is_conda_builds(about):
        new[RECIPE] = with_recipe_extra(files[RECIPE], order.changes, overwrite=order.overwrite)
    for name in order.edits.keys() & files.keys():
        new[name] = order.edits[name](new.get(name, files[name]))
    return _Plan(
        container,
        {name: data for name, data in new.items() if data != files[name]},
        about,
        parse_about(new[ABOUT]),
        files.get(INDEX),
    )


def _read(blob: FileBlob, container: Container | None, edited: Collection[str]) -> dict[str, bytes]:
    names = {RECIPE, INDEX, *edited} - {ABOUT}
    limit = _MAX_EDITED if edited else MAX_SIZE
    if container:
        stream = open_info(blob, container.info)
        return read_files(stream, ABOUT, limit, optional=names, to_end=True)

    # Of a .tar.bz2 the metadata alone is read, or the payload would have to be unpacked twice.
    stream = open_tar(blob)
    files = read_files(stream, ABOUT, limit, optional=names, to_end=False)
    if RECIPE not in files and is_conda_builds(parse_about(files[ABOUT])):
        # An old conda-build, which had recipes after the payload.
        stream = open_tar(blob)
        files = read_files(stream, ABOUT, limit, optional=names, to_end=True)
    return files


def _require_unsaid(about: Mapping[str, Any], changes: Mapping[str, str | None]) -> None:
    """Refuse a package that says something else already."""
    extra = _extra(about)
    for key, value in changes.items():
        # An empty string, as local builds of conda-forge have it, says nothing yet.
        if extra.get(key) not in (None, "", value):
            raise NotAllowed(f"it says another {shown_name(key)} already; --force overwrites it")


def _write(
    blob: FileBlob, plan: _Plan, order: _Order, place: str, stack: ExitStack
) -> Replacement | None:
    """The package to put in its place. ``None``: the file that is there stays."""
    in_place = order.target is None
    if order.dry_run and not in_place:
        place = _in_existing_folder(place)
    if plan.replaced:
        replacement = rewritten(
            blob, plan.container, plan.replaced, place, stack, in_place=in_place
        )
    elif in_place:
        return None
    else:
        replacement = copied(blob, place, stack)

    replacement.seal()
    if os.name == "nt" and not order.dry_run:
        blob.close()  # Nothing can be put over an open file there.
    return replacement


def _in_existing_folder(path: str) -> str:
    """The path, or one in the nearest folder that exists: in a dry run no folder is made."""
    folder, name = os.path.split(path)
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.path.join(folder, name)


def _result(order: _Order, plan: _Plan) -> StampResult:
    status = WOULD_STAMP if order.dry_run else STAMPED
    return StampResult(
        status if plan.replaced else UNCHANGED,
        os.fspath(order.path),
        None if order.target is None else os.fspath(order.target),
        claim_of(plan.new_about, plan.index_json, package_name(order.place)),
        _changes(_extra(plan.about), _extra(plan.new_about), order.changes),
    )


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any], keys: Mapping[str, object]
) -> dict[str, tuple[str | None, str | None]]:
    pairs = {key: (_text(old.get(key)), _text(new.get(key))) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _extra(about: Mapping[str, Any]) -> Mapping[str, Any]:
    extra = about.get("extra")
    return extra if isinstance(extra, dict) else {}
