"""Reads many packages at once: in threads, with a cache of results, and on several machines.

``sources`` knows where packages are. This package does not judge what they claim.
Everything is loaded when it is first used: packages on this disk need no cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.survey.cache import Cache as Cache
    from conda_provenance.survey.reading import Reading as Reading
    from conda_provenance.survey.surveying import survey as survey

_HOMES = {
    "Cache": "cache",
    "Reading": "reading",
    "survey": "surveying",
}
"""The module that each name is loaded from."""

__all__ = ["Cache", "Reading", "survey"]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
