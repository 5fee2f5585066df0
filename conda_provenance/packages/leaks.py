"""Finds the files of a package's metadata that hold a password or a token.

Builders copy addresses unchanged into recipes and lists of sources and channels. Whether a password
still works is not known here, and nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from conda_provenance.claim import Problem
from conda_provenance.keys import KEYS
from conda_provenance.packages.about import ABOUT
from conda_provenance.packages.refusals import shown_name
from conda_provenance.tokens import CHANNEL_KEY, WHOLE_TOKENS, normal

MAX_FILE = 4 << 20
"""Bytes of a file that is searched. The rendered recipe with a thousand packages has half of it."""

_MAX_TOTAL = 8 << 20
_MAX_FILES = 2000
"""How much of one package is searched. Real ones have some twenty files of some kilobytes."""

_MAX_NAMED = 20
"""How many files are named."""

_LISTS = frozenset({"info/paths.json", "info/files", "info/has_prefix", "info/no_link"})
"""Lists of the payload's files, which may be large and hold no address."""

_RECIPE = "info/recipe/"
_TESTS = ("info/test/", "info/tests/")
"""The folders of the recipe's tests. Below them are the source's own."""

_ENDINGS = (
    *(".yaml", ".yml", ".json", ".template", ".toml", ".txt"),
    *(".sh", ".bash", ".bat", ".cmd", ".ps1", ".py", ".nu", ".pl", ".r", ".rb"),
    *(".cfg", ".conf", ".ini", ".env", ".rendered"),
    *("condarc", ".npmrc", ".netrc", ".gitmodules", "dockerfile", "makefile"),
)
"""Files of a recipe that are searched. Patches are not: their addresses are the source's."""

_SCHEME = re.compile(r"(?:https?|ftps?|s3|gs|oci|ssh|git|git\+https?|git\+ssh|ssh\+git)\Z", re.I)
"""The scheme of an address: the end of the text before ``://``."""

_MASKED = re.compile(r"(?:\*+|[xX]{3,}|<[^>]*>|[$%{][^@:/\s]*)\Z")
"""A placeholder for a password: stars, or a variable that the reader fills in."""

# Each of these begins with a literal text. The search for that is ten times as fast.
_LOGIN = re.compile(
    r"://(?P<user>[^\s/?#@:'\"`,;|\\]{1,300})"
    # A password may hold a slash, but no other address. What may be a port is none.
    r"(?::(?P<password>(?!\d{1,5}(?:[/?#]|\Z))(?:(?!//)[^\s@'\"`|\\]){0,300}))?@(?=[\w\[])"
)
_CHANNEL = re.compile(
    r"/t/(?P<token>[^\s/?#'\"`,;|\\]{1,300})(?P<channel>/(?!\d+(?:[/?#\s'\"]|\Z))[^/?#\s'\"])?"
)
"""conda's ``/t/TOKEN/channel``. Forums have topics there, and a number follows: /t/topic/123."""

_PARAMETER = r"(?i:[\w.-]{0,60}(?:token|secret|passw(?:or)?d|api_?key|access_?key|signature)|sig)"
_PARAMETERS = tuple(
    re.compile(rf"{re.escape(char)}{_PARAMETER}=(?P<token>[^\s&;#'\"`|\\]{{1,2000}})")
    for char in "?&;#"
)
_TOKENS = tuple(map(re.compile, WHOLE_TOKENS))

_MAX_MATCHES = 10_000
"""Places in a file that are looked at. Real files have some hundred."""

_MAX_ADDRESS = 1000
"""Characters of an address before a token."""

_POOL = re.compile(r"t[\w.+-]{0,40}\Z", re.IGNORECASE)
"""A folder of what begins with a "t", as in PyPI's /packages/source/t/tqdm/ or Debian's pool."""

_TOKENLIKE = re.compile(rf"{CHANNEL_KEY}\Z")
_USUAL_USERS = frozenset({"git", "anonymous"})


def holds_secret(text: str) -> bool:
    """Does the text hold a password or a token, in an address or alone?"""
    text = normal(text)
    if "\\/" in text:
        text = text.replace("\\/", "/")  # as some write JSON

    if any(_any(pattern, text, _begins_word) for pattern in _TOKENS):
        return True

    if "://" not in text:
        return False

    return (
        ("@" in text and _any(_LOGIN, text, _is_login))
        or _any(_CHANNEL, text, _is_channel_token)
        or ("=" in text and any(_any(each, text, _is_parameter) for each in _PARAMETERS))
    )


