"""Strangers' text made fit to show: credentials redacted, escapes visible, length bounded.

Nothing from a package, a URL, an environment or a repository reaches a terminal, a log or an error
without going through here. It does not know what a value means: see
:mod:`conda_provenance.values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from conda_provenance.tokens import AT, TOKEN, decoded, normal

MAX_SHOWN = 300
"""Characters of a value that are shown, unless the caller says otherwise."""

MAX_READ = 100_000
"""Characters that are searched for credentials. A longer text is only counted, never shown."""

_ADDRESS = r"[A-Za-z][\w+.-]{1,40}:/"
"""How an address begins, but not a path on Windows. Paths that Python cleaned have one slash.

It is searched for, so its length is bounded: a long word takes no long time.
"""

QUERY = (
    r"(?:[?#]"
    # A parameter without a "?", as in "o.git;token=X". Some servers read these as well.
    r"|(?:[/;&,!$*]|%(?:25)*(?:2[36CcFf]|3[BbFf]))(?=[\w.~-]+(?:=|%(?:25)*3[Dd]))"
    r"|;(?=\w))"
)
"""Where the part of an address begins that may hold a token: query, fragment or parameters."""

_SCHEME = r"[A-Za-z][\w+.-]*:/{1,3}"
_KNOWN_SCHEME = r"(?i:(?:git\+|ssh\+)?(?:https?|git|ssh|ftps?|file|oci|s3|gcs)):/{1,3}"
"""Schemes that stay visible before a hidden login. Another may be the login: "secret:/@host"."""

_OPENING = re.compile(r"['\"(<\[]*")
"""What may stand before an address in a sentence."""

_SURE_HOST = re.compile(
    rf"{_SCHEME}(?:.*@)?(?:[\w-]+(?:\.[\w-]+)+|localhost|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?![^/?#\W])"
)
"""An address whose host is complete, so that no login with a space in it goes on after it."""

_FILE = r"(?:/[^/:%]|[A-Za-z]:\\)[^:%]*:?\Z"
"""An absolute path, such as Jenkins' /workspace/job@2. It has no colon, as a login would have."""

_USER_PAGE = r"https://(?:tangled\.(?:org|sh)/@[\w.-]+|[\w-]+(?:\.[\w-]+)+/@[\w-]+)(?:/[^@%]*)?\Z"
"""A page of a user whom the path names with an "@", as on Tangled and npm. It is no login."""

_WORKFLOW = (
    r"https://[\w-]+(?:\.[\w-]+)+(?::\d+)?/[\w./-]+\.ya?ml@"
    r"(?:refs/[\w./+-]+|[0-9a-f]{40})[,;:')\x22}\]]*\Z"
)
"""Who signs in a CI: the file of a workflow, and the ref that has it. No host is called "refs"."""

_CHANNEL_TOKEN = re.compile(r"(?<=/t/)(?:[^/\s]+(?=/)|[a-z]{2}-[0-9a-f]{8}-[0-9a-f-]+)")
"""The token in the address of a conda channel: https://conda.anaconda.org/t/TOKEN/channel."""

_ESCAPE = re.compile(
    r"\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?P<half>ud[89a-f][0-9a-f]{2})|.)"
)
"""An escape in JSON. ``half``: of half a surrogate pair."""

_WHOLE_TOKEN = re.compile(rf"{TOKEN.pattern}[\w=-]*")
_MIN_TOKEN = 10
"""Characters of the shortest text that is hidden as a token."""

_PLAIN_WORD = re.compile(rf"[A-Za-z0-9.,;'()\s-]{{0,{_MIN_TOKEN - 1}}}")
"""A word in which nothing is ever hidden: it has neither the length of a token nor what an address
or a login has. Most words of a sentence are such."""


def show(text: str, limit: int = MAX_SHOWN) -> str:
    """``text`` as it may be shown to people: redacted, then escaped, then shortened."""
    if len(text) > MAX_READ:
        # Cut anywhere, it could show the first half of a login.
        return f"({len(text)} characters)"
    return escape(redact(text), limit)


def show_sentence(sentence: str, limit: int) -> str:
    """A sentence of ours as it may be shown to people. What it quotes may be a stranger's."""
    if len(sentence) > MAX_READ:
        return f"({len(sentence)} characters)"
    return escape(redact_sentence(sentence), limit)


def show_value(value: str, limit: int = MAX_SHOWN) -> str:
    """One value as it may be shown to people. If it is cut, its length follows."""
    if len(value) > MAX_READ:
        return f"({len(value)} characters)"

    redacted = redact_value(value)
    cut = f" (cut: {len(redacted)} characters)" if len(redacted) > limit else ""
    return escape(redacted, limit) + cut


