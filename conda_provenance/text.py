"""Strangers' text made fit to show: credentials redacted, escapes visible, length bounded.

Nothing from a package, a URL, an environment or a repository reaches a terminal, a log or an error
without going through here. It does not know what a value means: see
:mod:`conda_provenance.values`.
"""

from __future__ import annotations

import re

MAX_SHOWN = 300
"""Characters of a value that are shown, unless the caller says otherwise."""

MAX_READ = 100_000
"""Characters that are searched for credentials. A longer text is only counted, never shown."""

_ADDRESS = r"[A-Za-z][\w+.-]+:/"
"""How an address begins, but not a path on Windows. Paths that Python cleaned have one slash."""

_AT = r"(?:@|%(?:25)*40)"
_SCHEME = r"[A-Za-z][\w+.-]*:/{1,3}"
_KNOWN_SCHEME = r"(?i:(?:git\+|ssh\+)?(?:https?|git|ssh|ftps?|file)):/{1,3}"
"""Schemes that stay visible before a hidden login. Another may be the login: "secret:/@host"."""

_FILE = r"(?:/[^/:%]|[A-Za-z]:\\)[^:%]*:?\Z"
"""An absolute path, such as Jenkins' /workspace/job@2. It has no colon, as a login would have."""

_USER_PAGE = r"https://(?:tangled\.(?:org|sh)/@[\w.-]+|[\w-]+(?:\.[\w-]+)+/@[\w-]+)(?:/[^@%]*)?\Z"
"""A page of a user whom the path names with an "@", as on Tangled and npm. It is no login."""

_CHANNEL_TOKEN = re.compile(r"(?<=/t/)[^/\s]+(?=/)")
"""The token in the address of a conda channel: https://conda.anaconda.org/t/TOKEN/channel."""


def show(text: str, limit: int = MAX_SHOWN) -> str:
    """``text`` as it may be shown to people: redacted, then escaped, then shortened."""
    if len(text) > MAX_READ:
        # Cut anywhere, it could show the first half of a login.
        return f"({len(text)} characters)"
    return escape(redact(text), limit)


def escape(text: str, limit: int | None = None) -> str:
    """``text`` with every unprintable character written as a backslash escape, and shortened."""
    shown = text if limit is None else text[:limit]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
    return shown if limit is None or len(text) <= limit else shown + "…"


def shorten(text: str, limit: int) -> str:
    """The first ``limit`` characters of ``text``, with an ellipsis where something was cut."""
    return text if len(text) <= limit else text[:limit] + "…"


def redact_location(location: str) -> str:
    """A path as it is, and an address without what may be a login or a token, conda's too."""
    return redact(location) if re.search(_ADDRESS, location) else location


def redact_addresses(sentence: str) -> str:
    """``sentence`` with every address in it redacted. Paths stay, even those with an "@"."""
    return re.sub(rf"{_ADDRESS}\S*", lambda word: redact_location(word[0]), sentence)


def redact(text: str) -> str:
    """``text`` with everything in its URLs that may be a login or a token replaced by ``***``.

    The user name ``git``, which every forge uses for ssh, is kept. So are the paths of files that a
    sentence names.
    """
    if re.match(_SCHEME, text) or not re.search(r"\s", text):
        return _redact_word(text)

    return re.sub(r"\S+", lambda match: _redact_word_of_sentence(match[0]), text)


def _redact_word_of_sentence(word: str) -> str:
    opening = re.match(r"['\"(<\[]*", word)
    assert opening is not None
    rest = word[opening.end() :]
    return word if re.match(_FILE, rest) else opening[0] + _redact_word(rest)


def _redact_word(word: str) -> str:
    shown = _without_query(_without_login(word))
    return _CHANNEL_TOKEN.sub("***", shown) if re.match(_SCHEME, shown) else shown


def _without_login(word: str) -> str:
    if re.match(rf"(?:{_KNOWN_SCHEME})?git@[^@%]*\Z", word) or re.match(_USER_PAGE, word):
        return word

    match = re.match(rf"(?P<start>{_KNOWN_SCHEME}|/{{0,3}})(?P<login>.*){_AT}", word, re.DOTALL)
    if match is None:
        return word

    if re.search(r"[?#]", match["login"]):
        # It is a login with a "?", or a query with an "@". We cannot know which, so we hide both.
        return match["start"] + "***"

    return f"{match['start']}***@{word[match.end() :]}"


def _without_query(word: str) -> str:
    scheme, colon, rest = word.partition(":")
    is_url = re.match(_SCHEME, word) or (scheme and colon and "/" in rest)
    if not is_url:
        return word

    # On Azure Pipelines and TeamCity the address of a run needs this query.
    return re.sub(r"[?#](?!buildId=\d+\Z).*", "", word, flags=re.DOTALL) or "***"
