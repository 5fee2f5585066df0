"""A loopback server that answers as a CI does, and as GitHub, whose commits point to its runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ci_model import CiJob, CiModel, CiRun
from forge_server import Answer, Asked, ForgeServer, missing

from conda_provenance.run_api import Trigger

GITHUB = "https://api.github.com"


class CiServer(ForgeServer):
    """Subclass it for a vendor. ``events`` are its words for what started a run."""

    provider: ClassVar[str]
    events: ClassVar[Mapping[Trigger, str]] = {}
    flow_run_id: ClassVar[str]
    flow_run_url: ClassVar[str | None] = None
    own_forge: ClassVar[str | None] = None
    """The vendor, if it is the CI of the repository's own forge."""
    named: ClassVar[str] = ""
    """The address by which a policy names it, if the forge shows nothing."""
    keeps_attempts: ClassVar[bool] = True
    has_logs: ClassVar[bool] = True
    has_jobs: ClassVar[bool] = True
    """Are a run's jobs asked for, rather than one job?"""
    tells_head: ClassVar[bool] = True
    """Does it tell a fork's commit from the repository's own?"""
    sites: ClassVar[Sequence[str]] = ()
    """The vendor's own addresses."""
    untold: ClassVar[frozenset[Trigger]] = frozenset()
    model: CiModel  # type: ignore[assignment]

    def __init__(self, model: CiModel, prefix: str = "") -> None:
        super().__init__(model, prefix)  # type: ignore[arg-type]

    @property
    def run(self) -> CiRun | None:
        return self.model.run

    @property
    def lines(self) -> dict[str, str]:
        """Where the addresses of vendors lead."""
        return dict.fromkeys((*self.sites, *(() if self.own_forge else (GITHUB,))), self.loopback)

    @property
    def remote(self) -> str:
        return self.web if self.own_forge else f"https://github.com/{self.model.full_name}"

    def event(self, run: CiRun) -> str:
        return self.events.get(run.trigger, "something_else") if run.event is None else run.event

    def check_runs(self) -> list[dict[str, Any]]:
        return []

    def statuses(self) -> list[dict[str, Any]]:
        return []

    def answer(self, asked: Asked) -> Answer:
        is_name = re.fullmatch(r"/repos/[^/]+/[^/]+", asked.path)
        is_github = asked.path.startswith("/repos/") and (is_name or "/commits/" in asked.path)
        if self.own_forge or not is_github:
            return super().answer(asked)

        self.asked.append(asked)
        said = next(filter(None, (mood(asked) for mood in self.moods)), None)
        return self.shown_at_commit(asked) if said is None else said

    def shown_at_commit(self, asked: Asked) -> Answer:
        """As GitHub shows runs of all CIs, and the repository itself."""
        if "/commits/" not in asked.path:
            name = self.model.full_name
            return Answer({"id": 1, "full_name": name, "html_url": f"https://github.com/{name}"})

        is_shown = self.model.pointer and f"/commits/{self.model.sha}/" in asked.path
        if asked.path.endswith("/check-runs"):
            found = self.check_runs() if is_shown else []
            return Answer({"total_count": len(found), "check_runs": found})
        if asked.path.endswith("/status"):
            found = self.statuses() if is_shown else []
            return Answer({"state": "success", "statuses": found, "sha": self.model.sha})
        return missing()


def text(job: CiJob | None) -> Answer:
    """A log. It is gone if there is none."""
    if job is None or job.log is None:
        return missing("Not Found")
    return Answer(job.log.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})


def stamped(log: str | None, mark: str = "2026-02-26T13:29:30.1234567Z ") -> str | None:
    """A log with a time before each line, as GitHub and Azure write it."""
    if log is None:
        return None
    return "\ufeff" + "".join(f"{mark}{each}\r\n" for each in log.splitlines())
