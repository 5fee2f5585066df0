"""Asks GitLab about a project.

- ``/commits/{sha}/merge_requests`` gives merge requests in any state, and those that the commit is
  merely inside of.
- A merge by fast-forward makes no commit: what landed is the head of the source branch.
- Approvals have no commit, so nobody can tell whether they are stale. Withdrawn ones vanish.
- Authors may approve their own merge requests by default.
- Who may approve is not said. Developers may, and so may an author or assignee of lower rank
  (``app/policies/merge_request_policy.rb``), so the rank of each approver is asked for.

https://docs.gitlab.com/api/merge_requests/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

from msgspec import Struct

from conda_provenance.api import Probe, TokenVariable
from conda_provenance.forge_api import (
    Account,
    Change,
    ForgeApi,
    Pointer,
    Repository,
    Review,
    path_of,
    site_of,
)
from conda_provenance.remotes import RemoteUrl

_DEVELOPER = 30
"""The access level of developers. https://docs.gitlab.com/api/access_requests/"""

_MAX_APPROVERS = 20
"""Whose rank is asked for."""

_BOT = re.compile(r"(?:project|group)_\d+_bot(?:\d*|_[0-9a-f]+)\Z|service_account_")
"""https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects"""

_GHOST = re.compile(r"ghost\d*\Z")
"""Stands for users that were deleted."""

_JOB_TOKEN = ("glcbt-", "eyJ")


class _User(Struct):
    username: str
    name: str | None = None
    id: int | None = None


class _Namespace(Struct):
    id: int | None = None


class _Parent(Struct):
    path_with_namespace: str | None = None


class _Project(Struct):
    id: int
    path_with_namespace: str
    default_branch: str | None = None
    web_url: str | None = None
    namespace: _Namespace | None = None
    forked_from_project: _Parent | None = None
    visibility: str | None = None
    repository_access_level: str | None = None
    merge_requests_access_level: str | None = None
    builds_access_level: str | None = None
    public_jobs: bool | None = None


class _MergeRequest(Struct):
    iid: int
    state: str
    target_branch: str
    target_project_id: int
    web_url: str | None = None
    merged_at: str | None = None
    sha: str | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    author: _User | None = None
    merge_user: _User | None = None
    merged_by: _User | None = None


class _Approval(Struct):
    user: _User | None = None


class _Approvals(Struct):
    approved_by: list[_Approval]


class _Member(Struct):
    access_level: int


class _Commit(Struct):
    author_name: str | None = None
    author_email: str | None = None
    committer_name: str | None = None
    committer_email: str | None = None


class _Status(Struct):
    name: str
    target_url: str | None = None
    sha: str | None = None
    description: str | None = None
    id: int | None = None


class GitLabApi(ForgeApi):
    """GitLab, whoever runs it."""

    vendor = "gitlab"
    change_word = "merge request"
    public_hosts = ("gitlab.com",)
    tokens = (
        TokenVariable("GITLAB_TOKEN"),
        TokenVariable("GITLAB_PRIVATE_TOKEN"),
        TokenVariable("CI_JOB_TOKEN", "CI_SERVER_URL"),
    )
    probes = ("/api/v4/version",)

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        if token.startswith(_JOB_TOKEN):
            return {"JOB-TOKEN": token}
        return {"Authorization": f"Bearer {token}"}

    @classmethod
    def recognises(cls, answer: Probe) -> bool:
        """Every answer has this header. Without a login, this one is 401."""
        return '"correlation_id"' in answer.headers.get("x-gitlab-meta", "")

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        path = quote(unquote(path_of(remote, prefix)), safe="")
        return f"{site_of(remote, prefix)}/api/v4/projects/{path}"

    def repository(self) -> Repository:
        project = self.door.get(self.url, _Project)
        assert project is not None
        parent = project.forked_from_project
        return Repository(
            full_name=project.path_with_namespace,
            id=str(project.id),
            owner_id=_text(project.namespace.id) if project.namespace else None,
            default_branch=project.default_branch,
            parent=parent.path_with_namespace if parent else None,
            url=project.web_url,
            is_private=_is_private(project),
        )

    def changes(self, sha: str) -> Sequence[Change]:
        url = f"{self.url}/repository/commits/{sha}/merge_requests?per_page=100"
        pages = self.door.pages(url, list[_MergeRequest])
        return tuple(_change(each) for page in pages for each in page)

    def reviews(self, change: Change) -> Sequence[Review]:
        url = f"{self.url}/merge_requests/{change.number}/approvals"
        found = self.door.get(url, _Approvals)
        assert found is not None
        return tuple(
            self._review(each.user, asks=number < _MAX_APPROVERS)
            for number, each in enumerate(found.approved_by)
        )

    def _review(self, user: _User | None, *, asks: bool) -> Review:
        return Review(
            account=_account(user),
            approves=True,
            has_right=self._is_developer(user) if user and asks else None,
        )

    def _is_developer(self, user: _User) -> bool | None:
        """``None``: who belongs to the project is not told to everybody."""
        if user.id is None:
            return None
        # 404 is both "no member" and "not for you".
        url = f"{self.url}/members/all/{user.id}"
        member = self.door.get(url, _Member, missing=(401, 403, 404))
        return None if member is None else member.access_level >= _DEVELOPER

    def commit_authors(self, change: Change) -> Sequence[Account]:
        url = f"{self.url}/merge_requests/{change.number}/commits?per_page=100"
        authors: list[Account] = []
        for page in self.door.pages(url, list[_Commit]):
            for commit in page:
                authors += _named(commit.author_name, commit.author_email)
                authors += _named(commit.committer_name, commit.committer_email)
        return tuple(authors)

    def pointers(self, sha: str) -> Sequence[Pointer]:
        url = f"{self.url}/repository/commits/{sha}/statuses?all=true&per_page=100"
        return tuple(
            Pointer(
                app=each.name,
                name=each.name,
                url=each.target_url,
                external_id=_text(each.id),
                title=each.description,
                head_sha=each.sha,
            )
            for page in self.door.pages(url, list[_Status])
            for each in page
        )


def _is_private(project: _Project) -> bool | None:
    """A public project may keep its code, its merge requests or its jobs to its members."""
    if project.visibility is None:
        return None

    levels = (
        project.repository_access_level,
        project.merge_requests_access_level,
        project.builds_access_level,
    )
    return project.visibility != "public" or "private" in levels or project.public_jobs is False


def _change(request: _MergeRequest) -> Change:
    is_merged = request.state == "merged"
    made = [sha for sha in (request.merge_commit_sha, request.squash_commit_sha) if sha]
    if is_merged and not made and request.sha:
        made = [request.sha]

    merger = request.merge_user or request.merged_by
    return Change(
        number=str(request.iid),
        url=request.web_url or "",
        base_repository=str(request.target_project_id),
        base_ref=request.target_branch,
        is_merged=is_merged,
        merged_at=request.merged_at,
        merge_shas=tuple(made) if is_merged else (),
        head_sha=request.sha,
        author=_account(request.author),
        merged_by=_account(merger) if merger else None,
    )


def _account(user: _User | None) -> Account:
    if user is None or _GHOST.match(user.username):
        return Account("ghost", is_deleted=True)
    return Account(
        user.username,
        is_bot=True if _BOT.match(user.username) else None,
        further=(user.name,) if user.name else (),
    )


def _named(name: str | None, email: str | None) -> Sequence[Account]:
    names = tuple(filter(None, (name, email)))
    return (Account(names[0], further=names),) if names else ()


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
