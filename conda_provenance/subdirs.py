"""The names of a channel's folders, one for each platform. What is in them is not known here."""

from __future__ import annotations

SUBDIR = r"(?:noarch|(?:emscripten|freebsd|linux|netbsd|openbsd|osx|wasi|win|zos)-[a-z0-9_]+)"
"""Matches such a name, as a part of a pattern."""
