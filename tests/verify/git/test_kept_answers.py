"""The same repository from answers that were kept: nothing is asked, and everything is proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from git_asking import asking
from git_servers import GitServer, StartServer
from histories import MAIN, History

from conda_provenance.errors import UnavailableError
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.verify.git.answered import AnsweredRepository
from conda_provenance.verify.repository import Position


class Kept:
    """A stand-in for a file of evidence."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)

    def get(self, question: str) -> Answer:
        if question not in self.answers:
            raise UnavailableError("This answer was not kept.")
        return self.answers[question]


def look(repository: AnsweredRepository, history: History) -> list[object]:
    seen: list[object] = [repository.refs(), repository.addresses()]
    for name in ("second", "side", "tip"):
        seen.append(repository.commit(history[name]))
        seen.append(repository.position(history[name], MAIN))
        seen.append(repository.files(history[name]))
    seen.append(repository.commit("1" * 40))
    seen.append(repository.refs_with(history["side"]))
    files = repository.files(history["tip"])
    seen.append(repository.blobs(history["tip"], [files["recipe/build.sh"].id]))
    seen.append(repository.blob_ids(history["tip"], [b"x"]))
    return seen


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, history: History
) -> tuple[RemoteUrl, Kept, list[object]]:
    git_server = GitServer(tmp_path_factory.mktemp("recorded"))
    git_server.publish(history)
    remote, answers = RemoteUrl.parse(git_server.url()), Answers()
    with asking(answers) as repositories, answers.noted() as questions:
        repositories.expect(remote, [history["second"], history["tip"]], with_files=True)
        seen = look(repositories.of(remote), history)
    found = {question: answers.outcome(question) for question in questions}
    git_server.stop()
    return remote, Kept({q: a for q, a in found.items() if isinstance(a, Answer)}), seen


@pytest.fixture
def kept(
    recorded: tuple[RemoteUrl, Kept, list[object]],
) -> tuple[RemoteUrl, Kept, list[object]]:
    """What was recorded once, for each test to change as it likes. The server is gone."""
    remote, answers, seen = recorded
    return remote, Kept(answers.answers), seen


def test_it_says_the_same(kept: tuple[RemoteUrl, Kept, list[object]], history: History) -> None:
    remote, answers, seen = kept
    offline = Answers()
    with asking(offline) as repositories, offline.noted(answers):
        assert look(repositories.of(remote), history) == seen


def test_a_missing_answer_is_unavailable(
    kept: tuple[RemoteUrl, Kept, list[object]], history: History
) -> None:
    remote, answers, _ = kept
    for question in list(answers.answers):
        answer = answers.answers.pop(question)
        offline = Answers()
        with (
            asking(offline) as repositories,
            offline.noted(answers),
            pytest.raises(UnavailableError),
        ):
            look(repositories.of(remote), history)
        answers.answers[question] = answer


EDITS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("git commit", lambda body: body.replace(b"Ada", b"Eve")),
    ("git commit", lambda body: body + b"x"),
    ("git tree", lambda body: body[:-1] + b"x"),
    ("git tree", lambda _: b""),
    ("git blob", lambda body: body + b"x"),
    ("git position", lambda _: b"surely"),
    ("git refs-with", lambda _: b"[]"),
    ("git refs-with", lambda _: b"{"),
]


@pytest.mark.parametrize(("kind", "edit"), EDITS)
def test_an_edited_answer_is_noticed(
    kept: tuple[RemoteUrl, Kept, list[object]],
    history: History,
    kind: str,
    edit: Callable[[bytes], bytes],
) -> None:
    """Commits, trees and files prove themselves. Positions and lists of refs cannot."""
    remote, answers, _ = kept
    question = next(
        each
        for each, answer in answers.answers.items()
        if each.startswith(f"{kind} ") and answer.body
    )
    answers.answers[question] = answers.answers[question]._replace(
        body=edit(answers.answers[question].body)
    )
    offline = Answers()
    with (
        asking(offline) as repositories,
        offline.noted(answers),
        pytest.raises(UnavailableError),
    ):
        look(repositories.of(remote), history)


def test_what_is_absent_is_asked_again_by_other_runs(
    kept: tuple[RemoteUrl, Kept, list[object]], history: History
) -> None:
    remote, answers, _ = kept
    lasting = {question: answer.is_lasting for question, answer in answers.answers.items()}
    assert not lasting.pop(f"git commit {remote} {'1' * 40}")
    assert lasting[f"git position {remote} {history['side']} {MAIN}"]
    assert all(lasting.values())


class Earlier:
    """A stand-in for the answers of earlier runs."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}

    def get(self, question: str, scope: str) -> Answer | None:
        return self.answers.get(question)

    def put(self, question: str, scope: str, answer: Answer) -> None:
        self.answers[question] = answer


def test_a_kept_position_is_asked_again_once_the_branch_has_moved(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    """The branch was reset since. The list of branches is a new one, and the position is not."""
    server, moving = git_servers(), history.copy(tmp_path / "moving.git")
    server.publish(moving)
    remote, earlier, side = RemoteUrl.parse(server.url()), Earlier(), history["side"]
    answers = Answers(cache=earlier)
    with asking(answers) as repositories, answers.noted() as questions:
        assert repositories.of(remote).position(side, MAIN) is Position.MERGED
    answers.keep(questions)
    again = Answers(cache=earlier)
    with asking(again) as repositories:
        assert repositories.of(remote).position(side, MAIN) is Position.MERGED
    assert again.oldest_reused is not None

    del earlier.answers[f"git refs {remote}"]
    moving.point(MAIN, "second")
    later = Answers(cache=earlier)
    with asking(later) as repositories:
        assert repositories.of(remote).position(side, MAIN) is Position.ABSENT


def test_a_position_of_another_tip_in_evidence_is_no_answer(
    kept: tuple[RemoteUrl, Kept, list[object]], history: History
) -> None:
    remote, answers, _ = kept
    question = f"git position {remote} {history['side']} {MAIN}"
    answers.answers[question] = answers.answers[question]._replace(about={"tip": "1" * 40})
    offline = Answers()
    with (
        asking(offline) as repositories,
        offline.noted(answers),
        pytest.raises(UnavailableError, match="another tip"),
    ):
        repositories.of(remote).position(history["side"], MAIN)
