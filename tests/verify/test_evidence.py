"""Evidence: what is kept for a package, and what a run without network makes of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from doors_making import SECRET, Thing, make_doors, make_subject, open_door
from hostile_forge import HostileForge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conda_provenance.errors import ProvenanceError, UnavailableError
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.verify.evidence import EvidenceFolder, RecordedAnswers
from conda_provenance.verify.evidence.document import Document, chained, first_link, last_link
from conda_provenance.verify.log_answers import MAX_KEPT, log_answer
from conda_provenance.verify.mentions import decoded
from conda_provenance.web import Web

ASKED = {
    "GET https://forge.example/a": Answer(b'{"a": 1}', {"status": "200"}),
    "git tree https://forge.example/a 0123": Answer(b"100644 a\0\xff\xfe", {}),
    "GET https://forge.example/secret": Answer(b'{"private": 1}', {"link": "p"}, with_token=True),
    "GET https://forge.example/busy": UnavailableError("It is too busy.", retry_at=7.0),
}


@pytest.fixture
def folder(tmp_path: Path) -> EvidenceFolder:
    return EvidenceFolder(str(tmp_path / "evidence"))


def _asked(outcomes: dict[str, Answer | UnavailableError] = ASKED) -> Answers:
    """A run in which these questions were asked."""
    answers = Answers()

    def ask(outcome: Answer | UnavailableError) -> Answer:
        if isinstance(outcome, UnavailableError):
            raise outcome
        return outcome

    for question, outcome in outcomes.items():
        try:
            answers.get(question, lambda outcome=outcome: ask(outcome))
        except UnavailableError:
            pass
    return answers


def _write(folder: EvidenceFolder) -> Path:
    written = folder.write(make_subject(), _asked(), dict.fromkeys(ASKED, ""))
    return Path(written.path)


def test_what_is_read_is_what_was_written(folder: EvidenceFolder) -> None:
    path = _write(folder)
    found = folder.read(make_subject())
    for question, outcome in ASKED.items():
        if isinstance(outcome, UnavailableError):
            with pytest.raises(UnavailableError, match=r"It is too busy\.") as caught:
                found.get(question)
            assert caught.value.retry_at == 7.0
        else:
            answer = found.get(question)
            assert (answer.body, answer.about) == (outcome.body, outcome.about)
            assert answer.asked_at == pytest.approx(time.time(), abs=60)
    assert found.is_digest(json.loads(path.read_text())["digest"].upper())
    assert not found.is_digest("0" * 64)
    assert not found.is_digest(None)
    assert re.fullmatch(
        r"By answers recorded at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, by whoever wrote .+: its hashes"
        r" are no signature\.",
        found.sentence,
    )
    assert os.listdir(path.parent) == [path.name]


def test_an_answer_that_was_not_kept_is_missing(folder: EvidenceFolder) -> None:
    _write(folder)
    found = folder.read(make_subject())
    with pytest.raises(UnavailableError, match="has no answer to this question"):
        found.get("GET https://forge.example/other")
    assert list(found.missing) == ["GET https://forge.example/other"]


def test_offline_nobody_is_asked(folder: EvidenceFolder) -> None:
    _write(folder)
    answers = Answers(offline=True)
    question = "GET https://forge.example/a"
    with pytest.raises(UnavailableError, match="--offline"):
        answers.get(question, lambda: pytest.fail("it was asked"))
    with answers.noted(folder.read(make_subject())) as questions:
        assert answers.get(question, lambda: pytest.fail("it was asked")).body == b'{"a": 1}'
        with pytest.raises(UnavailableError):
            answers.get("GET https://forge.example/b", lambda: pytest.fail("it was asked"))
    assert list(questions) == [question, "GET https://forge.example/b"]


def test_each_package_is_answered_from_its_own_file(folder: EvidenceFolder) -> None:
    one, other = make_subject("one"), make_subject("other")
    for subject, body in ((one, b"1"), (other, b"2")):
        folder.write(subject, _asked({"GET x": Answer(body)}), {"GET x": ""})
    answers = Answers(offline=True)
    for subject, body in ((one, b"1"), (other, b"2"), (one, b"1")):
        with answers.noted(folder.read(subject)):
            assert answers.get("GET x", lambda: pytest.fail("it was asked")).body == body


def test_the_run_from_evidence_is_the_run_that_was(
    web: Web, hostile_forge: HostileForge, folder: EvidenceFolder
) -> None:
    urls = [hostile_forge.url(way) for way in ("well", "renamed", "404", "html-203", "403-primary")]

    def outcomes(answers: Answers, door: Any) -> list[object]:
        found: list[object] = []
        for url in urls:
            try:
                found.append(door.get(url, Thing, missing=(404,)))
            except UnavailableError as error:
                found.append((str(error), error.retry_at))
        found += [list(door.pages(hostile_forge.url("pages-two", "0"), list[Thing]))]
        return found

    live = Answers()
    door = open_door(make_doors(web, hostile_forge, answers=live), hostile_forge)
    urls.insert(0, hostile_forge.url("pages-two", "0"))
    list(door.pages(urls.pop(0), list[Thing]))
    with live.noted() as questions:
        first = outcomes(live, door)
    written = folder.write(make_subject(), live, questions)
    assert SECRET not in Path(written.path).read_text()

    hostile_forge.stop()
    later = Answers(offline=True)
    with Web(offline=True, use_conda=False) as closed:
        door = open_door(make_doors(closed, hostile_forge, answers=later), hostile_forge)
        with later.noted(folder.read(make_subject())):
            assert outcomes(later, door) == first


# What a chain can notice.


def _change(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def _edit_body(document: dict[str, Any]) -> None:
    body = '{"a": 2}'
    document["answers"][0]["body"]["text"] = body


def _edit_body_and_digest(document: dict[str, Any]) -> None:
    _edit_body(document)
    entry = document["answers"][0]
    entry["sha256"] = hashlib.sha256(entry["body"]["text"].encode()).hexdigest()


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "body": _edit_body,
    "body-and-digest": _edit_body_and_digest,
    "status": lambda document: document["answers"][0]["about"].update(status="404"),
    "question": lambda document: document["answers"][0].update(question="GET https://other"),
    "time": lambda document: document["answers"][0].update(asked_at=1.0),
    "reordered": lambda document: document["answers"].reverse(),
    "truncated": lambda document: document["answers"].pop(),
    "emptied": lambda document: document["answers"].clear(),
    "first-gone": lambda document: document["answers"].pop(0),
    "doubled": lambda document: document["answers"].append(document["answers"][0]),
    "written-at": lambda document: document.update(written_at=1.0),
    "program": lambda document: document.update(program="99"),
    "digest": lambda document: document.update(digest="0" * 64),
    "unavailable": lambda document: document["answers"][3].update(unavailable="It is well."),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(folder: EvidenceFolder, change: str) -> None:
    path = _write(folder)
    _change(path, CHANGES[change])
    found = folder.read(make_subject())
    assert "its hashes do not hold" in found.fault
    with pytest.raises(UnavailableError, match="its hashes do not hold"):
        found.get("GET https://forge.example/a")
    assert not found.is_digest(json.loads(path.read_text())["digest"])


def test_a_file_that_was_hashed_again_is_told_by_its_digest_alone(folder: EvidenceFolder) -> None:
    path = _write(folder)
    before = json.loads(path.read_text())["digest"]
    document = msgspec.convert(json.loads(path.read_text()), Document)
    body = '{"a": 2}'
    answers = list(document.answers)
    answers[0] = msgspec.structs.replace(
        answers[0],
        body=msgspec.structs.replace(answers[0].body, text=body),
        sha256=hashlib.sha256(body.encode()).hexdigest(),
    )
    answers = chained(first_link(document.program, document.written_at, document.package), answers)
    forged = msgspec.structs.replace(
        document, answers=answers, digest=last_link(answers[-1].chain, len(answers))
    )
    path.write_text(json.dumps(msgspec.to_builtins(forged)))

    found = folder.read(make_subject())
    assert found.get("GET https://forge.example/a").body == body.encode()
    assert "by whoever wrote" in found.sentence
    assert "no signature" in found.sentence
    assert not found.is_digest(before)


# Files that mean harm.


def _deep(text: str) -> str:
    return text.replace('"answers": [', '"answers": ' + "[" * 200_000, 1)


HOSTILE: dict[str, Callable[[str], bytes]] = {
    "empty": lambda _: b"",
    "html": lambda _: b"<html>",
    "not-utf-8": lambda text: text.encode() + b"\xff",
    "deep": lambda text: _deep(text).encode(),
    "twice": lambda text: text.replace('"format"', '"digest": "x", "format"', 1).encode(),
    "unknown-member": lambda text: text.replace('"format"', '"evil": 1, "format"', 1).encode(),
    "list": lambda text: f"[{text}]".encode(),
    "wrong-type": lambda text: text.replace('"asked_at": ', '"asked_at": "', 1).encode(),
    "huge-integer": lambda text: re.sub(
        r'"written_at": [\d.]+', '"written_at": ' + "9" * 100_000, text
    ).encode(),
    "nan": lambda text: re.sub(r'"written_at": [\d.]+', '"written_at": NaN', text).encode(),
    "infinite": lambda text: re.sub(r'"written_at": [\d.]+', '"written_at": 1e999', text).encode(),
    "other-format": lambda text: text.replace("evidence-1", "evidence-9").encode(),
    "number-as-text": lambda text: re.sub(r'"length": (\d+)', r'"length": "\1"', text).encode(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence(folder: EvidenceFolder, kind: str) -> None:
    path = _write(folder)
    path.write_bytes(HOSTILE[kind](path.read_text()))
    found = folder.read(make_subject())
    assert re.search(r"is not used: (its hashes|it has).*\.\Z", found.fault), found.fault
    assert found.sentence == found.fault
    assert "\n" not in found.fault


def test_a_file_of_gigabytes_is_not_read(folder: EvidenceFolder) -> None:
    path = _write(folder)
    with path.open("ab") as file:
        file.truncate(8 << 30)
    assert "larger than 128 MiB" in folder.read(make_subject()).fault


def test_a_pipe_and_a_folder_are_no_files(folder: EvidenceFolder) -> None:
    path = _write(folder)
    path.unlink()
    os.mkfifo(path)
    assert "it is no file" in folder.read(make_subject()).fault
    path.unlink()
    path.mkdir()
    assert folder.read(make_subject()).fault


def test_the_evidence_of_another_package_is_refused(folder: EvidenceFolder) -> None:
    path = _write(folder)
    other = make_subject(sha256="f" * 64)
    path.rename(path.with_name(path.name.replace("a" * 16, "f" * 16)))
    assert "evidence of another package" in folder.read(other).fault


def test_without_a_file_it_says_so(folder: EvidenceFolder) -> None:
    assert folder.read(make_subject()).fault.endswith(
        "cannot be read: there is no evidence of this package; verify it once without --offline."
    )


def test_a_folder_that_cannot_be_written_is_an_error_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvenanceError, match=r"cannot be written: .+\."):
        EvidenceFolder(str(tmp_path / "file")).write(make_subject(), Answers(), {})


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200), st.text(max_size=50), st.one_of(st.none(), st.text(max_size=80)))
def test_no_name_of_a_package_leads_out_of_the_folder(
    tmp_path: Path, name: str, version: str, subdir: str | None
) -> None:
    top = tmp_path / "evidence"
    subject = make_subject(name, version=version, subdir=subdir)
    written = EvidenceFolder(str(top)).write(subject, Answers(), {})
    assert Path(written.path).parent == top
    assert Path(written.path).is_file()
    assert not Path(written.path).name.startswith((".", "-"))
    assert len(Path(written.path).name) < 255


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_byte_of_a_file_can_be_changed_unnoticed(tmp_path: Path, data: st.DataObject) -> None:
    """Only white space, and numbers that mean the same, leave the digest as it is."""
    folder = EvidenceFolder(str(tmp_path / "evidence"))
    path = _write(folder)
    before = path.read_bytes()
    digest = json.loads(before)["digest"]
    at = data.draw(st.integers(0, 10_000)) % len(before)
    byte = data.draw(st.integers(0, 255))
    path.write_bytes(before[:at] + bytes([byte]) + before[at + 1 :])
    found = folder.read(make_subject())
    if found.is_digest(digest):
        assert json.loads(path.read_bytes()) == json.loads(before)
    else:
        assert found.fault


def test_what_is_large_crowds_out_nothing_that_is_small(folder: EvidenceFolder) -> None:
    large, small = b"x" * (17 << 20), b"y" * 10_000
    outcomes = {f"large {number}": Answer(large) for number in range(3)}
    outcomes |= {f"small {number}": Answer(small) for number in range(3)}
    folder.write(make_subject(), _asked(outcomes), dict.fromkeys(outcomes, ""))
    recorded = folder.read(make_subject())
    assert not recorded.fault
    kept = dict.fromkeys(outcomes, "")
    for question in outcomes:
        try:
            kept[question] = recorded.get(question).body.decode()
        except UnavailableError as error:
            assert "too large to be kept" in str(error)
    assert [len(each) for each in kept.values()] == [17 << 20, 17 << 20, 0, 10_000, 10_000, 10_000]
    assert recorded.is_digest(recorded.digest)
    assert not recorded.is_believed([recorded.digest])
    assert "It lacks answers" in recorded.sentence


def test_more_questions_than_fit_are_not_cut(folder: EvidenceFolder) -> None:
    with pytest.raises(ProvenanceError, match="more than 10000 answers"):
        folder.write(make_subject(), Answers(), {str(number): "" for number in range(10_001)})


def test_each_place_of_a_file_has_evidence_of_its_own(folder: EvidenceFolder) -> None:
    subject = make_subject()
    artifacts = [subject.artifact._replace(location=f"https://{n}.example/x") for n in range(3)]
    subjects = [subject._replace(artifact=each) for each in (*artifacts, artifacts[0])]
    written = []
    for number, each in enumerate(subjects):
        answers = {"question": Answer(str(number).encode())}
        written.append(folder.write(each, _asked(answers), {"question": ""}))
    assert len({each.path for each in written}) == 3
    assert written[3].path == written[0].path

    for number in (1, 2, 3):
        believed = [written[number].digest]
        for each in (subject, *subjects):
            assert folder.read(each, believed).get("question").body == str(number).encode()
        # Where nothing is believed, that of its own place counts.
        assert folder.read(subjects[number]).get("question").body == str(number).encode()

    both = [written[1].digest, written[2].digest]
    assert "give --evidence-digest for one of them" in folder.read(subject, both).fault
    assert folder.read(subjects[2], both).get("question").body == b"2"


def test_a_file_is_found_alone_and_beside_what_is_none(folder: EvidenceFolder) -> None:
    paths = []
    for host in ("a", "b"):
        subject = make_subject()
        artifact = subject.artifact._replace(location=f"https://{host}.example/x")
        written = folder.write(
            subject._replace(artifact=artifact), _asked(), dict.fromkeys(ASKED, "")
        )
        paths.append(Path(written.path))
    paths[0].write_text("{}")
    assert folder.read(make_subject(), [written.digest]).is_digest(written.digest)
    assert folder.read(make_subject()).is_digest(written.digest)
    paths[0].unlink()
    assert EvidenceFolder(str(paths[1].parent)).read(make_subject()).is_digest(written.digest)


@pytest.mark.parametrize("status", ["", "²", "20", "2000", "\ud800", "9" * 5000, "-12", " 200"])
def test_a_status_that_is_none_is_no_fault_of_ours(
    web: Web, hostile_forge: HostileForge, status: str
) -> None:
    url = hostile_forge.url("well")
    kept = {"status": status} if status else {}
    recorded = RecordedAnswers({f"GET {url}": Answer(b"{}", kept)}, source="x")
    answers = Answers()
    door = open_door(make_doors(web, hostile_forge, answers=answers), hostile_forge)
    with answers.noted(recorded), pytest.raises(UnavailableError, match="has no status"):
        door.get(url, Thing)
    assert not hostile_forge.asked


@pytest.mark.parametrize("body", [b"\xff", b"[" * 10_000, b"{}", b'{"name": 1}'])
def test_what_was_kept_of_a_log_may_be_anything(body: bytes) -> None:
    with pytest.raises(UnavailableError, match="cannot be read"):
        decoded(body)


# Logs.


def test_of_a_log_the_lines_that_matter_are_kept() -> None:
    log = [b"one\n-- SHA", b"256: 1\nthree\n", b"four\n"]

    def keep(pieces: Any) -> list[bytes]:
        return [line for line in b"".join(pieces).splitlines(keepends=True) if b"SHA" in line]

    answer = log_answer(iter(log), keep, with_token=True)
    whole = b"".join(log)
    assert answer.body == b"-- SHA256: 1\n"
    assert answer.about == {
        "log": "lines",
        "log-length": str(len(whole)),
        "log-sha256": hashlib.sha256(whole).hexdigest(),
    }
    assert answer.with_token


def test_the_digest_of_a_log_is_of_all_of_it() -> None:
    answer = log_answer(
        iter([b"a", b"b", b"c"]), lambda pieces: [next(iter(pieces))], with_token=False
    )
    assert answer.body == b"a"
    assert answer.about["log-length"] == "3"


def test_a_log_that_is_gone_is_asked_for_again() -> None:
    answer = log_answer(None, lambda pieces: pieces, with_token=False)
    assert (answer.body, answer.about, answer.is_lasting) == (b"", {"log": "missing"}, False)


def test_a_log_of_nothing_but_such_lines_is_given_up() -> None:
    pieces = (b"x" * 65536 for _ in range(10_000))
    with pytest.raises(UnavailableError, match="too many lines"):
        log_answer(pieces, lambda each: each, with_token=False)
    assert next(pieces)
    assert MAX_KEPT < 10_000 * 65536


def test_long_names_fit_into_a_folder(folder: EvidenceFolder) -> None:
    """A stranger may call a package what he likes."""
    subject = make_subject("n" * 300, version="1" * 300, subdir="s" * 300)
    written = folder.write(subject, Answers(), {})
    assert len(os.path.basename(written.path)) < 200
    assert folder.read(subject).digest == written.digest
