"""The addresses in a statement: who verified, by which policy, what is fetched from where.

What the user gives is written as it is, so whatever could be a login or a token is refused, never
repaired. No package is known here.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from conda_provenance.bundles.statement_types import SITE
from conda_provenance.credentials import may_hold_key
from conda_provenance.errors import UsageError
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.policy.channels import SUBDIR_END, channel_address
from conda_provenance.text import show_value
from conda_provenance.tokens import holds_token

_OUR_HOST = urlsplit(SITE).netloc
_OUR_REPOSITORY = "https://github.com/conda-provenance/conda-provenance"
"""This project's own addresses. Nobody verifies in its name."""

_MAX_LENGTH = 500
_FORM = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):[A-Za-z0-9._~:/@!$&'()*+,;=%-]+")
"""An address without query and fragment, in which a token may stand."""

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[1-9][0-9]{0,4})?")
"""A host with a dot, in lower case as statements have it: without one it may be half of a login."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]{0,199}")


def parse_uri(flag: str, text: str, example: str) -> str:
    """``text``, if it may stand for somebody or something in a statement.

    Raises :class:`~conda_provenance.errors.UsageError`, which names ``flag``.
    """
    match = _FORM.fullmatch(text)
    is_fit = match is not None and len(text) <= _MAX_LENGTH and not holds_token(text)
    if match is None or not is_fit or not _is_placed(match["scheme"], text):
        raise UsageError(
            f"{flag} takes a URI without a login, a query or a fragment, whose host is in lower "
            f"case, such as {example}, not {show_value(text, 200) or repr('')}."
        )
    return text


def parse_verifier_id(text: str) -> str:
    """The URI of whoever verifies. Raises :class:`~conda_provenance.errors.UsageError`."""
    uri = parse_uri("--verifier-id", text, "https://example.com/verifiers/packages")
    if (
        urlsplit(uri).netloc.partition(":")[0] == _OUR_HOST
        or uri.rstrip("/").removesuffix(".git") == _OUR_REPOSITORY
    ):
        raise UsageError(
            f"--verifier-id {uri} is conda-provenance's own address: give one of yours, since it "
            "stands for whoever runs the verification."
        )
    return uri


def _is_placed(scheme: str, text: str) -> bool:
    """Does it lead to no file of this machine, and is its host plainly one?"""
    if scheme == "file":
        return False

    rest = text[len(scheme) + 1 :]
    if not rest.startswith("//"):
        return scheme not in ("http", "https")

    host, _, path = rest[2:].partition("/")
    has_dots = not {".", ".."}.isdisjoint(path.split("/"))
    return bool(_HOST.fullmatch(host)) and not has_dots


def ready_policy_uri(name: str) -> str:
    """Where the project's site has the file of a ready policy."""
    return f"{SITE}/policies/{name}.toml"


def digest_uri(sha256: str) -> str:
    """A name for a policy without an address, made of its digest (RFC 6920)."""
    text = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return f"ni:///sha-256;{text}"


class Resource(NamedTuple):
    """Where packages are fetched from: one package's address, or a channel's."""

    base: str
    """Without a slash at the end."""
    file: str = ""
    """The last part of a package's address. Empty: it is a channel's."""

    @classmethod
    def parse(cls, text: str) -> Resource:
        """Read ``--resource-uri``. What ends like a package is a package's address.

        Raises :class:`~conda_provenance.errors.UsageError`.
        """
        base, _, last = text.rpartition("/")
        is_file = last.endswith(ENDINGS)
        # The form that a channel's address must have has no "!", which a version may have.
        plain = f"{base if is_file else text.rstrip('/')}/x"
        if _may_be_keyed(text):
            raise UsageError(
                "--resource-uri takes the address that packages are fetched from, without a key "
                "in its path: everybody can read what a statement says."
            )
        address = None if _is_secret(text) else channel_address(plain)
        if address is None or address.startswith("file:") or (is_file and not _is_name(last)):
            raise UsageError(
                "--resource-uri takes the address that packages are fetched from, without a login "
                "or a token: a channel's, such as https://conda.example.com/main, or one "
                f"package's, not {show_value(text, 200) or repr('')}."
            )

        base = address.removesuffix("/x")
        if not is_file and SUBDIR_END.search(base):
            raise UsageError(
                f"--resource-uri {show_value(text, 200)} is one platform's part of a channel: "
                "leave that out, since each package's own is added."
            )
        return cls(base, last if is_file else "")

    @property
    def channel(self) -> str | None:
        """The channel's address, if it can be told."""
        if not self.file:
            return self.base

        subdir = SUBDIR_END.search(self.base)
        return self.base[: subdir.start()] if subdir else None

    def place_of(self, file_name: str, subdir: str | None) -> tuple[str, str]:
        """The address of a package, and the part of it that differs from package to package.

        Raises :class:`ValueError` with the second half of a sentence.
        """
        if not _FILE_NAME.fullmatch(file_name) or not file_name.endswith(ENDINGS):
            raise ValueError("its file has a name that no package in a channel has")

        if self.file:
            if unquote(self.file) != file_name:
                raise ValueError(
                    "--resource-uri is the address of another file; give the channel's instead"
                )
            placed = SUBDIR_END.search(self.base)
            if placed and subdir and placed[0] != f"/{subdir}":
                raise ValueError(
                    f"--resource-uri is an address of {placed[0][1:]}, and it is for "
                    f"{show_value(subdir, 50)}"
                )
            return f"{self.base}/{self.file}", file_name

        if subdir is None or not SUBDIR_END.fullmatch(f"/{subdir}"):
            raise ValueError(
                "it does not say for which platform it is; give its whole address as --resource-uri"
            )
        return f"{self.base}/{subdir}/{file_name}", f"{subdir}/{file_name}"


def _is_name(last: str) -> bool:
    return bool(_FILE_NAME.fullmatch(unquote(last)))


def _is_secret(text: str) -> bool:
    """May a token stand in it, as in https://conda.example.com/t/TOKEN/main?"""
    return len(text) > _MAX_LENGTH or holds_token(text) or "/t/" in text


def _may_be_keyed(text: str) -> bool:
    """As private channels of some servers are: then the text is not repeated either."""
    try:
        return not _is_secret(text) and may_hold_key(text)
    except ValueError:
        return False
