"""The ids of the built-in checks, for policies and command lines. What a check does is not known
here."""

from __future__ import annotations

IDS = (
    "well-formed",
    "expected",
    "commit-exists",
    "commit-on-branch",
    "recipe-matches",
    "commit-reviewed",
    "run-matches",
    "artifact-in-run",
    "attested",
)
"""In the order in which they run and are shown. A policy may require them. Other distributions'
checks come on top."""
