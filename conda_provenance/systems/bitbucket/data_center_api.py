"""Asks Bitbucket Data Center, formerly Bitbucket Server and Stash, about a repository.

- A repository is ``/scm/KEY/name`` for git and ``/projects/KEY/repos/name`` on the web. Personal
  ones have ``~user`` for a key. Before that, there may be a path of the server's own.
- Pull requests are found by the commits that were reviewed. The commit that merging made is in
  ``properties.mergeCommit``, and it is not documented whether it is found too. So the second parent
  of a merge is asked about, and then the newest that were merged.
- ``lastReviewedCommit`` says which commit somebody saw. Anybody who can read may approve.

https://developer.atlassian.com/server/bitbucket/rest/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from conda_provenance.api import NextPage, Reply, TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import (
    Account,
    Change,
    ForgeApi,
    Pointer,
    Repository,
    Review,
    no_repository,
    site_of,
)
from conda_provenance.remotes import RemoteUrl

_PLACE = re.compile(
    r"(?:(?P<context>.+)/)?(?:"
    r"scm/(?P<key>[^/]+)/(?P<name>[^/]+)"
    r"|projects/(?P<web_key>[^/]+)/repos/(?P<web_name>[^/]+)"
    r"|users/(?P<user>[^/]+)/repos/(?P<user_name>[^/]+))"
)
_MAX_PAGES = 5
"""Of merged pull requests that are looked through."""

_HEADS = "refs/heads/"


class _User(Struct):
    name: str | None = None
    slug: str | None = None
    displayName: str | None = None  # noqa: N815 - as the API writes it
    emailAddress: str | None = None  # noqa: N815
    type: str | None = None


class _Project(Struct):
    key: str
    id: int | None = None


class _Origin(Struct):
    slug: str
    project: _Project


class _Repository(Struct):
    slug: str
    project: _Project
    id: int | None = None
    origin: _Origin | None = None
    public: bool | None = None


class _Branch(Struct):
    displayId: str | None = None  # noqa: N815


class _Ref(Struct):
    id: str
    latestCommit: str | None = None  # noqa: N815
    repository: _Repository | None = None


class _Participant(Struct):
    user: _User | None = None
    approved: bool | None = None
    status: str | None = None
    lastReviewedCommit: str | None = None  # noqa: N815


class _Merge(Struct):
    id: str | None = None


class _Properties(Struct):
    mergeCommit: _Merge | None = None  # noqa: N815


class _Link(Struct):
    href: str | None = None


class _PullRequest(Struct):
    id: int
    state: str
    toRef: _Ref  # noqa: N815
    fromRef: _Ref | None = None  # noqa: N815
    closedDate: int | None = None  # noqa: N815
    author: _Participant | None = None
    reviewers: list[_Participant] | None = None
    participants: list[_Participant] | None = None
    properties: _Properties | None = None
    links: dict[str, list[_Link | None] | None] | None = None


class _Paged(Struct):
    isLastPage: bool | None = None  # noqa: N815
    nextPageStart: int | None = None  # noqa: N815


class _PullRequests(_Paged, kw_only=True):
    values: list[_PullRequest]


class _Sha(Struct):
    id: str


class _Commit(Struct):
    id: str
    parents: list[_Sha] | None = None
    author: _User | None = None
    committer: _User | None = None


class _Commits(_Paged, kw_only=True):
    values: list[_Commit]


class _Status(Struct):
    key: str | None = None
    name: str | None = None
    url: str | None = None
    description: str | None = None


class _Statuses(_Paged, kw_only=True):
    values: list[_Status]


class _Activity(Struct):
    action: str
    user: _User | None = None


class _Activities(_Paged, kw_only=True):
    values: list[_Activity]


class DataCenterApi(ForgeApi):
    """Bitbucket Data Center."""

    vendor = "bitbucket"
    tokens = (TokenVariable("BITBUCKET_SERVER_TOKEN"),)

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        match = _PLACE.fullmatch(remote.path)
        context = (match["context"] or "") if match else ""
        if match is None or (prefix and context != prefix):
            raise no_repository(remote)

        key = match["key"] or match["web_key"] or f"~{match['user']}"
        name = match["name"] or match["web_name"] or match["user_name"]
        return f"{site_of(remote, context)}/rest/api/1.0/projects/{key}/repos/{name}"

    def repository(self) -> Repository:
        found = self.door.get(self.url, _Repository)
        assert found is not None
        # An empty repository has none.
        branch = self.door.get(f"{self.url}/branches/default", _Branch, missing=(204, 404))
        return Repository(
            full_name=_full_name(found),
            id=_text(found.id),
            owner_id=_text(found.project.id),
            default_branch=branch.displayId if branch else None,
            parent=_full_name(found.origin) if found.origin else None,
            is_private=None if found.public is None else not found.public,
        )

    def changes(self, sha: str) -> Sequence[Change]:
        reviewed = self._with(sha)
        if not any(_merge(each) == sha for each in reviewed):
            reviewed = [*reviewed, *self._merged_by(sha)]
        return tuple(self._change(each, sha) for each in reviewed)

    def _with(self, sha: str) -> list[_PullRequest]:
        url = f"{self.url}/commits/{sha}/pull-requests?limit=100"
        pages = self.door.pages(url, _PullRequests, next_page=starting(url))
        return [each for page in pages for each in page.values]

    def _merged_by(self, sha: str) -> Sequence[_PullRequest]:
        """The pull request whose merge made the commit, found in another way."""
        commit = self.door.get(f"{self.url}/commits/{sha}", _Commit)
        assert commit is not None
        parents = commit.parents or []
        if len(parents) > 1:
            found = [each for each in self._with(parents[1].id) if _merge(each) == sha]
            if found:
                return found

        url = f"{self.url}/pull-requests?state=MERGED&order=NEWEST&limit=100"
        for number, page in enumerate(self.door.pages(url, _PullRequests, next_page=starting(url))):
            found = [each for each in page.values if _merge(each) == sha]
            if found:
                return found
            if number + 1 == _MAX_PAGES and not page.isLastPage:
                raise UnavailableError(
                    f"{self.remote.host} has merged too many pull requests to look through."
                )
        return []

    def _change(self, request: _PullRequest, sha: str) -> Change:
        is_merged = request.state == "MERGED"
        merge = _merge(request)
        is_it = is_merged and merge == sha
        return Change(
            number=str(request.id),
            url=_page(request.links) or "",
            base_repository=_full_name(request.toRef.repository)
            if request.toRef.repository
            else "",
            base_ref=request.toRef.id.removeprefix(_HEADS),
            is_merged=is_merged,
            merged_at=_text(request.closedDate) if is_merged else None,
            merge_shas=(merge,) if is_merged and merge else (),
            head_sha=request.fromRef.latestCommit if request.fromRef else None,
            author=_account(request.author.user if request.author else None),
            merged_by=self._merger(request) if is_it else None,
        )

    def _merger(self, request: _PullRequest) -> Account | None:
        """Only the pull request's history says who merged it."""
        url = f"{self.url}/pull-requests/{request.id}/activities?limit=100"
        found = self.door.get(url, _Activities, missing=(404,))
        for activity in found.values if found else ():
            if activity.action == "MERGED":
                return _account(activity.user)
        return None

    def reviews(self, change: Change) -> Sequence[Review]:
        request = self.door.get(f"{self.url}/pull-requests/{change.number}", _PullRequest)
        assert request is not None
        everybody = [*(request.reviewers or ()), *(request.participants or ())]
        return tuple(
            Review(
                account=_account(each.user),
                approves=each.status != "NEEDS_WORK",
                commit=each.lastReviewedCommit,
                is_stale=_is_stale(each.lastReviewedCommit, change.head_sha),
            )
            for each in everybody
            if each.approved or each.status in ("APPROVED", "NEEDS_WORK")
        )

    def commit_authors(self, change: Change) -> Sequence[Account]:
        url = f"{self.url}/pull-requests/{change.number}/commits?limit=100"
        return tuple(
            _account(user)
            for page in self.door.pages(url, _Commits, next_page=starting(url))
            for commit in page.values
            for user in (commit.author, commit.committer)
            if user is not None
        )

    def pointers(self, sha: str) -> Sequence[Pointer]:
        site = self.url.partition("/rest/api/1.0/")[0]
        url = f"{site}/rest/build-status/1.0/commits/{sha}?limit=100"
        pages = self.door.pages(url, _Statuses, next_page=starting(url))
        return tuple(_pointers(pages, sha))


