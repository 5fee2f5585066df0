"""Knows which ssh addresses of repositories may lead nowhere when they are written as https.

It knows no forge: :mod:`conda_provenance.remotes` refuses those whose web addresses differ.
"""

from __future__ import annotations

import re

from conda_provenance.remotes import SSH_SCHEMES, RemoteUrl, vendor_at

_PUBLIC_HOST = re.compile(r"\.(?:[a-z]{2,}|xn--[a-z0-9-]+)\Z|\A[\d.]+\Z|\]\Z")
"""A host with a top-level domain, or an IP address. ``github.com-work`` is a name of ssh's own."""

_SERVER_FOLDERS = {"srv", "home", "var", "opt", "mnt", "usr", "root", "export", "volume1"}


def doubt_of(text: str) -> str | None:
    """Why an address that :meth:`RemoteUrl.parse` takes may lead nowhere, or ``None``.

    Only ssh addresses are doubtful: ssh has names of its own for hosts, and a server's folder need
    not be on the web. The answer is the second half of a sentence, and does not repeat the text.
    """
    scheme, separator, _ = text.strip().partition("://")
    if separator and scheme.lower() not in SSH_SCHEMES:
        return None

    url = RemoteUrl.parse(text)
    if vendor_at(url.host) is not None:
        return None

    if not _PUBLIC_HOST.search(url.host):
        return "its host may be a name that only this machine knows"

    first = url.path.partition("/")[0]
    is_absolute = bool(separator) or ":/" in text
    if first.startswith("~") or (is_absolute and first in _SERVER_FOLDERS):
        return "its path is that of a folder on the server"

    return None
