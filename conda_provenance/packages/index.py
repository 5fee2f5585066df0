"""The entries of a package in the indexes beside it: its checksums and size there; knows nothing of what is in the package.

Formats: repodata.json as in CEP 36 and before, with rattler's ``v3`` section; rattler-build writes no more than that one file,
conda-index and rattler-index the others on demand.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from conda_provenance.packages.archive import compression
from conda_provenance.packages.archive import json_text as jsontext
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.replace import Replacement, commit, replacing
from conda_provenance.packages.refusals import (
    ChangedMeanwhile,
    PathLike,
    Refusal,
    base_name,
    harmless,
    refusals,
)

log = logging.getLogger(__name__)

_INDEXES = tuple(
    name + ending
    for name in ("repodata.json", "repodata_from_packages.json", "current_repodata.json")
    for ending in ("", ".zst", ".bz2")
)
_DERIVED = (
    "repodata_shards.msgpack.zst",
    "repodata_shards.msgpack",
    "repodata.jlap",
    "repodata.json.gz",
)
"""What clients fall back from to repodata.json, and what cannot be corrected in place: it is named after its own checksums."""

_SECTIONS = ("packages", "packages.conda")
_REVISION = re.compile(r"v[0-9]+")
_LIMIT = 1 << 30
_SMALL_INDEX, _EXPANSION = 64 << 20, 100
"""Bytes, and times its own size, that a compressed index may unpack to; real ones unpack to ten times theirs."""

_ATTEMPTS = 20


Edit = Callable[[str, str], str]
"""Changes an index's text for a package, given by its file's name; the same text if there is nothing to change."""


@dataclass(slots=True)
class Corrections:
    """Corrected indexes, written but not yet in their places, and files that would be wrong then."""

    replacements: list[Replacement] = field(default_factory=list)
    derived: list[str] = field(default_factory=list)

    def remove_derived(self) -> None:
        """To be called when the replacements are in their places."""
        for path in self.derived:
            with contextlib.suppress(FileNotFoundError):
                try:
                    os.unlink(path)
                except FileNotFoundError:
                    raise
                except OSError:
                    log.warning(
                        "conda-provenance: %s is out of date and cannot be removed; run the indexer again.",
                        base_name(path),
                    )
                else:
                    log.warning(
                        "conda-provenance: %s was out of date and is removed; run the indexer again.",
                        base_name(path),
                    )


def places_of(package: PathLike) -> list[tuple[str, str]]:
    """Folder and name of each place in which the package has a name: its own, and those that symbolic links lead through."""
    path = os.path.abspath(package)
    places = [os.path.split(path)]
    for _ in range(40):
        if not os.path.islink(path):
            break
        path = os.path.abspath(os.path.join(os.path.dirname(path), os.readlink(path)))
        places.append(os.path.split(path))
    return list(dict.fromkeys([*places, os.path.split(os.path.realpath(package))]))


def folders_to_lock(package: PathLike, index_path: PathLike | None = None) -> list[str]:
    """The real folders of the package, in whichever place it has a name, and of its indexes, which may be links as well."""
    folders = [folder for folder, _ in places_of(package)]
    indexes = [os.fspath(index_path)] if index_path else []
    indexes += [
        index
        for folder in folders
        for each in _INDEXES
        if os.path.islink(index := os.path.join(folder, each))
    ]
    return list(
        dict.fromkeys(
            map(
                os.path.realpath,
                [*folders, *(os.path.dirname(os.path.realpath(index)) for index in indexes)],
            )
        )
    )


def update_index_entry(package_path: PathLike, index_path: PathLike | None = None) -> bool:
    """Bring the package's checksums and size up to date in ``index_path``, or else in the indexes in its folder.

    Those are repodata.json, repodata_from_packages.json and current_repodata.json, their ``.zst`` and ``.bz2`` copies too.
    The sharded index is removed, for it is named after its own checksums; clients fall back to repodata.json.
    Everything else in an index keeps its bytes. Returns whether anything changed; an index that does not list the package is
    left alone. Raises :class:`~conda_provenance.errors.PackageError`.
    """
    with refusals(package_path, "indexed"), locked(folders_to_lock(package_path, index_path)):
        return _apply(package_path, with_digests(lambda: Digests.of(package_path)), index_path)


def withdraw_package(package_path: PathLike) -> None:
    """Take a package out of the indexes in its folder and remove its file. Raises :class:`PackageError`."""
    with refusals(package_path, "withdrawn"), locked(folders_to_lock(package_path)):
        _apply(package_path, _without_package, None)
        os.unlink(package_path)


def _apply(package: PathLike, edit: Edit, index_path: PathLike | None) -> bool:
    for attempt in range(_ATTEMPTS):
        with corrections(package, edit, index_path=index_path) as found:
            try:
                commit(found.replacements, then=found.remove_derived)
            except ChangedMeanwhile:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(attempt / 200)
                continue
            return bool(found.replacements)
    raise AssertionError  # the loop returns or raises


def with_digests(digests: Callable[[], Digests]) -> Edit:
    """The change that makes every record of a package say ``digests``, which are asked for once and only if there is one."""
    known: list[Digests] = []

    def edit(text: str, name: str) -> str:
        records = _records(text, name)
        if records and not known:
            known.append(digests())
        return _corrected(text, name, records, known[0]) if records else text

    return edit


def check_records(text: str, name: str) -> str:
    """No change; :class:`Refusal` or ValueError for an index that could not be corrected."""
    _records(text, name)
    return text


@contextmanager
def corrections(
    package: PathLike, edit: Edit, *, changed: bool = False, index_path: PathLike | None = None
) -> Iterator[Corrections]:
    """What ``edit`` changes in the indexes, ready to be committed. Not committed, nothing of it remains.

    ``changed``: the package has other bytes now, whether an index lists it or not.
    """
    found = Corrections()
    with ExitStack() as stack:
        if index_path:
            _prepare(
                os.fspath(index_path),
                os.path.basename(os.path.abspath(package)),
                edit,
                stack,
                found,
            )
        for folder, name in [] if index_path else places_of(package):
            before = len(found.replacements)
            indexes = [os.path.join(folder, each) for each in _INDEXES]
            for index in indexes:
                if os.path.lexists(index):
                    _prepare(index, name, edit, stack, found)
            if len(found.replacements) > before or (changed and not os.path.exists(indexes[0])):
                found.derived += [
                    path for each in _DERIVED if os.path.lexists(path := os.path.join(folder, each))
                ]
        yield found


def _prepare(index: str, name: str, edit: Edit, stack: ExitStack, found: Corrections) -> None:
    with refusals(index, "corrected"):
        index = os.path.realpath(index)
        if any(each.path == index for each in found.replacements):
            return
        with open(index, "rb", opener=_open_regular) as file:
            old = os.fstat(file.fileno())
            text = _decoded(file, index)
        corrected = _edited(text, name, edit)
        if corrected == text:
            return
        replacement = stack.enter_context(replacing(index, old))
        for chunk in _encoded(corrected.encode("utf-8"), index):
            replacement.file.write(chunk)
        replacement.seal()
        found.replacements.append(replacement)


def _open_regular(path: str, flags: int) -> int:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Refusal("it is no regular file")
    return os.open(path, flags)


def _decoded(file: io.BufferedReader, index: str) -> str:
    limit = min(_LIMIT, _SMALL_INDEX + _EXPANSION * os.fstat(file.fileno()).st_size)
    with ExitStack() as stack:
        if index.endswith(".zst"):
            stream = stack.enter_context(compression.open_zstd(file, limit))
        elif index.endswith(".bz2"):
            stream = stack.enter_context(compression.open_bz2(file, limit))
        else:
            stream = stack.enter_context(compression.open_plain(file, _LIMIT))
        data = b"".join(iter(lambda: stream.read(compression.CHUNK), b""))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("it is not UTF-8") from None


def _encoded(data: bytes, index: str) -> Iterator[bytes]:
    if index.endswith(".zst"):
        return compression.compress_zstd([data], len(data))
    return compression.compress_bz2([data]) if index.endswith(".bz2") else iter([data])


def _edited(text: str, name: str, edit: Edit) -> str:
    if json.dumps(_stem(name))[1:-1] not in text and "\\u" not in text:
        return text  # large indexes take seconds to look through
    try:
        return edit(text, name)
    except ValueError as error:
        raise Refusal("it is no index in JSON") from error


def _stem(name: str) -> str:
    return name.removesuffix(".conda").removesuffix(".tar.bz2")


@dataclass(frozen=True, slots=True)
class _Record:
    section: jsontext.Entry
    entry: jsontext.Entry
    legacy: bool = False
    """Is it the ``.conda``'s record, which tells of the ``.tar.bz2`` too?"""


