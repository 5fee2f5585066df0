"""What is in a package file, down to its bytes."""

from __future__ import annotations

import bz2
import io
import tarfile
import zipfile
from pathlib import Path


def raw_members(package: Path) -> dict[str, tuple[bytes, bytes, bytes]]:
    """Of every tar member within: headers as found, data, and its place.

    The payload of a ``.conda`` as it is stored.
    """
    if package.suffix == ".bz2":
        return tar_members(bz2.decompress(package.read_bytes()))
    with zipfile.ZipFile(package) as archive:
        stored = {
            f"zip:{info.filename}": (b"", archive.read(info), b"")
            for info in archive.infolist()
            if not _is_info(info)
        }
        (info,) = filter(_is_info, archive.infolist())
        return stored | tar_members(unzst(archive.read(info)))


def raw_tar(package: Path) -> bytes:
    """The tar with the metadata."""
    if package.suffix == ".bz2":
        return bz2.decompress(package.read_bytes())
    with zipfile.ZipFile(package) as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("info-"))
        return unzst(archive.read(name))


def _is_info(info: zipfile.ZipInfo) -> bool:
    return info.filename.startswith("info-")


def unzst(data: bytes) -> bytes:
    from conda_provenance.packages.archive.decompression import open_zstd

    return open_zstd(io.BytesIO(data), 1 << 30).read(1 << 28)


def tar_members(data: bytes) -> dict[str, tuple[bytes, bytes, bytes]]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for index, each in enumerate(archive):
            head = data[each.offset : each.offset_data]
            if each.name.removeprefix("./") == "info/about.json":
                head = (
                    head[:124] + head[136:148] + head[156:]
                )  # size and checksum change with the data
            content = archive.extractfile(each).read() if each.isreg() else b""
            found[each.name] = (head, content, b"%d" % index)
    return found


def without_about(members: dict[str, tuple[bytes, bytes, bytes]]) -> dict[str, object]:
    return {
        name: value[::2] if name.removeprefix("./") == "info/about.json" else value
        for name, value in members.items()
    }


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