def _pointers(pages: Iterator[_Statuses], sha: str) -> Iterator[Pointer]:
    for page in pages:
        for each in page.values:
            name = each.name or each.key or ""
            yield Pointer(each.key or name, name, each.url, title=each.description, head_sha=sha)


def starting(url: str) -> NextPage:
    """The next page by the number of its first entry."""

    def next_page(_: Reply, body: object) -> str | None:
        start = getattr(body, "nextPageStart", None)
        is_last = getattr(body, "isLastPage", None) is not False
        return None if is_last or start is None else f"{url}&start={start}"

    return next_page


def _full_name(repository: _Repository | _Origin) -> str:
    return f"{repository.project.key}/{repository.slug}"


def _merge(request: _PullRequest) -> str | None:
    properties = request.properties
    return properties.mergeCommit.id if properties and properties.mergeCommit else None


def _page(links: dict[str, list[_Link | None] | None] | None) -> str | None:
    own = (links or {}).get("self") or [None]
    return own[0].href if own[0] else None


def _account(user: _User | None) -> Account:
    names = _names(user)
    if user is None or not names:
        return Account("ghost", is_deleted=True)
    return Account(
        names[0], is_bot=user.type == "SERVICE" if user.type else None, further=names[1:]
    )


def _names(user: _User | None) -> tuple[str, ...]:
    if user is None:
        return ()
    names = (user.name, user.slug, user.displayName, user.emailAddress)
    return tuple(dict.fromkeys(filter(None, names)))


def _is_stale(commit: str | None, head: str | None) -> bool | None:
    return None if commit is None or head is None else commit != head


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
