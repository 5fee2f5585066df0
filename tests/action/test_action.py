"""The steps of the Action, run by bash as ``action.yml`` has them, on real packages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance_sites import TOKEN
from audit_samples import complete
from composite_runner import ROOT, Composite, Ran, commands_in, read_outputs
from packages_making import INDEX, make_conda, tar, zst

if TYPE_CHECKING:
    from acceptance_world import World

PROGRAM = str(Path(sys.executable).with_name("conda-provenance"))

pytestmark = pytest.mark.skipif(
    not Path(PROGRAM).is_file(), reason="conda-provenance is not installed as a program"
)

HOSTILE = [
    "with space",
    "-dash",
    "--html=owned.html",
    "$(touch owned)",
    "`touch owned`",
    "'; touch owned; '",
    '"; touch owned; "',
    "${IFS}touch${IFS}owned",
    "a & touch owned &",
    "*",
    "~",
    "\\",
    "::error::owned",
    "::set-output name=status::0",
    "::add-mask::a",
    "##[error]owned",
    "##vso[task.setvariable variable=a]b",
]


def package(folder: Path, name: str = "hello", extra: Any = None, file_name: str = "") -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    files = {
        "info/index.json": json.dumps(INDEX | {"name": name}).encode(),
        "info/about.json": json.dumps({"extra": complete(1) if extra is None else extra}).encode(),
    }
    made = make_conda(folder, name="made", info=zst(tar(files)))
    return made.rename(folder / (file_name or f"{name}-1.0-0.conda"))


def run(action: Composite, cwd: Path, environ: dict[str, str] | None = None, **inputs: str) -> Ran:
    given = {"program": PROGRAM, **{name.replace("_", "-"): each for name, each in inputs.items()}}
    return action.run(given, cwd=cwd, **(environ or {}))


# --- an audit -------------------------------------------------------------------------------------


def test_an_audit_that_passes_has_a_page_a_summary_and_numbers(action, tmp_path):
    package(tmp_path / "output")
    ran = run(action, tmp_path, targets="output", require="sha,remote_url", fail_under="100")
    assert (ran.status, ran.failed) == (0, None), ran.log
    assert ran.outputs["status"] == "0"
    assert (ran.outputs["total"], ran.outputs["complete"]) == ("1", "1")
    assert "## Provenance audit" in ran.summary
    assert "100 % complete" in ran.log
    assert Path(ran.outputs["page"]).read_text("utf-8").startswith("<!doctype html>")
    assert json.loads(Path(ran.outputs["results"]).read_text())["command"] == "audit"

    upload = ran.used["actions/upload-artifact"]
    assert upload["name"] == "provenance"
    assert upload["path"] == str(Path(ran.outputs["page"]).parent)
    assert "actions/attest" not in ran.used


def test_an_audit_that_falls_short_fails_at_the_end_with_its_page_kept(action, tmp_path):
    package(tmp_path / "output")
    package(tmp_path / "output", "none", {})
    ran = run(action, tmp_path, targets="output", fail_under="90")
    assert (ran.status, ran.failed, ran.outputs["status"]) == (1, "Judge", "1")
    assert "Requirements not met: 1" in ran.summary
    assert "actions/upload-artifact" in ran.used
    (said,) = commands_in(ran.log)
    assert said.startswith("::error title=conda-provenance::Packages fall short of what is ")


@pytest.mark.parametrize(
    ("fail_on", "bad", "ends"),
    [
        ("any", "none", 1), ("failures", "none", 1), ("never", "none", 0),
        ("any", "broken", 1), ("failures", "broken", 0), ("never", "broken", 0),
        ("sometimes", "none", 2),
    ],
)  # fmt: skip
def test_what_fails_the_job_is_the_users_choice(action, tmp_path, fail_on, bad, ends):
    output = tmp_path / "output"
    if bad == "none":
        package(output, "none", {})
    else:
        output.mkdir()
        (output / "broken-1.0-0.conda").write_bytes(b"no package")
    ran = run(action, tmp_path, targets="output", require="sha", fail_on=fail_on)
    assert ran.status == ends
    assert ran.outputs["status"] == ("1" if bad == "none" else "3")


def test_targets_are_lines_and_options_words(action, tmp_path):
    package(tmp_path / "one folder")
    package(tmp_path / "another", "none", {})
    ran = run(
        action,
        tmp_path,
        targets="one folder\r\n\n   \nanother/none-1.0-0.conda",
        options="--exclude=none\n-v",
    )
    assert (ran.status, ran.outputs["complete"]) == (0, "1"), ran.log
    assert "1 excluded" in ran.log


def test_a_baseline_and_repositories_count_where_the_results_are_shown_too(action, tmp_path):
    package(tmp_path / "output")
    package(tmp_path / "output", "none", {})
    before = run(action, tmp_path, targets="output", require="sha", fail_on="never")
    shutil.copy(before.outputs["results"], tmp_path / "before.json")
    ran = run(action, tmp_path, targets="output", require="sha", baseline="before.json")
    assert ran.status == 0, ran.log

    ran = run(action, tmp_path, targets="output", expect_repo="https://git.example.org/*/*")
    assert ran.status == 1
    assert "Requirements not met: 2" in ran.summary


def test_a_job_may_use_it_more_than_once(action, tmp_path):
    package(tmp_path / "first")
    package(tmp_path / "second", "none", {})
    runs = [run(action, tmp_path, targets=each) for each in ("first", "second")]
    counted = [json.loads(Path(each.outputs["results"]).read_text()) for each in runs]
    assert [each["summary"]["complete"] for each in counted] == [1, 0]


def test_without_an_artifacts_name_nothing_is_uploaded(action, tmp_path):
    package(tmp_path / "output")
    assert run(action, tmp_path, targets="output", artifact="").used == {}


# --- inputs that make no sense --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"command": "show"}, "'command' is"),
        ({"command": "audit", "policy": "conda-forge"}, "belong to 'verify'"),
        ({"command": "verify", "fail_under": "9"}, "belong to 'audit'"),
        ({"command": "verify", "evidence": "yes"}, "'evidence' is"),
        ({"targets": ""}, "nothing to check"),
        ({"program": "--version"}, "begins with a dash"),
        ({"program": "no-such-program"}, "names no program"),
        ({"python": "-c"}, "begins with a dash"),
    ],
)
def test_an_input_that_makes_no_sense_is_one_sentence(action, tmp_path, inputs, says):
    package(tmp_path / "output")
    ran = run(action, tmp_path, **{"targets": "output", **inputs})
    assert ran.status == 2
    (said,) = commands_in(ran.log)
    assert said.startswith("::error title=conda-provenance::")
    assert says in said
    assert not (tmp_path / "owned").exists()


def test_a_usage_error_of_the_command_fails_too(action, tmp_path):
    package(tmp_path / "output")
    ran = run(action, tmp_path, targets="output", require="no_such_key")
    assert (ran.failed, ran.status, ran.outputs["status"]) == ("Judge", 2, "2")
    assert "no_such_key" in ran.log


# --- hostile inputs and packages ------------------------------------------------------------------

_LINES = ("targets", "channels", "lockfiles", "expect_repo", "policy", "require", "fail_under",
          "baseline", "options", "artifact", "program", "python", "fail_on",
          "attest", "evidence", "command")  # fmt: skip


@pytest.mark.parametrize("name", _LINES)
def test_no_input_is_evaluated_or_becomes_a_command(action, tmp_path, name):
    text = "\n".join(each for each in HOSTILE if name != "options" or "--html" not in each)
    inputs = {"targets": "output", name: text}
    package(tmp_path / "output")
    if name in {"channels", "lockfiles"}:
        del inputs["targets"]
    ran = run(action, tmp_path, options=inputs.pop("options", "--offline"), **inputs)
    assert not list(tmp_path.rglob("owned*"))
    assert all(each.startswith("::error title=conda") for each in commands_in(ran.log)), ran.log
    if name not in ("artifact", "fail_on", "attest"):
        assert ran.status != 0


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system takes fewer names")
@pytest.mark.parametrize("command", ["audit", "verify"])
def test_hostile_names_of_files_are_found_and_give_no_commands(action, tmp_path, command):
    names = [f"{each.replace('/', '_')}-1.0-0.conda" for each in (*HOSTILE, "a\n::error::owned")]
    for each in names:
        package(tmp_path / "output", each[:-10], {"sha": each, "remote_url": each}, each)
    required = {"require": "sha"} if command == "audit" else {}
    ran = run(action, tmp_path, command=command, targets="output", options="--offline", **required)
    assert ran.outputs["total"] == str(len(names))
    assert not list(tmp_path.rglob("owned*"))
    assert len(commands_in(ran.log)) == 1
    assert "\n::error::owned" not in ran.log
    assert "\n::error" not in ran.summary
    for line in ran.summary.splitlines():
        assert line.isprintable()
    for value in ran.outputs.values():
        assert "owned" not in value


def test_the_targets_themselves_may_have_such_names(action, tmp_path):
    for each in HOSTILE:
        package(tmp_path, each, None, f"{each}-1.0-0.conda")
    targets = "\n".join(f"{each}-1.0-0.conda" for each in HOSTILE)
    ran = run(action, tmp_path, targets=targets)
    assert ran.outputs["total"] == str(len(HOSTILE)), ran.log
    assert ran.outputs["complete"] == str(len(HOSTILE))
    assert not list(tmp_path.glob("owned*"))


def test_what_another_program_prints_gives_no_commands_and_no_outputs(action, tmp_path):
    """A program that prints what it likes stands in for any hole in ours."""
    program = tmp_path / "program"
    program.write_text(
        "#!/bin/sh\necho '::error::owned' >&2\n"
        'printf "%s" \'{"summary": {"total": "1\\nstatus=0", "refuted": true, "verified": 2}}\'\n'
        "echo '::set-output name=page::owned' >&2; echo '::stop-commands::x' >&2; exit 1\n"
    )
    program.chmod(0o755)
    ran = action.run({"program": str(program), "targets": "x"}, cwd=tmp_path)
    assert "owned" in ran.log
    assert len(commands_in(ran.log)) == 1
    assert ran.outputs["status"] == "1"
    assert (ran.outputs["verified"], ran.outputs["refuted"], ran.outputs["total"]) == ("2", "", "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"summary": []}', '{"summary": null}', "[" * 100_000, "\0", "{}"]
)
def test_results_without_numbers_have_none(tmp_path, text):
    results = tmp_path / "results.json"
    results.write_text(text)
    done = subprocess.run(
        [sys.executable, ROOT / "action" / "counts.py", results],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_token_is_given_to_verify_alone_and_is_in_nothing_that_is_kept(action, tmp_path):
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "token: $GITHUB_TOKEN" >&2\n')
    program.chmod(0o755)
    for command, seen in (("audit", False), ("verify", True)):
        ran = run(
            action, tmp_path, command=command, targets="x", token="s3cr3t", program=str(program)
        )
        assert ("token: s3cr3t" in ran.log) is seen
        kept = Path(ran.outputs["report"]).rglob("*")
        assert all(b"s3cr3t" not in each.read_bytes() for each in kept if each.is_file())


# --- verify ---------------------------------------------------------------------------------------


def _verify(action: Composite, world: World, made: Path, **inputs: str) -> Ran:
    return run(
        action,
        made.parent,
        environ={**world.internet.environment, "GITHUB_SERVER_URL": "https://github.com"},
        command="verify",
        targets=made.name,
        token=TOKEN,
        **inputs,
    )


def test_verify_says_verified_and_refuted(action, acceptance):
    from forgery_rows import one_byte_changed

    repo = "https://github.com/conda-forge/*"
    ran = _verify(action, acceptance, acceptance.actions(), expect_repo=repo, evidence="true")
    assert (ran.status, ran.outputs["verified"], ran.outputs["refuted"]) == (0, "1", "0"), ran.log
    assert "**1 of 1 verified**" in ran.summary
    assert TOKEN not in ran.log + ran.summary
    (kept,) = Path(ran.outputs["report"]).glob("evidence/*")
    assert TOKEN.encode() not in kept.read_bytes()

    ran = _verify(action, acceptance, one_byte_changed(acceptance), expect_repo=repo)
    assert (ran.status, ran.outputs["status"], ran.outputs["refuted"]) == (1, "1", "1"), ran.log
    assert "| refuted |" in ran.summary

    ran = _verify(action, acceptance, acceptance.actions(), policy="conda-forge")
    assert (ran.status, ran.outputs["verified"]) == (0, "1"), ran.log


# --- the installation -----------------------------------------------------------------------------


def test_it_installs_itself_into_an_environment_of_its_own(action, tmp_path):
    """By pip, from the Action's own folder, with all that it needs."""
    package(tmp_path / "output")
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".git", ".venv", "tests", "docs", "benchmarks", "__pycache__")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    # What is installed runs once: compiling all of it would take longer than running it.
    ran = Composite(tmp_path, action=checkout).run(
        {"targets": "output"}, cwd=tmp_path, PIP_NO_COMPILE="1"
    )
    if "conda-provenance" not in ran.log and re.search(
        "No matching distribution|Connection", ran.log
    ):
        pytest.skip("no package index can be reached")
    assert (ran.status, ran.outputs["total"]) == (0, "1"), ran.log


