"""``HostDoors``: opens the door to a server's API, with the token that belongs there.

What a door does with an answer is known to :mod:`conda_provenance.verify.door`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock, Semaphore
from urllib.parse import urljoin, urlsplit

from conda_provenance.api import Api, Door, Probe, Server
from conda_provenance.net import Origin, Reach, Tls, origin_of
from conda_provenance.remotes import MAX_LENGTH
from conda_provenance.verify.answers import Answer, Answers, scope_of
from conda_provenance.verify.door import Access, HostDoor, kept_headers
from conda_provenance.verify.tokens import Token, Tokens, forms_of
from conda_provenance.web import Answer as WebAnswer
from conda_provenance.web import Request, Web

_AT_ONCE = 4
"""Requests to one server."""

_MAX_PROBE = 64 << 10


class HostDoors:
    """The doors of one run: implements :class:`~conda_provenance.api.Doors`.

    ``tls``: how servers of the user's own prove who they are. ``warn`` is called with a sentence,
    once a server, where there is no token for it.
    """

    def __init__(
        self,
        web: Web,
        answers: Answers,
        tokens: Tokens,
        reach: Reach,
        *,
        tls: Mapping[Origin, Tls] | None = None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.answers = answers
        self.reach = reach
        self._web = web
        self._tokens = tokens
        self.tls = tls or {}
        self._warn = warn
        self._warnings: dict[str, str] = {}
        self._warned: set[str] = set()
        self._doors: dict[tuple[type[Api], Server], HostDoor] = {}
        self._turns: dict[Origin, Semaphore] = {}
        self._lock = Lock()

    def open(self, api: type[Api], server: Server) -> Door:
        origin = self.reach.require(server.url)
        with self._lock:
            key = (api, server)
            if key not in self._doors:
                self._doors[key] = HostDoor(self, self._access(api, server, origin))
            return self._doors[key]

    def _access(self, api: type[Api], server: Server, origin: Origin) -> Access:
        token = self._tokens.of(api, server) if server.with_token else None
        credential = dict(api.authorization(token.secret)) if token else {}
        is_lacking = token is None and server.with_token and bool(api.without_token)
        if is_lacking and server.url not in self._warned:
            self._warned.add(server.url)
            self._warnings[server.url] = (
                f"There is no token for {origin.shown}: {api.without_token}"
            )
        token_help = _token_help(api, token, is_wanted=server.with_token)
        return Access(
            server.url,
            dict(api.headers),
            credential,
            tuple(forms_of(credential, token.secret)) if token else (),
            scope_of(token.secret if token else ""),
            token_help,
            self._turns.setdefault(origin, Semaphore(1 if api.is_serial else _AT_ONCE)),
        )

    def ask(self, request: Request, access: Access) -> WebAnswer:
        """Send a question of one of the doors."""
        warning = self._warnings.pop(access.url, None)
        if warning:
            self._warn(warning)
        return self._web.ask(request)

    def probe(self, url: str) -> Probe:
        self.reach.require(url)
        answer = self.answers.get(f"PROBE {url}", lambda: self._probed(url))
        headers = {name: value for name, value in answer.about.items() if name != "status"}
        return Probe(int(answer.about["status"]), headers, answer.body)

    def _probed(self, url: str) -> Answer:
        request = Request(
            url,
            self.reach,
            {"Accept": "application/json"},
            limit=_MAX_PROBE + 1,
            is_redirected=False,
            tls=self.tls,
        )
        with self._web.ask(request) as answer:
            body = answer.read(_MAX_PROBE)
            about = {"status": str(answer.status), **kept_headers(answer.headers)}
            about |= _location(url, answer.headers.get("location", ""))
            return Answer(body, about, is_lasting=answer.status == 200)


def _token_help(api: type[Api], token: Token | None, *, is_wanted: bool) -> str:
    """What to do about a refusal, as the end of a sentence."""
    if not is_wanted:
        return "; no token is sent there for a repository that nobody but the package names"
    if token is not None:
        return f"; the token in {token.source} may not do that"

    names = ", ".join(variable.name for variable in api.tokens)
    return f"; a token for it in {names}, or by --token-file, may help" if names else ""


def _location(url: str, location: str) -> dict[str, str]:
    """Where a redirect leads: a path of the same server, or only which other server it is.

    A query is left out, unless it is our own: it may hold a secret.
    """
    there = urljoin(url, location) if location.isprintable() and len(location) < MAX_LENGTH else ""
    origin = origin_of(there)
    if not location or origin is None:
        return {}
    if origin != origin_of(url):
        return {"location": f"{origin.scheme}://{origin.shown}/"}

    parts = urlsplit(there)
    query = f"?{parts.query}" if parts.query and parts.query == urlsplit(url).query else ""
    return {"location": f"{origin.scheme}://{origin.shown}{parts.path}{query}"}
