"""Asks GitHub, GitHub Enterprise Server and ghe.com about a repository.

- ``/commits/{sha}/pulls`` of a fork answers with the pull request of the repository that it was
  forked from. The base repository tells them apart.
- ``merge_commit_sha`` of an open pull request is a test merge. Only ``merged_at`` says "merged".
- After a merge by rebase it is the last of the new commits.
- A review's ``commit_id`` is null once that commit is gone, and ``user`` once the account is.
- Anybody may approve a public pull request. ``author_association`` says who belongs here. Members
  whose membership is private look like contributors (actions/github-script#643).

https://docs.github.com/en/rest
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from msgspec import Struct

from conda_provenance.api import Probe, TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import (
    Account,
    Attestation,
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
from conda_provenance.systems.github import attestations

_PUBLIC = "github.com"
_RESIDENCY = ".ghe.com"
"""Companies' GitHub in a region of their choice. https://docs.github.com/en/enterprise-cloud@latest/
admin/data-residency"""

_MAY_APPROVE = {"OWNER": True, "MEMBER": True, "COLLABORATOR": True, "CONTRIBUTOR": None}
"""Anybody else may not."""

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_OPINIONS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
"""The states that replace what somebody said before. A comment does not."""

_MAX_COMMITS = 250
"""Commits of a pull request that GitHub lists, however many there are.
https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request"""

_WEB = "web-flow"
"""GitHub itself, as the committer of what was done on its pages."""


class _User(Struct):
    login: str | None = None
    """A commit's author may be an object without anything in it."""
    type: str | None = None
    id: int | None = None


class _Repository(Struct):
    full_name: str
    id: int | None = None
    owner: _User | None = None
    default_branch: str | None = None
    parent: _Repository | None = None
    html_url: str | None = None
    private: bool | None = None
    """True of those, too, that a whole enterprise may read."""


class _Side(Struct):
    ref: str
    sha: str
    repo: _Repository | None = None


class _Pull(Struct):
    number: int
    base: _Side
    head: _Side
    html_url: str | None = None
    user: _User | None = None
    merged_at: str | None = None
    merged_by: _User | None = None
    merge_commit_sha: str | None = None


class _Review(Struct):
    state: str
    user: _User | None = None
    commit_id: str | None = None
    author_association: str | None = None


class _Signature(Struct):
    name: str | None = None
    email: str | None = None


class _GitCommit(Struct):
    author: _Signature | None = None
    committer: _Signature | None = None


class _Commit(Struct):
    commit: _GitCommit
    author: _User | None = None
    committer: _User | None = None


class _App(Struct):
    slug: str | None = None


class _Output(Struct):
    title: str | None = None


class _CheckRun(Struct):
    name: str
    app: _App | None = None
    external_id: str | None = None
    details_url: str | None = None
    html_url: str | None = None
    head_sha: str | None = None
    output: _Output | None = None


class _CheckRuns(Struct):
    check_runs: list[_CheckRun]


class _Status(Struct):
    context: str
    target_url: str | None = None
    description: str | None = None


class _Statuses(Struct):
    statuses: list[_Status]
    sha: str | None = None


