"""Looks into the cache and clears it, for people. Reading results from it is not done here."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping

from conda_provenance.survey.cache_file import BESIDE, CacheInfo, FileOfResults, existing_file
from conda_provenance.survey.cache_folder import NoCacheError, shown


def look_into_cache(environ: Mapping[str, str]) -> CacheInfo | None:
    """What there is in the cache. ``None``: nothing was kept yet, or what was is damaged.

    Raises :class:`NoCacheError` if it may not be used.
    """
    file = _open(environ)
    if file is None:
        return None

    try:
        return file.info()
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise NoCacheError(_cannot(file.path, "read", error)) from None
    finally:
        file.close()


def clear_cache(environ: Mapping[str, str]) -> None:
    """Forget all results, and what was set aside. Raises the same."""
    file = _open(environ)
    if file is not None:
        try:
            file.clear()
        except sqlite3.Error as error:
            raise NoCacheError(_cannot(file.path, "cleared", error)) from None
        finally:
            file.close()

    path = existing_file(environ)
    if path is not None:
        for ending in BESIDE:
            with contextlib.suppress(OSError):
                os.remove(f"{path}.damaged{ending}")


def _open(environ: Mapping[str, str]) -> FileOfResults | None:
    if existing_file(environ) is None:
        return None

    return FileOfResults.open(environ, lambda _: None)


def _cannot(path: str, what: str, error: Exception) -> str:
    return f"The cache {shown(path)} cannot be {what}: {str(error) or type(error).__name__}."
