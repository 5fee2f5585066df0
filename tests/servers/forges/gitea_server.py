"""Gitea and Forgejo on loopback, with the shapes of their REST API (v1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forge_model import GONE, ForgeChange, Opinion, Person
from forge_server import Answer, Asked, ForgeServer, missing

_REPO = r"/api/v1/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)"
_STATES = {"approved": "APPROVED", "changes": "REQUEST_CHANGES", "comment": "COMMENT"}


class GiteaServer(ForgeServer):
    vendor = "gitea"
    top = "/api"
    routes = (
        ("GET", "/api/v1/version", "version"),
        ("GET", "/api/forgejo/v1/version", "forgejo_version"),
        ("GET", _REPO, "repository"),
        ("GET", rf"{_REPO}/commits", "log"),
        ("GET", rf"{_REPO}/commits/(?P<sha>\w+)/pull", "pull_of"),
        ("GET", rf"{_REPO}/pulls", "pulls"),
        ("GET", rf"{_REPO}/pulls/(?P<number>\d+)/reviews", "reviews"),
        ("GET", rf"{_REPO}/pulls/(?P<number>\d+)/commits", "commits"),
        ("GET", rf"{_REPO}/commits/(?P<sha>\w+)/statuses", "statuses"),
    )
    number = "1.26.2"
    old_name: str = ""
    is_old = False
    """Does it not know which change a commit is from?"""

    def version(self, _: Asked) -> Answer:
        return Answer({"version": self.number})

    def forgejo_version(self, _: Asked) -> Answer:
        return missing()

    def unknown(self) -> Answer:
        return Answer(
            {"errors": None, "message": "Not Found", "url": f"{self.site}/api/swagger"}, 404
        )

    def _elsewhere(self, asked: Asked, owner: str, name: str) -> Answer | None:
        if f"{owner}/{name}".lower() == self.model.full_name.lower():
            return None
        if f"{owner}/{name}" != self.old_name:
            return self.unknown()
        rest = asked.path.split(f"/{owner}/{name}", 1)[1]
        query = "&".join(f"{key}={value}" for key, value in asked.query.items())
        place = f"{self.site}/api/v1/repos/{self.model.full_name}{rest}?{query}"
        return Answer(b"", 307, {"Location": place, "Content-Type": "text/html"})

    def repository(self, asked: Asked, owner: str, name: str) -> Answer:
        return self._elsewhere(asked, owner, name) or Answer(self._repository())

    def _repository(self) -> dict[str, Any]:
        model = self.model
        return {
            "id": model.id,
            "owner": {"id": model.owner_id, "login": model.owner, "full_name": "", "email": ""},
            "name": model.name,
            "full_name": model.full_name,
            "private": model.is_private,
            "fork": model.parent is not None,
            "parent": {"id": 1, "full_name": model.parent} if model.parent else None,
            "html_url": f"{self.site}/{model.full_name}",
            "default_branch": model.default_branch,
        }

    def log(self, asked: Asked, owner: str, name: str) -> Answer:
        listed = []
        for sha in self.model.line("refs/heads/main", 500):
            parents = [{"sha": each, "url": "x"} for each in self.model.parents(sha)]
            listed.append({"sha": sha, "parents": parents, "author": None, "committer": None})
        return self._elsewhere(asked, owner, name) or self.counted(asked, listed)

    def counted(self, asked: Asked, listed: Sequence[Any]) -> Answer:
        said = self.linked(asked, listed)
        return Answer(said.body, headers={**said.headers, "X-Total-Count": str(len(listed))})

    def pull_of(self, asked: Asked, owner: str, name: str, sha: str) -> Answer:
        elsewhere = self._elsewhere(asked, owner, name)
        if elsewhere or self.is_old:
            return elsewhere or self.unknown()
        for change in self.model.changes:
            if change.is_merged and change.merge == sha:
                return Answer(self._pull(change))
        return self.unknown()

    def pulls(self, asked: Asked, owner: str, name: str) -> Answer:
        closed = [each for each in self.model.changes if not each.is_open]
        listed = [self._pull(each) for each in reversed(closed)]
        return self._elsewhere(asked, owner, name) or self.counted(asked, listed)

    def _pull(self, change: ForgeChange) -> dict[str, Any]:
        base = self._repository()
        if change.base_repository:
            base = {**base, "full_name": change.base_repository, "id": 1}
        merge_base = (
            self.model.history.git(
                "merge-base", change.head, self.model.parents(change.landed[0])[0]
            )
            if change.landed
            else ""
        )
        return {
            "id": change.number + 500,
            "url": f"{self.site}/{self.model.full_name}/pulls/{change.number}",
            "number": change.number,
            "user": _user(change.author),
            "title": "A change",
            "state": "open" if change.is_open else "closed",
            "html_url": f"{self.site}/{self.model.full_name}/pulls/{change.number}",
            "mergeable": change.is_open,
            "merged": change.is_merged,
            "merged_at": "2026-01-02T03:04:05Z" if change.is_merged else None,
            "merge_commit_sha": change.merge if change.is_merged else None,
            "merged_by": _user(change.merged_by, is_bot=change.merged_by_bot)
            if change.is_merged
            else None,
            "base": {
                "label": change.base,
                "ref": change.base,
                "sha": self.model.history["tip"],
                "repo_id": base["id"],
                "repo": base,
            },
            # The branch has moved on since.
            "head": {
                "label": change.branch,
                "ref": change.branch,
                "sha": self.model.history["forced-away"],
                "repo_id": -1,
                "repo": None,
            },
            "merge_base": self._merge_base(change) or merge_base,
        }

    def _merge_base(self, change: ForgeChange) -> str:
        """Of a change merged by rebase, what it was rebased on."""
        return self.model.parents(change.landed[0])[0] if change.how == "rebase" else ""

    def _change(self, number: str) -> ForgeChange:
        change = self.model.change(int(number))
        assert change is not None
        return change

    def reviews(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        change = self._change(number)
        listed = [
            {
                "id": 1,
                "user": None,
                "team": {"id": 3, "name": "maintainers"},
                "state": "REQUEST_REVIEW",
                "stale": False,
                "official": False,
                "dismissed": False,
                "commit_id": "",
            },
            *(self._review(each, change) for each in change.said),
        ]
        said = self.counted(asked, listed)
        headers = {name: value for name, value in said.headers.items() if name != "Link"}
        return self._elsewhere(asked, owner, name) or Answer(said.body, headers=headers)

    def _review(self, said: Opinion, change: ForgeChange) -> dict[str, Any]:
        commit = change.reviewed(said)
        return {
            "id": 2,
            "user": _user(said.login, is_bot=said.is_bot),
            "team": None,
            "state": _STATES.get(said.state, "APPROVED"),
            "body": "",
            "commit_id": commit or "",
            "stale": commit not in (None, change.head),
            "official": said.has_right,
            "dismissed": said.state == "dismissed",
            "comments_count": 0,
            "submitted_at": "2026-01-01T00:00:00Z",
        }

    def commits(self, asked: Asked, owner: str, name: str, number: str) -> Answer:
        change = self._change(number)
        authors = change.authors or (change.author,)
        listed = []
        for index, sha in reversed(list(enumerate(change.commits))):
            login = authors[min(index, len(authors) - 1)]
            person = Person(login)
            signature = {"name": person.name, "email": person.email, "date": "2026-01-01"}
            listed.append(
                {
                    "sha": sha,
                    "commit": {"author": signature, "committer": signature, "message": "x"},
                    "author": None,
                    "committer": _user(login),
                    "parents": [],
                }
            )
        return self.counted(asked, listed)

    def statuses(self, asked: Asked, owner: str, name: str, sha: str) -> Answer:
        listed = [
            {"id": 1, "status": "success", "description": "", "creator": None, **each}
            for each in self.model.statuses.get("statuses", ())
        ]
        return self.counted(asked, listed)


class ForgejoServer(GiteaServer):
    vendor = "forgejo"
    number = "12.0.1+gitea-1.22.0"

    def forgejo_version(self, _: Asked) -> Answer:
        return Answer({"version": self.number})


def _user(login: str, *, is_bot: bool = False) -> dict[str, Any]:
    if login == GONE:
        return {"id": -1, "login": "Ghost", "full_name": "", "email": ""}
    if is_bot:
        return {"id": -2, "login": "gitea-actions", "full_name": "Gitea Actions", "email": "x@y"}
    person = Person(login)
    return {
        "id": person.id,
        "login": login,
        "login_name": "",
        "full_name": person.name,
        "email": f"{login}@noreply.forge.example",
    }
