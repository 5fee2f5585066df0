"""A stand-in for the door: it asks loopback servers by urllib, and keeps to what ``Door`` promises.

Addresses of vendors' own servers lead to the server of the test. It keeps no answer, and does not
wait.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from conda_provenance.api import Api, NextPage, Probe, Reply, Server, link_to_next
from conda_provenance.errors import NotShownError, UnavailableError

T = TypeVar("T")
MAX_PAGES = 20


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class PlainDoor:
    """One server."""

    scope = ""

    def __init__(
        self,
        lines: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        timeout: float = 20,
    ) -> None:
        self.lines = lines
        """Where addresses lead that begin like this."""
        self.headers = dict(headers or {})
        self.timeout = timeout

    def get(
        self,
        url: str,
        kind: type[T],
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> T | None:
        return self._json(url, kind, missing, headers=headers)[1]

    def post(self, url: str, body: object, kind: type[T]) -> T:
        found = self._json(url, kind, (), body=json.dumps(body).encode())[1]
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
        following: str | None = url
        for _ in range(MAX_PAGES):
            assert following is not None
            if urlsplit(following)[:2] != urlsplit(url)[:2]:
                raise UnavailableError("The next page is at another server.")
            reply, page = self._json(following, kind, missing)
            if page is None:
                return
            yield page
            following = (next_page or link_to_next)(reply, page)
            if following is None:
                return
        raise UnavailableError("There are too many pages.")

    def elsewhere(self, url: str, *, limit: int) -> bytes:
        reply, body = self.ask(url)
        if reply.status != 200 or len(body) > limit:
            raise UnavailableError(f"{reply.status}")
        return body

    @contextmanager
    def text(
        self,
        url: str,
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Iterator[bytes] | None]:
        reply, body = self.ask(url, headers=headers)
        if reply.status in missing:
            yield None
        elif reply.status != 200:
            raise UnavailableError(f"{reply.status}")
        else:
            yield iter([body])

    def _json(
        self,
        url: str,
        kind: type[T],
        missing: Collection[int],
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[Reply, T | None]:
        reply, data = self.ask(url, headers=headers, body=body)
        for _ in range(3):
            if reply.status not in (301, 302, 307, 308):
                break
            target = reply.headers.get("location", "")
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                raise UnavailableError("It leads to another server.")
            reply, data = self.ask(target, headers=headers, body=body)

        if reply.status in missing:
            return reply, None
        if reply.status != 200 or "json" not in reply.headers.get("content-type", ""):
            kind = NotShownError if reply.status in (403, 404, 410) else UnavailableError
            raise kind(f"{url} answered {reply.status}.")
        try:
            return reply, msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnavailableError(f"{url}: {error}") from None

    def ask(
        self, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> tuple[Reply, bytes]:
        request = urllib.request.Request(self._place(url), data=body)
        for name, value in {**self.headers, **(headers or {})}.items():
            request.add_header(name, value)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(_NoRedirect(), urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                return _reply(answer, url), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error, url), error.read()
        except (OSError, ValueError) as error:
            raise UnavailableError(f"{url} could not be asked ({type(error).__name__}).") from None
        except Exception as error:  # http.client has errors of its own.
            raise UnavailableError(f"{url} broke off ({type(error).__name__}).") from None

    def _place(self, url: str) -> str:
        for start, place in self.lines.items():
            if url.startswith(start + "/"):
                return place + url[len(start) :]
        host = urlsplit(url).hostname
        assert host == "127.0.0.1", f"the tests ask no other machine: {url}"
        return url


def _reply(answer: Any, url: str) -> Reply:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Reply(answer.status, headers, url)


class PlainDoors:
    """Opens such doors, and remembers who was asked."""

    def __init__(self, lines: Mapping[str, str] | None = None, timeout: float = 20) -> None:
        self.lines = dict(lines or {})
        self.timeout = timeout
        self.opened: list[tuple[type[Api], Server]] = []
        self.probed: list[str] = []
        self.token = ""
        """The user's, for every server."""

    def open(self, api: type[Api], server: Server) -> PlainDoor:
        self.opened.append((api, server))
        door = PlainDoor(self.lines, api.headers, self.timeout)
        if self.token and server.with_token:
            door.scope = "a token"
            door.headers["Authorization"] = self.token
        return door

    def probe(self, url: str) -> Probe:
        self.probed.append(url)
        reply, body = PlainDoor(self.lines, timeout=self.timeout).ask(url)
        return Probe(reply.status, reply.headers, body[: 64 << 10])
