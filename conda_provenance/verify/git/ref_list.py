"""The list of branches and tags, as ``git ls-remote`` prints it. All names are a stranger's."""

from __future__ import annotations

import re
from functools import lru_cache

from conda_provenance.errors import UnavailableError
from conda_provenance.policy.refs import BRANCHES, TAGS
from conda_provenance.verify.repository import Refs

_KINDS = (BRANCHES, TAGS)
_MAX_REFS = 200_000
_MAX_NAME = 1024

_ODD = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.(?:/|\Z)|\.lock(?:/|\Z)|/\Z")
"""What no ref's name may hold: https://git-scm.com/docs/git-check-ref-format."""


@lru_cache(maxsize=1)  # One may be large.
def parse_refs(listing: bytes) -> Refs:
    """The refs that a name can be. Those of other kinds, as of pull requests, are left out."""
    default: str | None = None
    commits: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in listing.decode("utf-8", "replace").split("\n"):
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith(f"ref: {BRANCHES}"):
            default = value.removeprefix("ref: ")
        elif name.startswith(_KINDS) and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", value):
            plain = name.removesuffix("^{}")
            if not is_ref_name(plain):
                continue
            kept = peeled if name != plain else commits
            if kept.setdefault(plain, value) != value:
                raise UnavailableError("The server lists a branch or tag twice.")

        if len(commits) > _MAX_REFS:
            raise UnavailableError("The server lists more branches and tags than are read.")

    commits |= {name: value for name, value in peeled.items() if name in commits}
    return Refs(default if default in commits else None, commits)


def listed_ids(listing: bytes) -> dict[str, str]:
    """The id that the server lists for each commit of a branch or tag: that of an annotated tag.

    Some servers hand out nothing but what they list.
    """
    ids: dict[str, str] = {}
    last = ("", "")
    for line in listing.decode("utf-8", "replace").split("\n"):
        value, _, name = line.partition("\t")
        if name == f"{last[1]}^{{}}":
            ids.setdefault(value, last[0])
        last = (value, name)
    return ids


def is_ref_name(name: str) -> bool:
    """Is this the full name of a branch or a tag?"""
    return name.startswith(_KINDS) and len(name) <= _MAX_NAME and not _ODD.search(name)
