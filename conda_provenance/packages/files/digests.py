"""The checksums of a file, as an index has them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conda_provenance.packages.files.helper_thread import beside
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike

if TYPE_CHECKING:
    from hashlib import _Hash


@dataclass(frozen=True, slots=True)
class Digests:
    """What an index says of a package file's bytes; both checksums as hex."""

    sha256: str
    md5: str
    size: int

    @classmethod
    def of(cls, path: PathLike) -> Digests:
        """Read the file."""
        with open(path, "rb", buffering=0) as file:
            return cls.of_file(file.fileno())

    @classmethod
    def of_file(cls, descriptor: int) -> Digests:
        """Read the open file, once for each checksum, at the same time: together they take as long as the slower."""
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        sizes: list[int] = []

        def work() -> None:
            with contextlib.suppress(OSError):
                sizes.append(_hash(md5, descriptor))

        with beside(work):
            size = _hash(sha256, descriptor)
        if not sizes:  # without a thread; where it failed, the same error comes again here
            md5 = hashlib.md5(usedforsecurity=False)
            sizes.append(_hash(md5, descriptor))
        if sizes != [size]:
            raise ChangedMeanwhile
        return cls(sha256.hexdigest(), md5.hexdigest(), size)


def _hash(checksum: _Hash, descriptor: int) -> int:
    """Feed the file to the checksum; its size in bytes."""
    at = 0
    while chunk := _read_at(descriptor, at):
        checksum.update(chunk)
        at += len(chunk)
    return at


if hasattr(os, "pread"):

    def _read_at(descriptor: int, at: int) -> bytes:
        return os.pread(descriptor, 1 << 20, at)

else:
    _positions = threading.Lock()

    def _read_at(descriptor: int, at: int) -> bytes:
        with _positions:
            os.lseek(descriptor, at, os.SEEK_SET)
            return os.read(descriptor, 1 << 20)
