"""Passwords and tokens in the addresses of a package's metadata: which files hold one.

Builders copy addresses as they were given into recipes, lists of sources and channels. Whether a
password still works is not known here, and nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conda_provenance.claim import Problem
from conda_provenance.keys import KEYS
from conda_provenance.packages.about import ABOUT
from conda_provenance.packages.refusals import shown_name
from conda_provenance.text import normal

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
_ENDINGS = (
    *(".yaml", ".yml", ".json", ".template", ".toml", ".txt"),
    *(".sh", ".bash", ".bat", ".cmd", ".ps1", ".py", ".nu"),
)
"""Files of a recipe that are searched. Patches are not: their addresses are the source's."""

_SCHEME = r"(?:https?|ftps?|s3|gs|oci|ssh|git|git\+https?|git\+ssh|ssh\+git):/{2}"
_MASKED = r"(?:\*+|[xX]{3,}|<[^>]*>|[$%{][^@:/\s]*)"
"""What stands in place of a password: stars, or a variable that the reader fills in."""

_LOGIN = re.compile(
    # A user alone is no secret with ssh. With http a token often stands in the user's place.
    rf"(?i:(?P<scheme>{_SCHEME}))(?P<user>[^\s/?#@:'\"`,;|\\]{{1,300}})"
    # A password may hold a slash, but no other address.
    rf"(?::(?P<password>(?!\d{{1,5}}(?:[/?#]|\Z))(?:(?!//)[^\s@'\"`|\\]){{0,300}}))?@(?=[\w\[])"
)
_CHANNEL = re.compile(
    r"(?i:https?://)(?:[^\s/?#'\"]{1,300}@)?[\w.-]{1,253}(?::\d{1,5})?"
    r"(?P<path>(?:/[\w.~+-]{1,100}){0,8}?)/t/(?P<token>[^\s/?#'\"`,;|\\]{1,300})(?=[/\s'\"]|\Z)"
)
"""conda's ``/t/TOKEN/`` in the address of a channel."""

_PARAMETER = re.compile(
    r"[?&;#](?i:[\w.-]{0,60}(?:token|secret|passw(?:or)?d|api_?key|access_?key|signature)|sig)="
    r"(?P<value>[^\s&;#'\"`|\\]+)"
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+]{1,9}://\S{1,2000}")
"""Addresses, with whatever follows. The patterns above search one at a time, which is bounded."""

_TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:gh[oprsu]_[0-9A-Za-z]{20}|github_pat_[0-9A-Za-z_]{20}"
    r"|gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_-]{20}"
    r"|AT(?:[A-Z]TT|BB|OA)[0-9A-Za-z_=-]{20}|npm_[0-9A-Za-z]{36})"
)
_POOL = re.compile(r"t[\w.+-]{0,40}\Z", re.IGNORECASE)
"""A folder of what begins with a "t", as in PyPI's /packages/source/t/tqdm/ or Debian's pool."""

_TOKENLIKE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{20,}\Z")
_USUAL_USERS = frozenset({"git", "anonymous"})


def holds_secret(text: str) -> bool:
    """Does an address in this text hold a password or a token, or does one stand there alone?"""
    text = normal(text).replace("\\/", "/")
    if _TOKEN.search(text):
        return True

    return any(_address_holds_secret(match[0]) for match in _ADDRESS.finditer(text))


def _address_holds_secret(address: str) -> bool:
    return (
        any(map(_is_login, _LOGIN.finditer(address)))
        or any(map(_is_token, _CHANNEL.finditer(address)))
        or any(not _is_masked(match["value"]) for match in _PARAMETER.finditer(address))
    )


def _is_login(match: re.Match[str]) -> bool:
    user, password = match["user"], match["password"]
    if password is not None:
        return bool(password) and not _is_masked(password)

    is_ssh = "ssh" in match["scheme"].lower() or match["scheme"].lower().startswith("git:")
    return not is_ssh and user.lower() not in _USUAL_USERS and not _is_masked(user)


def _is_token(match: re.Match[str]) -> bool:
    token = match["token"]
    if _is_masked(token):
        return False

    return not match["path"] or bool(_TOKENLIKE.match(token)) or not _POOL.match(token)


def _is_masked(text: str) -> bool:
    return re.fullmatch(_MASKED, text) is not None


class Leaks:
    """Takes the files of a package's metadata, and names those that hold a secret."""

    def __init__(self) -> None:
        self._left = _MAX_TOTAL
        self._holds: dict[str, bool] = {}

    def wants(self, path: str, size: int) -> bool:
        """Is this a file to search? No more is wanted than the limits allow."""
        if len(self._holds) >= _MAX_FILES or not 0 < size <= min(MAX_FILE, self._left):
            return False

        if path.startswith(_RECIPE):
            return path.lower().endswith(_ENDINGS)

        return path.startswith("info/") and path.count("/") == 1 and path not in _LISTS

    def see(self, path: str, data: bytes) -> None:
        """Search a file. A second one of the same name counts as well."""
        self._left -= len(data)
        self._holds[path] = self._holds.get(path, False) or (path != ABOUT and _holds_secret(data))

    def see_instead(self, path: str, data: bytes) -> None:
        """Search a file that takes the place of the one that was searched."""
        self._holds.pop(path, None)
        if self.wants(path, len(data)):
            self.see(path, data)

    def see_about(self, about: Mapping[str, Any]) -> None:
        """Search about.json, but for the values that a claim reports itself."""
        rest = dict(about)
        if isinstance(extra := about.get("extra"), dict):
            rest["extra"] = {key: value for key, value in extra.items() if key not in KEYS}

        self._holds[ABOUT] = any(map(holds_secret, _strings(rest)))

    def problems(self) -> Iterator[Problem]:
        """A problem for each file that holds a secret, which it names."""
        paths = sorted(path for path, holds in self._holds.items() if holds)
        for path in paths[:_MAX_NAMED]:
            yield Problem.of("recipe-credentials", shown_name(path))


def _holds_secret(data: bytes) -> bool:
    if b"\0" in data[:1024]:
        return False  # an icon

    return holds_secret(data.decode("utf-8", errors="replace"))


def _strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
