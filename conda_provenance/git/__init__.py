"""What git says of a recipe."""

from __future__ import annotations

from conda_provenance.git.worktree import GitFacts, read_git, read_parents

__all__ = ["GitFacts", "read_git", "read_parents"]
