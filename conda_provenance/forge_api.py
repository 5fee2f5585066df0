"""``ForgeApi``: what can be asked of a forge, and the answers. It knows no forge.

One class for each vendor, in ``systems/<vendor>/forge_api.py``. It turns what its server answers
into these types, and judges nothing. A field that the server does not tell is ``None``: a check
that needs it could not be made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from conda_provenance.api import Api, Door, Probe
from conda_provenance.errors import UnavailableError
from conda_provenance.remotes import RemoteUrl


class Repository(NamedTuple):
    """A repository, as its forge describes it."""

    full_name: str
    """``owner/name``, with groups where there are any. After a rename, the new one."""
    id: str | None = None
    """It stays when the repository is renamed, and is never given to another."""
    owner_id: str | None = None
    default_branch: str | None = None
    parent: str | None = None
    """The full name of the repository that this one is a fork of."""
    url: str | None = None
    """Its web address."""
    is_private: bool | None = None
    """Does anything of it need a login to be read? ``None``: the forge does not tell."""


class Account(NamedTuple):
    """Somebody who wrote, approved or merged."""

    login: str
    """What the forge knows somebody by. Of the author of a commit it may know a name alone."""
    is_bot: bool | None = None
    """What the forge says. Machine users look like people to it."""
    is_deleted: bool = False
    """Is the account gone? Then nobody can tell whose it was."""
    further: tuple[str, ...] = ()
    """Other names of the same person: ids, display names, addresses. They are compared only."""


class Change(NamedTuple):
    """A pull request, merge request or change."""

    number: str
    url: str
    base_repository: str
    """The full name (or the id, where the forge tells no more) of where it was merged into."""
    base_ref: str
    """The branch that it was merged into, without ``refs/heads/``."""
    is_merged: bool
    merged_at: str | None = None
    merge_shas: tuple[str, ...] = ()
    """The commits that the merge made: the merge, the squashed, or the last rebased commit. Some
    forges shorten them to 12 digits."""
    head_sha: str | None = None
    """The last commit of the branch that was reviewed."""
    author: Account | None = None
    merged_by: Account | None = None
    """``None``: the forge does not tell."""


class Review(NamedTuple):
    """What one person said of a change, last."""

    account: Account
    approves: bool
    """``False``: asks for changes."""
    commit: str | None = None
    """Which commit was looked at."""
    is_stale: bool | None = None
    """Has the change been pushed to since? ``None``: the forge does not tell."""
    is_dismissed: bool = False
    has_right: bool | None = None
    """May this person approve changes of this repository? ``None``: the forge does not tell."""


class Pointer(NamedTuple):
    """A run that the forge shows at a commit. It says where to ask, and proves nothing more."""

    app: str
    """The app or context that posted it, such as ``azure-pipelines``."""
    name: str
    url: str | None
    external_id: str | None = None
    title: str | None = None
    head_sha: str | None = None
    is_by_app: bool = False
    """Can only that app post it? Anyone who may write can post a commit status."""


class Attestation(NamedTuple):
    """A signed statement that a forge lists for the digest of a file. Nobody has verified it."""

    page: str
    """Where it is, without what lets its bearer in."""
    data: bytes | None = None
    """The bundle, if it stands in the list."""
    address: str = ""
    """Where the bundle is. Its query may let its bearer in: it is never shown, and never kept."""
    initiator: str | None = None

    def __repr__(self) -> str:
        return f"Attestation(page={self.page!r})"


class ForgeApi(Api):
    """One repository at one forge.

    Methods raise :class:`~conda_provenance.errors.UnavailableError`. They return what the server
    says and compare nothing: it may answer for the repository that this one is a fork of.
    """

    vendor: ClassVar[str]
    has_changes: ClassVar[bool] = True
    """Are there pull requests or the like? Where there are none, no commit can be reviewed."""
    change_word: ClassVar[str] = "pull request"
    """What the forge calls a change."""
    probes: ClassVar[tuple[str, ...]] = ()
    """Paths below the forge's page whose answer says that it is this forge."""

    def __init__(self, door: Door, remote: RemoteUrl, prefix: str = "") -> None:
        self.door = door
        self.remote = remote
        self.prefix = prefix
        """The first segments of the path, if the forge is not at the top of its server."""
        self.url = self.api_url(remote, prefix)

    @classmethod
    def of(cls, _remote: RemoteUrl) -> type[ForgeApi]:
        """The class for this repository, if the vendor makes more than one kind of server."""
        return cls

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        """The address below which the API is, for the repository's server.

        Raises if this cannot be the address of a repository there.
        """
        raise NotImplementedError

    @classmethod
    def recognises(cls, answer: Probe) -> bool:
        """Is it certain, by the answer to one of :attr:`probes`, that this is the forge?"""
        raise NotImplementedError

    def repository(self) -> Repository:
        """What the forge says of the repository."""
        raise NotImplementedError

    def changes(self, sha: str) -> Sequence[Change]:
        """The changes that the forge connects with this commit, merged or not."""
        raise NotImplementedError

    def reviews(self, change: Change) -> Sequence[Review]:
        """The last word of everybody who reviewed it."""
        raise NotImplementedError

    def commit_authors(self, change: Change) -> Sequence[Account]:
        """Who wrote and who committed the commits of a change, as far as the forge knows."""
        raise NotImplementedError

    def pointers(self, sha: str) -> Sequence[Pointer]:
        """The runs that the forge shows at this commit, of every CI."""
        raise NotImplementedError

    def attestations(self, sha256: str) -> Sequence[Attestation]:
        """The attestations that the forge lists for a file's digest, as far as they are read.

        The answers are not kept. ``NotImplementedError``: this forge lists none.
        """
        raise NotImplementedError

    def bundle(self, attestation: Attestation) -> bytes:
        """The bundle of one of them. It is not kept either."""
        raise NotImplementedError


