"""Bitbucket Cloud and Bitbucket Data Center on loopback, with the shapes of their REST APIs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forge_model import GONE, ForgeChange, Opinion, Person
from forge_server import Answer, Asked, ForgeServer

_REPO = r"/2.0/repositories/(?P<owner>[^/]+)/(?P<name>[^/]+)"
_HIDDEN = 12


class BitbucketServer(ForgeServer):
    """The Cloud."""

    vendor = "bitbucket"
    public = "https://api.bitbucket.org"
    top = "/2.0"
    routes = (
        ("GET", _REPO, "repository"),
        ("GET", rf"{_REPO}/commit/(?P<sha>\w+)", "commit"),
        ("GET", rf"{_REPO}/commit/(?P<sha>\w+)/pullrequests", "requests_of"),
        ("GET", rf"{_REPO}/commit/(?P<sha>\w+)/statuses", "statuses"),
        ("GET", rf"{_REPO}/pullrequests", "requests"),
        ("GET", rf"{_REPO}/pullrequests/(?P<number>\d+)", "request"),
        ("GET", rf"{_REPO}/pullrequests/(?P<number>\d+)/commits", "commits"),
    )
    finds_merges = False
    """Is a pull request found by the commit that merging it made?"""
    has_links = True
    """Is the app installed that connects commits with pull requests?"""
    is_indexed = True

    @property
    def web(self) -> str:
        return f"https://bitbucket.org/{self.model.full_name}"

    def unknown(self) -> Answer:
        return Answer({"type": "error", "error": {"message": "Resource not found"}}, 404)

    def listed(self, asked: Asked, items: Sequence[Any]) -> Answer:
        size = min(int(asked.query.get("pagelen", "10")), self.size)
        number = int(asked.query.get("page", "1"))
        page = {
            "pagelen": size,
            "page": number,
            "values": list(items[(number - 1) * size : number * size]),
        }
        if number * size < len(items):
            query = {**asked.query, "page": str(number + 1)}
            text = "&".join(f"{key}={value}" for key, value in query.items())
            page["next"] = f"{self.site}{asked.path}?{text}"
        return Answer(page)

    def repository(self, _: Asked, owner: str, name: str) -> Answer:
        model = self.model
        if f"{owner}/{name}" != model.full_name:
            return self.unknown()
        return Answer({**self._repository(), "mainbranch": {"name": "main", "type": "branch"}})

    def _repository(self) -> dict[str, Any]:
        model = self.model
        return {
            "type": "repository",
            "full_name": model.full_name,
            "uuid": f"{{repository-{model.id}}}",
            "name": model.name,
            "is_private": model.is_private,
            "parent": None,
            "owner": {"type": "team", "uuid": "{team}", "display_name": model.owner},
            "links": {"html": {"href": self.web}},
        }

    def commit(self, _: Asked, owner: str, name: str, sha: str) -> Answer:
        if not self.model.has_commit(sha):
            return self.unknown()
        return Answer(self._commit(sha, "bob"))

    def _commit(self, sha: str, login: str) -> dict[str, Any]:
        person = Person(login)
        when = self.model.history.git("show", "-s", "--format=%cI", sha)
        return {
            "type": "commit",
            "hash": sha,
            "date": when,
            "author": {
                "type": "author",
                "raw": f"{person.name} <{person.email}>",
                "user": _user(login),
            },
            "parents": [{"hash": each, "type": "commit"} for each in self.model.parents(sha)],
        }

    def requests_of(self, asked: Asked, owner: str, name: str, sha: str) -> Answer:
        if not self.has_links:
            return self.unknown()
        if not self.is_indexed:
            return Answer({}, 202)
        found = [
            each
            for each in self.model.changes
            if sha in each.commits or (self.finds_merges and sha == each.merge)
        ]
        return self.listed(asked, [self._request(each, short=True) for each in found])

    def requests(self, asked: Asked, owner: str, name: str) -> Answer:
        assert asked.query["state"] == "MERGED"
        found = [each for each in self.model.changes if each.is_merged]
        return self.listed(asked, [self._request(each, short=True) for each in reversed(found)])

    def request(self, _: Asked, owner: str, name: str, number: str) -> Answer:
        change = self.model.change(int(number))
        return Answer(self._request(change)) if change else self.unknown()

    def _request(self, change: ForgeChange, *, short: bool = False) -> dict[str, Any]:
        state = "MERGED" if change.is_merged else "OPEN" if change.is_open else "DECLINED"
        base: dict[str, Any] = {**self._repository()}
        if change.base_repository:
            base = {"type": "repository", "full_name": change.base_repository, "uuid": "{x}"}
        merge = change.landed[-1][:_HIDDEN] if change.landed else None
        request = {
            "type": "pullrequest",
            "id": change.number,
            "title": "A change",
            "state": state,
            "author": _user(change.author),
            "closed_by": _user(change.merged_by) if change.is_merged else None,
            "created_on": "2025-10-01T00:00:00.000000+00:00",
            "updated_on": "2026-01-02T03:04:05.000000+00:00",
            "merge_commit": {"type": "commit", "hash": merge} if merge else None,
            "source": {
                "branch": {"name": change.branch},
                "commit": {"type": "commit", "hash": change.head[:_HIDDEN]},
                "repository": None,
            },
            "destination": {
                "branch": {"name": change.base},
                "commit": {"type": "commit", "hash": "0" * _HIDDEN},
                "repository": base,
            },
            "links": {"html": {"href": f"{self.web}/pull-requests/{change.number}"}},
        }
        if not short:
            request["participants"] = [_participant(each) for each in change.last_said()]
            request["reviewers"] = []
        return request

    def commits(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        change = self.model.change(int(number))
        assert change is not None
        authors = change.authors or (change.author,)
        listed = [
            self._commit(sha, authors[min(index, len(authors) - 1)])
            for index, sha in enumerate(change.commits)
        ]
        return self.listed(asked, listed[::-1])

    def statuses(self, asked: Asked, owner: str, name: str, sha: str) -> Answer:
        listed = [
            {"type": "build", "state": "SUCCESSFUL", "description": None, **each}
            for each in self.model.statuses.get("statuses", ())
        ]
        return self.listed(asked, listed)


def _user(login: str, *, is_bot: bool = False) -> dict[str, Any] | None:
    if login == GONE:
        return None
    person = Person(login)
    return {
        "type": "app_user" if is_bot else "user",
        "uuid": f"{{{person.id}}}",
        "nickname": login,
        "display_name": person.name,
        "account_id": f"557058:{person.id}",
    }


def _participant(said: Opinion) -> dict[str, Any]:
    states = {"approved": "approved", "changes": "changes_requested"}
    return {
        "type": "participant",
        "user": _user(said.login, is_bot=said.is_bot),
        "role": "REVIEWER",
        "approved": said.state == "approved",
        "state": states.get(said.state),
        "participated_on": "2026-01-01T00:00:00.000000+00:00",
    }


_PROJECT = r"/rest/api/1.0/projects/(?P<key>[^/]+)/repos/(?P<name>[^/]+)"


class DataCenterServer(ForgeServer):
    vendor = "bitbucket"
    top = "/rest"
    routes = (
        ("GET", "/rest/api/1.0/application-properties", "properties"),
        ("GET", _PROJECT, "repository"),
        ("GET", rf"{_PROJECT}/branches/default", "default"),
        ("GET", rf"{_PROJECT}/commits/(?P<sha>\w+)", "commit"),
        ("GET", rf"{_PROJECT}/commits/(?P<sha>\w+)/pull-requests", "requests_of"),
        ("GET", rf"{_PROJECT}/pull-requests", "requests"),
        ("GET", rf"{_PROJECT}/pull-requests/(?P<number>\d+)", "request"),
        ("GET", rf"{_PROJECT}/pull-requests/(?P<number>\d+)/commits", "commits"),
        ("GET", rf"{_PROJECT}/pull-requests/(?P<number>\d+)/activities", "activities"),
        ("GET", r"/rest/build-status/1.0/commits/(?P<sha>\w+)", "statuses"),
    )
    finds_merges = False

    @property
    def web(self) -> str:
        return f"http://{self.host}{self.prefix}/scm/{self.model.full_name}"

    def unknown(self) -> Answer:
        return Answer({"errors": [{"context": None, "message": "It does not exist."}]}, 404)

    def properties(self, _: Asked) -> Answer:
        return Answer({"version": "9.4.3", "buildNumber": "9004003", "displayName": "Bitbucket"})

    def listed(self, asked: Asked, items: Sequence[Any]) -> Answer:
        size = min(int(asked.query.get("limit", "25")), self.size)
        start = int(asked.query.get("start", "0"))
        is_last = start + size >= len(items)
        return Answer(
            {
                "size": len(items[start : start + size]),
                "limit": size,
                "start": start,
                "isLastPage": is_last,
                "nextPageStart": None if is_last else start + size,
                "values": list(items[start : start + size]),
            }
        )

    def _repository(self) -> dict[str, Any]:
        model = self.model
        return {
            "slug": model.name,
            "id": model.id,
            "name": model.name,
            "scmId": "git",
            "state": "AVAILABLE",
            "public": not model.is_private,
            "project": {"key": model.owner, "id": model.owner_id, "type": "NORMAL"},
        }

    def repository(self, _: Asked, key: str, name: str) -> Answer:
        is_here = f"{key}/{name}" == self.model.full_name
        return Answer(self._repository()) if is_here else self.unknown()

    def default(self, *_: Any, **__: Any) -> Answer:
        return Answer({"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"})

    def commit(self, _: Asked, key: str, name: str, sha: str) -> Answer:
        if not self.model.has_commit(sha):
            return self.unknown()
        parents = [{"id": each, "displayId": each[:11]} for each in self.model.parents(sha)]
        return Answer({"id": sha, "displayId": sha[:11], "parents": parents, "message": "x"})

    def requests_of(self, asked: Asked, key: str, name: str, sha: str) -> Answer:
        found = [
            each
            for each in self.model.changes
            if sha in each.commits or (self.finds_merges and sha == each.merge)
        ]
        return self.listed(asked, [self._request(each) for each in found])

    def requests(self, asked: Asked, key: str, name: str) -> Answer:
        found = [each for each in self.model.changes if each.is_merged]
        return self.listed(asked, [self._request(each) for each in reversed(found)])

    def request(self, _: Asked, key: str, name: str, number: str) -> Answer:
        change = self.model.change(int(number))
        return Answer(self._request(change)) if change else self.unknown()

    def _request(self, change: ForgeChange) -> dict[str, Any]:
        state = "MERGED" if change.is_merged else "OPEN" if change.is_open else "DECLINED"
        base = self._repository()
        if change.base_repository:
            owner, _, name = change.base_repository.partition("/")
            base = {"slug": name, "id": 1, "project": {"key": owner}}
        request: dict[str, Any] = {
            "id": change.number,
            "version": 3,
            "title": "A change",
            "state": state,
            "open": change.is_open,
            "closed": not change.is_open,
            "createdDate": 1767225600000,
            "updatedDate": 1767323045000,
            "fromRef": {
                "id": f"refs/heads/{change.branch}",
                "displayId": change.branch,
                "latestCommit": change.head,
                "repository": self._repository(),
            },
            "toRef": {
                "id": f"refs/heads/{change.base}",
                "displayId": change.base,
                "latestCommit": self.model.history["tip"],
                "repository": base,
            },
            "author": {
                "user": _member(change.author),
                "role": "AUTHOR",
                "approved": False,
                "status": "UNAPPROVED",
            },
            "reviewers": [_reviewer(each, change) for each in change.last_said()],
            "participants": [],
            "properties": {"mergeResult": {"current": True, "outcome": "CLEAN"}},
            "links": {"self": [{"href": f"{self.site}/pull-requests/{change.number}"}]},
        }
        if change.landed:
            merge = change.landed[-1]
            request["closedDate"] = 1767323045000
            request["properties"] = {"mergeCommit": {"id": merge, "displayId": merge[:11]}}
        return request

    def commits(self, asked: Asked, key: str, name: str, number: str) -> Answer:
        change = self.model.change(int(number))
        assert change is not None
        authors = change.authors or (change.author,)
        listed = []
        for index, sha in enumerate(change.commits):
            login = authors[min(index, len(authors) - 1)]
            listed.append({"id": sha, "author": _member(login), "committer": _member(login)})
        return self.listed(asked, listed[::-1])

    def activities(self, asked: Asked, key: str, name: str, number: str) -> Answer:
        change = self.model.change(int(number))
        assert change is not None
        listed = [
            {"id": 2, "action": "MERGED", "user": _member(change.merged_by)},
            {"id": 1, "action": "OPENED", "user": _member(change.author)},
        ]
        return self.listed(asked, listed)

    def statuses(self, asked: Asked, sha: str) -> Answer:
        listed = [
            {"state": "SUCCESSFUL", "dateAdded": 1, **each}
            for each in self.model.statuses.get("statuses", ())
        ]
        return self.listed(asked, listed)


def _member(login: str, *, is_bot: bool = False) -> dict[str, Any] | None:
    if login == GONE:
        return None
    person = Person(login)
    return {
        "name": login,
        "emailAddress": person.email,
        "active": True,
        "displayName": person.name,
        "id": person.id,
        "slug": login,
        "type": "SERVICE" if is_bot else "NORMAL",
    }


def _reviewer(said: Opinion, change: ForgeChange) -> dict[str, Any]:
    states = {"approved": "APPROVED", "changes": "NEEDS_WORK"}
    reviewer = {
        "user": _member(said.login, is_bot=said.is_bot),
        "role": "REVIEWER",
        "approved": said.state == "approved",
        "status": states.get(said.state, "UNAPPROVED"),
    }
    commit = change.reviewed(said)
    return {**reviewer, "lastReviewedCommit": commit} if commit else reviewer
