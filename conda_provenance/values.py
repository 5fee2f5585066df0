"""The values that are written into packages: cleaned and checked here, whoever gives them.

A user, an environment variable, git, a CI system, a plugin's hook and the command line all hand
their values to :func:`clean`. Nothing else in this project decides what may stand under a key.
"""

from __future__ import annotations

import re

from conda_provenance.errors import ProvenanceError
from conda_provenance.keys import CEP_KEYS, KEYS
from conda_provenance.remotes import (
    MAX_LENGTH,
    RemoteUrl,
    RemoteUrlError,
    clean_page_url,
)
from conda_provenance.tokens import holds_token, looks_like_secret

__all__ = [
    "CEP_KEYS",
    "KEYS",
    "MAX_LENGTH",
    "ImproperValue",
    "InvalidValue",
    "check",
    "clean",
    "clean_entry",
    "clean_or_none",
    "is_full_sha",
    "is_plain",
    "is_run",
]

_FULL_SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")

_NO_RUN = re.compile(r"\$[\w({]|\{\{|\A(?:undefined|none|null|nil|<nil>)\Z", re.IGNORECASE)
"""What a variable leaves behind that was not expanded, or that did not exist."""


class InvalidValue(ProvenanceError):
    """A value that may not be written under its key.

    The message is the second half of a sentence, such as "it is not a string". It never repeats the
    value, which may hold a secret.
    """


class ImproperValue(InvalidValue):
    """A value that breaks a rule but cannot hold a secret or an escape, such as a shortened hash.

    A builder writes what its user gave it, with or without us. So an improper value stays as it was
    given. Any other invalid value is removed.
    """


def clean(key: str, value: object) -> str:
    """``value`` in the form in which it may be written under ``key``, one of :data:`KEYS`.

    An address loses user name, password, query and fragment. The address of a repository becomes an
    http or https URL.
    Raises :class:`InvalidValue`.
    """
    if not isinstance(value, str):
        raise InvalidValue("it is not a string")

    cleaned = _clean_text(key, value)
    check(key, cleaned)
    return cleaned


def clean_or_none(key: str, value: object) -> str | None:
    """The same, but ``None`` for an empty value and for one that may not be written."""
    try:
        return clean(key, value) if value else None
    except InvalidValue:
        return None


def clean_entry(key: object, value: object) -> str | None:
    """An entry that a plugin wants in about.json's ``extra``; ``None`` as a value removes the key.

    A key of ours is cleaned as always. Any other key may have a printable string without a login in
    a URL. Raises :class:`InvalidValue`.
    """
    if not isinstance(key, str) or not key.isprintable():
        raise InvalidValue("the key is not a printable string")

    if value is None:
        return None

    if key in KEYS:
        return clean(key, value)

    if not isinstance(value, str):
        raise InvalidValue("it is not a string")

    if not is_plain(value) or re.search(r"://[^/\s]*@", value):
        raise InvalidValue("it is too long, or holds control characters or a login")

    return value


def check(key: str, value: object) -> None:
    """Raise :class:`InvalidValue` unless ``value`` may be written under ``key`` just as it is.

    ``None`` means that nothing is written, and passes.
    """
    if value is None:
        return

    if not isinstance(value, str):
        raise InvalidValue("it is not a string")

    if not value.isprintable():
        # Controls, line breaks, and invisible or bidirectional format characters: whatever a
        # terminal or a log might obey.
        raise InvalidValue("it holds a control character or a line break")

    if not value:
        return

    if key == "sha":
        _check_sha(value)
    elif key == "flow_run_id":
        _check_run_id(value)
    else:
        _check_address(key, value)

    # Checked last: an improper value must not hold a secret.
    if len(value) > MAX_LENGTH:
        raise ImproperValue(f"it is longer than {MAX_LENGTH} characters")


def is_full_sha(value: str) -> bool:
    """Is this a whole git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits?"""
    return _FULL_SHA.match(value) is not None


def is_plain(text: str) -> bool:
    """Is this text printable and not too long to be written?"""
    return len(text) <= MAX_LENGTH and text.isprintable()


def is_run(text: str) -> bool:
    """Can this be a run's id on its CI system, rather than what an absent variable left behind?"""
    return _NO_RUN.search(text) is None and re.search(r"\w", text) is not None


def _clean_text(key: str, value: str) -> str:
    if not value:
        return value

    if key == "sha":
        return _clean_sha(value)

    if key == "flow_run_id":
        # Some farms use a page's address as the run's id. It must not carry a login either.
        provider, address = _split_address(value)
        return provider + _clean_address("flow_run_url", address) if address else value

    return _clean_address(key, value)


def _clean_sha(value: str) -> str:
    if not re.fullmatch(r"[\w.+-]*", value):
        raise InvalidValue("it holds characters that no commit hash has")

    if holds_token(value):
        raise InvalidValue("it holds what may be credentials")

    return value


def _clean_address(key: str, value: str) -> str:
    try:
        return str(RemoteUrl.parse(value)) if key == "remote_url" else clean_page_url(value)
    except RemoteUrlError as error:
        raise InvalidValue(str(error)) from None


def _split_address(run_id: str) -> tuple[str, str]:
    """Such as ``("farm_", "https://farm.example/1")``. The address is empty if there is none."""
    match = re.fullmatch(r"([A-Za-z][A-Za-z0-9-]*_)?([A-Za-z][\w+.-]*://.*)", run_id, re.DOTALL)
    return (match[1] or "", match[2]) if match else ("", "")


def _check_sha(value: str) -> None:
    if not is_full_sha(value):
        raise ImproperValue(
            "it is not a full commit hash, which has 40 or 64 lower-case hexadecimal digits"
        )

    if not value.strip("0"):
        raise ImproperValue("it is all zeros, which is how git writes that there is no commit")


def _check_run_id(value: str) -> None:
    _, address = _split_address(value)
    if address:
        _check_address("flow_run_url", address)
    elif looks_like_secret(value):
        raise InvalidValue("it holds what may be credentials")


def _check_address(key: str, value: str) -> None:
    if _clean_address(key, value) != value:
        raise InvalidValue("it is not a plain http or https URL, as it would be after cleaning")