# --- statements -----------------------------------------------------------------------------------


@pytest.fixture
def attesting(tmp_path) -> str:
    """A stand-in for ``attest``: it prints the words that it was given."""
    program = tmp_path / "attesting"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = attest ] || exec {PROGRAM!r} "$@"\n'
        'shift; for each in "$@"; do echo "word: $each"; done\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("mode", ["predicate", "github"])
def test_a_predicate_is_written_for_the_package(action, tmp_path, attesting, mode):
    made = package(tmp_path / "out put")
    ran = run(action, tmp_path, targets="out put", attest=mode, program=attesting)
    assert ran.status == 0, ran.log
    predicate = Path(ran.outputs["predicate-path"])
    assert predicate.name == f"{made.name}.predicate.json"
    assert predicate.read_text().splitlines() == [
        "word: --predicate-only", "word: --", "word: ./out put/hello-1.0-0.conda",
    ]  # fmt: skip
    assert ran.outputs["subject-path"] == "./out put/hello-1.0-0.conda"
    assert ("actions/attest" in ran.used) is (mode == "github")
    if mode == "github":
        assert ran.used["actions/attest"] == {
            "subject-path": "./out put/hello-1.0-0.conda",
            "predicate-type": "https://slsa.dev/provenance/v1",
            "predicate-path": str(predicate),
        }


