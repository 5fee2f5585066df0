"""The entries of a package in the indexes beside it: its checksums and size there; knows nothing of what is in the package.

Formats: repodata.json as in CEP 36 and before, with rattler's ``v3`` section; rattler-build writes no more than that one file,
conda-index and rattler-index the others on demand.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from conda_provenance.packages import compression, jsontext
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike, Refusal, base_name, refusals
from conda_provenance.packages.replacing import Replacement, replacing

log = logging.getLogger(__name__)

_INDEXES = tuple(
    name + ending
    for name in ("repodata.json", "repodata_from_packages.json", "current_repodata.json")
    for ending in ("", ".zst", ".bz2")
)
_SHARDS = ("repodata_shards.msgpack.zst", "repodata_shards.msgpack")
_SECTIONS = ("packages", "packages.conda")
_REVISION = re.compile(r"v[0-9]+")
_LIMIT = 4 << 30


@dataclass(frozen=True, slots=True)
class Digests:
    """What an index says of a package file's bytes; both checksums as hex."""

    sha256: str
    md5: str
    size: int

    @classmethod
    def of(cls, path: PathLike) -> Digests:
        """Read the file once."""
        sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        with open(path, "rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                sha256.update(chunk)
                md5.update(chunk)
                size += len(chunk)
        return cls(sha256.hexdigest(), md5.hexdigest(), size)


@dataclass(slots=True)
class Corrections:
    """Corrected indexes, written but not yet in their places, and files that would be wrong then."""

    replacements: list[Replacement] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)

    def commit(self) -> bool:
        """Put them in their places; was there anything? :class:`ChangedMeanwhile` if another program wrote one."""
        for replacement in self.replacements:
            replacement.commit()
        for path in self.obsolete:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
                log.warning("conda-provenance: %s was out of date and is removed; run the indexer again.", base_name(path))
        return bool(self.replacements)


def update_index_entry(package_path: PathLike, index_path: PathLike | None = None) -> bool:
    """Bring the package's checksums and size up to date in ``index_path``, or else in the indexes in its folder.

    Those are repodata.json, repodata_from_packages.json and current_repodata.json, their ``.zst`` and ``.bz2`` copies too.
    The sharded index is removed, for it is named after its own checksums; clients fall back to repodata.json.
    Everything else in an index keeps its bytes. Returns whether anything changed; an index that does not list the package is
    left alone. Raises :class:`~conda_provenance.errors.PackageError`.
    """
    attempts = 5
    with refusals(package_path, "indexed"):
        while True:
            attempts -= 1
            try:
                with corrections(package_path, with_digests(Digests.of(package_path)), index_path) as found:
                    return found.commit()
            except ChangedMeanwhile:
                if not attempts:
                    raise


def withdraw_package(package_path: PathLike) -> None:
    """Take a package out of the indexes in its folder and remove its file. Raises :class:`PackageError`."""
    with refusals(package_path, "withdrawn"):
        with corrections(package_path, _without_package) as found:
            found.commit()
        os.unlink(package_path)


Edit = Callable[[str, str], str]
"""Changes an index's text for a package, given by its file's name."""


def with_digests(digests: Digests) -> Edit:
    """The change that makes every record of a package say ``digests``."""
    return partial(_corrected, digests=digests)


@contextmanager
def corrections(package: PathLike, edit: Edit, index_path: PathLike | None = None) -> Iterator[Corrections]:
    """What ``edit`` changes in the indexes, ready to be committed. Not committed, nothing of it remains."""
    given = os.path.abspath(package)
    real = os.path.realpath(package)
    found = Corrections()
    with ExitStack() as stack:
        for path in dict.fromkeys((given, real)):
            folder, name = os.path.split(path)
            indexes = [os.fspath(index_path)] if index_path else [os.path.join(folder, each) for each in _INDEXES]
            before = len(found.replacements)
            for index in indexes:
                if index_path or os.path.exists(index):
                    with refusals(index, "corrected"):
                        _prepare(os.path.realpath(index), name, edit, stack, found)
            if len(found.replacements) > before and not index_path:
                found.obsolete += [os.path.join(folder, each) for each in _SHARDS]
        yield found


def _prepare(index: str, name: str, edit: Edit, stack: ExitStack, found: Corrections) -> None:
    if any(each.path == index for each in found.replacements):
        return
    with open(index, "rb") as file:
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


def _decoded(file: io.BufferedReader, index: str) -> str:
    stream: compression.Stream | io.BufferedReader = file
    if index.endswith(".zst"):
        stream = compression.open_zstd(file, _LIMIT)
    elif index.endswith(".bz2"):
        stream = compression.open_bz2(file, _LIMIT)
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
    stem = name.removesuffix(".conda").removesuffix(".tar.bz2")
    if json.dumps(stem)[1:-1] not in text:
        return text  # large indexes take seconds to parse
    try:
        return edit(text, name)
    except ValueError as error:
        raise Refusal("it is no index in JSON") from error


def _corrected(text: str, name: str, digests: Digests) -> str:
    """The index with every record of the package corrected."""
    for _section, record in _records(text, name):
        text = text[: record.start] + _corrected_record(text[record.start : record.end], digests) + text[record.end :]
    return text


def _without_package(text: str, name: str) -> str:
    """The index without any record of the package."""
    while records := _records(text, name):
        section, record = records[0]
        text = text[: section.start] + jsontext.without(text[section.start : section.end], record.key) + text[section.end :]
    return text


def _records(text: str, name: str) -> list[tuple[jsontext.Entry, jsontext.Entry]]:
    """The package's records, each behind its section, the last in the text first: a change leaves the others' places alone."""
    stem = name.removesuffix(".conda").removesuffix(".tar.bz2")
    found: list[tuple[jsontext.Entry, jsontext.Entry]] = []
    for section in jsontext.entries(text):
        if section.key in _SECTIONS:
            found += _named(text, section, name)
        elif _REVISION.fullmatch(section.key) and isinstance(section.value, dict):
            # rattler's later revisions: a section a file type, keyed by the name without its ending.
            for kind in jsontext.entries(text, section.start):
                found += _named(text, kind, name, stem if name == f"{stem}.{kind.key}" else name)
    return sorted(found, key=lambda pair: pair[1].start, reverse=True)


def _named(text: str, section: jsontext.Entry, *names: str) -> Iterator[tuple[jsontext.Entry, jsontext.Entry]]:
    if isinstance(section.value, dict) and any(name in section.value for name in names):
        for entry in jsontext.entries(text, section.start):
            if entry.key in names and isinstance(entry.value, dict):
                yield section, entry


def _corrected_record(record: str, digests: Digests) -> str:
    old = {entry.key: entry.value for entry in jsontext.entries(record)}
    for key, value in (("sha256", digests.sha256), ("md5", digests.md5), ("size", digests.size)):
        if (key in old or key == "sha256") and old.get(key) != value:
            record = jsontext.with_value(record, key, json.dumps(value))
    return record
