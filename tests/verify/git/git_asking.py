"""Asks servers on loopback as verify does. The probe is a stand-in for the door's."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from conda_provenance.git.limits import Limits
from conda_provenance.net import Reach
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.git import GitRepositories
from conda_provenance.verify.git.answered import AnsweredRepository

LOOPBACK = Reach(http=True, private=True)
QUICK = Limits(seconds=20, disk=64 << 20, memory=1 << 30, output=4 << 20)


class Head(NamedTuple):
    status: int
    headers: Mapping[str, str]


def probe(url: str) -> Head:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return Head(answer.status, headers)


@contextmanager
def asking(answers: Answers | None = None, **options: Any) -> Iterator[GitRepositories]:
    given = {"reach": LOOPBACK, "limits": QUICK, **options}
    with GitRepositories(answers or Answers(), given.pop("probe", probe), **given) as repositories:
        yield repositories


@contextmanager
def asked(url: str, *shas: str, files: bool = True, **options: Any) -> Iterator[AnsweredRepository]:
    """One repository, with the commits that will be asked for."""
    remote = RemoteUrl.parse(url)
    with asking(**options) as repositories:
        repositories.expect(remote, shas, with_files=files)
        yield repositories.of(remote)
