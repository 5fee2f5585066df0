"""Writes into the ``extra`` of a finished package. Nothing else in the package changes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from conda_provenance.claim import Claim
from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.files.replace import Replacement, commit
from conda_provenance.packages.files.running_digest import RunningDigest, Written
from conda_provenance.packages.indexes.correction import (
    correction,
    corrections,
    folders_to_lock,
    journal_of,
    warn,
)
from conda_provenance.packages.indexes.folder import FolderIndexes, finish_interrupted
from conda_provenance.packages.leaks import Leaks
from conda_provenance.packages.neighbours import Neighbours
from conda_provenance.packages.plan import Edit, Plan, extra_of, plan_for
from conda_provenance.packages.read import claim_of, package_name
from conda_provenance.packages.refusals import (
    ChangedMeanwhile,
    PathLike,
    Refusal,
    refusals,
)
from conda_provenance.packages.rewrite import copied, opened_to_replace, rewritten
from conda_provenance.packages.targets import in_existing_folder, require_free

STAMPED, WOULD_STAMP, UNCHANGED = "stamped", "would stamp", "unchanged"

_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class StampResult:
    """The result of a stamp. True if the package changed, or would change."""

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
    remains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each key that was removed, the files of the package in which its value still stands."""
    written: Written | None = None
    """The new file, with its ``sha256``. ``None``: that was not asked for, or no file is new."""

    def __bool__(self) -> bool:
        return self.status != UNCHANGED


def stamp_package(
    path: PathLike,
    changes: Mapping[str, str | None],
    *,
    target: PathLike | None = None,
    overwrite: bool = True,
    dry_run: bool = False,
    leave_broken_indexes: bool = False,
    indexes: FolderIndexes | None = None,
    with_sha256: bool = False,
) -> StampResult:
    """Set keys in the ``extra`` of a package file's about.json. The value ``None`` removes a key.

    In a conda-build package the ``extra`` of the rendered recipe changes with it. Everything else
    in the package stays as it is. The file is replaced in one step by a whole new one with the same
    owner, mode, ACL and attributes. If it is a link, the link stays and the file that it leads to
    is replaced. The indexes and the files with checksums beside it are corrected in the same step.
    What is wrong afterwards and cannot be corrected is said in the log.

    With ``target``, the stamped package is written there, and ``path`` stays as it is.

    An empty ``sha`` in the package is taken out where ``remote_url`` is set and ``sha`` is not.

    Without ``overwrite``, these are refused: a package that has another value of a key that is set,
    one that names a repository where ``sha`` is set to nothing, one that a signature or attestation
    beside it or in an index vouches for, and a target that exists. Keys are removed all the same.

    A dry run does everything but replace the file, and raises the same errors.

    An index that may list the package and cannot be read is refused. With ``leave_broken_indexes``
    it is left as it is, and a warning in the log says so.

    If nothing changes, the package keeps every byte. Its indexes are corrected all the same. What
    an earlier call in this folder had begun when it was killed is finished first.

    For several packages of one folder, give ``indexes``, which
    :func:`~conda_provenance.packages.corrected_once` yields: then each index is corrected once.

    With ``with_sha256``, the digest of a new file is computed while it is written.

    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be done. Then the files are
    as they were.
    """
    return _stamp_order(
        _Order(
            path,
            changes,
            target,
            overwrite,
            dry_run,
            leave_broken_indexes,
            indexes,
            with_sha256=with_sha256,
        )
    )


def stamp_built_package(
    path: PathLike, changes: Mapping[str, str | None], edits: Mapping[str, Edit]
) -> StampResult:
    """Stamp a package that was just built, and edit other files in its ``info`` folder.

    ``edits`` are functions that make the new data of a file out of the old, by path. about.json is
    edited after it has its new ``extra``. Otherwise this is the same as :func:`stamp_package`.
    """
    return _stamp_order(_Order(path, changes, edits=edits))


def _stamp_order(order: _Order) -> StampResult:
    path = order.path
    with refusals(path, "stamped"):
        if not os.fspath(path) or "\0" in os.fspath(path):
            raise Refusal("it has no name that a file can have")

        for attempt in range(_ATTEMPTS):
            try:
                return _stamp_locked(order) if order.indexes is None else _stamp(order)
            except ChangedMeanwhile:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(attempt / 200)
    raise AssertionError  # The loop returns or raises.


class _Order(NamedTuple):
    """What the caller wants."""

    path: PathLike
    changes: Mapping[str, str | None]
    target: PathLike | None = None
    overwrite: bool = True
    dry_run: bool = False
    leave_broken_indexes: bool = False
    indexes: FolderIndexes | None = None
    edits: Mapping[str, Edit] = MappingProxyType({})
    with_sha256: bool = False

    @property
    def place(self) -> PathLike:
        """Where the stamped package is written."""
        return self.path if self.target is None else self.target


