"""Reads what git knows about a recipe."""

from __future__ import annotations

from conda_provenance.git.facts import GitFacts
from conda_provenance.git.worktree import read_git

__all__ = ["GitFacts", "read_git"]
