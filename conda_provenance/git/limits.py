"""What a git process may take that reads a stranger's repository: disk, memory, processor, time.

The limits are set by a shell before it becomes git, so that git never runs without them. What git
does is not known here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from conda_provenance.git.command import GitError

MEMORY_SETTINGS = {
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "256m",
    "core.deltaBaseCacheLimit": "16m",
}
"""With git's own values, large packs would need more memory than :class:`Limits` allows."""

_LIMITED = 'for limit in {limits}; do ulimit $limit 2>/dev/null || :; done; exec "$@"'
"""A limit that the system does not have, or has set lower, is left as it is."""


class Limits(NamedTuple):
    """What one git process may take."""

    seconds: float = 300.0
    disk: int = 512 << 20
    """Bytes of a file, and of all files of a repository."""
    memory: int = 1 << 30
    """Bytes of memory. A commit of 600 MB takes as much."""
    output: int = 32 << 20
    """Bytes of an answer."""

    def command(self, command: Sequence[str]) -> list[str]:
        """The same command, with these limits for it and all that it starts."""
        if sys.platform == "win32":
            return list(command)

        limits = (
            "-c 0",
            f"-f {self.disk // 512}",  # POSIX counts in such blocks.
            f"-v {self.memory // 1024}",
            f"-t {int(self.seconds) + 1}",
        )
        script = _LIMITED.format(limits=" ".join(f"'{limit}'" for limit in limits))
        return ["/bin/sh", "-c", script, "sh", *command]


class FolderTooLargeError(GitError):
    """A repository takes more of the disk than it may."""


def check_size(folder: str, limit: int) -> None:
    """Raise :class:`FolderTooLargeError` if the files below ``folder`` are larger than that."""
    if size_of(folder) > limit:
        raise FolderTooLargeError(f"it is larger than {limit >> 20} MiB")


def size_of(folder: str) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                pass  # git has moved or deleted it
    return total
