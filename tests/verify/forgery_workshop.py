"""A forge on loopback with a real history, an honest package of it, and the means to forge others.

One address has all: git, the forge's API and its CI, as a GitLab of one's own has them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forge_model import ForgeModel, model_of
from forge_server import Answer, Asked
from git_servers import GitServer
from gitlab_server import GitLabServer
from histories import History, everyday
from joined import JoinedServer, joined
from recipe_making import checkout, rattler_build, repacked

from conda_provenance.packages import stamp_package
from conda_provenance.packages.contents import PackageFile
from conda_provenance.packages.read_contents import read_contents

OWNER, NAME = "acme", "hello-feedstock"
_PROJECT = r"/api/v4/projects/(?P<project>[^/]+)"


@dataclass
class Pipeline:
    """A run of the CI, with one job."""

    sha: str
    source: str = "push"
    status: str = "success"
    log: str = ""
    project: str = f"{OWNER}/{NAME}"
    tag: bool = False
    job_status: str = ""
    """Empty: that of the pipeline."""


class GitLabWithCi(GitLabServer):
    """A GitLab that runs pipelines too. The shapes are those of its REST API (v4)."""

    routes = (
        *GitLabServer.routes,
        ("GET", rf"{_PROJECT}/pipelines/(?P<number>\d+)", "pipeline"),
        ("GET", rf"{_PROJECT}/pipelines/(?P<number>\d+)/jobs", "jobs"),
        ("GET", rf"{_PROJECT}/jobs/(?P<number>\d+)/trace", "trace"),
    )

    def __init__(self, model: ForgeModel) -> None:
        super().__init__(model)
        self.pipelines: dict[int, Pipeline] = {}

    def pipeline(self, asked: Asked, project: str, number: str) -> Answer:
        made = self.pipelines.get(int(number))
        if made is None:
            return Answer({"message": "404 Not found"}, 404)
        return Answer(
            {
                "id": int(number),
                "iid": 1,
                "project_id": self.model.id,
                "sha": made.sha,
                "ref": "main",
                "tag": made.tag,
                "status": made.status,
                "source": made.source,
                "web_url": f"{self.site}/{made.project}/-/pipelines/{number}",
                "started_at": "2026-01-31T12:00:00.000Z",
                "finished_at": "2026-01-31T12:10:00.000Z",
            }
        )

    def jobs(self, asked: Asked, project: str, number: str) -> Answer:
        made = self.pipelines[int(number)]
        status = made.job_status or made.status
        return Answer(
            [{"id": int(number), "name": "build", "status": status, "tag_list": []}],
            headers={"Content-Type": "application/json"},
        )

    def trace(self, asked: Asked, project: str, number: str) -> Answer:
        return Answer(
            self.pipelines[int(number)].log.encode(), headers={"Content-Type": "text/plain"}
        )


@dataclass
class Workshop:
    """All that a forger has, and the honest package."""

    folder: Path
    history: History
    server: JoinedServer
    forge: GitLabWithCi
    git: GitServer
    honest: Path
    """Built from the commit ``tip`` by the real engine, and stamped."""
    number: int = 0

    @property
    def repo(self) -> str:
        return f"{self.server.url}/{OWNER}/{NAME}"

    def copied(self, owner: str) -> str:
        """A copy of the repository on the same forge, of another owner. Returns its address."""
        self.number += 1
        name = f"{owner}/hello-{self.number}"
        self.git.publish(self.history.copy(self.folder / f"copy-{self.number}.git"), name)
        return f"{self.server.url}/{name}"

    def copy(self) -> Path:
        """The honest package in a folder of its own."""
        self.number += 1
        folder = self.folder / f"made-{self.number}"
        folder.mkdir()
        return Path(shutil.copy(self.honest, folder))

    def stamped(self, package: Path | None = None, **values: str) -> Path:
        """A package with other values in its stamp."""
        package = self.copy() if package is None else package
        stamp_package(package, values, overwrite=True)
        return package

    def at(self, commit: str, **values: str) -> Path:
        """The honest package, which says that it is from another commit."""
        return self.stamped(sha=self.history.shas.get(commit, commit), **values)

    def changed(
        self,
        changes: Mapping[str, PackageFile | bytes | None] = {},
        payload: Mapping[str, bytes] = {},
    ) -> Path:
        """The honest package with other files in it."""
        self.number += 1
        contents = read_contents(self.honest, whole=True)
        made = repacked(contents, self.folder / f"made-{self.number}", changes, payload)
        return Path(made.package.location)

    def run(self, package: Path, *lines: str, names: bool = True, **given: Any) -> Path:
        """Have a run of the CI name the package, unless it does not. Its stamp says which run."""
        number = 100 + len(self.forge.pipelines)
        stamp_package(package, {"flow_run_id": f"gitlab_{number}"}, overwrite=True)
        told = [*lines, line_of(package)] if names else list(lines)
        made = {"sha": self.history["tip"], **given}
        self.forge.pipelines[number] = Pipeline(log="\n".join(told) + "\n", **made)
        return package


def line_of(package: Path, *, sha256: str = "", name: str = "") -> str:
    """The line with which a stamped build ends, as docs/reference/log-line.md has it."""
    digest = sha256 or digest_of(package)
    return f"conda-provenance: noarch/{name or package.name} sha256={digest}"


def digest_of(package: Path) -> str:
    return hashlib.sha256(package.read_bytes()).hexdigest()


@contextmanager
def workshop(folder: Path) -> Iterator[Workshop]:
    """A workshop for the length of a ``with`` block."""
    history = everyday(folder / "history.git")
    with ExitStack() as stack:
        server = stack.enter_context(joined())
        git = GitServer(folder / "served")
        stack.callback(git.stop)
        git.publish(history, f"{OWNER}/{NAME}")
        forge = GitLabWithCi(model_of(history))
        stack.enter_context(forge.running())
        forge.public = server.url  # type: ignore[misc]
        server.routes = {r"/api/": forge.loopback, r"/": f"http://127.0.0.1:{git.port}"}

        recipe = checkout(history, history["tip"], folder / "checkout") / "recipe" / "recipe.yaml"
        (package,) = rattler_build(recipe, folder / "out")
        repo = f"{server.url}/{OWNER}/{NAME}"
        stamp_package(package, {"sha": history["tip"], "remote_url": repo})
        yield Workshop(folder, history, server, forge, git, package)


def recipe_file(name: str, data: bytes) -> dict[str, PackageFile | bytes | None]:
    """A change of one file of the packaged recipe."""
    return {f"info/recipe/{name}": data}
