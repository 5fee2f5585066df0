"""The web sites of the acceptance test: github.com with its API and Actions, Azure Pipelines, and a
Woodpecker. Each knows many repositories and runs, all taken from real git histories.

They answer with the shapes of the vendors' servers in ``tests/servers``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from actions_servers import GitHubActions
from azure_server import PROJECT, AzurePipelines
from ci_model import CiJob, CiModel, CiRun
from ci_server import stamped, text
from forge_model import ForgeModel, model_of
from forge_server import Answer, Asked, missing, respond
from git_servers import GitServer
from github_server import GitHubServer
from histories import History
from hosted_servers import Woodpecker

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyzA"
"""The user's token for GitHub, as long as a real one. No other server may ever see it."""

_API = "https://api.github.com"
BLOBS = "tmaproduction.blob.core.windows.net"
"""Where GitHub has the bundles of attestations."""

CHANNEL = "conda.example.org"
"""A server that hands out files, such as those of a channel."""

SIGNATURE = "c2lnbmF0dXJlLW9mLWFuLWFkZHJlc3M%3D"
"""What lets the bearer of a bundle's address in. It may be shown and kept nowhere."""

LOGS = "results-receiver.actions.githubusercontent.com"


class _GitHubRepository(GitHubServer):
    """What GitHub's API says of one repository."""

    public = _API

    def __init__(self, model: ForgeModel) -> None:
        super().__init__(model)
        self._http.server_close()  # It is asked as one of many, at one address.
        self.pointers: dict[str, list[dict[str, Any]]] = {}
        """Check-runs by commit."""
        self.attested: dict[str, list[bytes]] = {}
        """The bundles that are listed, by the digest of the file."""
        self.expired: set[str] = set()
        """Whose addresses of bundles are not valid any more."""
        self.web_host = "github.com"
        self.is_inline = False
        """Do they stand in the list, as before July 2026?"""

    def _repository(self, model: ForgeModel) -> dict[str, Any]:
        """Its page is not at the API's address."""
        page = f"https://{self.web_host}/{model.full_name}"
        return {**super()._repository(model), "html_url": page}

    def check_runs(self, asked: Asked, sha: str, **_: str) -> Answer:
        return self.linked(asked, self.pointers.get(sha, []), wrap="check_runs")


class _Actions(GitHubActions):
    """One run."""

    def __init__(self, model: CiModel, number: int) -> None:
        super().__init__(model)
        self._http.server_close()
        self.number = number

    def run_json(self, run: CiRun) -> dict[str, Any]:
        page = f"https://github.com/{run.repository}/actions/runs/{self.number}"
        return {**super().run_json(run), "id": self.number, "html_url": page}

    def job_json(self, number: int, job: CiJob) -> dict[str, Any]:
        made = super().job_json(number, job)
        return {**made, "id": self.number * 100 + number, "run_id": self.number}


