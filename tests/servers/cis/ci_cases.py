"""Puts together what the checks of runs are given, and runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from actions_servers import ForgejoActions, GiteaActions, GitHubActions
from azure_server import AzurePipelines
from ci_model import FILE, SHA256, CiModel, CiRun
from ci_server import CiServer
from forge_door import PlainDoors
from histories import History
from hosted_servers import AppVeyor, BitbucketPipelines, Circle, GitLabCi, Travis, Woodpecker

from conda_provenance.claim import Claim
from conda_provenance.lookup import ProbingLookup
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.contents import PackageContents
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.sources import Artifact
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.checks import artifact_in_run, run_matches
from conda_provenance.verify.logins import world_for
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.subject import Subject

SERVERS: dict[str, type[CiServer]] = {
    server.provider: server
    for server in (
        GitHubActions, AzurePipelines, GitLabCi, GiteaActions, ForgejoActions, Circle, Travis,
        AppVeyor, Woodpecker, BitbucketPipelines,
    )
}  # fmt: skip

_UNSET: Any = object()


def at_those(have_it: Callable[[type[CiServer]], bool]) -> pytest.MarkDecorator:
    """Run a test at these CIs. At the others there is no such case."""
    names = [name for name, server in SERVERS.items() if have_it(server)]
    return pytest.mark.parametrize("ci", names, indirect=True)


@dataclass
class CiSetting:
    """A CI's server, and a user who named the forge."""

    server: CiServer
    named: bool = True
    """Did the user name the forge, where it is not a vendor's own?"""
    user: dict[str, str] = field(default_factory=dict)
    """Further forges that the user named."""
    doors: PlainDoors = field(init=False)
    answers: Answers = field(default_factory=Answers)

    def __post_init__(self) -> None:
        self.doors = PlainDoors(self.server.lines)

    @property
    def model(self) -> CiModel:
        return self.server.model

    @property
    def run(self) -> CiRun:
        assert self.model.run is not None
        return self.model.run

    def knows(self, run: CiRun | None) -> None:
        """The CI knows this run from now on."""
        self.model.run = run
        self.answers = Answers()

    def check_both(
        self,
        *,
        file: str = FILE,
        sha256: str | None = SHA256,
        flow_run_id: str | None = _UNSET,
        flow_run_url: str | None = None,
        remote: str = "",
        sha: str = "",
        **expected: Any,
    ) -> tuple[Result, Result]:
        case = self.case(file, sha256, flow_run_id, flow_run_url, remote, sha, expected)
        world = world_for(self.world(), case.expected)
        first = run_matches.CHECK.run(case, world)
        case = case._replace(results={"run-matches": first})
        return first, artifact_in_run.CHECK.run(case, world)

    def matches(self, **given: Any) -> Result:
        return self.check_both(**given)[0]

    def in_run(self, **given: Any) -> Result:
        first, second = self.check_both(**given)
        assert first.outcome == "pass", first
        return second

    def world(self) -> World:
        server = self.server
        place = server.host + server.prefix
        user = {place: server.own_forge} if server.own_forge and self.named else {}
        lookup = ProbingLookup(self.doors, user=user | self.user)
        return World(cast(Any, None), lookup, 0.0, self.answers)

    def case(
        self,
        file: str,
        sha256: str | None,
        flow_run_id: Any,
        flow_run_url: str | None,
        remote: str,
        sha: str,
        expected: dict[str, Any],
    ) -> Case:
        address = RemoteUrl.parse(remote or self.server.remote)
        run_id = self.server.flow_run_id if flow_run_id is _UNSET else flow_run_id
        claim = Claim(
            sha=sha or self.model.sha,
            remote_url=str(address),
            flow_run_id=run_id,
            flow_run_url=flow_run_url,
        )
        subdir, _, name = file.partition("/")
        package = PackageClaim(
            name, name, "file", claim, sha256, sha256_from="file" if sha256 else None
        )
        artifact = Artifact("hello", "1.0", "h1_0", name, name, cast(Any, None), subdir)
        subject = Subject(artifact, PackageContents(package, {}), address)
        return Case(subject, Expectations(**expected), {})


@contextmanager
def serve(provider: str, history: History, prefix: str = "", **given: Any) -> Iterator[CiSetting]:
    model = CiModel(history, None)
    model.run = CiRun(model.sha, **given)
    server = SERVERS[provider](model, prefix)
    if "manual" in {each.value for each in server.events} and "push" not in {
        each.value for each in server.events
    }:
        model.run = CiRun(model.sha, **{"trigger": next(iter(server.events)), **given})
    with server.running():
        yield CiSetting(server)
