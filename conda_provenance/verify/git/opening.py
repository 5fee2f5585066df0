"""Opens a git server: which of a repository's addresses answers, and why none does.

git follows no redirect. Where it fails, the server is asked once by hand, without a token: its
status says more than git does, and where a repository has moved to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

from conda_provenance.errors import UnavailableError
from conda_provenance.git.addresses import FindAddresses, find_addresses, find_way
from conda_provenance.git.network import Fault, GitServer, ServerError
from conda_provenance.git.processes import Processes
from conda_provenance.git.version import Version
from conda_provenance.net import Origin, Reach, Tls, origin_of
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.web.redirects import REDIRECTS

_QUESTION = "/info/refs?service=git-upload-pack"
_MAX_MOVES = 3


class Probed(Protocol):
    """The head of an answer."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Tools(NamedTuple):
    """What all repositories of one run share."""

    processes: Processes
    version: Version
    """Of git."""
    folder: Path
    """Everything is kept below it."""
    probe: Callable[[str], Probed]
    """Asks an address once, without a token, and follows no redirect."""
    reach: Reach = Reach()
    authorization: str = ""
    """The value of that header, if the repository is asked with a token."""
    refusal: str = ""
    """What is to be said if the server shows us no such repository, though it may show it to the
    user: one sentence."""
    tls: Mapping[Origin, Tls] = {}
    environ: Mapping[str, str] = os.environ
    find: FindAddresses = find_addresses


class Listing(NamedTuple):
    """What a server lists, and where."""

    server: GitServer
    refs: bytes
    remote: RemoteUrl
    """The address that answered."""


def open_server(tools: Tools, remote: RemoteUrl, folder: str) -> Listing:
    """Ask for the branches and tags. ``folder`` is a repository of our own."""
    way = find_way(str(remote), tools.reach, tools.environ, tools.find)
    server = GitServer(
        str(remote),
        way,
        tools.processes,
        authorization=tools.authorization,
        tls=tools.tls.get(way.origin),
        environ=tools.environ,
    )
    for _ in range(_MAX_MOVES):
        try:
            return Listing(server, server.list_refs(folder), remote)
        except ServerError as error:
            if error.fault is not Fault.OTHER:
                raise
            server, remote = _moved(tools, server, remote, error)
    raise UnavailableError(f"{server.host} sends us from one address to the next.")


def _moved(
    tools: Tools, server: GitServer, remote: RemoteUrl, error: ServerError
) -> tuple[GitServer, RemoteUrl]:
    """Where the repository is now. Raises what is wrong if it has not moved."""
    asked = server.url + _QUESTION
    reply = tools.probe(asked)
    if reply.status not in REDIRECTS:
        raise _fault(server.host, reply, tools.refusal) or error

    url = urljoin(asked, reply.headers.get("location", ""))
    if origin_of(url) != origin_of(asked):
        raise UnavailableError(
            f"{remote} has moved to another server, which is not followed: a package may name"
            " the new address instead."
        )
    # Spelt otherwise, as with a dot at its end, git would look the host's name up once more.
    spelt = urlsplit(url)._replace(netloc=urlsplit(asked).netloc)
    there = urlunsplit(spelt).removesuffix(_QUESTION)
    try:
        return server.moved(there), RemoteUrl.parse(there)
    except RemoteUrlError:
        raise UnavailableError(
            f"{server.host} sends us to an address that is no repository's; it may want a login."
        ) from None


def _fault(host: str, reply: Probed, refusal: str) -> UnavailableError | None:
    """What a status says. Private and absent are one: servers do not tell them apart."""
    status = reply.status
    if status in (401, 403, 404, 410):
        return UnavailableError(
            refusal
            or f"{host} shows us no such repository ({status}): it is private, or it is not there."
        )
    if status in (429, 503):
        return UnavailableError(f"{host} is too busy ({status}); try later.")
    return UnavailableError(f"{host} answers {status} where git asks.") if status >= 400 else None