class GitHub:
    """github.com, its API, and the server that has the logs."""

    def __init__(self, folder: Path, *, is_enterprise: bool = False) -> None:
        self.is_enterprise = is_enterprise
        """Is it a server of somebody's own, which says what it is?"""
        self.git = GitServer(folder / "github.com")
        self.api = GitServer(folder / "api.github.com")
        self.logs = GitServer(folder / "logs")
        self.blobs = GitServer(folder / "blobs")
        self.repositories: dict[str, _GitHubRepository] = {}
        self.moved: dict[str, str] = {}
        """Old names, and the new ones."""
        self.runs: dict[tuple[str, int], _Actions] = {}
        self.api.before = lambda handler: _answer(self, handler)
        self.logs.before = self._log
        self.blobs.before = self._blob

    def publish(self, name: str, history: History, *, id: int, owner_id: int) -> ForgeModel:
        """Have a repository, with the changes of its history."""
        self.git.publish(history, name)
        owner, _, short = name.partition("/")
        model = model_of(history)
        model.owner, model.name, model.id, model.owner_id = owner, short, id, owner_id
        head = history.git("symbolic-ref", "HEAD")
        model.default_branch = head.removeprefix("refs/heads/")
        self.repositories[name] = _GitHubRepository(model)
        return model

    def rename(self, old: str, new: str) -> None:
        """Lead from a name that nobody has any more to another."""
        self.moved[old] = new
        self.git.moved[old] = new

    def run(self, number: int, run: CiRun) -> None:
        history = self.repositories[run.repository].model.history
        model = CiModel(history, run, run.repository)
        self.runs[run.repository, number] = _Actions(model, number)

    def answer(self, asked: Asked) -> Answer:
        """What the API answers."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            asked = replace(asked, headers={**asked.headers, "authorization": ""})
        path = asked.path.removeprefix("/api/v3")  # Servers of one's own have that in front.
        if self.is_enterprise and path == "/meta":
            return Answer({"installed_version": "3.17.2"})

        by_id = re.fullmatch(r"/repositories/(\d+)(/.*)?", path)
        if by_id:
            known = {each.model.id: name for name, each in self.repositories.items()}
            name, rest = known.get(int(by_id[1]), ""), by_id[2] or ""
        else:
            match = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
            name, rest = (match[1], match[2] or "") if match else ("", "")
        if name in self.moved:
            new = self.repositories[self.moved[name]].model.id
            return Answer(
                {"message": "Moved"}, 301, {"Location": f"{_API}/repositories/{new}{rest}"}
            )

        repository = self.repositories.get(name)
        is_told = repository and (
            not repository.model.is_private or asked.headers.get("authorization")
        )
        if repository is None or not is_told:
            return missing()
        if rest.startswith("/actions/"):
            return self._actions(asked, name, rest.removeprefix("/actions/"))
        if rest.startswith("/attestations/"):
            return _attestations(repository, rest.rpartition("sha256:")[2])
        return repository.answer(replace(asked, path=f"/api/v3/repos/{name}{rest}"))

    def _actions(self, asked: Asked, name: str, rest: str) -> Answer:
        match = re.fullmatch(r"runs/(\d+)(/jobs)?", rest)
        if match:
            run = self.runs.get((name, int(match[1])))
            ask = (run.get_jobs if match[2] else run.get_run) if run else None
            return ask(asked, name) if ask else missing()

        job = re.fullmatch(r"jobs/(\d+)/logs", rest)
        if job is None:
            return missing()
        if not asked.headers.get("authorization"):
            return Answer({"message": "Must have admin rights to Repository."}, 403)
        place = f"https://{LOGS}/{name}/{job[1]}?sig=abc"
        return Answer(b"", 302, {"Location": place, "Content-Type": "text/html"})

    def _log(self, handler: Any) -> bool:
        owner, name, number = handler.path.partition("?")[0].strip("/").split("/")
        run = self.runs[f"{owner}/{name}", int(number) // 100].run
        assert run is not None
        job = run.jobs[int(number) % 100]
        _send(handler, text(replace(job, log=stamped(job.log))))
        return True

    def _blob(self, handler: Any) -> bool:
        path, _, query = handler.path.partition("?")
        _, number, sha256, place = path.strip("/").split("/")
        known = {each.model.id: each for each in self.repositories.values()}
        repository = known[int(number)]
        if f"sig={SIGNATURE}" not in query or sha256 in repository.expired:
            said = f"<Error>AuthenticationFailed: {handler.path}</Error>"
            _send(handler, Answer(said.encode(), 403))
            return True

        bundle = repository.attested[sha256][int(place.partition(".")[0])]
        headers = {"Content-Type": "application/x-snappy"}
        _send(handler, Answer(packed(bundle), headers=headers))
        return True

    def answer_below_api(self, handler: Any) -> bool:
        """For a server of one's own, where git and the API are at one address."""
        return handler.path.startswith("/api/v3") and _answer(self, handler)

    def stop(self) -> None:
        for each in (self.git, self.api, self.logs, self.blobs):
            each.stop()


def _attestations(repository: _GitHubRepository, sha256: str) -> Answer:
    """404: none is listed. https://docs.github.com/en/rest/repos/attestations"""
    bundles = repository.attested.get(sha256)
    if bundles is None:
        return missing()

    number = repository.model.id
    query = f"se=2026-11-26T06%3A00%3A00Z&sp=r&sig={SIGNATURE}"
    listed = [
        {
            "bundle": json.loads(bundle) if repository.is_inline else None,
            "bundle_url": f"https://{BLOBS}/attestations/{number}/{sha256}/{place}.json.sn?{query}",
            "repository_id": number,
            "initiator": "user",
        }
        for place, bundle in enumerate(bundles)
    ]
    return Answer({"attestations": listed})


def packed(data: bytes) -> bytes:
    """As Snappy packs it, without anything shortened: a length, and literals."""
    length, out = len(data), bytearray()
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    for start in range(0, len(data), 1 << 16):
        piece = data[start : start + (1 << 16)]
        out += bytes([61 << 2]) + (len(piece) - 1).to_bytes(2, "little") + piece
    return bytes(out)


