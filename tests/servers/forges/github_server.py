"""GitHub Enterprise Server on loopback, with the shapes of GitHub's REST API."""

from __future__ import annotations

from typing import Any

from forge_model import GONE, ForgeChange, ForgeModel, Opinion, Person
from forge_server import Answer, Asked, ForgeServer, missing

_REPO = r"/api/v3/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)"
_STATES = {
    "approved": "APPROVED",
    "changes": "CHANGES_REQUESTED",
    "comment": "COMMENTED",
    "dismissed": "DISMISSED",
}


class GitHubServer(ForgeServer):
    vendor = "github"
    top = "/api/v3"
    routes = (
        ("GET", "/api/v3/meta", "meta"),
        ("GET", _REPO, "repository"),
        ("GET", r"/api/v3/repositories/(?P<id>\d+)(?P<rest>/.*)?", "by_id"),
        ("GET", rf"{_REPO}/commits/(?P<sha>[0-9a-f]+)/pulls", "pulls"),
        ("GET", rf"{_REPO}/pulls/(?P<number>\d+)", "pull"),
        ("GET", rf"{_REPO}/pulls/(?P<number>\d+)/reviews", "reviews"),
        ("GET", rf"{_REPO}/pulls/(?P<number>\d+)/commits", "commits"),
        ("GET", rf"{_REPO}/commits/(?P<sha>[0-9a-f]+)/check-runs", "check_runs"),
        ("GET", rf"{_REPO}/commits/(?P<sha>[0-9a-f]+)/status", "status"),
    )

    upstream: ForgeModel | None = None
    """What this repository was forked from. Its changes are answered for the fork's commits too."""
    old_name: str = ""
    """What the repository was called before. It leads to the id."""

    def dressed(self, said: Answer) -> Answer:
        headers = {"x-github-enterprise-version": "enterprise-server@3.17.2", **said.headers}
        return Answer(said.body, said.status, headers, said.is_silent, said.is_dropped)

    def meta(self, _: Asked) -> Answer:
        return Answer({"verifiable_password_authentication": True, "installed_version": "3.17.2"})

    def _is_here(self, owner: str, name: str) -> bool:
        return f"{owner}/{name}".lower() == self.model.full_name.lower()

    def _elsewhere(self, asked: Asked, owner: str, name: str) -> Answer:
        if f"{owner}/{name}" != self.old_name:
            return missing()
        rest = asked.path.split(f"/{owner}/{name}", 1)[1]
        query = "&".join(f"{key}={value}" for key, value in asked.query.items())
        place = f"{self.site}/api/v3/repositories/{self.model.id}{rest}?{query}"
        body = {"message": "Moved Permanently", "url": place}
        return Answer(body, 301, {"Location": place})

    def by_id(self, asked: Asked, id: str, rest: str | None = None) -> Answer:
        if int(id) != self.model.id:
            return missing()
        path = f"{self.prefix}/api/v3/repos/{self.model.full_name}{rest or ''}"
        return self.answer(Asked(asked.method, path, asked.query, asked.headers))

    def repository(self, asked: Asked, owner: str, name: str) -> Answer:
        if not self._is_here(owner, name):
            return self._elsewhere(asked, owner, name)
        return Answer(self._repository(self.model))

    def pulls(self, asked: Asked, owner: str, name: str, sha: str) -> Answer:
        if not self._is_here(owner, name):
            return self._elsewhere(asked, owner, name)
        if not self.model.has_commit(sha):
            return Answer({"message": f"No commit found for SHA: {sha}"}, 422)

        listed = []
        for model in filter(None, (self.model, self.upstream)):
            found = [each for each in model.changes if each.has(sha)]
            listed += [_short(self._pull(model, each)) for each in found]
        return self.linked(asked, listed)

    def pull(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        model, change = self._find(owner, name, number)
        if model is None or change is None:
            return self._elsewhere(asked, owner, name)
        return Answer(self._pull(model, change))

    def reviews(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        model, change = self._find(owner, name, number)
        if model is None or change is None:
            return self._elsewhere(asked, owner, name)
        listed = [self._review(index, each, change) for index, each in enumerate(change.said)]
        return self.linked(asked, listed)

    def commits(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        _, change = self._find(owner, name, number)
        if change is None:
            return self._elsewhere(asked, owner, name)
        authors = change.authors or (change.author,)
        listed = [
            _commit(sha, authors[min(index, len(authors) - 1)])
            for index, sha in enumerate(change.commits)
        ]
        return self.linked(asked, listed)

    def check_runs(self, asked: Asked, sha: str, **_: str) -> Answer:
        listed = [
            {"id": 1, "head_sha": sha, "conclusion": "success", "status": "completed", **each}
            for each in self.model.statuses.get("check-runs", ())
        ]
        if asked.query.get("filter") != "all":
            listed = listed[-1:]
        return self.linked(asked, listed, wrap="check_runs")

    def status(self, asked: Asked, sha: str, **_: str) -> Answer:
        listed = [dict(each) for each in self.model.statuses.get("statuses", ())]
        return Answer(
            {"state": "success", "sha": sha, "total_count": len(listed), "statuses": listed}
        )

    def _find(
        self, owner: str, name: str, number: str
    ) -> tuple[ForgeModel | None, ForgeChange | None]:
        for model in filter(None, (self.model, self.upstream)):
            if f"{owner}/{name}" == model.full_name:
                return model, model.change(int(number))
        return None, None

    def _repository(self, model: ForgeModel) -> dict[str, Any]:
        return {
            "id": model.id,
            "node_id": "R_x",
            "name": model.name,
            "full_name": model.full_name,
            "private": model.is_private,
            "owner": {"login": model.owner, "id": model.owner_id, "type": "Organization"},
            "html_url": f"{self.site}/{model.full_name}",
            "description": None,
            "fork": model.parent is not None,
            "default_branch": model.default_branch,
            "archived": False,
            **({"parent": {"id": 1, "full_name": model.parent}} if model.parent else {}),
        }

    def _pull(self, model: ForgeModel, change: ForgeChange) -> dict[str, Any]:
        base = self._repository(model)
        if change.base_repository:
            base = {**base, "full_name": change.base_repository, "id": 1}
        is_fork = change.how == "fork"
        return {
            "url": f"{self.site}/api/v3/repos/{model.full_name}/pulls/{change.number}",
            "id": change.number * 1000,
            "number": change.number,
            "html_url": f"{self.site}/{model.full_name}/pull/{change.number}",
            "state": "open" if change.is_open else "closed",
            "title": "A change",
            "body": None,
            "user": _user(change.author),
            "merged_at": "2026-01-02T03:04:05Z" if change.is_merged else None,
            "merge_commit_sha": change.merge,
            "head": {
                "label": f"{change.author}:{change.branch}",
                "ref": change.branch,
                "sha": change.head,
                "user": _user(change.author),
                "repo": None if is_fork else base,  # the fork is gone
            },
            "base": {
                "label": f"{model.owner}:{change.base}",
                "ref": change.base,
                "sha": model.parents(change.merge)[0] if change.merge else change.head,
                "repo": base,
            },
            "author_association": "MEMBER",
            "auto_merge": None,
            "merged": change.is_merged,
            "merged_by": _user(change.merged_by, is_bot=change.merged_by_bot)
            if change.is_merged
            else None,
            "commits": len(change.commits),
        }

    def _review(self, index: int, said: Opinion, change: ForgeChange) -> dict[str, Any]:
        return {
            "id": index + 1,
            "user": _user(said.login, is_bot=said.is_bot),
            "body": "",
            "state": _STATES[said.state],
            "html_url": f"{self.site}/x#pullrequestreview-{index}",
            "author_association": "MEMBER" if said.has_right else "NONE",
            "submitted_at": "2026-01-01T00:00:00Z",
            "commit_id": change.reviewed(said),
        }


def _short(pull: dict[str, Any]) -> dict[str, Any]:
    """As in a list, which has fewer fields."""
    return {key: pull[key] for key in pull if key not in ("merged", "merged_by", "commits")}


def _user(login: str, *, is_bot: bool = False) -> dict[str, Any] | None:
    if login == GONE:
        return None
    kind = "Bot" if is_bot else "User"
    return {"login": login, "id": Person(login).id, "type": kind, "site_admin": False}


def _commit(sha: str, login: str) -> dict[str, Any]:
    person = Person(login)
    signature = {"name": person.name, "email": person.email, "date": "2026-01-01T00:00:00Z"}
    forge = {"name": "GitHub", "email": "noreply@github.com", "date": "2026-01-01T00:00:00Z"}
    return {
        "sha": sha,
        "commit": {"author": signature, "committer": forge, "message": "x"},
        "author": _user(login),
        "committer": {"login": "web-flow", "id": 19864447, "type": "User"},
        "parents": [],
    }
