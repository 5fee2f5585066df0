"""Reads what a package says of itself, never its payload; everything in it is taken for a stranger's."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Collection
from typing import Any

from conda_provenance.claim import Claim
from conda_provenance.packages.about import ABOUT, MAX_SIZE, parse_about
from conda_provenance.packages.archive import compression
from conda_provenance.packages.archive import tar as tarstream
from conda_provenance.packages.archive import zip as container
from conda_provenance.packages.refusals import PathLike, Refusal, refusals

INFO_LIMIT = 512 << 20
"""Bytes that the metadata of a package may unpack to."""

_WHOLE_LIMIT = 4 << 30
_EXPANSION = 100
"""How many times its own size a ``.tar.bz2`` may unpack to, beyond the limits; bzip2 can do 1,400,000."""


def read_about(path: PathLike) -> dict[str, Any]:
    """The ``info/about.json`` of a ``.conda`` or ``.tar.bz2`` file or of an extracted package's folder.

    The content decides which it is, the name does not. Of a ``.conda`` the info member is read, of a ``.tar.bz2`` what stands
    before about.json. Raises :class:`~conda_provenance.errors.PackageError` if there is none, or the package is damaged.
    """
    with refusals(path, "read"):
        return parse_about(_about(os.fspath(path)))


def read_claim(path: PathLike) -> Claim:
    """What the package says of its origin; empty if it says nothing. Takes and raises the same as :func:`read_about`."""
    with refusals(path, "read"):
        return Claim.from_extra(read_about(path).get("extra"))


def open_package(path: str) -> io.BufferedReader:
    """The package file, which is a regular one: a pipe would have us wait for its other end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Refusal("it is no regular file")
    return open(path, "rb")


def is_container(file: io.BufferedReader) -> bool:
    """Is this a ``.conda`` (a zip) rather than a ``.tar.bz2``? :class:`Refusal` if it is neither."""
    file.seek(0)
    magic = file.read(4)
    if magic[:2] == b"PK":
        return True
    if magic[:3] == b"BZh":
        return False
    raise Refusal("it is neither a .conda nor a .tar.bz2 package" if magic else "it is empty")


def open_info(file: io.BufferedReader, member: container.Member) -> compression.Stream:
    """The tar in a ``.conda``'s info member."""
    return compression.open_zstd(compression.Window(file, member.data, member.stored), INFO_LIMIT)


def open_tar(file: io.BufferedReader, *, whole: bool = True) -> compression.Stream:
    """The tar in a ``.tar.bz2``; ``whole``: with its payload."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return compression.open_bz2(file, (_WHOLE_LIMIT if whole else INFO_LIMIT) + _EXPANSION * size)


def read_files(
    file: io.BufferedReader,
    info: container.Member | None,
    optional: Collection[str],
    *,
    to_end: bool = True,
) -> dict[str, bytes]:
    """about.json, and those files of ``optional`` that are there, of an open package; ``info`` is a ``.conda``'s member."""
    with open_info(file, info) if info else open_tar(file, whole=to_end) as stream:
        return tarstream.read_members(stream, ABOUT, MAX_SIZE, optional=optional, to_end=to_end)


def _about(path: str) -> bytes:
    if os.path.isdir(path):
        return _extracted_about(path)
    with open_package(path) as file:
        if not is_container(file):
            return read_files(file, None, (), to_end=False)[ABOUT]
        member = container.read_container(file).info()
        container.check_crc(file, member)
        return read_files(file, member, ())[ABOUT]


def _extracted_about(folder: str) -> bytes:
    try:
        file = open_package(os.path.join(folder, *ABOUT.split("/")))
    except FileNotFoundError:
        raise Refusal(f"it has no {ABOUT}") from None
    with file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise Refusal(f"its {ABOUT} is larger than {MAX_SIZE >> 20} MiB")
    return data
