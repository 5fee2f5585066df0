"""Where packages are: files, addresses, environments, channels and lockfiles.

Every source gives the same: an :class:`Artifact`, or why there is none. What a package says is read
by the artifact's ``contents``.
"""

from __future__ import annotations

from conda_provenance.sources.artifact import Artifact, Contents, Found, NotConda, Unreadable
from conda_provenance.sources.request import MAX_DOWNLOAD, Request

__all__ = [
    "MAX_DOWNLOAD",
    "Artifact",
    "Contents",
    "Found",
    "NotConda",
    "Request",
    "Unreadable",
]
