"""Names of branches and tags, as people write them. No repository is known here."""

from __future__ import annotations

import re
from collections.abc import Collection

from conda_provenance.errors import UsageError
from conda_provenance.text import show_value

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
_ANY = "*"

_SEGMENT = r"(?!\.)(?![^/]*\.lock(?:/|\Z))[^\x00-\x20\x7f~^:?*\[\\/]+"
_NAME = re.compile(rf"(?:{_SEGMENT}|\*)(?:/(?:{_SEGMENT}|\*))*")
"""What git takes for a name (git-check-ref-format), and ``*`` for a whole segment. git allows no
``*`` in a name."""

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_MAX_LENGTH = 250


def check_ref(text: str) -> str:
    """``text``, if it may name a branch or a tag.

    That is a full name (``refs/heads/main``), or a short one (``main``), with ``*`` for a whole
    segment between two slashes. Raises :class:`~conda_provenance.errors.UsageError`.
    """
    if _HASH.fullmatch(text):
        raise UsageError(
            f"{show_value(text)} is a commit's hash, and no branch or tag: to expect a commit, "
            "give --expect-sha; a branch of that name is refs/heads/…."
        )

    is_fit = _NAME.fullmatch(text) and len(text) <= _MAX_LENGTH and text.isprintable()
    is_git = is_fit and not re.search(r"\.\.|@\{|\.(?:/|\Z)|\A[-@]\Z|\A-", text)
    is_elsewhere = text.startswith("refs/") and not text.startswith((BRANCHES, TAGS))
    if not is_git or is_elsewhere:
        raise UsageError(
            f"{show_value(text) or repr('')} is no branch or tag: write a name like main, "
            "refs/heads/main or refs/tags/v1.0, with '*' for a whole segment."
        )
    return text


def matching_refs(wanted: str, names: Collection[str]) -> tuple[str, ...]:
    """The full names among ``names`` that ``wanted`` means, in their order.

    ``wanted`` went through :func:`check_ref`. ``names`` are full names, as a server lists them.
    Raises :class:`~conda_provenance.errors.UsageError` if it is a branch and a tag.
    """
    if wanted.startswith("refs/"):
        return _matches(wanted, names)

    branches = _matches(BRANCHES + wanted, names)
    tags = _matches(TAGS + wanted, names)
    if branches and tags and _ANY not in wanted.split("/"):
        raise UsageError(
            f"{show_value(wanted)} is a branch and a tag of the repository: write "
            f"{show_value(BRANCHES + wanted)} or {show_value(TAGS + wanted)}."
        )
    # A "*" without a full name means branches: anyone who may push can make tags of any name.
    return branches or (tags if _ANY not in wanted.split("/") else ())


def _matches(wanted: str, names: Collection[str]) -> tuple[str, ...]:
    pattern = wanted.split("/")
    return tuple(name for name in names if _is_match(pattern, name.split("/")))


def _is_match(pattern: list[str], segments: list[str]) -> bool:
    if len(pattern) != len(segments):
        return False

    pairs = zip(pattern, segments, strict=True)
    return all(wanted in (_ANY, segment) for wanted, segment in pairs)
