"""Indexes made by hand, and what they say of a package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgpack
from packages_making import zst

from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.indexes.files import unpacked

SHARDS = "repodata_shards.msgpack.zst"


def digests(package: Path) -> dict[str, Any]:
    """Checksums and size of a package, as a record has them."""
    data = package.read_bytes()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {"sha256": hashlib.sha256(data).hexdigest(), "md5": md5, "size": len(data)}


def in_bytes(record: dict[str, Any]) -> dict[str, Any]:
    """A record as a shard has it."""
    return {
        key: bytes.fromhex(value) if key in ("sha256", "md5") else value
        for key, value in record.items()
    }


def write_index(folder: Path, packages: Iterable[Path], name: str = "repodata.json") -> None:
    """An index in JSON that lists these packages."""
    records = {package.name: {"name": _name(package), **digests(package)} for package in packages}
    text = json.dumps({"packages": {}, "packages.conda": records}).encode()
    (folder / name).write_bytes(zst(text) if name.endswith(".zst") else text)


def read_index(path: Path) -> dict[str, Any]:
    """What an index in JSON holds, packed or not."""
    with open_file_blob(path) as blob:
        found: dict[str, Any] = json.loads(unpacked(blob, str(path)))
    return found


def write_shards(
    folder: Path, shards: dict[str, Any], name: str = SHARDS, base: str = ""
) -> dict[str, Path]:
    """A sharded index, and its shards, whose places are given back."""
    digests, paths = {}, {}
    for package, shard in shards.items():
        data = zst(msgpack.packb(shard))
        digests[package] = hashlib.sha256(data).digest()
        paths[package] = folder / base / f"{digests[package].hex()}.msgpack.zst"
        paths[package].parent.mkdir(parents=True, exist_ok=True)
        paths[package].write_bytes(data)
    write_shard_index(folder, digests, name, base)
    return paths


def write_shard_index(folder: Path, shards: Any, name: str = SHARDS, base: Any = "") -> None:
    """A sharded index alone."""
    info = {"base_url": "", "shards_base_url": base, "subdir": "noarch"}
    (folder / name).write_bytes(zst(msgpack.packb({"version": 1, "info": info, "shards": shards})))


def read_shards(folder: Path, name: str = SHARDS) -> dict[str, Any]:
    """The shards that an index names, as a client reads them."""
    index = msgpack.unpackb(_unpacked(folder / name))
    shards = {}
    for package, digest in index["shards"].items():
        path = folder / index["info"]["shards_base_url"] / f"{digest.hex()}.msgpack.zst"
        assert hashlib.sha256(path.read_bytes()).digest() == digest
        shards[package] = msgpack.unpackb(_unpacked(path))
    return shards


def _unpacked(path: Path) -> bytes:
    with open_file_blob(path) as blob:
        return unpacked(blob, str(path))


def _name(package: Path) -> str:
    return package.name.rsplit("-", 2)[0]