def as_clause(sentence: str) -> str:
    """A sentence of ours as the rest of another one. A name such as GitHub keeps its capital."""
    first = sentence.partition(" ")[0].rstrip(",")
    is_word = len(first) == 1 or first[1:].islower()
    return (sentence[:1].lower() + sentence[1:] if is_word else sentence).removesuffix(".")


def listed(names: Iterable[str], word: str, limit: int) -> str:
    """Names in a sentence: ``a, b and c``, or ``a, b and 3 more``. ``word`` comes before the last.

    What is a stranger's is shown by the caller.
    """
    names = list(names)
    if len(names) > limit:
        names = [*names[:limit], f"{len(names) - limit} more"]
    *first, last = names or [""]
    return f"{', '.join(first)} {word} {last}" if first else last


def escape(text: str, limit: int | None = None) -> str:
    """``text`` with every unprintable character written as a backslash escape, and shortened."""
    shown = text if limit is None else text[:limit]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
    return shown if limit is None or len(text) <= limit else shown + "…"


def escape_commands(line: str) -> str:
    """A line of a log without what CI systems obey there: ``##vso[…]``, ``##[…]`` and ``::…::``.

    Azure Pipelines looks for its commands anywhere in a line, GitHub at its beginning, after white
    space.
    """
    line = re.sub(r"##(?=(?:vso)?\[)", r"#\\x23", line, flags=re.IGNORECASE)
    return re.sub(r"\A(\s*):(?=:)", r"\1\\x3a", line)


def json_text(item: object, indent: int | None = None, *, is_one_of_many: bool = False) -> str:
    """``item`` as JSON in ASCII, without what Azure Pipelines obeys anywhere in a log.

    In JSON a "#" stands in texts only. Half a surrogate pair, as of a name of a file that is no
    text, is written out: many readers refuse the whole document because of its escape.
    ``is_one_of_many``: it pays to load a faster library, if nobody has. The text is the same.
    """
    import json  # Most commands print none.
    import sys

    is_quick = indent is not None and (is_one_of_many or "msgspec" in sys.modules)
    text = json.dumps(item, indent=None if is_quick else indent).replace("##", "#\\u0023")
    text = _ESCAPE.sub(_without_half, text) if r"\ud" in text else text
    return _indented(text, indent or 0) or json_text(item, indent) if is_quick else text


def _indented(text: str, indent: int) -> str:
    """As ``json`` indents it, which does so in Python: 4 times as slow. Empty: it is no JSON."""
    import msgspec

    try:
        return msgspec.json.format(text, indent=indent)
    except msgspec.DecodeError:  # NaN, which json lets pass.
        return ""


def without_halves(text: str) -> str:
    """``text`` as :func:`json_text` writes it: half a surrogate pair is written out."""
    return re.sub(r"[\ud800-\udfff]", lambda half: rf"\u{ord(half[0]):04x}", text)


def _without_half(found: re.Match[str]) -> str:
    return found[0] if found["half"] is None else f"\\{found[0]}"


def redact_location(location: str) -> str:
    """A path as it is, and an address without what may be a login or a token, conda's too.

    An address needs no scheme if it has a login.
    """
    plain = normal(location)
    if re.search(_ADDRESS, plain):
        return redact_value(location)

    if _begins_with_login(plain):
        return _redact_word(f"https://{plain}").removeprefix("https://")

    return location


def _begins_with_login(text: str) -> bool:
    """Is this an address without a scheme, but with a login: "user:password@host/path"?

    A path has its first colon after a slash, but on Windows. Then a slash follows it.
    """
    if "@" not in text and "%" not in text:
        return False  # Most paths and names: a large audit asks this millions of times.

    login, at, _ = decoded(text).rpartition("@")
    if not at or re.match(r"[A-Za-z]:[\\/]", login):
        return False

    user, colon, _ = login.partition(":")
    is_path = re.search(r"[\\/@]", user) is not None
    return not is_path and (bool(colon) or TOKEN.match(login) is not None)


def redact_addresses(sentence: str) -> str:
    """``sentence`` with every address in it redacted. Paths stay, even those with an "@"."""
    return re.sub(r"\S+", lambda word: _redact_address_in(word[0]), sentence)


def _redact_address_in(word: str) -> str:
    plain = word if re.search(_ADDRESS, word) else normal(word)
    address = re.search(_ADDRESS, plain)
    start = address.start() if address else len(plain) - len(_without_opening(plain))
    shown = redact_location(plain[start:])
    return word if shown == plain[start:] else plain[:start] + shown


