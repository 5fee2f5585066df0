"""Puts together what the check ``commit-reviewed`` is given, and runs it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from forge_door import PlainDoors
from forge_server import ForgeServer
from local_repositories import LocalRepositories, LocalRepository

from conda_provenance.claim import Claim
from conda_provenance.lookup import ProbingLookup
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.contents import PackageContents
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.checks.commit_reviewed import CHECK
from conda_provenance.verify.logins import world_for
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.subject import Subject


@dataclass
class Setting:
    """A forge's server, and a user who named it."""

    server: ForgeServer
    forges: Mapping[str, str] | None = None
    """What the user named. ``None``: the server."""
    lines: Mapping[str, str] = field(default_factory=dict)
    """Where the vendor's own addresses lead."""
    web: str = ""
    """The repository's address, if the server is not a vendor's own."""
    folder: str | None = "recipe"
    results: dict[str, Result] = field(default_factory=dict)
    """How checks ended before."""

    def __post_init__(self) -> None:
        self.doors = PlainDoors(self.lines)
        self.remote = RemoteUrl.parse(self.web or self.server.web)
        self.git = LocalRepository(self.remote, self.server.model.history)
        self.repositories = LocalRepositories(self.git)

    def check(self, commit: str, *, remote: str = "", run: str = "", **expected: Any) -> Result:
        """Check the commit of this name or hash."""
        sha = self.server.model.history.shas.get(commit, commit)
        address = RemoteUrl.parse(remote) if remote else self.remote
        self.git.remote = address
        claim = Claim(sha=sha, remote_url=str(address), flow_run_id=run or None)
        package = PackageClaim("hello-1.0-0.conda", "hello-1.0-0.conda", "file", claim)
        subject = Subject(cast(Any, None), PackageContents(package, {}), address)
        facts = {} if self.folder is None else {"folder": self.folder}
        recipe = Result("recipe-matches", Outcome.PASS, "It is.", facts)
        results = {"recipe-matches": recipe, **self.results}
        case = Case(subject, Expectations(**expected), results)
        forges = {self.server.host: self.server.vendor} if self.forges is None else self.forges
        lookup = ProbingLookup(self.doors, user=forges)
        world = World(cast(Any, self.repositories), lookup, time.time(), Answers())
        return CHECK.run(case, world_for(world, case.expected))
