"""Azure Repos on loopback, with the shapes of its REST API (7.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forge_model import GONE, ForgeChange, Opinion, Person
from forge_server import HTML, Answer, Asked, ForgeServer

_REPO = r"/acme/hello/_apis/git/repositories/(?P<name>[^/]+)"
_VOTES = {"approved": 10, "changes": -10, "comment": 0, "dismissed": 0}


class AzureServer(ForgeServer):
    vendor = "azure"
    public = "https://dev.azure.com"
    routes = (
        ("GET", _REPO, "repository"),
        ("POST", rf"{_REPO}/pullrequestquery", "query"),
        ("GET", rf"{_REPO}/pullRequests/(?P<number>\d+)/reviewers", "reviewers"),
        ("GET", rf"{_REPO}/pullRequests/(?P<number>\d+)/commits", "commits"),
        ("GET", rf"{_REPO}/commits/(?P<sha>\w+)/statuses", "statuses"),
    )

    @property
    def web(self) -> str:
        return f"https://dev.azure.com/acme/hello/_git/{self.model.name}"

    def unknown(self) -> Answer:
        """Whoever is not signed in gets a page for that."""
        return Answer(HTML, 203, {"Content-Type": "text/html; charset=utf-8"})

    def listed(self, asked: Asked, items: Sequence[Any]) -> Answer:
        start = int(asked.query.get("continuationToken", "0"))
        page = list(items[start : start + self.size])
        is_more = start + self.size < len(items)
        headers = {"x-ms-continuationtoken": str(start + self.size)} if is_more else {}
        return Answer({"count": len(page), "value": page}, headers=headers)

    def _repository(self) -> dict[str, Any]:
        model = self.model
        return {
            "id": f"2f3d611a-f012-4b39-b157-{model.id:012d}",
            "name": model.name,
            "url": "https://dev.azure.com/x",
            "project": {
                "id": f"84710dde-{model.owner_id}",
                "name": "hello",
                "state": "wellFormed",
                "visibility": "private" if model.is_private else "public",
            },
        }

    def repository(self, asked: Asked, name: str) -> Answer:
        assert asked.query["api-version"] == "7.1"
        if name != self.model.name:
            return self.unknown()
        more = {"defaultBranch": "refs/heads/main", "isFork": False, "webUrl": self.web}
        return Answer({**self._repository(), **more})

    def query(self, asked: Asked, name: str) -> Answer:
        results = []
        for query in asked.body["queries"]:
            result: dict[str, Any] = {}
            for sha in query["items"]:
                found = [each for each in self.model.changes if _is_found(each, sha, query["type"])]
                if found:
                    result[sha] = [self._request(each) for each in found]
            results.append(result)
        return Answer({"queries": asked.body["queries"], "results": results})

    def _request(self, change: ForgeChange) -> dict[str, Any]:
        status = "completed" if change.is_merged else "active" if change.is_open else "abandoned"
        repository = self._repository()
        if change.base_repository:
            repository["id"] = change.base_repository
        request = {
            "repository": repository,
            "pullRequestId": change.number,
            "codeReviewId": change.number,
            "status": status,
            "createdBy": _identity(change.author),
            "creationDate": "2025-10-01T00:00:00Z",
            "title": "A change",
            "sourceRefName": f"refs/heads/{change.branch}",
            "targetRefName": f"refs/heads/{change.base}",
            "mergeStatus": "succeeded",
            "lastMergeSourceCommit": {"commitId": change.head, "url": "x"},
            "lastMergeTargetCommit": {"commitId": self.model.history["first"], "url": "x"},
            "reviewers": [],
        }
        if change.merge:
            request["lastMergeCommit"] = {"commitId": change.merge, "url": "x"}
        if change.is_merged:
            request["closedBy"] = _identity(change.merged_by)
            request["closedDate"] = "2026-01-02T03:04:05.123Z"
        return request

    def _change(self, number: str) -> ForgeChange:
        change = self.model.change(int(number))
        assert change is not None
        return change

    def reviewers(self, asked: Asked, name: str, number: str) -> Answer:
        group = {"id": "g", "displayName": "[hello]\\Maintainers", "vote": 10, "isContainer": True}
        listed = [group, *map(_reviewer, self._change(number).last_said())]
        return Answer({"count": len(listed), "value": listed})

    def commits(self, asked: Asked, name: str, number: str) -> Answer:
        change = self._change(number)
        authors = change.authors or (change.author,)
        listed = []
        for index, sha in enumerate(change.commits):
            person = Person(authors[min(index, len(authors) - 1)])
            signature = {"name": person.name, "email": _unique(person.login), "date": "2026"}
            listed.append({"commitId": sha, "author": signature, "committer": signature})
        return self.listed(asked, listed)

    def statuses(self, asked: Asked, name: str, sha: str) -> Answer:
        listed = [
            {"id": 1, "state": "succeeded", "description": None, **each}
            for each in self.model.statuses.get("statuses", ())
        ]
        return self.listed(asked, listed)


def _is_found(change: ForgeChange, sha: str, kind: str) -> bool:
    if kind == "lastMergeCommit":
        return sha == change.merge
    assert kind == "commit"
    return sha in change.commits


def _unique(login: str) -> str:
    return f"{login}@acme.example"


def _identity(login: str, *, is_bot: bool = False) -> dict[str, Any] | None:
    if login == GONE:
        return None
    person = Person(login)
    return {
        "displayName": person.name,
        "url": "x",
        "id": f"00000000-0000-0000-0000-{person.id:012d}",
        "uniqueName": _unique(login),
        "imageUrl": "x",
        "descriptor": "svc.abc" if is_bot else "aad.abc",
    }


def _reviewer(said: Opinion) -> dict[str, Any]:
    identity = _identity(said.login, is_bot=said.is_bot) or {}
    return {"vote": _VOTES[said.state], "hasDeclined": False, "isFlagged": False, **identity}