def redact_value(value: str) -> str:
    """One value without what may be a login or a token. An address may have spaces in it."""
    return _redact_word(value) if re.match(_SCHEME, normal(value)) else redact(value)


def redact(text: str) -> str:
    """``text`` with everything in its URLs that may be a login or a token replaced by ``***``.

    The user name ``git``, which every forge uses for ssh, is kept. So are the paths of files that a
    sentence names. If ``text`` begins with an address that has a query, or a login that another "@"
    may end, all of it may be one value with spaces in it: nothing after the query is shown, or
    before the last "@". :func:`redact_sentence` shows that.
    """
    start, *rest = re.split(r"(?<=\S)(?=\s)", normal(text), maxsplit=1)
    is_address = rest and re.match(_SCHEME, start)
    if is_address and _goes_on(start, rest[0]):
        return _redact_word(text)

    return redact_sentence(text)


def _goes_on(start: str, rest: str) -> bool:
    """May the address that ``start`` begins with go on after a space, in its query or login?"""
    has_query = re.search(QUERY, start) or re.search(r"[?#&;][^\s?#&;]*=", rest)
    return bool(has_query or (re.search(AT, start) and re.search(AT, rest)))


def redact_sentence(sentence: str) -> str:
    """The same for a text that is known to be a sentence: no address has spaces in its query."""
    if not re.search(r"\s", sentence):
        return _redact_word(sentence)

    # Words, and the white space between them.
    words = _with_whole_logins(re.split(r"(\s+)", sentence))
    return "".join(map(_redact_word_of_sentence, words))


def _with_whole_logins(words: list[str]) -> list[str]:
    """The words, of which those are joined that may be one address with spaces in its login."""
    joined: list[str] = []
    index = 0
    while index < len(words):
        end = _end_of_login(words, index)
        joined.append("".join(words[index:end]))
        index = end
    return joined


def _end_of_login(words: list[str], index: int) -> int:
    """The index after the address that begins at ``index``. Any other word ends after itself."""
    if not _begins_address(words[index]) or _SURE_HOST.match(_without_opening(words[index])):
        return index + 1

    last = index
    for further in range(index + 1, len(words)):
        if _begins_address(words[further]):
            break
        if re.search(AT, normal(words[further])):
            last = further
    return last + 1


def _begins_address(word: str) -> bool:
    if ":" not in word and word.isascii():
        return False  # Most words: a large result has a million of them.

    return re.match(_SCHEME, _without_opening(word)) is not None


def _without_opening(word: str) -> str:
    return _OPENING.sub("", normal(word), count=1)


def _redact_word_of_sentence(word: str) -> str:
    if _PLAIN_WORD.fullmatch(word):
        return word

    return _redact_any_word(word)


def _redact_any_word(word: str) -> str:
    opening = _OPENING.match(word)
    assert opening is not None
    rest = word[opening.end() :]
    return word if re.match(_FILE, rest) else opening[0] + _redact_word(rest)


def _redact_word(word: str) -> str:
    plain = normal(word)
    # A scheme that is not known may have gone with the login: it was an address all the same.
    is_address = re.match(_SCHEME, plain) is not None
    shown = _without_query(_without_login(plain), is_address=is_address)
    if is_address:
        shown = _CHANNEL_TOKEN.sub("***", shown)
    shown = _WHOLE_TOKEN.sub(_hidden_token, shown)
    return word if shown == plain else shown


def _hidden_token(match: re.Match[str]) -> str:
    # "ghp_x" is a name, and GitLab's tokens have 20 characters after "glpat-".
    return "***" if len(match[0]) >= _MIN_TOKEN else match[0]


def _without_login(word: str) -> str:
    if re.match(rf"(?:{_KNOWN_SCHEME})?git@[^@%]*\Z|{_USER_PAGE}|{_WORKFLOW}", word):
        return word

    match = re.match(rf"(?P<start>{_KNOWN_SCHEME}|/{{0,3}})(?P<login>.*){AT}", word, re.DOTALL)
    if match is None:
        return word

    if re.search(r"[?#]", match["login"]):
        # It is a login with a "?", or a query with an "@". We cannot know which, so we hide both.
        return match["start"] + "***"

    return f"{match['start']}***@{word[match.end() :]}"


def _without_query(word: str, *, is_address: bool) -> str:
    scheme, colon, rest = word.partition(":")
    if not is_address and not (scheme and colon and "/" in rest):
        return word

    # On Azure Pipelines and TeamCity the address of a run needs this query.
    return re.sub(rf"{QUERY}(?!buildId=\d+\Z).*", "", word, flags=re.DOTALL) or "***"
