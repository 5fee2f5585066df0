"""A stand-in for the door to the web: files in memory, by address, and what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conda_provenance.web import WebError


@dataclass
class FilesWeb:
    """Answers as a server would that has these files only."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    errors: Mapping[str, WebError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, *, limit: int) -> bytes:
        self.asked.append(url)
        if url in self.errors:
            raise self.errors[url]
        if url not in self.files:
            raise WebError("missing", "host has no such file.")
        assert len(self.files[url]) <= limit
        return self.files[url]


def served(folder: Path, address: str) -> FilesWeb:
    """All files of a folder, at an address."""
    return FilesWeb(
        {
            f"{address}/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
    )
