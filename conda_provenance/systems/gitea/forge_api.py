"""Asks Gitea about a repository. Forgejo began as a copy of it and answers the same.

- ``/commits/{sha}/pull`` finds the pull request whose merge made the commit, and no other. For a
  commit inside of one it answers 404: the branch's own line leads to the merge that brought it.
- Versions without that question answer 404 as well. It is asked about a merge that is known.
- ``head.sha`` is the tip of the branch that the change came from, which may have moved on since.
  The change's own commits end with the one that was merged, the newest first.
- Lists of reviews have no ``Link`` header, only ``X-Total-Count``.
- A review's ``official`` says whether its author may approve; ``stale`` and ``dismissed`` are said
  too.

https://docs.gitea.com/api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from msgspec import Struct

from conda_provenance.api import NextPage, Probe, Reply, TokenVariable, link_to_next
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import (
    Account,
    Change,
    ForgeApi,
    Pointer,
    Repository,
    Review,
    host_of,
    json_of,
    last_words,
    path_of,
    site_of,
)
from conda_provenance.remotes import RemoteUrl
from conda_provenance.systems.gitea.branch_line import BranchLine, LogEntry

_OPINIONS = ("APPROVED", "REQUEST_CHANGES")
_PAGE = 50
_FEW = "stat=false&verification=false&files=false"
"""Leaves out of a commit what takes long to compute."""

_GHOST = -1
_ACTIONS = -2
"""The user that workflows act as (``modules/user/system.go``)."""

_MAX_ASKED = 5
"""Later commits of the branch that are asked about, for one that may have been rebased."""


RUNNERS = TokenVariable("GITHUB_TOKEN", "GITHUB_SERVER_URL", needs_host=True)
"""Their runners set GitHub's names, too. Elsewhere, it is a token of GitHub's."""


class _User(Struct):
    login: str
    id: int | None = None
    full_name: str | None = None
    email: str | None = None


class _Repository(Struct):
    full_name: str
    id: int | None = None
    owner: _User | None = None
    default_branch: str | None = None
    parent: _Repository | None = None
    html_url: str | None = None
    private: bool | None = None
    internal: bool | None = None
    """May everybody who has an account read it?"""


class _Side(Struct):
    ref: str
    sha: str | None = None
    repo_id: int | None = None
    repo: _Repository | None = None


class _Pull(Struct):
    number: int
    base: _Side
    head: _Side | None = None
    html_url: str | None = None
    user: _User | None = None
    merged: bool | None = None
    merged_at: str | None = None
    merged_by: _User | None = None
    merge_commit_sha: str | None = None
    merge_base: str | None = None


class _Review(Struct):
    state: str
    user: _User | None = None
    commit_id: str | None = None
    stale: bool | None = None
    official: bool | None = None
    dismissed: bool | None = None


class _Signature(Struct):
    name: str | None = None
    email: str | None = None


class _GitCommit(Struct):
    author: _Signature | None = None
    committer: _Signature | None = None


class _Commit(Struct):
    sha: str
    commit: _GitCommit | None = None
    author: _User | None = None
    committer: _User | None = None
    parents: list[LogEntry] | None = None


class _Status(Struct):
    context: str
    target_url: str | None = None
    description: str | None = None


class GiteaApi(ForgeApi):
    """Gitea, whoever runs it."""

    vendor = "gitea"
    public_hosts = ("gitea.com",)
    tokens: ClassVar[tuple[TokenVariable, ...]] = (TokenVariable("GITEA_TOKEN"), RUNNERS)
    probes: ClassVar[tuple[str, ...]] = ("/api/v1/version",)

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return {"Authorization": f"token {token}"}

    @classmethod
    def recognises(cls, answer: Probe) -> bool:
        """Forgejo answers with the version of Gitea that it is like, after a plus sign."""
        version = json_of(answer).get("version")
        return answer.status == 200 and isinstance(version, str) and "+gitea-" not in version

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        return f"{site_of(remote, prefix)}/api/v1/repos/{path_of(remote, prefix, count=2)}"

    def repository(self) -> Repository:
        found = self._repository()
        return Repository(
            full_name=found.full_name,
            id=_text(found.id),
            owner_id=_text(found.owner.id) if found.owner else None,
            default_branch=found.default_branch,
            parent=found.parent.full_name if found.parent else None,
            url=found.html_url,
            is_private=None if found.private is None else found.private or bool(found.internal),
        )

    def _repository(self) -> _Repository:
        found = self.door.get(self.url, _Repository)
        assert found is not None
        return found

    def changes(self, sha: str) -> Sequence[Change]:
        made = self._pull_that_made(sha) or self._newest_that_made(sha)
        if made is not None:
            return (self._change(made, self._merged_head(made)),)

        around = self._pull_around(sha)
        return (self._change(around, _head(around)),) if around is not None else ()

    def _pull_that_made(self, sha: str) -> _Pull | None:
        return self.door.get(f"{self.url}/commits/{sha}/pull", _Pull, missing=(404,))

    def _newest_that_made(self, sha: str) -> _Pull | None:
        """The same among the changes that were closed last.

        Raises if this version of the forge never says which change a commit is from.
        """
        url = f"{self.url}/pulls?state=closed&sort=recentupdate&limit={_PAGE}"
        merged = [each for each in self.door.get(url, list[_Pull]) or () if each.merge_commit_sha]
        found = next((each for each in merged if each.merge_commit_sha == sha), None)
        if found is not None or not merged:
            return found

        if self._pull_that_made(merged[0].merge_commit_sha or "") is None:
            raise UnavailableError(
                f"{host_of(self.remote)} is too old to say which change a commit is from."
            )
        return None

    def _pull_around(self, sha: str) -> _Pull | None:
        """The change that the commit is merely inside of, if that is among the newest."""
        branch = self._repository().default_branch
        if not branch:
            return None

        # The newest commits, of all parents. The tip comes first.
        commits = self.door.get(f"{self.url}/commits?limit={_PAGE}&{_FEW}", list[_Commit])
        line = BranchLine(
            (each.sha, [parent.sha for parent in each.parents or ()]) for each in commits or ()
        )
        merge = line.merge_that_brought(sha)
        if merge is not None:
            return self._pull_that_made(merge)

        for later in line.after(sha)[:_MAX_ASKED]:
            pull = self._pull_that_made(later)
            if pull is not None:
                started = pull.merge_base is not None and line.has_before(pull.merge_base, sha)
                return pull if started else None
        return None

    def _merged_head(self, pull: _Pull) -> str | None:
        url = f"{self.url}/pulls/{pull.number}/commits?limit=1&{_FEW}"
        newest = self.door.get(url, list[_Commit], missing=(404,))
        return newest[0].sha if newest else None

    def _change(self, pull: _Pull, head: str | None) -> Change:
        base = pull.base
        is_merged = bool(pull.merged)
        return Change(
            number=str(pull.number),
            url=pull.html_url or "",
            base_repository=base.repo.full_name if base.repo else _text(base.repo_id) or "",
            base_ref=base.ref,
            is_merged=is_merged,
            merged_at=pull.merged_at,
            merge_shas=(pull.merge_commit_sha,) if is_merged and pull.merge_commit_sha else (),
            head_sha=head,
            author=_account(pull.user),
            merged_by=_account(pull.merged_by) if pull.merged_by else None,
        )

    def reviews(self, change: Change) -> Sequence[Review]:
        url = f"{self.url}/pulls/{change.number}/reviews?limit={_PAGE}"
        opinions = [
            _review(each)
            for page in self.door.pages(url, list[_Review], next_page=counting(url))
            for each in page
            if each.state in _OPINIONS
        ]
        return last_words(opinions)

    def commit_authors(self, change: Change) -> Sequence[Account]:
        url = f"{self.url}/pulls/{change.number}/commits?limit={_PAGE}&{_FEW}"
        return tuple(
            person
            for page in self.door.pages(url, list[_Commit], next_page=counting(url))
            for commit in page
            for person in _people(commit)
        )

    def pointers(self, sha: str) -> Sequence[Pointer]:
        url = f"{self.url}/commits/{sha}/statuses?limit={_PAGE}"
        return tuple(
            Pointer(
                app=each.context,
                name=each.context,
                url=each.target_url,
                title=each.description,
                head_sha=sha,
            )
            for page in self.door.pages(url, list[_Status], next_page=counting(url))
            for each in page
        )


def counting(url: str) -> NextPage:
    """The next page by the number of entries there are, or by the ``Link`` header without one.

    A ``Link`` header leads to the address that the server thinks it has. So pages are counted.
    """
    count, page = 0, 1

    def next_page(reply: Reply, body: object) -> str | None:
        nonlocal count, page
        total = reply.headers.get("x-total-count", "")
        length = len(body) if isinstance(body, list) else 0
        count, page = count + length, page + 1
        is_more = count < int(total) if total.isdecimal() else link_to_next(reply, body) is not None
        return f"{url}&page={page}" if is_more and length else None

    return next_page


def _head(pull: _Pull) -> str | None:
    return pull.head.sha if pull.head else None


def _review(review: _Review) -> Review:
    return Review(
        account=_account(review.user),
        approves=review.state == "APPROVED",
        commit=review.commit_id or None,
        is_stale=review.stale,
        is_dismissed=bool(review.dismissed),
        has_right=review.official,
    )


def _account(user: _User | None) -> Account:
    if user is None or user.id == _GHOST:
        return Account("ghost", is_deleted=True)
    return Account(
        user.login,
        is_bot=True if user.id == _ACTIONS else None,
        further=tuple(filter(None, (user.full_name, user.email))),
    )


def _people(commit: _Commit) -> Iterator[Account]:
    git = commit.commit
    for user, signature in (
        (commit.author, git.author if git else None),
        (commit.committer, git.committer if git else None),
    ):
        names = (signature.name, signature.email) if signature else ()
        further = tuple(filter(None, names))
        if user is not None and user.login:
            known = _account(user)
            yield known._replace(further=(*known.further, *further))
        elif further:
            yield Account(further[0], further=further)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
