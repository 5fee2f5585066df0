"""Package files made by hand, down to their bytes, for what no builder makes."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

INDEX = {
    "name": "demo",
    "version": "1.0",
    "build": "0",
    "build_number": 0,
    "depends": [],
    "subdir": "noarch",
}
PATHS = {"paths": [], "paths_version": 1}
PAYLOAD = {"share/demo.txt": b"payload " * 512}

Files = dict[str, bytes]


def info_files(about: Any) -> Files:
    """The metadata of a small package.

    ``about`` as bytes is taken as it is, and ``None`` leaves about.json out.
    """
    files = {
        "info/index.json": _json(INDEX),
        "info/about.json": _json(about),
        "info/paths.json": _json(PATHS),
    }
    return {
        name: data for name, data in files.items() if name != "info/about.json" or about is not None
    }


def _json(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, indent=2).encode()


def tar(
    files: Files | Iterable[tuple[tarfile.TarInfo, bytes | None]], format: int = tarfile.GNU_FORMAT
) -> bytes:
    """A tar of plain files, or of members given whole."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for member, data in _members(files):
            archive.addfile(member, None if data is None else io.BytesIO(data))
    return buffer.getvalue()


def _members(files: Any) -> Iterable[tuple[tarfile.TarInfo, bytes | None]]:
    if not isinstance(files, dict):
        yield from files
        return
    for name, data in files.items():
        yield member(name, size=len(data)), data


def member(name: str, *, size: int = 0, **attributes: Any) -> tarfile.TarInfo:
    """A tar member with odd enough attributes for a change to be noticed."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode, info.uid, info.gid, info.uname, info.gname = (
        size,
        1577934245,
        0o640,
        7,
        8,
        "me",
        "us",
    )
    for key, value in attributes.items():
        setattr(info, key, value)
    return info


def zst(data: bytes) -> bytes:
    """One zstd frame, by the library that conda-package-streaming uses."""
    from conda_provenance.packages.archive.compression import compress_zstd

    return b"".join(compress_zstd([data], len(data)))


def make_conda(
    folder: Path,
    about: Any = None,
    *,
    name: str = "demo",
    info: bytes | None = None,
    first: bool = False,
) -> Path:
    """A ``.conda`` as the builders make them, the info member last unless ``first``."""
    path = folder / f"{name}-1.0-0.conda"
    members = [
        ("metadata.json", b'{"conda_pkg_format_version": 2}'),
        (f"pkg-{name}-1.0-0.tar.zst", zst(tar(PAYLOAD))),
        (f"info-{name}-1.0-0.tar.zst", zst(tar(info_files(about))) if info is None else info),
    ]
    zip_members(path, members[-1:] + members[:-1] if first else members)
    return path


def zip_members(path: Path, members: Iterable[tuple[str, bytes]], **options: Any) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)


def make_tar_bz2(
    folder: Path, about: Any = None, *, name: str = "demo", data: bytes | None = None
) -> Path:
    path = folder / f"{name}-1.0-0.tar.bz2"
    path.write_bytes(bz2.compress(tar(info_files(about) | PAYLOAD) if data is None else data))
    return path


def make_folder(folder: Path, about: Any = None, *, name: str = "demo") -> Path:
    """An extracted package."""
    path = folder / f"{name}-1.0-0"
    for file, data in (info_files(about) | PAYLOAD).items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_bytes(data)
    return path
