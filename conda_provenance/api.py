"""``Door``: how a vendor's module asks its server, and the helpers for what servers have in common.

Types only. Who opens connections, keeps to rate limits and records answers is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from enum import Enum
from typing import ClassVar, NamedTuple, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


class Reply(NamedTuple):
    """The head of an answer."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    url: str
    """The address that answered. It differs from the one that was asked after a redirect."""


NextPage: TypeAlias = Callable[[Reply, object], str | None]
"""Finds the address of the next page in an answer and its body. ``None``: it was the last."""


class Door(Protocol):
    """Asks one server. Addresses are whole, and belong to that server.

    Every method raises :class:`~conda_provenance.errors.UnavailableError` if there is no usable
    answer: an outage, a rate limit, a login, HTML where JSON was asked for, or a body that is not
    of the type that the vendor documents. Answers are kept, so the same question is asked once.
    """

    @property
    def scope(self) -> str:
        """Which token it sends, by a digest. Empty: none."""

    def get(
        self,
        url: str,
        kind: type[T],
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> T | None:
        """The JSON at ``url``, checked to be a ``kind``: a :class:`msgspec.Struct`, or a list of
        them. ``None``: the status is one of ``missing``."""

    def post(self, url: str, body: object, kind: type[T]) -> T:
        """The answer to a question that is too long for an address. It changes nothing."""

    def pages(
        self,
        url: str,
        kind: type[T],
        *,
        next_page: NextPage | None = None,
        missing: Collection[int] = (),
        is_kept: bool = True,
    ) -> Iterator[T]:
        """The same, page after page. Without ``next_page``, by the ``Link`` header.

        ``is_kept=False``: what is in them may let its bearer in, so they are asked for each time,
        and who reads them keeps what matters. Pages are bounded in number, and none is asked of
        another server. An end before the last page is an error, never a short list.
        """

    def text(
        self,
        url: str,
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Iterator[bytes] | None]:
        """A long body, such as a log, piece by piece and bounded.

        It may be redirected to another server, which gets no credential. It is not kept: who reads
        it keeps what matters, as an answer of its own.
        """

    def elsewhere(self, url: str, *, limit: int) -> bytes:
        """A file at another server, which gets no credential, as far as ``limit`` bytes.

        The query of the address may let its bearer in: it is never shown. It is not kept either.
        """


def link_to_next(reply: Reply, _body: object) -> str | None:
    """The next page by the ``Link`` header (RFC 8288), as GitHub, GitLab and Gitea send it."""
    for link in reply.headers.get("link", "").split(","):
        match = re.match(r"\s*<([^<>\s]+)>\s*;(?:.*;)?\s*rel=\"?next\"?\s*(?:;|\Z)", link)
        if match:
            return match[1]
    return None


class TokenVariable(NamedTuple):
    """An environment variable that people keep a token in."""

    name: str
    host_variable: str = ""
    """A variable with the address of the server that it is for, as ``GITHUB_SERVER_URL``. Where
    that is not set, the token is for the vendor's public server."""
    needs_host: bool = False
    """Is it for no server at all where that is not set?"""


class Api:
    """What the door has to know about a vendor's API. Forges and CIs are subclasses."""

    public_hosts: ClassVar[tuple[str, ...]] = ()
    """The hosts of the vendor's own API. A token that is for no host in particular may go there."""
    tokens: ClassVar[tuple[TokenVariable, ...]] = ()
    """The variables with a token, in the order in which they count."""
    headers: ClassVar[Mapping[str, str]] = {}
    """Sent with every request."""
    is_serial: ClassVar[bool] = False
    """Does the server ask for one request at a time?"""
    without_token: ClassVar[str] = ""
    """What it costs to have no token, in a sentence for people."""

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        """The headers that carry a token."""
        return {"Authorization": f"Bearer {token}"}


class NamedBy(str, Enum):
    """Who says that a server may be asked, and what it is."""

    VENDOR = "vendor"
    """It is the vendor's own."""
    PROJECT = "project"
    """We know it as a public server of somebody else's."""
    USER = "user"
    POLICY = "policy"
    NOBODY = "nobody"
    """Only the package, or an answer."""


class Server(NamedTuple):
    """A server whose API is asked."""

    url: str
    """The address below which its API is."""
    host: str
    """The host of its web pages, with the port if it is not the usual one. Variables that say which
    server a token is for name this one."""
    named_by: NamedBy
    """A token whose variable fixes no host goes to servers of the vendor and of the user only."""
    with_token: bool = True
    """May it get a token at all?"""


class Probe(NamedTuple):
    """What a server answers when it is only asked what it is. Nothing follows from the status."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes
    """Its first 64 kB."""
    url: str = ""
    """What was asked."""


class Doors(Protocol):
    """Opens doors. Methods raise :class:`~conda_provenance.errors.UnavailableError` for an address
    that may not be reached."""

    def open(self, api: type[Api], server: Server) -> Door:
        """The door to one server. It adds the API's headers, and the token that belongs there."""

    def probe(self, url: str) -> Probe:
        """Ask without a token, and follow no redirect. Any status is an answer."""
