"""Package files of the shapes that servers hold, and how they are read from one."""

from __future__ import annotations

import bz2
import random
from typing import Any, NamedTuple

from misbehaving import Server
from packages_making import info_files, tar, zip_members, zst

from conda_provenance.packages import PackageClaim
from conda_provenance.sources import Request
from conda_provenance.sources.remote import Listed, Remote
from conda_provenance.web import Web

SHA = "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"
ABOUT = {"extra": {"sha": SHA, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}}
NAME = "demo-1.0-0.conda"
OLD, NEW = 1600000000000, 1700000000000
"""Before and after the metadata moved to the end of the file."""

PAYLOAD = 300_000


class Members(NamedTuple):
    metadata: bytes
    payload: bytes
    info: bytes


def members(info: int = 0, payload: int = PAYLOAD, about: Any = ABOUT) -> Members:
    """``info``: bytes that the metadata has beside about.json, of what cannot be compressed.

    about.json comes before them.
    """
    files = info_files(about)
    noise = random.Random(7)
    if info:
        files["info/test/data.bin"] = noise.randbytes(info)
    return Members(
        b'{"conda_pkg_format_version": 2}',
        zst(tar({"share/x": noise.randbytes(payload)})),
        zst(tar(files)),
    )


def conda(order: str = "metadata pkg info", info: int = 0, payload: int = PAYLOAD) -> bytes:
    """A ``.conda`` whose members stand in this order."""
    import io

    parts = members(info, payload)
    names = {
        "metadata": ("metadata.json", parts.metadata),
        "pkg": ("pkg-demo-1.0-0.tar.zst", parts.payload),
        "info": ("info-demo-1.0-0.tar.zst", parts.info),
    }
    buffer: Any = io.BytesIO()
    zip_members(buffer, [names[each] for each in order.split()])
    return bytes(buffer.getvalue())


def tar_bz2(before: int = 0, payload: int = PAYLOAD) -> bytes:
    """A ``.tar.bz2``, with so many bytes before about.json that cannot be compressed."""
    noise = random.Random(7)
    files = {"info/a.bin": noise.randbytes(before)} if before else {}
    files |= {"info/about.json": info_files(ABOUT)["info/about.json"]}
    files |= {"info/index.json": info_files(ABOUT)["info/index.json"]}
    files |= {"share/x": noise.randbytes(payload)}
    return bz2.compress(tar(files))


def read(
    web: Web, url: str, listed: Listed | None = None, *, thorough: bool = False, **request: Any
) -> PackageClaim:
    request.setdefault("full_download", False)
    return Remote(web, Request(**request)).contents(url, listed).claim(thorough=thorough)


def serve(server: Server, data: bytes, name: str = NAME) -> bytes:
    server.files[name] = data
    return data


def ranges(server: Server) -> list[str | None]:
    return [each.range for each in server.asked]
