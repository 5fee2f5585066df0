"""GitLab on loopback, with the shapes of its REST API (v4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from forge_model import GONE, ForgeChange, Person
from forge_server import Answer, Asked, ForgeServer

_PROJECT = r"/api/v4/projects/(?P<project>[^/]+)"


class GitLabServer(ForgeServer):
    vendor = "gitlab"
    top = "/api/v4"
    routes = (
        ("GET", "/api/v4/version", "version"),
        ("GET", _PROJECT, "project"),
        ("GET", rf"{_PROJECT}/repository/commits/(?P<sha>\w+)/merge_requests", "requests"),
        ("GET", rf"{_PROJECT}/repository/commits/(?P<sha>\w+)/statuses", "statuses"),
        ("GET", rf"{_PROJECT}/merge_requests/(?P<number>\d+)/approvals", "approvals"),
        ("GET", rf"{_PROJECT}/merge_requests/(?P<number>\d+)/commits", "commits"),
        ("GET", rf"{_PROJECT}/members/all/(?P<user>\d+)", "member"),
    )
    old_name: str = ""
    hides_members = False

    def dressed(self, said: Answer) -> Answer:
        headers = {"X-Gitlab-Meta": '{"correlation_id":"01J","version":"1"}', **said.headers}
        return Answer(said.body, said.status, headers, said.is_silent, said.is_dropped)

    def unknown(self) -> Answer:
        return Answer({"error": "404 Not Found"}, 404)

    def version(self, _: Asked) -> Answer:
        return Answer({"message": "401 Unauthorized"}, 401)

    def _elsewhere(self, asked: Asked, project: str) -> Answer | None:
        if project in (self.model.full_name, str(self.model.id)):
            return None
        if project != self.old_name:
            return Answer({"message": "404 Project Not Found"}, 404)
        rest = asked.path.split(quote(project, safe=""), 1)[1]
        query = "&".join(f"{key}={value}" for key, value in asked.query.items())
        place = f"{self.site}/api/v4/projects/{self.model.id}{rest}?{query}"
        return Answer({"message": "Moved"}, 301, {"Location": place})

    def project(self, asked: Asked, project: str) -> Answer:
        elsewhere = self._elsewhere(asked, project)
        if elsewhere:
            return elsewhere
        model = self.model
        parent = {"id": 1, "path_with_namespace": model.parent} if model.parent else None
        return Answer(
            {
                "id": model.id,
                "description": None,
                "name": model.name,
                "path": model.name,
                "path_with_namespace": model.full_name,
                "default_branch": model.default_branch,
                "web_url": f"{self.site}/{model.full_name}",
                "visibility": "private" if model.is_private else "public",
                "namespace": {"id": model.owner_id, "kind": "group", "full_path": model.owner},
                **({"forked_from_project": parent} if parent else {}),
            }
        )

    def requests(self, asked: Asked, project: str, sha: str) -> Answer:
        elsewhere = self._elsewhere(asked, project)
        if elsewhere:
            return elsewhere
        if not self.model.has_commit(sha):
            return Answer({"message": "404 Commit Not Found"}, 404)
        found = [
            each
            for each in self.model.changes
            if sha in (*each.commits, each.landed[-1] if each.landed else None)
        ]
        return self.linked(asked, [self._request(each) for each in found])

    def _request(self, change: ForgeChange) -> dict[str, Any]:
        state = "merged" if change.is_merged else "opened" if change.is_open else "closed"
        landed = change.landed[-1] if change.landed else None
        target = int(change.base_repository) if change.base_repository else self.model.id
        merger = _user(change.merged_by, is_bot=change.merged_by_bot) if change.is_merged else None
        is_ff = change.how == "rebase"
        return {
            "id": change.number + 9000,
            "iid": change.number,
            "project_id": target,
            "title": "A change",
            "description": None,
            "state": state,
            "merged_by": merger,
            "merge_user": merger,
            "merged_at": "2026-01-02T03:04:05.000Z" if change.is_merged else None,
            "closed_by": None,
            "target_branch": change.base,
            "source_branch": change.branch,
            "author": _user(change.author),
            "source_project_id": self.model.id,
            "target_project_id": target,
            "draft": False,
            # Rebased, then merged by fast-forward: the head is what landed.
            "sha": landed if is_ff and landed else change.head,
            "merge_commit_sha": landed if change.how == "merge" else None,
            "squash_commit_sha": landed if change.how == "squash" else None,
            "web_url": f"{self.site}/{self.model.full_name}/-/merge_requests/{change.number}",
        }

    def approvals(self, _: Asked, project: str, number: str) -> Answer:
        change = self.model.change(int(number))
        assert change is not None
        standing = {}
        for said in change.said:
            if said.state == "approved":
                standing[said.login] = said
            elif said.state in ("changes", "dismissed"):
                standing.pop(said.login, None)
        users = [_user(each.login, is_bot=each.is_bot) for each in standing.values()]
        approved = [{"user": user, "approved_at": "2026-01-01T00:00:00Z"} for user in users]
        return Answer(
            {
                "user_has_approved": False,
                "user_can_approve": False,
                "approved": bool(approved),
                "approved_by": approved,
            }
        )

    def commits(self, asked: Asked, project: str, number: str) -> Answer:
        change = self.model.change(int(number))
        assert change is not None
        authors = change.authors or (change.author,)
        listed = []
        for index, sha in enumerate(change.commits):
            person = Person(authors[min(index, len(authors) - 1)])
            listed.append(
                {
                    "id": sha,
                    "author_name": person.name,
                    "author_email": person.email,
                    "committer_name": person.name,
                    "committer_email": person.email,
                }
            )
        return self.linked(asked, listed)

    def member(self, _: Asked, project: str, user: str) -> Answer:
        if self.hides_members:
            return Answer({"message": "404 Not found"}, 404)
        for change in self.model.changes:
            for said in change.said:
                if Person(said.login).id == int(user):
                    level = 40 if said.has_right else 10
                    return Answer({"id": int(user), "username": said.login, "access_level": level})
        return Answer({"message": "404 Not found"}, 404)

    def statuses(self, asked: Asked, project: str, sha: str) -> Answer:
        listed = [
            {"id": 7, "sha": sha, "status": "success", "ref": "main", **each}
            for each in self.model.statuses.get("statuses", ())
        ]
        return self.linked(asked, listed)


def _user(login: str, *, is_bot: bool = False) -> dict[str, Any]:
    person = Person(login)
    name = f"project_4711_bot_{person.id:032x}" if is_bot else login
    name = "ghost" if login == GONE else name
    return {
        "id": person.id,
        "username": name,
        "name": person.name,
        "state": "active",
        "avatar_url": None,
        "web_url": f"http://forge.example/{name}",
    }
