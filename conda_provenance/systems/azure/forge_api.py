"""Asks Azure Repos about a repository, at Azure DevOps and at servers of one's own.

- ``lastMergeCommit`` is set on open pull requests too, for a test merge. ``completed`` says merged.
- A vote has no commit, and readers may vote. Groups vote through their members.
- Without a login, most questions are answered by a page with status 203, or led to one.

https://learn.microsoft.com/rest/api/azure/devops/git/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from msgspec import Struct

from conda_provenance.api import NextPage, Reply, TokenVariable
from conda_provenance.forge_api import (
    Account,
    Change,
    ForgeApi,
    Pointer,
    Repository,
    Review,
    no_repository,
    path_of,
    site_of,
)
from conda_provenance.remotes import RemoteUrl

_VERSION = "api-version=7.1"
_GIT = "_git"
_HEADS = "refs/heads/"
_ALL = "defaultcollection"
_SERVICES = ("svc.", "aadsp.")
"""How the descriptors of services begin, such as that of builds."""

_JWT = "eyJ"
"""How the token of a pipeline begins. Personal ones are not such."""


class _Identity(Struct):
    id: str | None = None
    displayName: str | None = None  # noqa: N815 - as the API writes it
    uniqueName: str | None = None  # noqa: N815
    descriptor: str | None = None


class _Reviewer(_Identity):
    vote: int | None = None
    isContainer: bool | None = None  # noqa: N815


class _Project(Struct):
    id: str | None = None
    name: str | None = None
    visibility: str | None = None


class _Parent(Struct):
    name: str | None = None
    project: _Project | None = None


class _Repository(Struct):
    id: str
    name: str | None = None
    project: _Project | None = None
    defaultBranch: str | None = None  # noqa: N815
    parentRepository: _Parent | None = None  # noqa: N815
    webUrl: str | None = None  # noqa: N815


class _CommitRef(Struct):
    commitId: str | None = None  # noqa: N815


class _PullRequest(Struct):
    pullRequestId: int  # noqa: N815
    status: str | None = None
    targetRefName: str | None = None  # noqa: N815
    repository: _Repository | None = None
    createdBy: _Identity | None = None  # noqa: N815
    closedBy: _Identity | None = None  # noqa: N815
    closedDate: str | None = None  # noqa: N815
    lastMergeCommit: _CommitRef | None = None  # noqa: N815
    lastMergeSourceCommit: _CommitRef | None = None  # noqa: N815


class _Query(Struct):
    results: list[dict[str, list[_PullRequest]]]


class _Reviewers(Struct):
    value: list[_Reviewer]


class _Signature(Struct):
    name: str | None = None
    email: str | None = None


class _Commit(Struct):
    author: _Signature | None = None
    committer: _Signature | None = None


class _Commits(Struct):
    value: list[_Commit]


class _Context(Struct):
    name: str | None = None
    genre: str | None = None


class _Status(Struct):
    context: _Context | None = None
    targetUrl: str | None = None  # noqa: N815
    description: str | None = None


class _Statuses(Struct):
    value: list[_Status]


class AzureReposApi(ForgeApi):
    """Azure Repos, whoever runs it."""

    vendor = "azure"
    public_hosts = ("dev.azure.com",)
    tokens = (
        TokenVariable("AZURE_DEVOPS_EXT_PAT"),
        TokenVariable("SYSTEM_ACCESSTOKEN", "SYSTEM_COLLECTIONURI"),
    )

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        if token.startswith(_JWT):
            return {"Authorization": f"Bearer {token}"}
        return {"Authorization": "Basic " + base64.b64encode(f":{token}".encode()).decode()}

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        segments = path_of(remote, prefix).split("/")
        if segments.count(_GIT) != 1 or segments[-2:-1] != [_GIT]:
            raise no_repository(remote)

        before, name = segments[:-2], segments[-1]
        collection = _collection(remote, before)
        project = before[len(collection) :] or [name]
        if len(project) > 1:
            raise no_repository(remote)
        top = "/".join([site_of(remote, prefix), *collection, *project])
        return f"{top}/_apis/git/repositories/{name}"

    def repository(self) -> Repository:
        found = self.door.get(f"{self.url}?{_VERSION}", _Repository)
        assert found is not None
        parent = found.parentRepository
        return Repository(
            full_name=_full_name(found.project, found.name),
            id=found.id,
            owner_id=found.project.id if found.project else None,
            default_branch=_short(found.defaultBranch),
            parent=_full_name(parent.project, parent.name) if parent else None,
            url=found.webUrl,
            is_private=_is_private(found.project),
        )

    def changes(self, sha: str) -> Sequence[Change]:
        kinds = ("lastMergeCommit", "commit")
        queries = [{"type": kind, "items": [sha]} for kind in kinds]
        found = self.door.post(
            f"{self.url}/pullrequestquery?{_VERSION}", {"queries": queries}, _Query
        )
        listed = [each for result in found.results for each in result.get(sha, ())]
        # One may be the answer to both questions.
        by_number = {each.pullRequestId: each for each in listed}
        return tuple(_change(each, self.remote) for each in by_number.values())

    def reviews(self, change: Change) -> Sequence[Review]:
        url = f"{self.url}/pullRequests/{change.number}/reviewers?{_VERSION}"
        found = self.door.get(url, _Reviewers)
        assert found is not None
        return tuple(
            Review(_account(each), approves=each.vote > 0)
            for each in found.value
            if each.vote and not each.isContainer
        )

    def commit_authors(self, change: Change) -> Sequence[Account]:
        url = f"{self.url}/pullRequests/{change.number}/commits?{_VERSION}"
        return tuple(
            Account(names[0], further=names)
            for page in self.door.pages(url, _Commits, next_page=continuing(url))
            for commit in page.value
            for signature in (commit.author, commit.committer)
            if signature and (names := tuple(filter(None, (signature.name, signature.email))))
        )

    def pointers(self, sha: str) -> Sequence[Pointer]:
        url = f"{self.url}/commits/{sha}/statuses?{_VERSION}"
        pages = self.door.pages(url, _Statuses, next_page=continuing(url))
        return tuple(_pointer(each, sha) for page in pages for each in page.value)


def _is_private(project: _Project | None) -> bool | None:
    """A repository is as visible as its project."""
    if project is None or project.visibility is None:
        return None
    return project.visibility != "public"


def _collection(remote: RemoteUrl, before: Sequence[str]) -> Sequence[str]:
    """The segments that name the organisation or collection. The project's name follows.

    It is left out if the repository is called the same. Then the collection's own is the last.
    """
    if remote.host.endswith(".visualstudio.com"):
        return before[:1] if before and before[0].lower() == _ALL else ()
    if not before:
        raise no_repository(remote)
    # Servers called TFS had their collections below this.
    return before[:2] if before[0].lower() == "tfs" else before[:1]


def continuing(url: str) -> NextPage:
    """The next page by the token in a header."""

    def next_page(reply: Reply, _: object) -> str | None:
        token = reply.headers.get("x-ms-continuationtoken", "")
        return f"{url}&continuationToken={token}" if token else None

    return next_page


def _change(request: _PullRequest, remote: RemoteUrl) -> Change:
    is_merged = request.status == "completed"
    merge = _sha(request.lastMergeCommit)
    return Change(
        number=str(request.pullRequestId),
        url=f"{remote}/pullrequest/{request.pullRequestId}",
        base_repository=request.repository.id if request.repository else "",
        base_ref=_short(request.targetRefName) or "",
        is_merged=is_merged,
        merged_at=request.closedDate if is_merged else None,
        merge_shas=(merge,) if is_merged and merge else (),
        head_sha=_sha(request.lastMergeSourceCommit),
        author=_account(request.createdBy),
        merged_by=_account(request.closedBy) if is_merged and request.closedBy else None,
    )


def _pointer(status: _Status, sha: str) -> Pointer:
    context = status.context or _Context()
    name = "/".join(filter(None, (context.genre, context.name)))
    return Pointer(name, name, status.targetUrl, title=status.description, head_sha=sha)


def _sha(commit: _CommitRef | None) -> str | None:
    return commit.commitId if commit else None


def _short(ref: str | None) -> str | None:
    return ref.removeprefix(_HEADS) if ref else None


def _full_name(project: _Project | None, name: str | None) -> str:
    return "/".join(filter(None, (project.name if project else None, name)))


def _account(identity: _Identity | None) -> Account:
    if identity is None:
        return Account("ghost", is_deleted=True)

    names = (identity.uniqueName, identity.displayName, identity.id)
    known = tuple(dict.fromkeys(filter(None, names)))
    if not known:
        return Account("ghost", is_deleted=True)
    is_service = (identity.descriptor or "").startswith(_SERVICES)
    return Account(known[0], is_bot=True if is_service else None, further=known[1:])
