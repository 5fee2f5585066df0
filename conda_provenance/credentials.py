"""Takes logins and tokens out of the addresses in a text. Everything else stays as it is.

It is for files that are used again, such as the recipe in a package: an address without its login
still leads to the same place. It does not know what a value means: see
:mod:`conda_provenance.values`. What is shown to people goes through :mod:`conda_provenance.text`,
which hides more.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from conda_provenance.remotes import vendor_at
from conda_provenance.subdirs import SUBDIR
from conda_provenance.tokens import CHANNEL_KEY, WHOLE_TOKENS, decoded, holds_token, normal

_MAX_LENGTH = 8192
"""Characters of an address that are looked at."""

_TEMPLATE = r"\$?\{\{[^{}\n]{0,200}\}\}"

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,20}"

_NEXT = rf"(?<=[,;|&=/(\[{{]){_SCHEME}://"
"""Another address within or after one, as in a list of channels: https://h/a,https://h/b."""

_ADDRESS = re.compile(
    rf"(?<![A-Za-z])(?P<scheme>{_SCHEME})://"
    rf"(?P<rest>(?:{_TEMPLATE}|(?!{_NEXT})[^\s\"<>`]){{1,{_MAX_LENGTH}}})"
)

_SSH = re.compile(r"(?i:ssh|sftp|rsync|git\+ssh|ssh\+git|svn\+ssh|hg\+ssh|bzr\+ssh)\Z")
"""Schemes whose user is needed to connect and says nothing secret."""

_REFERENCE = re.compile(rf"(?:\$\w+|\$\{{[^{{}}]*\}}|{_TEMPLATE}|%\w+%|\*+)\Z")
"""A password that is not there: a variable of a script, a template, or one that is hidden."""

_SECRET_PARAMETER = re.compile(
    r"(?i:.*(?:token|secret|passw|pwd|signature|credential|api-?_?key|access-?_?key).*"
    r"|auth|authorization|key|sig|se|sv|sp|skoid|pass)\Z"
)
"""Names of query parameters that let their reader in. The short ones are Azure's."""

_CHANNEL_TOKEN = re.compile(r"\A(?P<host>[^/]*)/t/(?P<token>[^/?#]+)(?=/(?!\d+(?:[/?#]|\Z))[^/?#])")
"""The token of a conda channel: https://conda.anaconda.org/t/TOKEN/channel.

Forums have topics there, and a number follows: https://discuss.example/t/topic/123.
"""

_INNER_CHANNEL_TOKEN = re.compile(rf"/t/(?P<token>{CHANNEL_KEY})(?=[/?#;&]|\Z)")
"""The same below a path. PyPI has folders of one letter too: /packages/source/t/toolz/."""

_ANY_CHANNEL_TOKEN = re.compile(r"/t/(?P<token>[^/?#]+)(?=/)")
_TOKEN = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(WHOLE_TOKENS)})[\w=-]*")

_RANDOM = re.compile(
    r"(?=[^/]*[a-z])(?=[^/]*[A-Z])(?=[^/]*\d)[A-Za-z0-9_-]{16,}|eyJ[\w-]{5,}\.[\w-]+\.[\w-]+"
)
"""What is drawn at random, as keys of a channel are. Digests are in letters of one case."""

_KEYED = re.compile(r"(?:[\w-]+\.)*fury\.io|dl\.cloudsmith\.io")
"""Servers whose private channels have the key as the first part of their path."""

_NO_KEYS = ("public", "basic")

_CHANNEL_FILE = re.compile(
    rf"/{SUBDIR}"
    r"/[^/?#]{1,300}\.(?:conda|tar\.bz2|json)(?:\.zst|\.bz2)?\Z"
)
"""How the address of a channel's file ends. There the token may look like anything."""


def without_credentials(text: str) -> str:
    """``text`` without the logins, tokens and signatures in its addresses.

    Of a forge's access token that stands elsewhere only ``***`` is left.
    """
    if "://" in text:
        text = _ADDRESS.sub(_clean_address, text)
    return _TOKEN.sub("***", text)


