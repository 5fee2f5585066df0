"""The data: what a package's ``info/about.json`` says of its origin (CEP 31), and nothing of how it is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conda_provenance.errors import ProvenanceError

CEP_KEYS = ("sha", "remote_url", "flow_run_id")
"""The keys that CEP 31 names, in its order."""

KEYS = (*CEP_KEYS, "flow_run_url")
"""Every key this project writes."""

MAX_LENGTH = 2048
"""Characters that a written value may have; readers must not be handed a flood."""

_FULL_SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


def is_full_sha(value: str) -> bool:
    """Is this a whole git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits?"""
    return _FULL_SHA.match(value) is not None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a package comes from. ``None`` means that nothing is said; nothing is written for it.

    Made directly, the values are checked and :class:`ProvenanceError` names the first that is wrong.
    Made by :meth:`from_extra`, from somebody's package, they are taken as they are.
    """

    sha: str | None
    """Full commit hash of the recipe's repository, or ``""``: the recipe is not under version control."""
    remote_url: str | None
    """http(s) URL of that repository, without credentials, query or fragment."""
    flow_run_id: str | None
    """The pipeline run that made the package, by custom ``{ci-provider}_{run-id}``."""
    flow_run_url: str | None = None
    """Page of that run. Not a key of CEP 31 itself; suggested in its discussion."""
    _given: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._given is not None:
            return
        for key in KEYS:
            check(key, getattr(self, key))

    @classmethod
    def from_extra(cls, extra: object) -> Provenance:
        """Read about.json's ``extra``. Anything is accepted; :meth:`to_extra` gives back the same values.

        A value that is no string is shown as its JSON text; ``null`` counts as not said.
        """
        given = (
            {key: extra[key] for key in KEYS if key in extra} if isinstance(extra, Mapping) else {}
        )
        texts = {
            key: value if isinstance(value, str) else _text(value) for key, value in given.items()
        }
        return cls(
            texts.get("sha"),
            texts.get("remote_url"),
            texts.get("flow_run_id"),
            texts.get("flow_run_url"),
            given,
        )

    def to_extra(self) -> dict[str, Any]:
        """The entries for about.json's ``extra``, in CEP 31's order; what is ``None`` is left out."""
        if self._given is not None:
            return dict(self._given)
        return {key: value for key in KEYS if (value := getattr(self, key)) is not None}

    def __bool__(self) -> bool:
        """Does it say anything at all? Empty strings, as local conda-forge builds have, say nothing."""
        return any(getattr(self, key) for key in KEYS)


def check(key: str, value: str | None) -> None:
    """Raise :class:`ProvenanceError` if ``value`` may not be written under ``key``. The value is not repeated."""
    if value is None:
        return
    if not isinstance(value, str):
        raise ProvenanceError(f"{key} must be a string, not {type(value).__name__}.")
    if len(value) > MAX_LENGTH:
        raise ProvenanceError(f"{key} is longer than {MAX_LENGTH} characters; give a shorter one.")
    if not value.isprintable():
        # Controls, line breaks and invisible or bidirectional format characters: whatever a terminal or log might obey.
        raise ProvenanceError(f"{key} holds a control character or line break; give it without.")
    if key == "sha" and value and not is_full_sha(value):
        raise ProvenanceError(
            "sha must be a full commit hash (40 or 64 lower-case hexadecimal digits) or empty."
        )
    if key.endswith("_url") and value:
        _check_url(key, value)


def _check_url(key: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  a wrong port is only noticed when asked for
    except ValueError:
        raise ProvenanceError(
            f"{key} is not a URL that can be read; give it as https://host/path."
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProvenanceError(f"{key} must be an http or https URL.")
    if "@" in parts.netloc:
        raise ProvenanceError(f"{key} holds a user name or password; give it without.")
    if parts.fragment or (parts.query and key == "remote_url"):
        raise ProvenanceError(f"{key} has a query or a fragment; give it without.")


def _text(value: object) -> str | None:
    if value is None:
        return None
    import json  # nobody else here needs it

    return json.dumps(value, ensure_ascii=False)
