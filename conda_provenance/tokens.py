"""Recognises text that may be a secret: access tokens by their form, and logins in an address."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:gh[oprsu]_|github_pat_"
    r"|gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_-]{16}"
    r"|AT(?:[A-Z]TT|BB|OA)[0-9A-Za-z_=-]{12}|AKIA[0-9A-Z]{12}|npm_[0-9A-Za-z]{20})"
)
"""Access tokens: GitHub's, GitLab's, Atlassian's, AWS's, npm's.

GitLab's are listed at https://docs.gitlab.com/security/tokens/#token-prefixes. Other names that
begin alike are real repositories: glib-networking-feedstock, globus-compute-endpoint.
"""


def holds_token(text: str) -> bool:
    """Does this text hold an access token of a form that a forge gives out?"""
    return _TOKEN.search(text) is not None


def holds_at(text: str) -> bool:
    """Does this text hold an "@", as it is or encoded? Before it there may be a password."""
    return re.search(r"@|%(?:25)*40", text) is not None


def looks_like_secret(text: str) -> bool:
    """May this id, which is no address, hold a login, a token, a query or a fragment?"""
    if holds_token(text) or holds_at(text):
        return True

    return "=" in text and re.search(r"[?#&][^?#&]*=", text) is not None
