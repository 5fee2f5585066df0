"""``Claim``: what a package says of its origin, exactly as found. Nothing in it is believed.

Everything that can be wrong with a claim is in :data:`PROBLEMS`, each with a stable code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conda_provenance.text import QUERY, redact_value
from conda_provenance.tokens import holds_token, looks_like_secret, normal
from conda_provenance.values import KEYS, MAX_LENGTH, clean_or_none, is_full_sha, is_run

PROBLEMS: Mapping[str, str] = {
    "value-not-string": "{key} is not a string.",
    "value-control-characters": "{key} holds a control character or an invisible one.",
    "value-too-long": f"{{key}} is longer than {MAX_LENGTH} characters.",
    "sha-empty": "sha is empty: the recipe was not under version control, or nothing was known.",
    "sha-short": "sha is shorter than a full commit hash, which has 40 or 64 digits.",
    "sha-length": "sha has more than 40 digits, but not the 64 of the other kind of commit hash.",
    "sha-not-hex": "sha is not a commit hash in lower-case hexadecimal digits.",
    "sha-zero": "sha is all zeros, which is how git writes that there is no commit.",
    "remote-credentials": "remote_url holds a user name, a password or a token.",
    "remote-query": "remote_url has a query, a fragment or parameters, which may hold a token.",
    "remote-not-http": "remote_url is neither an http nor an https address.",
    "remote-local": "remote_url is a path on the machine that built the package.",
    "remote-malformed": "remote_url is not the address of a repository.",
    "run-bare": "flow_run_id does not name a CI system and a run of it, as in github_123.",
    "run-credentials": "flow_run_id or flow_run_url holds what may be a password or a token.",
    "run-url-malformed": "flow_run_url is not an http or https address.",
    "recipe-credentials": "{key} of the package holds what may be a password or a token.",
    "name-differs": "The file's name and its info/index.json name different packages.",
}
"""Every problem code, and the sentence that people see. Codes are stable: scripts rely on them."""

_LOCAL = re.compile(r"(?i:file:)|[/.~\\]|[A-Za-z]:[\\/]")
_USER = re.compile(r"(?:[A-Za-z][\w+.-]*://)?(?P<user>[^/?#\s]*)@")
_RUN_ID = re.compile(r"[A-Za-z][A-Za-z0-9-]*_(?P<run>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a claim."""

    code: str
    """A key of :data:`PROBLEMS`."""
    message: str
    """One sentence. It does not repeat the value."""

    @classmethod
    def of(cls, code: str, key: str = "") -> Problem:
        """The problem with this code, of the value of ``key`` where the sentence names one."""
        return cls(code, PROBLEMS[code].format(key=key))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a package says of its origin. ``None`` means that it does not say.

    Read one with :func:`~conda_provenance.packages.read_claim` or :meth:`from_extra`.
    """

    sha: str | None = None
    remote_url: str | None = None
    flow_run_id: str | None = None
    flow_run_url: str | None = None
    problems: tuple[Problem, ...] = ()
    """What is wrong with the values, in the order of the keys."""
    given: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The values as they stand in the package, of any JSON type."""

    @classmethod
    def from_extra(cls, extra: object, *further: Problem) -> Claim:
        """Read about.json's ``extra``. Anything is accepted, and nothing is lost.

        A value that is not a string becomes its JSON text, or the name of its type if it has none.
        ``null`` counts as not said.
        ``further`` are problems that the caller found with the package itself.
        """
        given = (
            {key: extra[key] for key in KEYS if key in extra} if isinstance(extra, Mapping) else {}
        )
        texts = {key: _text(value) for key, value in given.items()}
        return cls(**texts, problems=(*_problems(given), *further), given=given)

    def to_extra(self) -> dict[str, Any]:
        """The entries of ``extra`` that were read, with the same values."""
        return dict(self.given)

    def shown(self, key: str) -> str | None:
        """The value of ``key`` without the credentials that somebody may have left in it."""
        value: str | None = getattr(self, key)
        if not value:
            return value

        cleaned = clean_or_none(key, value)
        if cleaned and (key == "flow_run_url" or cleaned == value):
            return cleaned

        redacted = redact_value(value)
        # What is no address, such as a run's id, may hold a query all the same. The user "git" of
        # every forge's ssh addresses is no login.
        rest = re.sub(r"\A(?:ssh://)?git@", "", redacted.replace("***@", ""))
        return "***" if looks_like_secret(rest) else redacted

    @property
    def provider(self) -> str:
        """The CI system that ``flow_run_id`` names. Empty: it names none."""
        name, underscore, _ = (self.flow_run_id or "").partition("_")
        return name if underscore else ""

    def says_untracked(self) -> bool:
        """Does it say that the recipe was not under version control, by an empty hash alone?

        Local builds of conda-forge write all keys as empty strings, which says nothing.
        """
        return self.sha == "" and self.remote_url is None and self.flow_run_id is None

    def __bool__(self) -> bool:
        """Does it say anything? Empty strings, as local builds of conda-forge have, say nothing."""
        return any(getattr(self, key) for key in KEYS)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value

    import json  # Most packages have strings only.

    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # not from JSON, or nested too deeply
        return f"({type(value).__name__})"


def _problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    for key, value in given.items():
        if value is None:
            continue

        code = _any_key(value) or _BY_KEY[key](value)
        if code:
            yield Problem.of(code, key)


def _any_key(value: object) -> str | None:
    if not isinstance(value, str):
        return "value-not-string"

    if not value.isprintable():
        return "value-control-characters"

    return "value-too-long" if len(value) > MAX_LENGTH else None


def _sha(value: str) -> str | None:
    if not value:
        return "sha-empty"

    if is_full_sha(value):
        return None if value.strip("0") else "sha-zero"

    if not re.fullmatch(r"[0-9a-f]+", value):
        return "sha-not-hex"

    return "sha-short" if len(value) < 40 else "sha-length"


def _remote(value: str) -> str | None:
    if not value or clean_or_none("remote_url", value) == value:
        return None

    if _LOCAL.match(value):
        return "remote-local"

    if _has_user(value) or holds_token(value):
        return "remote-credentials"

    if not re.match(r"https?://", value, re.IGNORECASE):
        return "remote-not-http"

    if re.search(QUERY, normal(value)):
        return "remote-query"

    # What remains ends in .git or a slash, or is no address at all.
    return None if clean_or_none("remote_url", value) else "remote-malformed"


def _run_id(value: str) -> str | None:
    if not value:
        return None

    if clean_or_none("flow_run_id", value) != value:
        return "run-credentials"

    match = _RUN_ID.match(value)
    return None if match and is_run(match["run"]) else "run-bare"


def _run_url(value: str) -> str | None:
    if not value:
        return None

    if clean_or_none("flow_run_url", value) is None:
        return "run-url-malformed"

    return "run-credentials" if _has_user(value) or holds_token(value) else None


def _has_user(value: str) -> bool:
    """Does the address name a user, other than the ``git`` of every forge's ssh addresses?"""
    match = _USER.match(normal(value))
    return match is not None and match["user"] != "git"


_BY_KEY: Mapping[str, Callable[[str], str | None]] = {
    "sha": _sha,
    "remote_url": _remote,
    "flow_run_id": _run_id,
    "flow_run_url": _run_url,
}