def _stamp_locked(order: _Order) -> StampResult:
    folders = folders_to_lock([order.place])
    with locked(folders):
        if folders_to_lock([order.place]) != folders:
            raise ChangedMeanwhile  # A link leads elsewhere since.
        for folder in folders:
            finish_interrupted(folder, dry_run=order.dry_run)
        return _stamp(order)


def _stamp(order: _Order) -> StampResult:
    path, place = os.path.realpath(order.path), os.path.realpath(order.place)
    if os.path.isdir(path):
        raise Refusal("it is a folder, and only package files are stamped")
    if order.target is not None:
        require_free(order.path, order.target, overwrite=order.overwrite, dry_run=order.dry_run)

    with ExitStack() as stack:
        blob = stack.enter_context(opened_to_replace(path))
        plan = plan_for(blob, order.changes, order.edits, overwrite=order.overwrite)
        indexes = order.indexes
        neighbours = indexes.neighbours if indexes else {}

        if plan.new and not order.overwrite and order.target is None:
            from conda_provenance.packages.signatures import require_unsigned

            require_unsigned(order.path, blob, neighbours)

        if indexes is not None:
            indexes.require_correctable(order.place)
            if plan.new:
                _require_unsigned_in(order, indexes.signed)

        digest = RunningDigest() if order.with_sha256 and not order.dry_run else None
        replacement = _write(blob, plan, order, place, stack, digest)
        new = FileBlob(replacement.file) if replacement else blob
        written = digest.finish(replacement.file) if digest and replacement else None
        digests = Digests(new, {"sha256": written.sha256} if written else None)
        unreached = _unreached(order, blob, neighbours) if plan.new else []
        put = _put_alone if order.indexes is not None else _put_with_indexes
        put(order, digests, [replacement] if replacement else [])

        for sentence in unreached:
            warn(sentence)
        return _result(order, plan, written)


def _unreached(order: _Order, blob: FileBlob, neighbours: dict[str, Neighbours]) -> list[str]:
    """Warnings of files that keep something of the old package."""
    if order.target is not None:
        return []

    from conda_provenance.packages.hints import hints

    return list(hints(order.path, blob, neighbours))


def _put_with_indexes(order: _Order, digests: Digests, replacements: list[Replacement]) -> None:
    """Put the package into its place, together with the indexes that list it."""
    edit = correction(order.place, digests)
    places = places_of(order.place)
    with corrections(places, edit, leave_broken=order.leave_broken_indexes) as corrected:
        if replacements:
            _require_unsigned_in(order, corrected.signed)
        if not order.dry_run:
            corrected.commit(*replacements, journal=journal_of(places, edit.records))
        corrected.say_what_is_left()


def _put_alone(order: _Order, digests: Digests, replacements: list[Replacement]) -> None:
    """Put the package into its place. The indexes are corrected later, once for the folder."""
    indexes = order.indexes
    assert indexes is not None
    if not order.dry_run:
        needed = indexes.checksums_of(order.place, digests)
        commit(replacements, then=lambda: indexes.note(order.place, needed))
    elif replacements:
        indexes.say_what_is_dropped(order.place)


def _require_unsigned_in(order: _Order, signed: Mapping[str, Sequence[str]]) -> None:
    if signed and not order.overwrite:
        from conda_provenance.packages.signatures import require_unsigned_in

        require_unsigned_in(order.place, signed)


def _write(
    blob: FileBlob,
    plan: Plan,
    order: _Order,
    place: str,
    stack: ExitStack,
    digest: RunningDigest | None,
) -> Replacement | None:
    """The file to put into the package's place. ``None``: the old one stays."""
    in_place = order.target is None
    if order.dry_run and not in_place:
        place = in_existing_folder(place)

    if plan.new:
        replacement = rewritten(
            blob, plan.container, plan.new, place, stack, in_place=in_place, digest=digest
        )
    elif in_place:
        return None
    else:
        replacement = copied(blob, place, stack, digest)

    replacement.seal()
    if os.name == "nt" and not order.dry_run:
        blob.close()  # Nothing can be put over an open file there.
    return replacement


def _result(order: _Order, plan: Plan, written: Written | None) -> StampResult:
    status = WOULD_STAMP if order.dry_run else STAMPED
    changes = _changes(extra_of(plan.about), extra_of(plan.new_about), plan.changes)
    return StampResult(
        status if plan.new else UNCHANGED,
        os.fspath(order.path),
        None if order.target is None else os.fspath(order.target),
        claim_of(plan.new_about, plan.index_json, package_name(order.place), plan.leaks),
        changes,
        _remains(changes, plan.leaks),
        written,
    )


def _remains(
    changes: Mapping[str, tuple[str | None, str | None]], leaks: Leaks
) -> dict[str, tuple[str, ...]]:
    removed = {key: old for key, (old, new) in changes.items() if old and new is None}
    files = {key: leaks.files_with(old) for key, old in removed.items()}
    return {key: names for key, names in files.items() if names}


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any], keys: Mapping[str, object]
) -> dict[str, tuple[str | None, str | None]]:
    pairs = {key: (_text(old.get(key)), _text(new.get(key))) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
