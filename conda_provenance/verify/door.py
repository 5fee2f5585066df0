"""``HostDoor``: asks one server's API. Answers are bounded, checked, and kept.

How a request is sent, and how long a busy server is waited for, is known to
:mod:`conda_provenance.web`. What the answers mean is not known here.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from threading import Semaphore
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec

from conda_provenance.api import NextPage, Reply, link_to_next
from conda_provenance.errors import NotShownError, UnavailableError
from conda_provenance.net import origin_of
from conda_provenance.verify.answers import Answer
from conda_provenance.verify.json_answers import decoded, is_json, plain_text
from conda_provenance.verify.logs import MAX_LOG
from conda_provenance.web import Request, WebError

if TYPE_CHECKING:
    from conda_provenance.verify.doors import HostDoors
    from conda_provenance.web import Answer as WebAnswer

T = TypeVar("T")

MAX_JSON = 16 << 20
MAX_PAGES = 100
MAX_PAGED = 64 << 20
"""Bytes of all pages together."""
MAX_LOG_SECONDS = 1800.0
_TRIES = 3
"""Times that a body is asked for that breaks off."""
_PIECE = 1 << 16
_MIN_SECRET = 12

KEPT_HEADERS = frozenset(
    {
        "content-type", "date", "etag", "last-modified", "link",
        "x-next-page", "x-page", "x-total", "x-total-pages", "x-total-count", "x-hasmore",
        "x-ms-continuationtoken", "x-gitlab-meta", "x-github-enterprise-version",
        "x-github-media-type", "x-arequestid", "x-vss-e2eid", "server",
    }
)  # fmt: skip
"""What is kept of the head of an answer, and all that is handed on of it."""

_MAX_HEADER = 2000
_NOT_SHOWN = frozenset({403, 404, 410})


class Access(NamedTuple):
    """How one server is asked."""

    url: str
    """The address below which its API is."""
    headers: Mapping[str, str]
    credential: Mapping[str, str]
    secrets: tuple[bytes, ...]
    """The forms in which the server could repeat the token that it gets."""
    scope: str
    """A digest of the token. What it could read is kept for the same token only."""
    token_help: str
    """What to do about a refusal, as the end of a sentence."""
    turns: Semaphore
    """How many requests may run at once."""

    def __repr__(self) -> str:
        return f"Access(url={self.url!r})"  # The rest holds the token.


class HostDoor:
    """Implements :class:`~conda_provenance.api.Door`. Threads share it."""

    def __init__(self, doors: HostDoors, access: Access) -> None:
        self._doors = doors
        self._access = access
        self._origin = origin_of(access.url)
        self.host = self._origin.shown if self._origin else "(no server)"
        """Who is asked, fit to be shown."""

    @property
    def scope(self) -> str:
        """Which token is sent, by a digest. Others may not be able to read the answers."""
        return self._access.scope

    def get(
        self,
        url: str,
        kind: type[T],
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> T | None:
        answer = self._answer(url, headers or {})
        return self._read(answer, kind, missing)

    def post(self, url: str, body: object, kind: type[T]) -> T:
        found = self._read(self._answer(url, {}, msgspec.json.encode(body)), kind, ())
        assert found is not None
        return found

    def pages(
        self,
        url: str,
        kind: type[T],
        *,
        next_page: NextPage | None = None,
        missing: Collection[int] = (),
        is_kept: bool = True,
    ) -> Iterator[T]:
        following = next_page or link_to_next
        seen: set[str] = set()
        size = 0
        while len(seen) < MAX_PAGES:
            seen.add(url)
            answer = self._answer(url, {}) if is_kept else self._unkept(url)
            size += len(answer.body)
            if size > MAX_PAGED:
                raise UnavailableError(f"{self.host} answers more than {MAX_PAGED >> 20} MiB.")

            page = self._read(answer, kind, missing if len(seen) == 1 else ())
            if page is None:
                return
            yield page

            reply = _reply(answer, url)
            location = following(reply, page)
            if location is None:
                return
            url = self._joined(reply.url, location)
            if url in seen:
                raise UnavailableError(f"{self.host} leads from page to page in a circle.")
        raise UnavailableError(f"{self.host} answers in more than {MAX_PAGES} pages.")

    def text(
        self,
        url: str,
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Iterator[bytes] | None]:
        return self._text(url, missing, headers or {})

    @contextmanager
    def _text(
        self, url: str, missing: Collection[int], headers: Mapping[str, str]
    ) -> Iterator[Iterator[bytes] | None]:
        self._require_own(url)
        request = self._request(url, headers, None)._replace(limit=MAX_LOG, may_leave=True)
        with self._access.turns:  # Not while it is read: the reader may ask something else.
            answer = self._doors.ask(request, self._access)
        with answer:
            if answer.status in missing:
                yield None
            else:
                self._require_200(answer.status)
                yield self._pieces(answer)

    def _pieces(self, answer: WebAnswer) -> Iterator[bytes]:
        """A long body. Where it is cut, half a secret could stand."""
        ends = time.monotonic() + MAX_LOG_SECONDS
        overlap = max(map(len, self._access.secrets), default=1) - 1
        before = b""
        while piece := answer.read(_PIECE):
            self._require_no_secret(before + piece)
            before = piece[-overlap:] if overlap else b""
            yield piece
            if time.monotonic() > ends:
                raise UnavailableError(f"{answer.host} takes too long to send a log.")

    def elsewhere(self, url: str, *, limit: int) -> bytes:
        request = Request(url, self._doors.reach, limit=limit, may_leave=True, tls=self._doors.tls)
        with self._doors.ask(request, self._access) as answer:
            if answer.status != 200:
                raise UnavailableError(f"{answer.host} answers {answer.status}, and no file.")
            body = answer.read()

        self._require_no_secret(body)
        if any(secret in body for secret in _secrets_of(url)):
            raise UnavailableError(
                f"{answer.host} repeats what lets us in, so nothing of its answer is used."
            )
        return body

    def _unkept(self, url: str) -> Answer:
        self._require_own(url)
        return self._asked(url, {}, None)

    def _answer(self, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        self._require_own(url)
        question = (
            f"GET {url}" if body is None else f"POST {url} {hashlib.sha256(body).hexdigest()}"
        )
        further = "; ".join(f"{name}: {value}" for name, value in sorted(headers.items()))
        if further:
            question += f" ({further})"
        return self._doors.answers.get(
            question, lambda: self._asked(url, headers, body), scope=self._access.scope
        )

    def _asked(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        request = self._request(url, headers, body)
        with self._access.turns:
            for attempt in range(1, _TRIES + 1):
                with self._doors.ask(request, self._access) as answer:
                    try:
                        return self._kept(url, answer)
                    except WebError as error:
                        if error.kind != "unavailable" or attempt == _TRIES:
                            raise
        raise AssertionError("the last try returns or raises")

    def _kept(self, url: str, answer: WebAnswer) -> Answer:
        """What of an answer is kept: all of it, if it is usable."""
        about = {"status": str(answer.status), **kept_headers(answer.headers)}
        if answer.url != url:
            about["url"] = answer.url
        body = b""
        if answer.status == 200:
            if not is_json(about):
                raise UnavailableError(
                    f"{self.host} answers with a page where JSON was asked for: it may want a"
                    f" login{self._access.token_help}."
                )
            body = answer.read()
            self._require_no_secret(body, plain_text(self.host, body).encode("utf-8", "replace"))

        self._require_no_secret(*(value.encode("utf-8", "replace") for value in about.values()))
        return Answer(
            body,
            about,
            with_token=bool(self._access.credential),
            is_lasting=answer.status == 200,
        )

    def _read(self, answer: Answer, kind: type[T], missing: Collection[int]) -> T | None:
        status = _status(answer)
        if status in missing:
            return None

        self._require_200(status)
        return decoded(self.host, answer.body, kind)

    def _request(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Request:
        access = self._access
        sent = {"Accept": "application/json", **access.headers, **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        return Request(
            url,
            self._doors.reach,
            sent,
            access.credential,
            body,
            limit=MAX_JSON,
            tls=self._doors.tls,
        )

    def _joined(self, url: str, location: str) -> str:
        """The address of a next page. It is not asked unless this server is its own."""
        try:
            return urljoin(url, location)
        except ValueError:
            raise UnavailableError(f"{self.host} names a next page that makes no sense.") from None

    def _require_own(self, url: str) -> None:
        fault = self._doors.reach.fault(url)
        if fault:
            raise UnavailableError(f"{self.host} is not asked: {fault}.")
        if origin_of(url) != self._origin:
            raise UnavailableError(f"{self.host} leads to another server, which is not asked.")

    def _require_200(self, status: int) -> None:
        if status != 200:
            kind = NotShownError if status in _NOT_SHOWN else UnavailableError
            raise kind(refusal(self.host, status, self._access.token_help))

    def _require_no_secret(self, *texts: bytes) -> None:
        for secret in self._access.secrets:
            if any(secret in text for text in texts):
                raise UnavailableError(
                    f"{self.host} repeats your token in its answer, so nothing of it is used."
                )


def _secrets_of(url: str) -> Iterator[bytes]:
    """What in an address may let its bearer in: the query, and each long value in it."""
    query = urlsplit(url).query
    values = [value for _, value in parse_qsl(query)]
    written = [each.partition("=")[2] for each in query.split("&")]
    for each in (query, *values, *written):
        if len(each) >= _MIN_SECRET:
            yield each.encode("utf-8", "replace")


def refusal(host: str, status: int, token_help: str) -> str:
    """What a status means that is no answer, in a sentence."""
    if status == 401:
        return f"{host} asks for a login (401){token_help}."
    if status == 403:
        return f"{host} refuses that (403){token_help}."
    if status in {404, 410}:
        return f"{host} has no such thing ({status}), or does not show it to us{token_help}."
    if status == 202:
        return f"{host} has no answer yet (202): try again in some minutes."
    return f"{host} answers {status} where JSON was asked for."


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that matter, by their names in lower case, bounded and printable."""
    found = {name.lower(): value for name, value in headers.items()}
    return {
        name: found[name]
        for name in sorted(KEPT_HEADERS & found.keys())
        if len(found[name]) <= _MAX_HEADER and found[name].isprintable()
    }


def _status(answer: Answer) -> int:
    """Raises :class:`UnavailableError`: a file of evidence may be anybody's."""
    text = answer.about.get("status", "")
    if not re.fullmatch(r"[1-9][0-9]{2}", text):
        raise UnavailableError("What was kept of an answer has no status.")
    return int(text)


def _reply(answer: Answer, url: str) -> Reply:
    headers = {name: answer.about[name] for name in KEPT_HEADERS & answer.about.keys()}
    return Reply(_status(answer), headers, answer.about.get("url", url))