def holds_credentials(text: str) -> bool:
    """Does an address in ``text`` hold a login, a token or a signature?"""
    return without_credentials(text) != text


def may_hold_key(address: str) -> bool:
    """May a part of the path be what lets its reader in? Nothing says which part it is.

    It is for what is published, where it is better to leave out too much. ``address`` has no login.
    """
    parts = urlsplit(address)
    host, path = parts.netloc.lower(), decoded(parts.path)
    first, *folders = path.strip("/").split("/")
    if _KEYED.fullmatch(host.partition(":")[0]) and first not in _NO_KEYS:
        return True

    # At a forge these are names of people's.
    is_random = vendor_at(host) is None and any(map(_RANDOM.fullmatch, (first, *folders)))
    return is_random or holds_credentials(f"https://{host}{path}")


def is_secret_name(name: str) -> bool:
    """Is a value of this name a secret, by the name alone: ``API_TOKEN``, ``password``, ``sig``?"""
    return _SECRET_PARAMETER.match(name) is not None


def _clean_address(match: re.Match[str]) -> str:
    rest = match["rest"]
    if "@" not in rest and "@" in normal(rest):
        rest = normal(rest)

    login, rest = _split_login(rest)
    kept = _kept_login(match["scheme"], login)

    # A quotation mark, or the backslash of an escape, ends an address in most files.
    place, *tail = re.split(r"(?=['\\])", rest, maxsplit=1)
    # So does a mark after it in a sentence.
    address = place.rstrip("),.;]|")
    tail.insert(0, place[len(address) :])
    if match["scheme"].lower() != "file":
        address = _without_channel_token(address)
    return f"{match['scheme']}://{kept}{_without_secret_parameters(address)}{''.join(tail)}"


def _split_login(rest: str) -> tuple[str, str]:
    """The login of an address, with its ``@``, and what follows."""
    authority = re.match(r"[^/?#]*", rest)
    assert authority is not None

    login, at, _ = authority[0].rpartition("@")
    if at:
        return login + at, rest[len(login) + 1 :]

    # "user:pass/word@host": what follows the colon would be no port.
    if re.match(r"[^/?#@]*:(?!\d*(?:[/?#]|\Z))", rest) and "@" in rest:
        login, _, place = rest.rpartition("@")
        return login + "@", place

    return "", rest


def _kept_login(scheme: str, login: str) -> str:
    """What may stay of a login: the user of ssh, and a variable in a password's place."""
    user, colon, password = login.removesuffix("@").partition(":")
    if login and _REFERENCE.match(password if colon else user):
        return login

    if user == "git" or (_SSH.match(scheme) and not holds_token(user)):
        return f"{user}@" if login else ""
    return ""


def _without_channel_token(place: str) -> str:
    if vendor_at(place.partition("/")[0]) is not None:
        return place  # "t" may be somebody's name on a forge.

    place = _CHANNEL_TOKEN.sub(_keep_reference, place)
    if _CHANNEL_FILE.search(place):
        place = _ANY_CHANNEL_TOKEN.sub(_keep_reference, place, count=1)
    return _INNER_CHANNEL_TOKEN.sub(_keep_reference, place)


def _keep_reference(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return match[0] if _REFERENCE.match(groups["token"]) else groups.get("host", "")


def _without_secret_parameters(place: str) -> str:
    """An address without the secret parameters of its query, its fragment and its path."""
    start, *parameters = re.split(r"(?=[?#&]|(?<!&amp);)", place)
    cleaned = start
    opening = ""
    for parameter in parameters:
        mark, text = parameter[0], parameter[1:]
        if mark != "&":
            opening = ""

        if _is_secret(text):
            opening = opening or mark
        else:
            cleaned += (opening or mark) + text
            opening = ""
    return cleaned


def _is_secret(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    if not value or _REFERENCE.match(value):
        return False
    return holds_token(value) or is_secret_name(name)
