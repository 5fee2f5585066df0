"""What the address of a package says: the file's name, and where it is, without credentials."""

from __future__ import annotations

import re
from urllib.parse import unquote

from conda_provenance.credentials import without_credentials
from conda_provenance.text import redact_location
from conda_provenance.tokens import holds_token

_HARMLESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/(?!t/)[A-Za-z0-9._+!~-]+)+")
"""An address that has neither login, query nor escapes, nor a token of a channel."""


def file_name_of(url: str) -> str:
    """The name of the file at the end of the address, decoded."""
    if _HARMLESS.fullmatch(url):
        return url.rpartition("/")[2]

    # Not urlsplit: it raises an error for half of a numbered host, which people do mistype.
    name = unquote(_bare(url)).rstrip("/").rpartition("/")[2]
    return name if name.isprintable() else repr(name)[1:-1]


def clean_address(url: str) -> str:
    """The address without login, token, query and fragment. It is for people."""
    if _HARMLESS.fullmatch(url) and not holds_token(url):
        return url  # As nearly all are. The rules below take a while.

    return redact_location(without_credentials(_bare(url)))


def is_scheme(url: str, *schemes: str) -> bool:
    """Does the address have one of these schemes?"""
    return url.partition(":")[0].lower() in schemes


def _bare(url: str) -> str:
    """The address without query and fragment."""
    return url.partition("#")[0].partition("?")[0]
