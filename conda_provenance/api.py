"""``Door``: how a vendor's module asks its server, and the helpers for what servers have in common.

Types only. Who opens connections, keeps to rate limits and records answers is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

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
    ) -> Iterator[T]:
        """The same, page after page. Without ``next_page``, by the ``Link`` header.

        Pages are bounded in number, and none is asked of another server. An end before the last
        page is an error, never a short list.
        """

    def text(
        self,
        url: str,
        *,
        missing: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Iterator[bytes] | None]:
        """A long body, such as a log, piece by piece and bounded.

        It may be redirected to another server, which gets no credential.
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