class GitHubApi(ForgeApi):
    """GitHub, whoever runs it."""

    vendor = "github"
    public_hosts = ("api.github.com",)
    tokens = (
        TokenVariable("GH_TOKEN"),
        TokenVariable("GITHUB_TOKEN", "GITHUB_SERVER_URL"),
        # https://cli.github.com/manual/gh_help_environment
        TokenVariable("GH_ENTERPRISE_TOKEN", "GH_HOST", needs_host=True),
        TokenVariable("GITHUB_ENTERPRISE_TOKEN", "GH_HOST", needs_host=True),
    )
    headers: ClassVar[Mapping[str, str]] = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    is_serial = True
    without_token = "GitHub answers 60 questions an hour, about 8 packages. Set GH_TOKEN."  # noqa: S105

    probes = ("/api/v3/meta",)

    @classmethod
    def recognises(cls, answer: Probe) -> bool:
        """Enterprise Server says its version, even where it wants a login first."""
        is_named = "x-github-enterprise-version" in answer.headers
        return is_named or (answer.status == 200 and "installed_version" in json_of(answer))

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        name = path_of(remote, prefix, count=2)
        if remote.host == _PUBLIC:
            return f"https://api.{_PUBLIC}/repos/{name}"
        if remote.host.endswith(_RESIDENCY):
            return f"https://api.{remote.host}/repos/{name}"
        return f"{site_of(remote, prefix)}/api/v3/repos/{name}"

    def repository(self) -> Repository:
        found = self.door.get(self.url, _Repository)
        assert found is not None
        return Repository(
            full_name=found.full_name,
            id=_text(found.id),
            owner_id=_text(found.owner.id) if found.owner else None,
            default_branch=found.default_branch,
            parent=found.parent.full_name if found.parent else None,
            url=found.html_url,
            is_private=found.private,
        )

    def changes(self, sha: str) -> Sequence[Change]:
        # 422: there is no such commit. 404: there is no such repository.
        url = f"{self.url}/commits/{sha}/pulls?per_page=100"
        pages = self.door.pages(url, list[_Pull], missing=(422,))
        return tuple(self._change(pull, sha) for page in pages for pull in page)

    def _change(self, pull: _Pull, sha: str) -> Change:
        if pull.merged_at and pull.merge_commit_sha == sha:
            # The list does not say who merged.
            pull = self.door.get(self._pull_url(pull), _Pull, missing=(404,)) or pull

        return Change(
            number=str(pull.number),
            url=pull.html_url or "",
            base_repository=_full_name(pull),
            base_ref=pull.base.ref,
            is_merged=pull.merged_at is not None,
            merged_at=pull.merged_at,
            merge_shas=(pull.merge_commit_sha,) if pull.merge_commit_sha else (),
            head_sha=pull.head.sha,
            author=_account(pull.user),
            merged_by=_account(pull.merged_by) if pull.merged_by else None,
        )

    def _pull_url(self, pull: _Pull) -> str:
        """Of a fork's commit, the pull request may be another repository's."""
        return self._change_url(_full_name(pull), str(pull.number))

    def _change_url(self, repository: str, number: str) -> str:
        top = self.url.rpartition("/repos/")[0]
        is_name = _NAME.fullmatch(repository) and ".." not in repository
        place = f"{top}/repos/{repository}" if is_name else self.url
        return f"{place}/pulls/{number}"

    def reviews(self, change: Change) -> Sequence[Review]:
        url = f"{self._change_url(change.base_repository, change.number)}/reviews?per_page=100"
        pages = self.door.pages(url, list[_Review])
        opinions = [
            _review(each, change.head_sha)
            for page in pages
            for each in page
            if each.state in _OPINIONS
        ]
        return last_words(opinions)

    def commit_authors(self, change: Change) -> Sequence[Account]:
        url = f"{self._change_url(change.base_repository, change.number)}/commits?per_page=100"
        commits = [each for page in self.door.pages(url, list[_Commit]) for each in page]
        if len(commits) >= _MAX_COMMITS:
            raise UnavailableError(
                f"{host_of(self.remote)} lists {_MAX_COMMITS} commits of a pull request and no "
                "more: who wrote the others is not told."
            )
        return tuple(person for commit in commits for person in _people(commit))

    def pointers(self, sha: str) -> Sequence[Pointer]:
        return (*self._check_runs(sha), *self._statuses(sha))

    def _check_runs(self, sha: str) -> Iterator[Pointer]:
        # By default, runs that were started again hide the earlier ones.
        url = f"{self.url}/commits/{sha}/check-runs?filter=all&per_page=100"
        for page in self.door.pages(url, _CheckRuns, missing=(422,)):
            for each in page.check_runs:
                yield Pointer(
                    app=each.app.slug or "" if each.app else "",
                    name=each.name,
                    url=each.details_url or each.html_url,
                    external_id=each.external_id,
                    title=each.output.title if each.output else None,
                    head_sha=each.head_sha,
                    is_by_app=each.app is not None,
                )

    def _statuses(self, sha: str) -> Iterator[Pointer]:
        url = f"{self.url}/commits/{sha}/status?per_page=100"
        for page in self.door.pages(url, _Statuses, missing=(422,)):
            for each in page.statuses:
                yield Pointer(
                    app=each.context,
                    name=each.context,
                    url=each.target_url,
                    title=each.description,
                    head_sha=page.sha,
                )

    def attestations(self, sha256: str) -> Sequence[Attestation]:
        if not self.url.startswith("https://api."):
            raise NotImplementedError  # GitHub Enterprise Server has none.
        return attestations.listed(self.door, f"{self.url}/attestations/sha256:{sha256}")

    def bundle(self, attestation: Attestation) -> bytes:
        return attestations.bundle(self.door, attestation)


def _full_name(pull: _Pull) -> str:
    return pull.base.repo.full_name if pull.base.repo else ""


def _review(review: _Review, head: str | None) -> Review:
    commit = review.commit_id or None
    return Review(
        account=_account(review.user),
        approves=review.state == "APPROVED",
        commit=commit,
        is_stale=None if commit is None or head is None else commit != head,
        is_dismissed=review.state == "DISMISSED",
        has_right=_MAY_APPROVE.get(review.author_association or "", False),
    )


def _account(user: _User | None) -> Account:
    if user is None or not user.login:
        return Account("ghost", is_deleted=True)
    return Account(
        user.login,
        is_bot=user.type == "Bot" or user.login.endswith("[bot]"),
        further=(f"{user.id}+{user.login}@users.noreply.github.com",) if user.id else (),
    )


def _people(commit: _Commit) -> Iterator[Account]:
    for user, signature in (
        (commit.author, commit.commit.author),
        (commit.committer, commit.commit.committer),
    ):
        if user is not None and user.login == _WEB:
            continue

        names = (signature.name, signature.email) if signature else ()
        further = tuple(filter(None, names))
        if user is not None and user.login:
            known = _account(user)
            yield known._replace(further=(*known.further, *further))
        elif further:
            yield Account(further[0], further=further)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
