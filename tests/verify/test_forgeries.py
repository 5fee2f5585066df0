"""Forgeries are not verified: each row of the tables, end to end through the command."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from acceptance_asking import hold, verify
from acceptance_table import (
    CONSISTENT,
    PAGE,
    REFUTED,
    VERIFIED,
    Row,
    expected,
    filled,
    nobody_named,
    ready,
    tables,
)
from acceptance_world import World, digest_of
from forgery_rows import ARTIFACT, FORGERIES, one_byte_changed
from honest_rows import HONEST

from conda_provenance.verify.evidence import document

ROWS = [row for rows in FORGERIES.values() for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_it_is_caught(row: Row, acceptance: World, capsys: pytest.CaptureFixture[str]) -> None:
    said = verify(acceptance, capsys, [row.make(acceptance)], row.options(acceptance))
    hold(row, *said.packages, said.status)
    assert row.outcome != VERIFIED
    assert said.status != 0


def test_in_one_call_with_honest_packages_the_same_is_said(
    acceptance: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Many commits of one repository, fetched at once: none hides another, and none helps it."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in (*ROWS, *HONEST):
        if row.options in (expected, nobody_named) or row in _conda_forges():
            groups[tuple(row.options(acceptance))].append(row)

    assert sum(map(len, groups.values())) > 50
    for options, rows in groups.items():
        packages = [row.make(acceptance) for row in rows]
        said = verify(acceptance, capsys, packages, options)
        for row, package in zip(rows, said.packages, strict=True):
            hold(row, package)
        is_refuted = any(row.outcome == REFUTED for row in rows)
        assert said.status == (1 if is_refuted else max(row.exit for row in rows))


def _conda_forges() -> list[Row]:
    return [row for row in HONEST if "conda-forge" in row.title]


@pytest.mark.parametrize(("first", "second"), [("tip", "closed"), ("closed", "first")])
def test_two_commits_in_one_call_are_told_apart(
    acceptance: World, capsys: pytest.CaptureFixture[str], first: str, second: str
) -> None:
    """A shallow cut at one of them must neither hide nor help the other."""
    packages = [acceptance.actions(commit=each) for each in (first, second)]
    said = verify(acceptance, capsys, packages, expected(acceptance))
    wanted = [REFUTED if each == "closed" else VERIFIED for each in (first, second)]
    assert [each["outcome"] for each in said.packages] == wanted
    assert said.status == 1


def test_without_a_token_the_log_is_not_read_and_nothing_is_verified(
    acceptance: World, capsys: pytest.CaptureFixture[str]
) -> None:
    said = verify(
        acceptance, capsys, [acceptance.actions()], ready("conda-forge")(acceptance), token=""
    )
    (package,) = said.packages
    check = next(each for each in package["checks"] if each["id"] == ARTIFACT)
    assert check["outcome"] == "unavailable"
    assert (package["outcome"], said.status) == (CONSISTENT, 0)


def test_evidence_that_was_edited_and_chained_again_verifies_nothing(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The log is gone, and the attacker writes the evidence of a forged package as he likes."""
    forged = one_byte_changed(acceptance)
    options = (*expected(acceptance), "--evidence", str(tmp_path))
    (package,) = verify(acceptance, capsys, [forged], options).packages
    assert package["outcome"] == REFUTED
    written = package["evidence"]
    file = Path(written["file"])

    edited = _edited(file, digest_of(forged))
    offline = (*options, "--offline")
    for believed, outcome in (
        ((), CONSISTENT),
        (("--evidence-digest", written["digest"]), CONSISTENT),
        # Whoever believes the attacker's own digest believes the attacker.
        (("--evidence-digest", edited), VERIFIED),
    ):
        said = verify(acceptance, capsys, [forged], (*offline, *believed))
        (package,) = said.packages
        assert package["outcome"] == outcome, package["message"]
        assert said.status == (0 if outcome == VERIFIED else 3)
    assert not acceptance.internet.missed


def _edited(file: Path, sha256: str) -> str:
    """Write another digest into the log that was kept, and hash everything again."""
    import hashlib

    old = msgspec.json.decode(file.read_bytes(), type=document.Document)
    answers = [
        _with_body(each, sha256) if each.question.startswith("LOG ") else each
        for each in old.answers
    ]
    assert answers != old.answers
    first = document.first_link(old.program, old.written_at, old.package)
    chained = document.chained(first, answers)
    digest = document.last_link(chained[-1].chain, len(chained))
    edited = msgspec.structs.replace(old, answers=chained, digest=digest)
    assert document.digest_of(edited) == edited.digest
    file.write_bytes(msgspec.json.encode(edited))
    assert hashlib.sha256(file.read_bytes()).hexdigest()
    return digest


def _with_body(entry: document.Entry, sha256: str) -> document.Entry:
    import hashlib

    assert entry.body is not None
    assert entry.body.text is not None
    mention = {**json.loads(entry.body.text), "sha256": sha256}
    text = json.dumps(mention) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    body = document.Body(text=text)
    return msgspec.structs.replace(entry, body=body, sha256=digest, length=len(text))


def test_the_page_has_these_tables() -> None:
    """``python tests/verify/acceptance_table.py`` writes them."""
    page = PAGE.read_text("utf-8")
    assert page == filled(page, tables())