class _Asking:
    """A server's answers, as ``respond`` wants them."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.answer = answer


def _answer(site: Any, handler: BaseHTTPRequestHandler) -> bool:
    respond(site, handler)
    return True


def _send(handler: BaseHTTPRequestHandler, said: Answer) -> None:
    respond(_Asking(lambda _: said), handler)  # type: ignore[arg-type]


@dataclass
class _Build:
    """One build of Azure Pipelines."""

    server: AzurePipelines
    number: str
    id: int
    project: str = "conda-forge/feedstock-builds"

    def answer(self, asked: Asked, rest: str) -> Answer:
        server = self.server
        if not rest:
            build = server.build_json()
            made = {**build, "id": self.id, "buildNumber": self.number} if build else None
            return Answer(made) if made else missing()
        if rest.startswith("/timeline"):
            return server.get_timeline(asked, rest.removeprefix("/timeline").strip("/"))
        return server.get_log(asked, rest.removeprefix("/logs/"))


@dataclass
class Azure:
    """dev.azure.com, where anybody can have an organisation."""

    folder: Path
    builds: dict[int, _Build] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site = GitServer(self.folder / "dev.azure.com")
        self.site.before = lambda handler: _answer(self, handler)

    def build(self, id: int, number: str, run: CiRun, history: History, project: str = "") -> None:
        server = AzurePipelines(CiModel(history, run, run.repository))
        server._http.server_close()
        self.builds[id] = _Build(server, number, id, project or _Build.project)

    def check_run(self, id: int) -> dict[str, Any]:
        """What Azure's app posts at the commit."""
        build = self.builds[id]
        return {
            "id": id,
            "app": {"slug": "azure-pipelines"},
            "head_sha": build.server.run.sha if build.server.run else None,
            "status": "completed",
            "conclusion": "success",
            "name": "hello-feedstock",
            "external_id": f"27383|{id}|{PROJECT}",
            "details_url": f"https://dev.azure.com/conda-forge/{PROJECT}/_build/results?buildId={id}",
            "output": {"title": f"Build #{build.number} succeeded"},
        }

    def answer(self, asked: Asked) -> Answer:
        match = re.fullmatch(r"/([^/]+/[^/]+)/_apis/build/builds(?:/(\d+)(/.*)?)?", asked.path)
        if match is None:
            return Answer(b"<html>Sign in", 203, {"Content-Type": "text/html"})

        project = match[1].replace(PROJECT, "feedstock-builds")
        builds = [each for each in self.builds.values() if each.project == project]
        if match[2]:
            build = next((each for each in builds if each.id == int(match[2])), None)
            return build.answer(asked, match[3] or "") if build else missing()

        named = [each for each in builds if each.number == asked.query.get("buildNumber")]
        rows = [each.answer(asked, "").body for each in named]
        wanted = asked.query.get("repositoryId")
        rows = [row for row in rows if wanted in (None, row["repository"]["id"])]
        return Answer({"count": len(rows), "value": rows})


class FilesSite:
    """A server that hands out files."""

    def __init__(self, folder: Path) -> None:
        self.site = GitServer(folder)
        self.site.before = self._serve
        self.files: dict[str, bytes] = {}
        """By their paths."""
        self.paths: list[str] = []
        """What was asked for, with its query."""

    def _serve(self, handler: Any) -> bool:
        self.paths.append(handler.path)
        data = self.files.get(handler.path.partition("?")[0])
        headers = {"Content-Type": "application/octet-stream"}
        _send(handler, missing() if data is None else Answer(data, headers=headers))
        return True


class WoodpeckerSite:
    """A CI's server of somebody's own, for one repository and run: it says what he likes."""

    def __init__(self, folder: Path, host: str) -> None:
        self.host = host
        self.site = GitServer(folder / host)
        self.site.before = self._serve
        self.server: Woodpecker | None = None

    def knows(self, run: CiRun, history: History) -> None:
        self.server = Woodpecker(CiModel(history, run, run.repository))
        self.server._http.server_close()

    def _serve(self, handler: Any) -> bool:
        assert self.server is not None
        path = handler.path
        handler.path = re.sub(r"/lookup/[^/]+/[^/?]+", "/lookup/example/hello-feedstock", path)
        return _answer(self.server, handler)
