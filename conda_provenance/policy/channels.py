"""A channel's address in the one form in which two of them are compared.

A channel's name is no address: what it stands for is a setting that every user may change.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from conda_provenance.net import USUAL_PORTS
from conda_provenance.subdirs import SUBDIR

_CHANNEL = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._~:/+\[\]%-]+\Z", re.IGNORECASE)
"""No login, query, fragment, backslash or space: an address that every reader splits alike."""

SUBDIR_END = re.compile(rf"/{SUBDIR}\Z")
"""How an address ends that leads to one platform's part of a channel."""


def channel_address(address: str) -> str | None:
    """The address in that form, or ``None`` if it is unfit.

    Host and scheme are in lower case. There is no slash at the end, and no usual port.
    """
    if not _CHANNEL.match(address):
        return None

    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None

    segments = [segment for segment in parts.path.split("/") if segment]
    if not segments or _is_unfit(parts, segments):
        return None

    host = (parts.hostname or "").lower()
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port in (None, USUAL_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{shown_host}{shown_port}/{'/'.join(segments)}"


def _is_unfit(parts: SplitResult, segments: list[str]) -> bool:
    has_dots = not {".", ".."}.isdisjoint(segments) or "::" in parts.path
    has_token = segments[0] == "t" and parts.scheme != "file"
    has_host = parts.scheme == "file" or (parts.hostname or "").strip(".") == parts.hostname
    return has_dots or has_token or not has_host