def _corrected(text: str, name: str, records: list[_Record], digests: Digests) -> str:
    """The index with every record of the package corrected, and without a signature over what it said before."""
    before = text
    for record in records:
        start, end = record.entry.start, record.entry.end
        prefix = "legacy_bz2_" if record.legacy else ""
        text = text[:start] + _corrected_record(text[start:end], digests, prefix) + text[end:]
    return text if text == before else _without_signature(text, name)


def _without_package(text: str, name: str) -> str:
    """The index without any record of the package."""
    while records := [record for record in _records(text, name) if not record.legacy]:
        text = _without_entry(text, records[0].section, records[0].entry.key)
    return _without_signature(text, name)


def _without_signature(text: str, name: str) -> str:
    for section in jsontext.spans(text):
        if section.key == "signatures" and text[section.start] == "{":
            return _without_entry(text, section, name)
    return text


def _without_entry(text: str, section: jsontext.Entry, key: str) -> str:
    return (
        text[: section.start]
        + jsontext.without(text[section.start : section.end], key)
        + text[section.end :]
    )


def _records(text: str, name: str) -> list[_Record]:
    """The package's records, the last in the text first: a change leaves the others' places alone."""
    stem = _stem(name)
    found: list[_Record] = []
    for section in jsontext.spans(text):
        if text[section.start] != "{":
            continue
        if section.key in _SECTIONS:
            found += _named(text, section, name)
            if section.key == "packages.conda" and name.endswith(".tar.bz2"):
                found += _named(text, section, f"{stem}.conda", legacy=True)
        elif _REVISION.fullmatch(section.key):
            # rattler's later revisions: a section a file type, keyed by the name without its ending.
            for kind in jsontext.spans(text, section.start):
                if text[kind.start] == "{":
                    found += _named(
                        text, kind, name, stem if name == f"{stem}.{kind.key}" else name
                    )
    return sorted(found, key=lambda record: record.entry.start, reverse=True)


def _named(
    text: str, section: jsontext.Entry, *names: str, legacy: bool = False
) -> Iterator[_Record]:
    inside = text[section.start : section.end]
    if "\\u" not in inside and not any(json.dumps(name) in inside for name in names):
        return
    found: set[str] = set()
    for entry in jsontext.spans(text, section.start):
        if entry.key in names and text[entry.start] == "{":
            if entry.key in found:
                raise Refusal(f"it lists {harmless(entry.key)} twice; make it anew")
            found.add(entry.key)
            yield _Record(section, entry, legacy)


def _corrected_record(record: str, digests: Digests, prefix: str) -> str:
    old = {entry.key: entry.value for entry in jsontext.entries(record)}
    for key, value in (("sha256", digests.sha256), ("md5", digests.md5), ("size", digests.size)):
        known = prefix + key in old or (key == "sha256" and not prefix)
        if known and old.get(prefix + key) != value:
            record = jsontext.with_value(record, prefix + key, json.dumps(value))
    return record