def test_several_packages_have_a_predicate_each_and_are_not_signed_as_one(
    action, tmp_path, attesting
):
    package(tmp_path / "output")
    package(tmp_path / "output", "$(touch owned)")
    ran = run(action, tmp_path, targets="output", attest="predicate", program=attesting)
    assert len(list(Path(ran.outputs["attestations"]).iterdir())) == 2
    assert ran.outputs["predicate-path"] == ""

    ran = run(action, tmp_path, targets="output", attest="github", program=attesting)
    assert (ran.status, ran.failed) == (2, "Write statements")
    assert "one package at a time" in ran.log
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(("mode", "words"), [("statement", []), ("sign", ["--sign"])])
def test_statements_are_written_into_the_report(action, tmp_path, attesting, mode, words):
    package(tmp_path / "output")
    package(tmp_path / "output", "-dash")
    ran = run(action, tmp_path, targets="output", attest=mode, program=attesting)
    said = [line.removeprefix("word: ") for line in ran.log.splitlines() if line[:6] == "word: "]
    place = ran.outputs["attestations"]
    assert said == [
        *words, "--output", place, "--",
        "./output/-dash-1.0-0.conda", "./output/hello-1.0-0.conda",
    ]  # fmt: skip
    assert place.startswith(ran.outputs["report"] + os.sep)


def test_nothing_is_attested_unless_the_answer_is_yes(action, tmp_path, attesting):
    package(tmp_path / "output", "none", {})
    ran = run(
        action, tmp_path, targets="output", require="sha", attest="sign", program=attesting,
        fail_on="never",
    )  # fmt: skip
    assert ran.status == 0
    assert ran.outputs["attestations"] == ""


def test_what_is_no_package_file_is_not_attested(action, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    ran = run(action, tmp_path, targets="example::hello", attest="sign", program=str(program))
    assert (ran.status, ran.failed) == (2, "Write statements")
    assert "names no package file" in ran.log


# --- the runner that the tests use ----------------------------------------------------------------


def test_the_runner_obeys_commands_as_githubs_does():
    assert commands_in(
        "a ::error::no\n  ::error::yes\n::stop-commands::x\n::error::no\n::x::\n"
    ) == ["  ::error::yes"]
    assert read_outputs("a=1=2\nb<<E\n1\n2\nE\n") == {"a": "1=2", "b": "1\n2"}
