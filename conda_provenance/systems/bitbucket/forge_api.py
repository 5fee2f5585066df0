"""Asks Bitbucket Cloud about a repository. Bitbucket Data Center has another API.

- ``/commit/{sha}/pullrequests`` needs the app "Pull Request Commit Links" in the repository. 404 is
  "not installed" as well as "no repository", and 202 is "not indexed yet": neither is a "none".
- It tells which pull requests reviewed the commit. Whether that holds for the commit which merging
  made is not documented. So the second parent of a merge is asked about too, and then those that
  were merged since.
- Commits of pull requests are shortened to 12 digits. Those in a list of commits are whole.
- Approvals have no commit, and anybody who can read may approve.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from conda_provenance.api import Probe, Reply, TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import (
    Account,
    Change,
    ForgeApi,
    Pointer,
    Repository,
    Review,
    json_of,
    path_of,
)
from conda_provenance.remotes import RemoteUrl

_HOST = "bitbucket.org"
_MAX_PAGES = 6
"""Of merged pull requests that are looked through."""

_APPROVED = "approved"
_WANTS_CHANGES = "changes_requested"


class _Link(Struct):
    href: str | None = None


class _Links(Struct):
    html: _Link | None = None


class _User(Struct):
    uuid: str | None = None
    nickname: str | None = None
    display_name: str | None = None
    account_id: str | None = None
    type: str | None = None


class _Branch(Struct):
    name: str | None = None


class _Parent(Struct):
    full_name: str | None = None


class _Repository(Struct):
    full_name: str | None = None
    uuid: str | None = None
    mainbranch: _Branch | None = None
    owner: _User | None = None
    parent: _Parent | None = None
    links: _Links | None = None
    is_private: bool | None = None


class _Hash(Struct):
    hash: str


class _Side(Struct):
    branch: _Branch | None = None
    commit: _Hash | None = None
    repository: _Repository | None = None


class _Participant(Struct):
    user: _User | None = None
    approved: bool | None = None
    state: str | None = None


class _PullRequest(Struct):
    id: int
    state: str | None = None
    links: _Links | None = None
    author: _User | None = None
    closed_by: _User | None = None
    merge_commit: _Hash | None = None
    source: _Side | None = None
    destination: _Side | None = None
    updated_on: str | None = None
    participants: list[_Participant] | None = None


class _PullRequests(Struct):
    values: list[_PullRequest]
    next: str | None = None


class _Author(Struct):
    raw: str | None = None
    user: _User | None = None


class _Commit(Struct):
    hash: str
    date: str | None = None
    author: _Author | None = None
    parents: list[_Hash] | None = None


class _Commits(Struct):
    values: list[_Commit]
    next: str | None = None


class _Status(Struct):
    key: str | None = None
    name: str | None = None
    url: str | None = None
    description: str | None = None


class _Statuses(Struct):
    values: list[_Status]
    next: str | None = None


class BitbucketApi(ForgeApi):
    """Bitbucket Cloud."""

    vendor = "bitbucket"
    public_hosts = ("api.bitbucket.org",)
    tokens = (TokenVariable("BITBUCKET_TOKEN"),)
    probes = ("/rest/api/1.0/application-properties",)

    @classmethod
    def of(cls, remote: RemoteUrl) -> type[ForgeApi]:
        if remote.host == _HOST:
            return cls

        from conda_provenance.systems.bitbucket.data_center_api import DataCenterApi

        return DataCenterApi

    @classmethod
    def recognises(cls, answer: Probe) -> bool:
        """Is it a Data Center? The Cloud has one host, which nobody has to recognise."""
        return json_of(answer).get("displayName") in ("Bitbucket", "Stash")

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        return f"https://api.{_HOST}/2.0/repositories/{path_of(remote, prefix, count=2)}"

    def repository(self) -> Repository:
        found = self.door.get(self.url, _Repository)
        assert found is not None
        return Repository(
            full_name=found.full_name or "",
            id=found.uuid,
            owner_id=found.owner.uuid if found.owner else None,
            default_branch=found.mainbranch.name if found.mainbranch else None,
            parent=found.parent.full_name if found.parent else None,
            url=_page(found.links),
            is_private=found.is_private,
        )

    def changes(self, sha: str) -> Sequence[Change]:
        linked = self._linked(sha)
        if not any(_made(each, sha) for each in linked):
            linked = [*linked, *self._merged_by(sha)]
        return tuple(self._change(each, sha) for each in linked)

    def _linked(self, sha: str) -> list[_PullRequest]:
        url = f"{self.url}/commit/{sha}/pullrequests?pagelen=50"
        try:
            pages = list(self.door.pages(url, _PullRequests, next_page=next_of))
        except UnavailableError as error:
            raise UnavailableError(
                f"{error} Bitbucket connects commits with pull requests only where the app Pull "
                "Request Commit Links is installed.",
                retry_at=error.retry_at,
            ) from None
        return [each for page in pages for each in page.values]

    def _merged_by(self, sha: str) -> Sequence[_PullRequest]:
        """The pull request whose merge made the commit, found in another way."""
        commit = self.door.get(f"{self.url}/commit/{sha}", _Commit)
        assert commit is not None
        parents = commit.parents or []
        if len(parents) > 1:
            found = [each for each in self._linked(parents[1].hash) if _made(each, sha)]
            if found:
                return found
        return self._merged_since(commit)

    def _merged_since(self, commit: _Commit) -> Sequence[_PullRequest]:
        """It cannot have been merged before the commit was made."""
        url = f"{self.url}/pullrequests?state=MERGED&sort=-updated_on&pagelen=50"
        for number, page in enumerate(self.door.pages(url, _PullRequests, next_page=next_of)):
            for each in page.values:
                if _made(each, commit.hash):
                    return [each]
                if each.updated_on and commit.date and each.updated_on[:10] < commit.date[:10]:
                    return []
            if number + 1 == _MAX_PAGES and page.next:
                raise UnavailableError(
                    f"{_HOST} has merged too many pull requests since this commit to look through."
                )
        return []

    def _change(self, request: _PullRequest, sha: str) -> Change:
        is_merged = request.state == "MERGED"
        if is_merged and _made(request, sha):
            # Lists leave out participants, and shorten commits.
            request = (
                self.door.get(f"{self.url}/pullrequests/{request.id}", _PullRequest) or request
            )

        head = request.source.commit.hash if request.source and request.source.commit else None
        if is_merged and head and _made(request, sha):
            head = self._whole(request, head)

        target = request.destination or _Side()
        merge = request.merge_commit
        return Change(
            number=str(request.id),
            url=_page(request.links) or "",
            base_repository=_name(target.repository) or self._own_name(),
            base_ref=(target.branch.name if target.branch else None) or "",
            is_merged=is_merged,
            merged_at=request.updated_on if is_merged else None,
            merge_shas=(merge.hash,) if is_merged and merge else (),
            head_sha=head,
            author=_account(request.author),
            merged_by=_account(request.closed_by) if is_merged and request.closed_by else None,
        )

    def _own_name(self) -> str:
        """A pull request is merged into the repository that it is asked for at."""
        return self.repository().full_name

    def _whole(self, request: _PullRequest, short: str) -> str | None:
        """The whole hash of the head. The newest commit comes first."""
        url = f"{self.url}/pullrequests/{request.id}/commits?pagelen=50"
        page = self.door.get(url, _Commits)
        hashes = [each.hash for each in page.values] if page else []
        return next((each for each in hashes if each.startswith(short)), None)

    def reviews(self, change: Change) -> Sequence[Review]:
        request = self.door.get(f"{self.url}/pullrequests/{change.number}", _PullRequest)
        assert request is not None
        return tuple(
            Review(_account(each.user), approves=each.state != _WANTS_CHANGES)
            for each in request.participants or ()
            if each.approved or each.state in (_APPROVED, _WANTS_CHANGES)
        )

    def commit_authors(self, change: Change) -> Sequence[Account]:
        url = f"{self.url}/pullrequests/{change.number}/commits?pagelen=50"
        return tuple(
            _author(commit.author)
            for page in self.door.pages(url, _Commits, next_page=next_of)
            for commit in page.values
            if commit.author is not None
        )

    def pointers(self, sha: str) -> Sequence[Pointer]:
        url = f"{self.url}/commit/{sha}/statuses?pagelen=50"
        return tuple(self._pointers(self.door.pages(url, _Statuses, next_page=next_of), sha))

    def _pointers(self, pages: Iterator[_Statuses], sha: str) -> Iterator[Pointer]:
        for page in pages:
            for each in page.values:
                name = each.name or each.key or ""
                yield Pointer(
                    each.key or name, name, each.url, title=each.description, head_sha=sha
                )


def next_of(_: Reply, body: object) -> str | None:
    """The next page, as the body says. The door asks it of this server only."""
    following: str | None = getattr(body, "next", None)
    return following


def _made(request: _PullRequest, sha: str) -> bool:
    merge = request.merge_commit.hash if request.merge_commit else ""
    return request.state == "MERGED" and len(merge) >= 12 and sha.startswith(merge)


def _name(repository: _Repository | None) -> str:
    return (repository.full_name if repository else None) or ""


def _page(links: _Links | None) -> str | None:
    return links.html.href if links and links.html else None


def _account(user: _User | None) -> Account:
    names = _names(user)
    if user is None or not names:
        return Account("ghost", is_deleted=True)
    return Account(names[0], is_bot=True if _is_app(user) else None, further=names[1:])


def _is_app(user: _User) -> bool:
    return (user.type or "").lower() in ("app_user", "appuser")


def _names(user: _User | None) -> tuple[str, ...]:
    if user is None:
        return ()
    names = (user.nickname, user.display_name, user.account_id, user.uuid)
    return tuple(dict.fromkeys(filter(None, names)))


def _author(author: _Author) -> Account:
    """``raw`` is "Name <address>", as the commit says."""
    name, _, address = (author.raw or "").rpartition(" <")
    further = tuple(filter(None, (name, address.rstrip(">"), *_names(author.user))))
    return Account(further[0] if further else "", further=further)
