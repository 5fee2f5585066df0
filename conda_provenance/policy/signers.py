"""``SignerPattern``: who may sign statements about a package, as a Sigstore certificate names them.

Pattern and identity are both parsed, and their parts are compared, as with repositories. Whose
signature holds is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conda_provenance.errors import UsageError
from conda_provenance.net import USUAL_PORTS
from conda_provenance.text import show_value

ANY = "*"
"""Stands for one whole segment between two slashes, whatever it is."""

_MAX_LENGTH = 2000

_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_SERVER = rf"(?P<scheme>(?i:https?))://(?P<host>{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
_NAME = r"(?!\.{1,2}(?:/|@|\Z))[A-Za-z0-9._+~-]+"
_PART = r"(?!\.{1,2}(?:/|\Z))[!-)+-.0-~]+"
_PLAIN = re.compile(r"[^?#%\\\s]*")

_WORKFLOW = re.compile(
    # GitLab writes two slashes before the file's name.
    rf"{_SERVER}/(?P<path>{_NAME}(?://?{_NAME})*)(?:@(?P<ref>{_PART}(?:/{_PART})*))?"
)
"""Such as https://github.com/o/n/.github/workflows/build.yml@refs/heads/main. Only what is in it
can match: no user, query, percent sign, backslash, or anything but ASCII."""

_MAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ISSUER = re.compile(rf"{_SERVER}(?P<path>(?:/{_NAME})*)")

_WITH_REF = ("github.com", "gitlab.com")
"""Hosts whose workflows never sign without a ref."""

_STAR = "a-segment-that-may-be-anything"

_REF = re.compile(rf"(?:refs|{_STAR})/[^/]+/.+|[0-9a-f]{{40}}|[0-9a-f]{{64}}|{_STAR}")
"""What a certificate has after the ``@``. A shared workflow may be called at a commit."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The one form of an identity in which two of them are compared."""

    server: str
    path: tuple[str, ...]
    ref: tuple[str, ...] | None

    @classmethod
    def of(cls, identity: str) -> _Place | None:
        """``None``: it may not be compared."""
        match = _WORKFLOW.fullmatch(identity)
        if match is None or len(identity) > _MAX_LENGTH or not _PLAIN.fullmatch(identity):
            return None

        ref = None if match["ref"] is None else tuple(match["ref"].split("/"))
        return cls(_server(match), tuple(match["path"].split("/")), ref)


@dataclass(frozen=True, slots=True)
class SignerPattern:
    """Identities that may sign. ``str()`` gives it as it was written.

    - The address of a workflow with its ref. Scheme, host and port must be equal; path and ref are
      compared segment by segment. ``*`` is any one segment, and never crosses a slash or the ``@``.
    - An e-mail address: it must be equal.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> SignerPattern:
        """Read a pattern. Raises :class:`~conda_provenance.errors.UsageError` with the remedy."""
        if len(text) <= _MAX_LENGTH and _MAIL.fullmatch(text):
            return cls(text)

        place = _Place.of(_filled(text))
        if place is None:
            raise _wrong(text, "it is neither a workflow's address nor an e-mail address")
        if place.server.partition("://")[2] in _WITH_REF:
            _require_ref(text, place.ref)
        return cls(text)

    def matches(self, identity: str) -> bool:
        """Is this identity one of these? It may be anything that a certificate says."""
        if "://" not in self.text:
            return identity == self.text

        wanted, found = _Place.of(_filled(self.text)), _Place.of(identity)
        if wanted is None or found is None or wanted.server != found.server:
            return False

        if (wanted.ref is None) != (found.ref is None):
            return False
        return _is_match(wanted.path, found.path) and _is_match(wanted.ref or (), found.ref or ())

    @property
    def host(self) -> str:
        """Whose workflow it is. Empty for an e-mail address."""
        place = _Place.of(_filled(self.text))
        return place.server.partition("://")[2] if place else ""


def is_signer(identity: str, patterns: Iterable[SignerPattern]) -> bool:
    """Does any of the patterns match?"""
    return any(pattern.matches(identity) for pattern in patterns)


def parse_issuer(text: str) -> str:
    """The address of who vouches for identities, such as https://gitlab.example.com.

    Raises :class:`~conda_provenance.errors.UsageError`.
    """
    match = _ISSUER.fullmatch(text)
    if match is None or len(text) > _MAX_LENGTH:
        raise UsageError(
            f"{show_value(text) or repr('')} is no issuer of identities: write its address as the "
            "certificate has it, such as https://token.actions.githubusercontent.com, without a "
            "slash at its end."
        )
    return _server(match) + match["path"]


def _server(match: re.Match[str]) -> str:
    scheme = match["scheme"].lower()
    port = match["port"]
    shown = "" if port in (None, str(USUAL_PORTS[scheme])) else f":{port}"
    return f"{scheme}://{match['host'].lower()}{shown}"


def _filled(text: str) -> str:
    """The pattern with a name in place of each ``*`` that is a whole segment after the host."""
    server, path = text[: _start_of_path(text)], text[_start_of_path(text) :]
    return server + re.sub(r"(?<=[/@])\*(?=[/@]|\Z)", _STAR, path)


def _start_of_path(text: str) -> int:
    """Where the slash after the host is."""
    start = text.find("/", text.find("://") + len("://"))
    return len(text) if start < 0 else start


def _is_match(wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
    if len(wanted) != len(found):
        return False

    pairs = zip(wanted, found, strict=True)
    return all(each == other or (each == _STAR and other != "") for each, other in pairs)


def _require_ref(text: str, ref: tuple[str, ...] | None) -> None:
    """A short name would fit no certificate, and a policy with it would never let one pass."""
    if ref is None:
        raise _wrong(text, "a workflow signs with its branch or tag, which is missing")
    name = "/".join(ref)
    if not _REF.fullmatch(name):
        # Wherever it is shown as a whole, what is before the "@" looks like a login.
        raise _wrong(
            text.removesuffix(f"@{name}"),
            f"its ref, {show_value(name)}, is neither refs/heads/NAME, refs/tags/NAME nor a commit",
        )


def _wrong(text: str, why: str) -> UsageError:
    return UsageError(
        f"{show_value(text) or repr('')} names no signer, since {why}: write it like "
        "https://github.com/o/n/.github/workflows/build.yml@refs/heads/main, with '*' for a whole "
        "segment, or like name@example.com."
    )