def host_of(remote: RemoteUrl) -> str:
    """The server's host, with the port if it is not the usual one."""
    return remote.host if remote.port is None else f"{remote.host}:{remote.port}"


def site_of(remote: RemoteUrl, prefix: str = "") -> str:
    """The address of the forge's own page."""
    return "/".join(filter(None, (f"{remote.scheme}://{host_of(remote)}", prefix)))


def path_of(remote: RemoteUrl, prefix: str = "", *, count: int | None = None) -> str:
    """The repository's path below the forge's page. ``count``: how many segments it must have.

    Raises :class:`~conda_provenance.errors.UnavailableError`.
    """
    wanted = prefix.split("/") if prefix else []
    segments = remote.path.split("/")
    below = segments[len(wanted) :]
    is_right = segments[: len(wanted)] == wanted and below
    if not is_right or (count is not None and len(below) != count):
        raise no_repository(remote)
    return "/".join(below)


def no_repository(remote: RemoteUrl) -> UnavailableError:
    """The error for an address that no repository of its forge can have."""
    return UnavailableError(
        f"{remote} is not how {host_of(remote)} writes the address of a repository, so it was not "
        "asked."
    )


def how_to_name(host: str) -> str:
    """What the user can do about a forge that nobody named, as the end of a sentence."""
    return f"if you trust that server, name it in provenance_forges, such as {host}=gitlab"


def json_of(answer: Probe) -> Mapping[str, object]:
    """The JSON object of a probe's answer. Empty, if it is none."""
    import msgspec  # Most commands ask no forge.

    try:
        return msgspec.json.decode(answer.body, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}


def last_words(reviews: Sequence[Review]) -> Sequence[Review]:
    """The last review of everybody, of reviews in the order in which they were written."""
    last: dict[str, Review] = {}
    for number, review in enumerate(reviews):
        # Nobody can tell whether two accounts that are gone are the same.
        key = f"{number}?" if review.account.is_deleted else review.account.login.casefold()
        last.pop(key, None)
        last[key] = review
    return tuple(last.values())
