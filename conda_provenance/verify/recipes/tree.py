"""``Tree``: the files of a commit, and where its links lead. Nothing is read from a repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conda_provenance.verify.repository import Entry

LINK, SUBMODULE, SCRIPT = "120000", "160000", "100755"

_MAX_STEPS = 40
"""Links that are followed, one after the other. Linux gives up there, too."""


class Tree:
    """The files of a commit by their paths."""

    def __init__(self, files: Mapping[str, Entry]) -> None:
        self.files = files

    def with_id(self, blob: str) -> Iterator[str]:
        """The paths of all files with these contents."""
        for path, entry in self.files.items():
            if entry.id == blob and entry.mode not in (LINK, SUBMODULE):
                yield path

    def below(self, folder: str) -> dict[str, Entry]:
        """The files in a folder and below it, by their paths from there. ``""`` is the top."""
        if not folder:
            return dict(self.files)

        start = f"{folder}/"
        return {
            path.removeprefix(start): entry
            for path, entry in self.files.items()
            if path.startswith(start)
        }

    def target(self, path: str, targets: Mapping[str, bytes]) -> str | None:
        """The path that a link leads to, through other links. ``None``: out of the repository.

        ``targets`` are the texts of links by their ids.
        """
        for _ in range(_MAX_STEPS):
            step = self._step(path, targets)
            if step is None or step == path:
                return step
            path = step
        return None

    def _step(self, path: str, targets: Mapping[str, bytes]) -> str | None:
        """The path with its first link replaced by where that leads."""
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            entry = self.files.get("/".join(parts[:end]))
            if entry is None or entry.mode != LINK:
                continue

            text = targets.get(entry.id)
            if text is None or text.startswith(b"/") or b"\0" in text:
                return None
            place = "/".join((*parts[: end - 1], text.decode("utf-8", "surrogateescape")))
            return _within("/".join((place, *parts[end:])))
        return path


def _within(path: str) -> str | None:
    """The path in its shortest form. ``None``: it leads out of the repository."""
    done: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not done:
                return None
            done.pop()
        elif part not in ("", "."):
            done.append(part)
    return "/".join(done)
