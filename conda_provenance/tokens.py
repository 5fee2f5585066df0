"""Recognises text that may be a secret: access tokens by their form, and logins in an address."""

from __future__ import annotations

import re
from urllib.parse import unquote

AT = r"(?:@|%(?:25)*40)"
"""An ``@`` of an address, which may be percent-encoded, once or more often."""

TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:gh[oprsu]_|github_pat_"
    r"|gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_-]{16}"
    r"|AT(?:[A-Z]TT|BB|OA)[0-9A-Za-z_=-]{12}|AKIA[0-9A-Z]{12}|npm_[0-9A-Za-z]{20})"
)
"""Access tokens: GitHub's, GitLab's, Atlassian's, AWS's, npm's.

GitLab's are listed at https://docs.gitlab.com/security/tokens/#token-prefixes. Other names that
begin alike are real repositories: glib-networking-feedstock, globus-compute-endpoint.
"""

WHOLE_TOKENS = (
    r"gh[oprsu]_[0-9A-Za-z]{20}",
    r"github_pat_[0-9A-Za-z_]{20}",
    r"gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_-]{20}",
    r"AT(?:[A-Z]TT|BB|OA)[0-9A-Za-z_=-]{20}",
    r"npm_[0-9A-Za-z]{36}",
)
"""The same in full length. In a file a shorter text is more often an example, or a name."""

CHANNEL_KEY = r"(?:[A-Za-z]{2}-[0-9A-Fa-f-]{16,}|(?=[^/?#]*\d)[\w-]{32,})"
"""A token of a conda channel (/t/TOKEN/channel) that looks like one wherever it stands."""

CHANNEL_TOKEN = re.compile(r"/t/(?=[^/]*\d)(?=[^/]*[A-Za-z])[\w-]{20,}(?=/)")
"""The token in the address of a conda channel, ``/t/TOKEN/channel``, if it is plainly one."""


def normal(text: str) -> str:
    """``text`` in the characters that a server may take it for: a full-width "@" is an "@"."""
    if text.isascii():
        return text

    from unicodedata import normalize

    return normalize("NFKC", text)


def decoded(text: str) -> str:
    """``text`` percent-decoded as often as any server may: "%2540" is an "@" for some."""
    for _ in range(3):
        text = unquote(text, errors="surrogateescape")

    return text


def holds_token(text: str) -> bool:
    """Does this text hold an access token of a form that a forge or a channel gives out?"""
    texts = {normal(text), normal(decoded(text))} if "%" in text else {normal(text)}
    return any(TOKEN.search(each) or CHANNEL_TOKEN.search(each) for each in texts)


def holds_at(text: str) -> bool:
    """Does this text hold an "@", as it is or encoded? Before it there may be a password."""
    return re.search(AT, normal(text)) is not None


def looks_like_secret(text: str) -> bool:
    """May this id, which is no address, hold a login, a token, a query or a fragment?"""
    if holds_token(text) or holds_at(text):
        return True

    plain = normal(decoded(text))
    return "=" in plain and re.search(r"[?#&;][^?#&;]*=", plain) is not None
