"""``@EXPLICIT`` files of conda, mamba, micromamba and conda-lock: an address or path a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from conda_provenance.sources.lockfiles.locked import Locked

_HASH = re.compile(r"(?:sha256:|md5:)?(?P<hex>[0-9a-fA-F]{32}|[0-9a-fA-F]{64})")
_PLATFORM = re.compile(r"#\s*platform:\s*(?P<platform>\S+)")
_PIP = re.compile(
    r"#\s*pip\s+(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:==\s*(?P<version>[^\s@]+)|@\s*(?P<url>\S+))?"
)
_SUBDIR = re.compile(r"/(?P<subdir>[a-z]+-[a-z0-9_]+)/[^/]+$")


def is_explicit(text: str) -> bool:
    """Is the first line that is no comment ``@EXPLICIT``?"""
    return next(meant_lines(text), "") == "@EXPLICIT"


def meant_lines(text: str) -> Iterator[str]:
    """The lines that are neither empty nor comments."""
    lines = (line.strip() for line in text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))


def explicit_packages(text: str) -> Iterator[Locked]:
    """The packages of the file, and pip's, which stand in comments of conda-lock's files."""
    platform = None
    for raw in text.splitlines():
        line = raw.strip()
        if found := _PLATFORM.match(line):
            platform = found["platform"]
        elif pip := _PIP.match(line):
            yield Locked("pip", pip["url"] or pip["name"], pip["name"], pip["version"] or "")
        elif line and not line.startswith(("#", "@")):
            yield _package(line, platform)


def _package(line: str, platform: str | None) -> Locked:
    address, _, fragment = line.partition("#")
    found = _HASH.fullmatch(fragment.strip())
    digest = found["hex"] if found else ""
    subdir = _SUBDIR.search(unquote(address.partition("?")[0].strip()))
    return Locked(
        "conda",
        address.strip(),
        platform=platform or (subdir["subdir"] if subdir else None),
        sha256=digest if len(digest) == 64 else None,
        md5=digest if len(digest) == 32 else None,
    )
