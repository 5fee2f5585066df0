"""Fetches a package file whole, and compares it with what is listed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conda_provenance.errors import PackageError
from conda_provenance.packages.refusals import shown_path
from conda_provenance.web import Web, no_file


@dataclass(frozen=True, slots=True)
class Listed:
    """What a record, an index or a lockfile says about a file. Any of it may be missing."""

    sha256: str | None = None
    md5: str | None = None
    size: int | None = None
    timestamp: int | None = None
    """Milliseconds since 1970: when it was built."""
    sha256_from: str = "index"
    """Who says so: ``index`` or ``record``."""
    by: str = "its index"
    """The same, in words."""


def download(
    web: Web,
    url: str,
    file: Any,
    listed: Listed,
    *,
    location: str,
    limit: int,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Write the file at ``url`` into ``file``. Returns its sha256.

    Raises :class:`~conda_provenance.errors.PackageError` if it is another one than is listed.
    """
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with web.open(url, limit=limit, headers=headers) as answer:
        if answer.status != 200:
            raise no_file(answer.host, answer.status)
        host = answer.host
        while data := answer.read(1 << 18):
            sha256.update(data)
            md5.update(data)
            file.write(data)
    file.flush()

    found = {"sha256": sha256.hexdigest(), "md5": md5.hexdigest()}
    for name, said in (("sha256", listed.sha256), ("md5", listed.md5)):
        if said and said.lower() != found[name]:
            raise PackageError(
                f"{shown_path(location)} is not the file that {listed.by} lists: what {host}"
                f" sends has another {name}."
            )
    return found["sha256"]
