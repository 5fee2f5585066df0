"""What the address of a package says: the file's name, and where it is, without credentials."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from conda_provenance.credentials import without_credentials
from conda_provenance.text import redact_location


def file_name_of(url: str) -> str:
    """The name of the file at the end of the address, decoded."""
    name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return name if name.isprintable() else repr(name)[1:-1]


def clean_address(url: str) -> str:
    """The address without login, token, query and fragment. It is for people."""
    bare = url.partition("#")[0].partition("?")[0]
    return redact_location(without_credentials(bare))


def is_scheme(url: str, *schemes: str) -> bool:
    """Does the address have one of these schemes?"""
    return url.partition(":")[0].lower() in schemes
