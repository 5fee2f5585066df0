"""``attest --verified``: a statement of what is verified, and of nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from acceptance_asking import online
from acceptance_sites import TOKEN
from acceptance_table import OPEN, SILENT, VERIFIED, Row, expected, nobody_named
from acceptance_world import World
from forgery_rows import FORGERIES
from honest_rows import HONEST

from conda_provenance.attest import package_statement
from conda_provenance.cli import attest as attest_command
from conda_provenance.cli.main import main

ROWS = [*HONEST, *(row for rows in FORGERIES.values() for row in rows)]
GOOD = next(row for row in HONEST if row.outcome == VERIFIED and row.options is expected)
SILENT_ROW = next(row for row in ROWS if row.outcome == SILENT)
OPEN_ROW = next(row for row in ROWS if row.outcome == OPEN and row.options is expected)
BAD = next(row for row in ROWS if row.exit == 1 and row.options is expected)


class Printed(NamedTuple):
    status: int
    out: str
    err: str


def attest(
    world: World, capsys: pytest.CaptureFixture[str], packages: Sequence[Path], *options: str
) -> Printed:
    with online(world):
        capsys.readouterr()
        root = ("--trust-root", str(world.trust_root))
        status = main(["attest", "--verified", *map(str, packages), *root, *options])
        out, err = capsys.readouterr()
    assert TOKEN not in out + err
    assert "Traceback" not in err
    return Printed(status, out, err)


def digest_in(line: str) -> str:
    (subject,) = json.loads(line)["subject"]
    digest: str = subject["digest"]["sha256"]
    return digest


def test_what_verify_finds_verified_is_stated_and_nothing_else(
    acceptance: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """All rows of the tables in one call, honest packages and forgeries."""
    for options in (expected, nobody_named):
        rows = [row for row in ROWS if row.options is options]
        packages = [row.make(acceptance) for row in rows]
        good = [
            hashlib.sha256(package.read_bytes()).hexdigest()
            for row, package in zip(rows, packages, strict=True)
            if row.outcome == VERIFIED
        ]
        assert len(rows) > len(good)

        printed = attest(acceptance, capsys, packages, *options(acceptance), "--quiet")
        stated = set(map(digest_in, printed.out.splitlines()))
        wrong = [
            row.title
            for row, package in zip(rows, packages, strict=True)
            if (hashlib.sha256(package.read_bytes()).hexdigest() in stated)
            is not (row.outcome == VERIFIED)
        ]
        assert wrong == []
        assert len(printed.out.splitlines()) == len(good)
        assert printed.err.count("so nothing is stated of it") == len(rows) - len(good)
        assert printed.status != 0


@pytest.mark.parametrize("row", [GOOD, BAD, SILENT_ROW, OPEN_ROW], ids=lambda row: row.outcome)
def test_the_exit_status_is_that_of_verify(
    row: Row, acceptance: World, capsys: pytest.CaptureFixture[str]
) -> None:
    package = row.make(acceptance)
    printed = attest(acceptance, capsys, [package], *row.options(acceptance))
    assert printed.status == row.exit
    if row.outcome == VERIFIED:
        assert digest_in(printed.out) == hashlib.sha256(package.read_bytes()).hexdigest()
    else:
        assert printed.out == ""
        assert row.outcome in printed.err


def test_a_statement_that_is_verified_is_the_same_as_without(
    acceptance: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """That it was verified is the user's finding, and not the package's."""
    package = GOOD.make(acceptance)
    printed = attest(acceptance, capsys, [package], *GOOD.options(acceptance))
    assert printed.out.encode() == package_statement.statement_of(str(package)).statement + b"\n"


def test_a_refuted_package_says_why_and_the_others_are_stated(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad, good = BAD.make(acceptance), GOOD.make(acceptance)
    options = [*expected(acceptance), "-o", str(tmp_path / "out")]
    folder = tmp_path / "other"
    folder.mkdir()
    bad = Path(shutil.copy(bad, folder))
    if bad.name == good.name:
        first = attest(acceptance, capsys, [bad], *options)
        assert not (tmp_path / "out").exists()
        second = attest(acceptance, capsys, [good], *options)
        statuses, error = (first.status, second.status), first.err
    else:
        both = attest(acceptance, capsys, [bad, good], *options)
        statuses, error = (both.status, 0), both.err
    assert statuses == (1, 0)
    assert f"{bad} is refuted, and not verified, so nothing is stated of it" in error
    assert [each.name for each in (tmp_path / "out").iterdir()] == [f"{good.name}.statement.json"]


def test_a_package_that_is_changed_after_it_was_verified_is_not_stated(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    package = Path(shutil.copy(GOOD.make(acceptance), tmp_path))
    other = BAD.make(acceptance).read_bytes()

    def stated(path: str) -> object:
        package.write_bytes(other)
        return package_statement.statement_of(path)

    monkeypatch.setattr(attest_command, "statement_of", stated)
    printed = attest(acceptance, capsys, [package], *GOOD.options(acceptance))
    assert (printed.status, printed.out) == (3, "")
    assert "was changed after it was verified" in printed.err


def test_evidence_that_is_believed_is_enough_without_network(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = GOOD.make(acceptance)
    options = [*GOOD.options(acceptance), "--evidence", str(tmp_path)]
    kept = attest(acceptance, capsys, [package], *options)
    assert kept.status == 0
    (file,) = tmp_path.iterdir()
    digest = json.loads(file.read_text())["digest"]

    unbelieved = attest(acceptance, capsys, [package], *options, "--offline")
    assert (unbelieved.status, unbelieved.out) == (3, "")
    believed = attest(
        acceptance, capsys, [package], *options, "--offline", "--evidence-digest", digest
    )
    assert (believed.status, believed.out) == (0, kept.out)
