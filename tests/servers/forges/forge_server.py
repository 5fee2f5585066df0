"""A loopback server that answers as a forge does, in good moods and bad ones."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from forge_model import ForgeModel
from git_servers import GitServer

from conda_provenance.remotes import RemoteUrl

HTML = b"<!DOCTYPE html><title>Sign in</title>"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    """As it was sent, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """An answer. A body of bytes is sent as it is, anything else as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False
    """Does the connection end without an answer? So would a time-out have it."""
    is_dropped: bool = False
    """Does the connection end in the middle?"""


Mood = Callable[[Asked], "Answer | None"]
Route = Callable[..., Answer]


def missing(message: str = "Not Found") -> Answer:
    return Answer({"message": message}, 404)


class ForgeServer:
    """Subclass it for a vendor: ``routes`` are regular expressions of paths, and methods' names."""

    vendor: ClassVar[str]
    routes: ClassVar[Sequence[tuple[str, str, str]]] = ()
    public: ClassVar[str] = ""
    """The address of the vendor's own API, if there is no other."""
    top: ClassVar[str] = ""
    """What the paths of the API begin with."""

    def __init__(self, model: ForgeModel, prefix: str = "") -> None:
        self.model = model
        self.prefix = prefix
        self.moods: list[Mood] = []
        self.asked: list[Asked] = []
        self.size = 100
        """Entries of a page, at most."""
        self._http = _Listener(self)
        self.port = self._http.server_address[1]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def site(self) -> str:
        """Where it says that it is."""
        return self.public or f"http://{self.host}{self.prefix}"

    @property
    def web(self) -> str:
        """The repository's address."""
        return f"http://{self.host}{self.prefix}/{self.model.full_name}"

    @property
    def loopback(self) -> str:
        return f"http://{self.host}"

    @contextmanager
    def running(self) -> Iterator[ForgeServer]:
        thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for mood in self.moods:
            said = mood(asked)
            if said is not None:
                return said

        path = asked.path
        if not path.startswith(self.prefix + self.top):
            return Answer(HTML, 404, {"Content-Type": "text/html"})
        path = path[len(self.prefix) :]
        for method, pattern, name in self.routes:
            match = re.fullmatch(pattern, path)
            if match and method == asked.method:
                groups = {key: unquote(value or "") for key, value in match.groupdict().items()}
                said = getattr(self, name)(asked, **groups)
                assert isinstance(said, Answer)
                return self.dressed(said)
        return self.dressed(self.unknown())

    def unknown(self) -> Answer:
        return missing()

    def dressed(self, said: Answer) -> Answer:
        """With the headers that the vendor sends with every answer."""
        return said

    def page_of(self, asked: Asked, items: Sequence[Any]) -> tuple[list[Any], int, int]:
        """The page asked for, its number, and how many there are."""
        wanted = int(asked.query.get("per_page") or asked.query.get("limit") or self.size)
        size, number = min(wanted, self.size), int(asked.query.get("page", "1"))
        pages = max(1, -(-len(items) // size))
        return list(items[(number - 1) * size : number * size]), number, pages

    def linked(self, asked: Asked, items: Sequence[Any], wrap: str = "") -> Answer:
        """A page with a ``Link`` header."""
        page, number, pages = self.page_of(asked, items)
        query = "&".join(f"{key}={value}" for key, value in asked.query.items() if key != "page")
        here = f"{self.site}{asked.path.removeprefix(self.prefix)}?{query}"
        links = [f'<{here}&page={pages}>; rel="last"', f'<{here}&page=1>; rel="first"']
        if number < pages:
            links.insert(0, f'<{here}&page={number + 1}>; rel="next"')
        headers = {"Link": ", ".join(links)} if pages > 1 else {}
        return Answer({"total_count": len(items), wrap: page} if wrap else page, headers=headers)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, forge: ForgeServer) -> None:
        self.forge = forge
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        pass  # The other side went away.


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        respond(self.server.forge, self)

    def log_message(self, *_: object) -> None:
        pass


def respond(forge: ForgeServer, handler: BaseHTTPRequestHandler) -> None:
    """Answer one request, whichever server it came to."""
    parts = urlsplit(handler.path)
    length = int(handler.headers.get("Content-Length") or 0)
    body = json.loads(handler.rfile.read(length)) if length else None
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    headers = {key.lower(): value for key, value in handler.headers.items()}
    said = forge.answer(Asked(handler.command, parts.path, query, headers, body))
    if said.is_silent:
        handler.close_connection = True
        return

    data = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
    handler.send_response(said.status)
    given = {"Content-Type": "application/json; charset=utf-8", **said.headers}
    for name, value in given.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    if said.is_dropped:
        handler.wfile.write(data[: len(data) // 2])
        handler.close_connection = True
        return
    handler.wfile.write(data)


def serve_with_git(forge: ForgeServer, git: GitServer) -> RemoteUrl:
    """Have the forge answer at the git server's address, as one server. Gives the repository's."""
    forge.port = git.port
    top = forge.prefix + forge.top
    path = urlsplit(forge.web).path.strip("/")
    git.publish(forge.model.history, path)

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        is_api = handler.path.startswith(top) and "/info/refs" not in handler.path
        if is_api:
            respond(forge, handler)
        return is_api

    git.before = answer
    return RemoteUrl.parse(forge.web)


def hidden_from_strangers(asked: Asked) -> Answer | None:
    """A private repository. What the server is, it tells everybody."""
    is_told = "authorization" in asked.headers or "version" in asked.path or "meta" in asked.path
    return None if is_told else missing()


def always(said: Answer) -> Mood:
    return lambda _: said


LIMITS: Mapping[str, Answer] = {
    "primary-403": Answer(
        {"message": "API rate limit exceeded for 203.0.113.7."},
        403,
        {
            "x-ratelimit-limit": "60",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "1999999999",
        },
    ),
    "primary-429": Answer(
        {"message": "API rate limit exceeded"},
        429,
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1999999999"},
    ),
    "secondary-403": Answer(
        {"message": "You have exceeded a secondary rate limit."}, 403, {"Retry-After": "60"}
    ),
    "429-without-anything": Answer({"message": "Too Many Requests"}, 429),
    "gitlab-429": Answer(
        b"Retry later\n",
        429,
        {
            "Content-Type": "text/plain",
            "RateLimit-Limit": "500",
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": "1999999999",
            "Retry-After": "43",
        },
    ),
    "azure-429": Answer(
        {"message": "TF400733: The request has been canceled."}, 429, {"Retry-After": "5"}
    ),
}
"""How forges say that they were asked too often."""

TROUBLES: Mapping[str, Answer] = {
    **LIMITS,
    "private": missing(),
    "bad-token": Answer({"message": "Bad credentials"}, 401),
    "no-right": Answer({"message": "Resource not accessible by personal access token"}, 403),
    "sign-in-page": Answer(HTML, 203, {"Content-Type": "text/html; charset=utf-8"}),
    "html-with-200": Answer(HTML, 200, {"Content-Type": "text/html"}),
    "html-that-says-json": Answer(HTML),
    "redirect-to-sign-in": Answer(
        HTML, 302, {"Location": "https://login.example/_signin", "Content-Type": "text/html"}
    ),
    "broken": Answer({"message": "Server Error"}, 500),
    "maintenance": Answer(HTML, 503, {"Content-Type": "text/html"}),
    "silent": Answer([], is_silent=True),
    "dropped": Answer([{"a": "b" * 1000}], is_dropped=True),
    "wrong-type": Answer({"full_name": 7, "id": "x", "values": 3, "results": "none"}),
    "null": Answer(None),
    "nested": Answer(b"[" * 100_000),
}
"""What goes wrong. After each of them, nothing is known."""
