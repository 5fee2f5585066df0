"""The verifier: order, concurrency, what is announced, and what happens to a check that crashes."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from verify_standins import (
    NOTHING,
    Asked,
    CheckOf,
    StandInContents,
    members,
    outcomes,
    verifier_of,
    wanted,
)

from conda_provenance.errors import PackageError, UnavailableError, UsageError
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.check_ids import IDS
from conda_provenance.policy.expectations import Expectations
from conda_provenance.sources import NotConda, Unreadable
from conda_provenance.verify import verifier as verifier_module
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.verify.check import World
from conda_provenance.verify.checking import check_package
from conda_provenance.verify.evidence import EvidenceFolder
from conda_provenance.verify.grounds import ATTESTED, BUILD
from conda_provenance.verify.keeping import Keeping
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.verdict import Standing
from conda_provenance.verify.verifier import Verifier, Wanted

OTHER = "https://github.com/o/other"


def names(results):
    return [each.found.name for each in results]


def sleeping(seconds: float):
    def what(case, world):
        time.sleep(seconds if case.subject.artifact.name == "a" else 0)
        return CheckOf("slow").passed("It slept.")

    return what


def test_results_come_in_the_order_of_the_packages():
    check = CheckOf("slow", sleeping(0.2))
    packages = [
        wanted(name, remote_url=f"https://github.com/o/{name}", is_remote=name in "bd")
        for name in "abcdef"
    ]
    assert names(verifier_of(check).verify(packages)) == list("abcdef")


def test_repositories_are_asked_at_once_and_packages_of_one_repository_in_turn():
    at_once = []
    running: set[str] = set()
    lock = threading.Lock()

    def what(case, world):
        remote = str(case.subject.remote)
        with lock:
            assert remote not in running, "two packages of one repository at once"
            running.add(remote)
            at_once.append(len(running))
        time.sleep(0.05)
        with lock:
            running.remove(remote)
        return CheckOf("x").passed("Fine.")

    packages = [
        wanted(f"p{number}", remote_url=f"https://github.com/o/{number % 3}") for number in range(9)
    ]
    results = list(verifier_of(CheckOf("x", what)).verify(packages))
    assert [each.error for each in results] == [None] * 9
    assert all(outcomes(each) == {"x": Outcome.PASS} for each in results)
    assert 1 < max(at_once) <= 3


def test_a_repository_is_announced_once_with_all_its_commits():
    asked = Asked()
    packages = [
        wanted("a", sha="1" * 40),
        wanted("b", sha="2" * 40),
        wanted("c", sha="1" * 40),
        wanted("d", remote_url=OTHER),
        wanted("e", sha="123"),
        wanted("f", remote_url=None),
        wanted("g", remote_url=None, sha=None),
    ]
    list(verifier_of(CheckOf("x"), repositories=asked).verify(packages))
    assert [each[:1] + each[1] for each in asked.announced] == [
        ("https://github.com/o/n", "1" * 40, "2" * 40),
        (OTHER, packages[3].found.contents._extra["sha"]),
    ]
    assert all(with_files for *_, with_files in asked.announced)


def test_what_is_compared_is_announced():
    asked = Asked()
    packages = [wanted("a", size=3), wanted("b", size=4), wanted("c", remote_url=OTHER, size=5)]
    list(verifier_of(CheckOf("x"), repositories=asked).verify(packages))
    assert set(asked.contents) == {b"xxx", b"xxxx", b"xxxxx"}


def test_what_cannot_be_read_of_a_recipe_is_left_to_the_check(monkeypatch):
    def broken(_contents):
        raise RecursionError

    monkeypatch.setattr(verifier_module, "compared_contents", broken)
    asked = Asked()
    (result,) = verifier_of(CheckOf("x"), repositories=asked).verify([wanted("a")])
    assert outcomes(result) == {"x": Outcome.PASS}
    assert asked.contents == []


def test_files_are_not_announced_where_the_recipe_is_not_checked():
    asked = Asked()
    expected = Expectations(only=("commit-exists",))
    list(verifier_of(CheckOf("x"), expected=expected, repositories=asked).verify([wanted("a")]))
    assert asked.announced[0][2] is False
    assert asked.contents == []


def test_everything_is_announced_before_the_first_question():
    asked = Asked()

    def what(case, world):
        assert len(asked.announced) == 2
        return CheckOf("x").passed("Fine.")

    packages = [wanted("a"), wanted("b", remote_url=OTHER, is_remote=True)]
    results = verifier_of(CheckOf("x", what), repositories=asked).verify(packages)
    assert all(outcomes(each) == {"x": Outcome.PASS} for each in results)


@pytest.mark.parametrize(("limit", "value"), [("MAX_PACKAGES", 2), ("MAX_BYTES", 20)])
def test_no_more_is_held_than_a_chunk(monkeypatch, limit, value):
    monkeypatch.setattr(verifier_module, limit, value)
    taken = []

    def packages():
        for number in range(10):
            taken.append(number)
            yield wanted(f"p{number}", size=10)

    results = verifier_of(CheckOf("x")).verify(packages())
    for number, _ in enumerate(results):
        assert len(taken) <= (number // 2 + 1) * 2


@pytest.mark.parametrize(("most", "asked"), [(1 << 20, 1), (10, 3)])
def test_answers_are_shared_between_chunks_unless_they_are_too_many(monkeypatch, most, asked):
    monkeypatch.setattr(verifier_module, "MAX_PACKAGES", 1)
    monkeypatch.setattr(verifier_module, "MAX_ANSWERS", most)
    asks = []

    def what(case, world):
        world.answers.get("GET https://x/", lambda: asks.append(1) or Answer(b"x" * 100))
        return CheckOf("x").passed("Fine.")

    list(verifier_of(CheckOf("x", what)).verify(wanted(each) for each in "abc"))
    assert len(asks) == asked


def test_the_files_of_a_package_are_let_go():
    (verified,) = verifier_of(CheckOf("x")).verify([wanted("a")])
    assert not verified.subject.contents.files


def test_a_package_is_read_whole_only_if_that_is_wanted():
    packages = [wanted("a", is_whole=True), wanted("b")]
    first, second = verifier_of(CheckOf("x")).verify(packages)
    assert [each.found.contents.reads for each in packages] == [[True], [False]]
    assert first.subject.computed_sha256 == "a" * 64
    assert second.subject.computed_sha256 is None


def test_what_cannot_be_read_is_unavailable_and_the_rest_goes_on():
    def refuse():
        raise PackageError("b-1.0-0.conda is damaged.")

    def crash():
        raise ZeroDivisionError("secret")

    packages = [
        wanted("a"),
        wanted("b", before=refuse),
        wanted("c", before=crash),
        Wanted(Unreadable("d", "d.conda", "d.conda does not exist.")),
        Wanted(NotConda("e", "1", "somewhere", "pip")),
        wanted("f", before=refuse, is_remote=True),
    ]
    first, *others = verifier_of(CheckOf("x")).verify(packages)
    assert first.error is None
    assert [each.verdict.outcome for each in others] == [Standing.UNAVAILABLE] * 5
    assert [each.error for each in others[:1] + others[2:]] == [
        "b-1.0-0.conda is damaged.",
        "d.conda does not exist.",
        None,
        "b-1.0-0.conda is damaged.",
    ]
    assert "fault in conda-provenance (ZeroDivisionError)" in others[1].error
    assert "secret" not in others[1].error


def test_what_the_search_raises_comes_after_the_results_before_it():
    def packages():
        yield wanted("a")
        raise UsageError("There is no such environment.")

    results = verifier_of(CheckOf("x")).verify(packages())
    assert next(results).found.name == "a"
    with pytest.raises(UsageError, match="no such environment"):
        next(results)


def test_each_package_has_the_answers_that_its_checks_asked_for(tmp_path):
    answers = Answers()

    def what(case, world):
        answers.get(f"GET https://x/{case.subject.artifact.name}", lambda: Answer(b"x"))
        answers.get("git refs https://x", lambda: Answer(b"y"))
        return CheckOf("x").passed("Fine.")

    keeping = Keeping(EvidenceFolder(str(tmp_path)))
    verifier = verifier_of(CheckOf("x", what), answers=answers, keeping=keeping)
    results = list(verifier.verify([wanted("a"), wanted("b")]))
    for verified in results:
        document = json.loads(Path(verified.evidence.path).read_text())
        assert document["digest"] == verified.evidence.digest
        assert [each["question"] for each in document["answers"]] == [
            f"GET https://x/{verified.found.name}",
            "git refs https://x",
        ]


def bound(case, world):
    answer = world.answers.get("GET https://x/", lambda: Answer(b"yes"))
    return CheckOf("x").passed(f"It says {answer.body.decode()}.", statement=BUILD)


ALL = [CheckOf(each, bound) for each in (*IDS[:6], ATTESTED)]


@pytest.mark.parametrize("believes", [True, False])
def test_evidence_verifies_a_package_only_if_the_user_believes_its_file(tmp_path, believes):
    expected = Expectations(repositories=(RepositoryPattern.parse("https://github.com/o/n"),))
    folder = EvidenceFolder(str(tmp_path))
    online = verifier_of(*ALL, expected=expected, keeping=Keeping(folder))
    (before,) = online.verify([wanted("a", is_whole=True)])
    assert before.verdict.outcome is Standing.VERIFIED

    keeping = Keeping(
        folder, offline=True, believed={before.evidence.digest} if believes else {"0" * 64}
    )
    offline = verifier_of(*ALL, expected=expected, keeping=keeping, answers=Answers(offline=True))
    (after,) = offline.verify([wanted("a", is_whole=True)])
    assert outcomes(after) == outcomes(before)
    assert after.verdict.outcome is (Standing.VERIFIED if believes else Standing.CONSISTENT)
    assert ("By answers recorded at" in after.verdict.message) is not believes
    assert "By answers recorded at" in after.evidence.sentence


def test_without_evidence_nothing_is_answered_offline(tmp_path):
    keeping = Keeping(EvidenceFolder(str(tmp_path)), offline=True)
    verifier = verifier_of(CheckOf("x", bound), keeping=keeping, answers=Answers(offline=True))
    (verified,) = verifier.verify([wanted("a")])
    assert outcomes(verified) == {"x": Outcome.UNAVAILABLE}
    assert not verified.evidence.is_believed


def test_without_a_network_no_thread_is_started():
    seen = set()

    def what(case, world):
        seen.add(threading.get_ident())
        return CheckOf("x").passed("Fine.")

    packages = [wanted(name, remote_url=f"https://github.com/o/{name}") for name in "abc"]
    verifier = verifier_of(CheckOf("x", what), answers=Answers(offline=True))
    assert names(verifier.verify(packages)) == list("abc")
    assert seen == {threading.get_ident()}


def test_evidence_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    keeping = Keeping(EvidenceFolder(str(tmp_path / "file")))
    (verified,) = verifier_of(CheckOf("x", bound), keeping=keeping).verify([wanted("a")])
    assert "cannot be written" in verified.evidence.fault
    assert outcomes(verified) == {"x": Outcome.PASS}


def test_what_was_verified_is_not_lost_when_somebody_stops():
    gate = threading.Event()

    def what(case, world):
        if case.subject.artifact.name == "a":
            gate.wait(10)
        return CheckOf("x").passed("Fine.")

    class Stop:
        def __init__(self):
            self.advanced = 0

        def advance(self):
            self.advanced += 1
            if self.advanced == 2:
                gate.set()
                raise KeyboardInterrupt

        def tick(self):
            pass

    verifier = verifier_of(CheckOf("x", what), progress=Stop())
    packages = [wanted(name, remote_url=f"https://github.com/o/{name}") for name in "abc"]
    with closing(verifier.verify(packages)) as results, pytest.raises(KeyboardInterrupt):
        list(results)
    assert {"b", "c"} <= set(names(verifier.left_over))


# --- one package's checks ------------------------------------------------------------------------


def checked(*checks, expected=NOTHING, plugin="built-in"):
    package = wanted("a")
    subject = Subject(package.found, package.found.contents.everything(), None)
    world = World(Asked(), None, 0.0, Answers())
    return check_package(subject, expected, members(*checks, plugin=plugin), world)


def test_checks_run_in_order_and_see_how_those_before_ended():
    def what(case, world):
        assert list(case.results) == ["first"]
        case.results.clear()
        return CheckOf("second").passed("Fine.")

    results = checked(CheckOf("first"), CheckOf("second", what))
    assert list(results) == ["first", "second"]
    assert {each.outcome for each in results.values()} == {Outcome.PASS}


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), SystemExit(1), RecursionError()])
def test_a_check_that_crashes_is_unavailable_and_says_that_it_is_our_fault(error):
    def crash(case, world):
        raise error

    results = checked(CheckOf("x", crash), CheckOf("y"))
    assert [each.outcome for each in results.values()] == [Outcome.UNAVAILABLE, Outcome.PASS]
    assert results["x"].message == (
        f"It could not be checked because of a fault in conda-provenance ({type(error).__name__}): "
        "please report it, with what -v prints."
    )


def test_a_foreign_check_that_crashes_is_unavailable_and_named():
    def crash(case, world):
        raise ZeroDivisionError("secret")

    (result,) = checked(CheckOf("x", crash), plugin="our-farm").values()
    assert result == Result(
        "x", Outcome.UNAVAILABLE, "The check of the plugin our-farm failed (ZeroDivisionError)."
    )


@pytest.mark.parametrize(
    "answer",
    [None, "pass", True, Result("x", "pass", "Fine."), Result("x", Outcome.PASS, None)],  # type: ignore[arg-type]
)
def test_what_is_no_result_is_no_pass(answer):
    (result,) = checked(CheckOf("x", lambda case, world: answer), plugin="our-farm").values()
    assert result.outcome is Outcome.UNAVAILABLE


def test_a_result_has_the_id_of_its_check():
    answer = Result("well-formed", Outcome.PASS, "Fine.")
    (result,) = checked(CheckOf("x", lambda case, world: answer), plugin="our-farm").values()
    assert result.id == "x"


def test_what_cannot_be_asked_is_unavailable_with_the_time_to_try_again():
    def what(case, world):
        error = UnavailableError("github.com asks to wait.")
        error.retry_at = 1000.0  # type: ignore[attr-defined]
        raise error

    (result,) = checked(CheckOf("x", what)).values()
    assert (result.outcome, result.message, result.retry_at) == (
        Outcome.UNAVAILABLE,
        "github.com asks to wait.",
        1000.0,
    )


def test_what_the_user_leaves_out_is_listed_and_not_run():
    first, second = CheckOf("first"), CheckOf("second")
    results = checked(first, second, expected=Expectations(skip=("second",)))
    assert results["second"] == Result("second", Outcome.UNAVAILABLE, "Left out by you (--skip).")
    results = checked(first, second, expected=Expectations(only=("second",)))
    assert results["first"].message == "Left out by you (--only)."
    assert (len(first.seen), len(second.seen)) == (1, 1)


def test_there_is_nothing_to_check_of_a_commit_that_is_not_there():
    absent = CheckOf("commit-exists", lambda case, world: absent.failed("It is not there."))
    others = [CheckOf("commit-on-branch"), CheckOf("recipe-matches"), CheckOf("run-matches")]
    results = checked(absent, *others)
    assert [each.outcome for each in results.values()] == [
        Outcome.FAIL,
        Outcome.NOT_APPLICABLE,
        Outcome.NOT_APPLICABLE,
        Outcome.PASS,
    ]
    assert not others[0].seen + others[1].seen


def test_the_stand_in_is_read_as_a_package():
    assert isinstance(verifier_of(), Verifier)
    assert StandInContents("a").everything().package.claim.sha
