"""The ``attest`` command, as people and programs run it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attest_samples import REMOTE, SHA, make_old_package, make_package, require_accepted
from cli_running import run_command
from packages_making import make_conda, make_folder


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return make_package(tmp_path)


def test_a_statement_is_one_line_and_names_the_bytes(package):
    done = run_command("attest", package)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    require_accepted(done.stdout)
    statement = json.loads(done.stdout)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    assert statement["subject"] == [{"name": package.name, "digest": {"sha256": digest}}]
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"


def test_several_packages_a_line_each_in_their_order(package, tmp_path):
    old = make_old_package(tmp_path)
    (tmp_path / "list").write_text(f"# two\n{old}\n{package}\n")
    done = run_command("attest", f"@{tmp_path / 'list'}")
    assert done.returncode == 0
    subjects = [json.loads(line)["subject"][0] for line in done.stdout.splitlines()]
    assert [each["name"] for each in subjects] == [old.name, package.name]
    for each, path in zip(subjects, (old, package), strict=True):
        assert each["digest"] == {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({}, "it says nothing about where it comes from"),
        ({"sha": ""}, "it says nothing about where it comes from"),
        ({"flow_run_id": "github_1"}, "it names no repository that others can reach"),
        ({"sha": SHA, "remote_url": "/home/jane/feedstock"}, "it names no repository"),
        ({"sha": SHA, "remote_url": 5}, "it names no repository"),
    ],
)
def test_of_a_package_that_says_too_little_nothing_is_stated_and_the_rest_goes_on(
    package, tmp_path, extra, why
):
    folder = tmp_path / "other"
    folder.mkdir()
    silent = make_conda(folder, {"extra": extra})
    done = run_command("attest", silent, package)
    assert done.returncode == 1
    assert f"There is nothing to state of {silent}: {why}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(done.stdout.splitlines()) == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others(package, tmp_path):
    broken = tmp_path / "broken-1.0-0.conda"
    broken.write_bytes(b"PK nothing")
    done = run_command("attest", broken, tmp_path / "missing-1-0.conda", package)
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr.count("cannot be read") == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("https://user:s3cr3t@example.org/noarch/demo-1.0-0.conda", "an address"),
        ("oci://example.org/demo", "an address"),
        (".", "a folder"),
        ("numpy", "no file"),
        ("conda-forge::numpy", "no file"),
        ("", "An empty text is no file"),
    ],
)
def test_only_package_files_are_taken(package, target, kind):
    done = run_command("attest", package, target)
    assert done.returncode == 2
    assert kind in done.stderr
    assert "the digest is of bytes that we read" in done.stderr
    assert "s3cr3t" not in done.stderr
    assert done.stdout == ""


def test_an_extracted_package_has_no_bytes_to_name(tmp_path):
    done = run_command("attest", make_folder(tmp_path))
    assert done.returncode == 2
    assert "is a folder" in done.stderr


def test_a_file_with_another_name_is_no_subject(package):
    renamed = package.with_name("other-1.0-0.conda")
    package.rename(renamed)
    done = run_command("attest", renamed)
    assert done.returncode == 1
    assert "is not named after the package in it" in done.stderr


def test_the_predicate_alone(package):
    done = run_command("attest", "--predicate-only", package)
    assert done.returncode == 0
    whole = run_command("attest", package).stdout
    assert json.loads(done.stdout) == json.loads(whole)["predicate"]


def test_the_predicate_alone_is_of_exactly_one_package(package, tmp_path):
    done = run_command("attest", "--predicate-only", package, make_old_package(tmp_path))
    assert done.returncode == 2
    assert "exactly one package, not 2" in done.stderr


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["-o", "x", "--predicate-only"], "redirect it to a file"),
        (["-o", ""], "-o is given an empty text"),
        (["-o", "demo-1.0-0.conda"], "-o takes a folder"),
        (["--expect-repo", REMOTE], "--expect-repo means nothing without --verified"),
        (["--offline"], "--offline means nothing without --verified"),
        (["--verified", "--expect-repo", ""], "--expect-repo is given an empty text"),
        (["--verified", "--only", "well-formed"], "unrecognized arguments"),
    ],
)
def test_options_that_make_no_sense(package, options, why):
    done = run_command("attest", package.name, *options, cwd=package.parent)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stdout == ""


# --- files ---------------------------------------------------------------------------------------


def test_a_file_for_each_package(package, tmp_path):
    done = run_command("attest", "-o", tmp_path / "new" / "folder", package)
    assert done.returncode == 0
    assert done.stdout == ""
    (written,) = (tmp_path / "new" / "folder").iterdir()
    assert written.name == "demo-1.0-0.conda.statement.json"
    assert written.read_text() == run_command("attest", package).stdout


def test_the_same_again_changes_nothing_and_something_else_is_not_replaced(package, tmp_path):
    out = tmp_path / "out"
    assert run_command("attest", "-o", out, package).returncode == 0
    (written,) = out.iterdir()
    before = written.stat().st_ino, written.stat().st_mtime_ns
    assert run_command("attest", "-o", out, package).returncode == 0
    assert (written.stat().st_ino, written.stat().st_mtime_ns) == before

    written.write_text("signed by somebody")
    done = run_command("attest", "-o", out, package)
    assert done.returncode == 1
    assert "is there already and says something else: remove it" in done.stderr
    assert written.read_text() == "signed by somebody"
    assert list(out.iterdir()) == [written]

    written.unlink()
    os.mkfifo(written)
    assert run_command("attest", "-o", out, package).returncode == 1
    written.unlink()


def test_two_packages_of_one_name_have_no_place_in_one_folder(package, tmp_path):
    (tmp_path / "osx-64").mkdir()
    other = shutil.copy(package, tmp_path / "osx-64")
    done = run_command("attest", "-o", tmp_path / "out", package, other)
    assert done.returncode == 2
    assert "would have one name" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_error_not_a_traceback(package, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    done = run_command("attest", "-o", tmp_path / "out", package)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_stamp_takes_a_statement_for_no_signature(tmp_path):
    package = make_package(tmp_path, sha=SHA, remote_url=REMOTE)
    assert run_command("attest", "-o", tmp_path, package).returncode == 0
    assert (tmp_path / "demo-1.0-0.conda.statement.json").exists()
    done = run_command("stamp", "--flow-run-id", "github_78", package)
    assert done.returncode == 0, done.stderr

    (tmp_path / "demo-1.0-0.conda.sigstore.json").write_text("{}")
    assert run_command("stamp", "--flow-run-url", "https://h.example/1", package).returncode == 1


# --- what it costs -------------------------------------------------------------------------------


def test_neither_sigstore_nor_verify_is_loaded(package):
    code = (
        "import sys\n"
        "from conda_provenance.cli.main import main\n"
        f"status = main(['attest', {str(package)!r}])\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "wrong = {'sigstore', 'cryptography', 'requests', 'pydantic', 'git'} & loaded\n"
        "wrong |= {name for name in sys.modules if name.startswith('conda_provenance.verify')}\n"
        "print(status, sorted(wrong))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
