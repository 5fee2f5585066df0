"""Answers what checks ask of git repositories, from throw-away copies or from kept answers.

How git is started, and what it may reach, is known to :mod:`conda_provenance.git`.
"""

from __future__ import annotations

from conda_provenance.verify.git.repositories import GitRepositories

__all__ = ["GitRepositories"]