def _any(pattern: re.Pattern[str], text: str, is_secret: Callable[[re.Match[str]], bool]) -> bool:
    return any(map(is_secret, islice(pattern.finditer(text), _MAX_MATCHES)))


def _begins_word(match: re.Match[str]) -> bool:
    start = match.start()
    return start == 0 or not match.string[start - 1].isalnum()


def _is_login(match: re.Match[str]) -> bool:
    start = match.start()
    scheme = _SCHEME.search(match.string[max(0, start - 10) : start])
    if scheme is None:
        return False

    user, password = match["user"], match["password"]
    if password is not None:
        return bool(password) and not _MASKED.match(password)

    # A user alone is no secret with ssh. With http a token often stands in the user's place.
    is_web = scheme[0].lower() not in ("ssh", "git", "git+ssh", "ssh+git")
    return is_web and user.lower() not in _USUAL_USERS and not _MASKED.match(user)


def _is_channel_token(match: re.Match[str]) -> bool:
    place, token = _address_before(match), match["token"]
    if place is None or _MASKED.match(token):
        return False

    if _TOKENLIKE.match(token):
        return True

    return match["channel"] is not None and ("/" not in place or not _POOL.match(token))


def _is_parameter(match: re.Match[str]) -> bool:
    return _address_before(match) is not None and not _MASKED.match(match["token"])


def _address_before(match: re.Match[str]) -> str | None:
    """The address around the match, from its host to the match. ``None``: there is no address."""
    start = match.start()
    before = match.string[max(0, start - _MAX_ADDRESS) : start]
    scheme, colon, place = before.rpartition("://")
    is_address = colon and place and not re.search(r"[\s'\"`]", place)
    return place if is_address and _SCHEME.search(scheme[-10:]) else None


class Leaks:
    """Takes the files of a package's metadata, and names those that hold a secret."""

    def __init__(self, *, keep: bool = False) -> None:
        """``keep``: remember the files for :meth:`files_with`."""
        self._left = _MAX_TOTAL
        self._holds: dict[str, bool] = {}
        self._kept: dict[str, bytes] | None = {} if keep else None

    def wants(self, path: str, size: int) -> bool:
        """Should this file be searched? Never more than the limits allow."""
        if len(self._holds) >= _MAX_FILES or not 0 < size <= min(MAX_FILE, self._left):
            return False

        if path.startswith(_RECIPE) or (path.startswith(_TESTS) and path.count("/") == 2):
            return path.lower().endswith(_ENDINGS)

        return path.startswith("info/") and path.count("/") == 1 and path not in _LISTS

    def see(self, path: str, data: bytes) -> None:
        """Search a file. A second file of the same name is searched, too."""
        self._left -= len(data)
        self._holds[path] = self._holds.get(path, False) or (path != ABOUT and _holds_secret(data))
        if self._kept is not None:
            self._kept[path] = data

    def see_instead(self, path: str, data: bytes) -> None:
        """Search a file that takes the place of the one that was searched."""
        self._holds.pop(path, None)
        if self.wants(path, len(data)):
            self.see(path, data)

    def see_about(self, about: Mapping[str, Any]) -> None:
        """Search about.json, except the values that a claim reports itself."""
        rest = dict(about)
        if isinstance(extra := about.get("extra"), dict):
            rest["extra"] = {key: value for key, value in extra.items() if key not in KEYS}

        self._holds[ABOUT] = holds_secret("\n".join(_strings(rest)))

    def files_with(self, value: str) -> tuple[str, ...]:
        """The files that hold this value, too."""
        text = value.encode("utf-8", "surrogatepass")
        paths = sorted(path for path, data in (self._kept or {}).items() if text in data)
        return tuple(map(shown_name, paths[:_MAX_NAMED]))

    def problems(self) -> Iterator[Problem]:
        """A problem for each file that holds a secret, which it names."""
        paths = sorted(path for path, holds in self._holds.items() if holds)
        for path in paths[:_MAX_NAMED]:
            yield Problem.of("recipe-credentials", shown_name(path))


def _holds_secret(data: bytes) -> bool:
    if b"\0" in data[:1024]:
        return False  # an icon

    return holds_secret(data.decode("utf-8", errors="replace"))


def _strings(value: Any) -> list[str]:
    """Every text in a JSON value, keys included, in any order."""
    texts: list[str] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, dict):
            texts += each
            waiting += each.values()
        elif isinstance(each, list):
            # Some lists have a thousand texts, and this is done for every package.
            texts += [item for item in each if type(item) is str]
            waiting += [item for item in each if type(item) is not str]
    return texts
