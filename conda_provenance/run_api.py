"""``RunApi``: what can be asked of a CI about a run, and the answers. It knows no CI.

One class for each vendor, in ``systems/<vendor>/run_api.py`` (or beside a CI's one module). It
turns what its server answers into these types, and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import ClassVar, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from conda_provenance.api import Api, Door
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Pointer
from conda_provenance.net import origin_of
from conda_provenance.remotes import RemoteUrl

T = TypeVar("T")

MAX_JSON_LOG = 32 << 20


class Trigger(str, Enum):
    """What started a run, in one vocabulary for all CIs."""

    PUSH = "push"
    MERGE_QUEUE = "merge-queue"
    TAG = "tag"
    RELEASE = "release"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    API = "api"
    PULL_REQUEST = "pull-request"
    OTHER = "other"
    """Anything else, such as another workflow or a comment: who wrote what it runs is not known."""


class Voucher(str, Enum):
    """Why a run's server may be believed about a repository."""

    FORGE = "forge"
    """It is the repository's own forge."""
    POINTER = "pointer"
    """The forge itself shows this run at the commit."""
    NAMED = "named"
    """The user or the policy named this host, organisation and project."""
    CLAIM = "claim"
    """Nobody but the package names it."""


class RunClaim(NamedTuple):
    """The run that a package names, and where to look for it."""

    provider: str
    run_id: str
    """``flow_run_id`` after the provider's name."""
    url: str | None
    remote: RemoteUrl
    sha: str
    pointers: Sequence[Pointer] = ()
    """The runs that the forge shows at the commit."""
    named_hosts: Sequence[str] = ()
    """Addresses of servers, organisations or projects that the user or the policy named."""
    prefix: str = ""
    """The first segments of the repository's path, if its forge is not at the top of its server."""


class Run(NamedTuple):
    """A run. A field that the CI does not tell is ``None``."""

    url: str
    id: str
    """As the API names it, which need not be as ``flow_run_id`` does."""
    repository: str | None
    """``owner/name`` or an address, as the CI says it."""
    head_repository: str | None
    """Where the commit comes from. Of a fork's pull request, the fork."""
    sha: str | None
    trigger: Trigger
    event: str
    """What started it, in the CI's own word."""
    voucher: Voucher
    is_finished: bool
    is_success: bool | None
    ref: str | None = None
    attempt: int | None = None
    started: str | None = None
    finished: str | None = None
    workflow: str | None = None
    """The file, with its ref, that says what the run does."""
    further: Mapping[str, str] = {}
    """Other facts for people."""


class Job(NamedTuple):
    """A part of a run that has a log of its own."""

    id: str
    name: str
    is_success: bool | None
    attempt: int | None = None
    is_finished: bool = True
    has_run: bool = True
    """``False``: it was left out, so there is no log and nothing was made."""
    runner: tuple[str, ...] = ()
    """The labels of the machine, as the CI names them."""
    started: str | None = None
    finished: str | None = None
    """As ISO 8601 in UTC, of one form within a run."""
    further: Mapping[str, str] = {}


class RunApi(Api):
    """The runs of one CI.

    Methods raise :class:`~conda_provenance.errors.UnavailableError`.
    """

    provider: ClassVar[str]
    is_of_forge: ClassVar[bool] = False
    """Does it run only what the vendor's own forge hosts?"""
    lists_all_attempts: ClassVar[bool] = True
    """Does :meth:`jobs` have the jobs of attempts that were followed by another?"""

    def __init__(self, door: Door, claim: RunClaim) -> None:
        self.door = door
        self.claim = claim

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        """The address below which the API is. Raises if the claim does not lead to one."""
        raise NotImplementedError

    def run(self) -> Run | None:
        """The run that the package names. ``None``: the CI says that there is none, by now."""
        raise NotImplementedError

    def jobs(self, run: Run) -> Sequence[Job]:
        """Its jobs, of every attempt."""
        raise NotImplementedError

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:
        """The log of one job, piece by piece. ``None``: it is gone."""
        raise NotImplementedError

    def log_name(self, run: Run, job: Job) -> str:
        """What the log of a job is called where answers are kept: the same log, the same name."""
        return f"{self.api_url(self.claim)} run {run.id} job {job.id} attempt {job.attempt}"


def log_as_json(door: Door, url: str, kind: type[T]) -> T | None:
    """A log that comes as JSON. Unlike other JSON, it is not kept. ``None``: it is gone."""
    with door.text(url, missing=(404, 410)) as pieces:
        if pieces is None:
            return None

        data = bytearray()
        for piece in pieces:
            data += piece
            if len(data) > MAX_JSON_LOG:
                raise UnavailableError(
                    f"A log in JSON is larger than {MAX_JSON_LOG >> 20} MiB, and was not read."
                )
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise UnavailableError("A log is not the JSON that is documented.") from None


def named_by_nobody(host: str) -> str:
    """Why a CI that only the package names is not believed, with the remedy, in a sentence."""
    return (
        f"{host} says so of itself: neither the repository's forge nor a policy names this CI; if "
        "you trust it, list it in the ci_hosts of a policy."
    )


def is_named(claim: RunClaim, place: str) -> bool:
    """Did the user or the policy name this address of a CI, or one that it is below?"""
    return any(is_below(place, named) for named in claim.named_hosts)


def is_below(place: str, top: str) -> bool:
    """Is an address another one, or below it, segment by segment? Case does not count."""
    origin = origin_of(top)
    if origin is None or origin != origin_of(place):
        return False

    segments, wanted = _segments(place), _segments(top)
    return segments[: len(wanted)] == wanted


def _segments(url: str) -> list[str]:
    return [part.lower() for part in urlsplit(url).path.split("/") if part]
