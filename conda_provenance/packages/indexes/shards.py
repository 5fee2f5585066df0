"""The sharded index of CEP 16: a file that names a shard for each package name.

A shard is named after its own checksum, so a corrected one is a new file. The old file stays, for
clients that have read the old index. Indexers leave it there too.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.indexes.files import packed, raw, unpacked
from conda_provenance.packages.indexes.records import (
    NewValues,
    drop_signatures,
    names_in,
    set_values,
    signed_in_object,
)
from conda_provenance.packages.refusals import Refusal, shown_name

_ENDING = ".msgpack.zst"
_DIGEST_SIZE = 32


class Shard(NamedTuple):
    """A corrected shard."""

    path: str
    """Where it is to stand."""
    data: bytes
    old: os.stat_result
    """The status of the shard that it replaces."""
    old_path: str


class BrokenShard(Refusal):
    """A shard that may list the packages cannot be read."""

    def __init__(self, why: str, names: Collection[str]) -> None:
        super().__init__(why)
        self.names = names
        """The packages that it may list."""


def with_values(
    data: bytes, folders: Iterable[str], names: Collection[str], new_values: NewValues
) -> Edited:
    """The index with other values in the records of these packages.

    ``folders``: where the index is. If it is a link, shards may be beside the link or beside the
    file that it leads to. A new shard is put wherever the old one is.

    Raises ValueError if ``data`` is no such index, and :class:`BrokenShard`.
    """
    index = _unpack(data)
    shards, info = index.get("shards"), index.get("info", {})
    if not isinstance(shards, dict) or not isinstance(info, dict):
        raise ValueError("an index without shards")

    seen: set[str] = set()

    def noting(name: str, record: Mapping[str, Any], prefix: str) -> Mapping[str, str | int] | None:
        if not prefix:
            seen.add(name)
        return new_values(name, record, prefix)

    edit = _Edit(shards, info, list(folders))
    edit.signed |= signed_in_object(index, names)

    named = _named(shards, names)
    for package, files in named.items():
        edit.apply(package, files, noting)
    if unseen := set(names) - seen:
        edit.apply_to_others(shards.keys() - named.keys(), unseen, new_values)
    drop_signatures(index, edit.dropped)
    new = _pack(index) if edit.changed else data
    return Edited(new, edit.changed, edit.signed, edit.dropped)


class Edited(NamedTuple):
    """An index after an edit."""

    data: bytes
    shards: list[Shard]
    """The new shards that it names."""
    signed: set[str]
    """The packages that the index or a shard holds a signature for."""
    dropped: set[str]
    """The packages that lose their signature."""


class _Edit:
    """The shards of an index, while they are changed."""

    def __init__(
        self, shards: dict[str, Any], info: Mapping[str, Any], folders: Sequence[str]
    ) -> None:
        self.changed: list[Shard] = []
        self.signed: set[str] = set()
        self.dropped: set[str] = set()
        self._shards = shards
        self._info = info
        self._folders = folders

    def apply(self, package: str, files: Collection[str], new_values: NewValues) -> None:
        """Change the records of these files in one shard, and name the new one in the index."""
        try:
            paths = self._paths(package)
            shard, old = _read(paths, self._shards[package], package)
        except (ValueError, RecursionError) as error:
            raise BrokenShard(f"its shard of {shown_name(package)} is damaged", files) from error
        except Refusal as refusal:
            raise BrokenShard(str(refusal), files) from refusal

        self.signed |= signed_in_object(shard, files)
        if corrected := set_values(shard, files, new_values):
            self.dropped |= corrected & self.signed
            data = b"".join(packed(_pack(shard), _ENDING))
            self._shards[package] = _sha256(data)
            name = self._shards[package].hex() + _ENDING
            self.changed += [
                Shard(os.path.join(os.path.dirname(path), name), data, old, path) for path in paths
            ]

    def apply_to_others(
        self, packages: Iterable[str], files: Collection[str], new_values: NewValues
    ) -> None:
        """The same in every shard that lists one of the files, whatever its name.

        A file may have another name than its package. A damaged shard counts as listing nothing.
        """
        for package in packages:
            try:
                shard, _ = _read(self._paths(package), self._shards[package], package)
            except (ValueError, RecursionError, Refusal):
                continue
            if named := names_in(shard, files):
                self.apply(package, named, new_values)

    def _paths(self, package: str) -> list[str]:
        """The file of a shard, in each folder in which it is."""
        digest = self._shards[package]
        if not isinstance(digest, bytes) or len(digest) != _DIGEST_SIZE:
            raise ValueError("a shard without a checksum")

        name = digest.hex() + _ENDING
        paths = [os.path.join(_shards_folder(folder, self._info), name) for folder in self._folders]
        return [path for path in paths if os.path.lexists(path)]


def _named(shards: Mapping[str, Any], names: Collection[str]) -> dict[str, list[str]]:
    """The package names that have a shard, and the files that are named after each."""
    spellings: dict[str, list[str]] = {}
    for package in shards:
        spellings.setdefault(package.lower(), []).append(package)

    named: dict[str, list[str]] = {}
    for name in names:
        for package in spellings.get(name.rsplit("-", 2)[0].lower(), ()):
            named.setdefault(package, []).append(name)
    return named


def _shards_folder(folder: str, info: Mapping[str, Any]) -> str:
    """The folder with the shards of an index in ``folder``.

    The index comes from strangers, so a place outside of its own folder is refused.
    """
    base = info.get("shards_base_url") or ""
    if not isinstance(base, str):
        raise ValueError("an address that is no text")

    parts = [part for part in base.split("/") if part not in ("", ".")]
    is_outside = base.startswith("/") or ".." in parts
    if is_outside or any(set(part) & set("\\\0:") for part in parts):
        raise Refusal("its shards are not in its folder")
    return os.path.join(folder, *parts)


def _read(
    paths: Sequence[str], digest: bytes, package: str
) -> tuple[dict[str, Any], os.stat_result]:
    if not paths:
        raise Refusal(f"its shard of {shown_name(package)} is missing")

    try:
        blob = open_file_blob(paths[0])
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refusal(f"its shard of {shown_name(package)} cannot be read ({why})") from error

    with blob:
        if _sha256(raw(blob)) != digest:
            raise Refusal(f"its shard of {shown_name(package)} is damaged")
        return _unpack(unpacked(blob, paths[0])), blob.status


def _unpack(data: bytes) -> dict[str, Any]:
    """The object in msgpack. Raises ValueError if it is no object, or has a key twice."""
    found = _msgpack().unpackb(data, object_pairs_hook=_object)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _object(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or not all(isinstance(key, str) for key in found):
        raise ValueError("a key that is no text, or is there twice")
    return found


def _pack(value: object) -> bytes:
    data: bytes = _msgpack().packb(value)
    return data


def _msgpack() -> Any:
    try:
        import msgpack  # Only sharded indexes need it.
    except ImportError:
        raise Refusal("it cannot be read until msgpack is installed") from None
    return msgpack


def _sha256(data: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(data).digest()
