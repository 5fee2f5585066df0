"""Decides which texts of a package may be published in a statement. All others are left out.

A statement is copied to public logs and can never be taken back. So what may hold a credential, or
a path on the machine that built the package, is not repaired further: it is not said.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from conda_provenance.credentials import is_secret_name, may_hold_key, without_credentials
from conda_provenance.packages.leaks import holds_secret
from conda_provenance.remotes import RemoteUrl, RemoteUrlError, clean_page_url, clean_segment
from conda_provenance.text import escape_commands
from conda_provenance.tokens import looks_like_secret
from conda_provenance.values import is_plain

MAX_TEXT = 300
"""Characters of a value. The longest real ones are version constraints, of some fifty."""

_SCHEMES = ("http", "https", "ftp", "oci", "s3")
"""Schemes of addresses that lead to the same place from everywhere."""

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!~=-]{0,199}")
"""A name, a version, a build string or a platform, as packages and programs have them."""

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_REV = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.+-]|/(?=[A-Za-z0-9_])){0,199}")

_SLASHES = re.compile(r"[A-Za-z0-9][\w.-]*(?::\d+)?(?:/[\w.+-]+)+(?::[\w.-]+)?", re.ASCII)
"""Names with slashes, such as a container's image. Other slashes are in paths or in addresses."""

_HIDING = r"(?:auth|bearer|credentials?|creds?|key|login|pass|passwd|password|pw|pwd|secret|token)"
"""Words that say that what follows is a secret."""

_HIDDEN = re.compile(rf"(?i:(?:.*[_.-])?{_HIDING}(?:[_.-].*)?)\Z")
_TELLS = re.compile(
    rf"(?i:(?<![a-z])(?:-D)?(?:[\w.-]*[_.-])?{_HIDING}(?:[_.-][\w.-]*)?(?:\s*[=:]\s*|\s+)\S)"
)
"""Words of a command: ``-DAPI_TOKEN=x``, ``--password x``, ``Bearer x``."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", re.ASCII)


def is_harmless(text: str) -> bool:
    """Does it hold no secret that we know of, and nothing that a CI's log obeys?"""
    is_clean = without_credentials(text) == text and not holds_secret(text)
    return is_clean and escape_commands(text) == text


def address(value: object) -> str | None:
    """An address without credentials. ``None``: it is local, or nobody can say that it is safe.

    What the cleaner leaves of a query or a fragment may still let its reader in, and without it the
    address leads elsewhere.
    """
    if not isinstance(value, str) or not is_plain(value):
        return None

    try:
        return _address(without_credentials(value))
    except (RemoteUrlError, ValueError):
        return None


def _address(cleaned: str) -> str | None:
    parts = urlsplit(cleaned)
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or any(mark in cleaned for mark in "?#;\\"):
        return None

    # A login that the cleaner keeps, such as a variable's name, is not for others.
    if "@" in parts.netloc or not parts.path.strip("/"):
        return None

    if may_hold_key(cleaned):
        return None

    host = clean_page_url(f"https://{parts.netloc}").partition("://")[2]
    for segment in parts.path.split("/"):
        if segment:
            clean_segment(segment, ":~")

    shown = f"{scheme}://{host}{parts.path}"
    return shown if is_harmless(shown) else None


def repository(value: object) -> RemoteUrl | None:
    """The address of a git repository that others can reach, in the one form there is."""
    if not isinstance(value, str):
        return None

    try:
        remote = RemoteUrl.parse(value)
    except RemoteUrlError:
        return None
    return remote if is_harmless(str(remote)) else None


def revision(value: object) -> str | None:
    """The name of a branch, a tag or a commit."""
    if not isinstance(value, str) or not _REV.fullmatch(value) or ".." in value:
        return None
    return None if looks_like_secret(value) else value


def word(value: object) -> str | None:
    """A name, a version or the like: letters, digits and a few marks."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        return None
    return None if looks_like_secret(value) else value


def entry(key: object, value: object) -> tuple[str, str] | None:
    """An entry of a variant. ``None``: by its name or its value it may be a secret, or a path."""
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        return None

    if is_secret_name(key) or _HIDDEN.match(key):
        return None

    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        return None

    if re.search(r"[/\\]", value) and not _SLASHES.fullmatch(value):
        return None

    is_safe = not (looks_like_secret(value) or _TELLS.search(value)) and is_harmless(value)
    return (key, value) if is_safe else None


def run(value: str | None) -> str | None:
    """The page or the id of a run, which is clean already: see ``values``."""
    if not value or re.search(r"[;#\\]", value):
        return None
    return value if is_harmless(value) else None


def sha256(value: object) -> str | None:
    """A sha256 in lower-case hexadecimal digits."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        return None
    return value.lower()


def time(value: object) -> str | None:
    """A time of RFC 3339 in UTC, to the second."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None

    try:
        datetime.fromisoformat(match[1])
    except ValueError:
        return None
    return f"{match[1]}Z"
