"""Looks into the cache and clears it, for people. Reading results from it is not done here."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping

from conda_provenance.survey.cache_file import (
    BESIDE,
    NAMES,
    CacheInfo,
    FileOfResults,
    existing_file,
)
from conda_provenance.survey.cache_folder import NoCacheError, shown


def look_into_cache(environ: Mapping[str, str]) -> CacheInfo | None:
    """What there is in the cache. ``None``: nothing was kept yet, or what was is damaged.

    Raises :class:`NoCacheError` if it may not be used.
    """
    infos = [info for name in NAMES if (info := _info(environ, name)) is not None]
    if not infos:
        return None

    return CacheInfo(
        infos[0].file,
        sum(info.results for info in infos),
        sum(info.size for info in infos),
        min((info.oldest for info in infos if info.oldest is not None), default=None),
        max((info.newest for info in infos if info.newest is not None), default=None),
    )


def _info(environ: Mapping[str, str], name: str) -> CacheInfo | None:
    file = _open(environ, name)
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
    for name in NAMES:
        _clear(environ, name)


def _clear(environ: Mapping[str, str], name: str) -> None:
    file = _open(environ, name)
    if file is not None:
        try:
            file.clear()
        except sqlite3.Error as error:
            raise NoCacheError(_cannot(file.path, "cleared", error)) from None
        finally:
            file.close()

    path = existing_file(environ, name)
    if path is not None:
        for ending in BESIDE:
            with contextlib.suppress(OSError):
                os.remove(f"{path}.damaged{ending}")


def _open(environ: Mapping[str, str], name: str) -> FileOfResults | None:
    if existing_file(environ, name) is None:
        return None

    return FileOfResults.open(environ, lambda _: None, name=name)


def _cannot(path: str, what: str, error: Exception) -> str:
    return f"The cache {shown(path)} cannot be {what}: {str(error) or type(error).__name__}."
