"""The files that CI systems run: the Action, this project's workflows and the examples of them.

Linters read them without a network. What a linter cannot know, such as who may sign, is asked here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
OURS = "conda-provenance/conda-provenance"

WORKFLOWS = sorted(
    path
    for path in (
        *ROOT.glob(".github/workflows/*.yml"),
        *ROOT.glob("examples/**/*.yml"),
    )
    if re.search(r"^jobs:$", path.read_text("utf-8"), re.MULTILINE)
)
ACTION = ROOT / "action.yml"
FILES = [*WORKFLOWS, ACTION]
SCRIPTS = sorted((*ROOT.glob("action/*.sh"), *ROOT.glob("examples/**/*.sh")))

pytestmark = pytest.mark.skipif(
    not (ROOT / ".github").is_dir() or not ACTION.is_file(),
    reason="the workflows are not part of a source distribution",
)


def _program(name: str) -> str:
    """A linter of the extra ``lint``, or one on the path."""
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(beside) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _lint(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(name), *map(str, words)], capture_output=True, text=True, check=False
    )


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- linters --------------------------------------------------------------------------------------


def test_zizmor_finds_nothing():
    done = _lint("zizmor", "--offline", "--quiet", *FILES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_an_input_in_a_script(tmp_path):
    broken = tmp_path / "action.yml"
    broken.write_text(
        ACTION.read_text("utf-8").replace(
            'run: bash "$GITHUB_ACTION_PATH/action/check.sh"', "run: echo ${{ inputs.targets }}"
        )
    )
    done = _lint("zizmor", "--offline", "--quiet", broken)
    assert done.returncode != 0
    assert "template-injection" in done.stdout


def test_actionlint_finds_nothing():
    done = _lint("actionlint", "-no-color", *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_a_step_that_is_not_there(tmp_path):
    broken = tmp_path / "workflow.yml"
    text = (ROOT / ".github/workflows/package.yml").read_text("utf-8")
    broken.write_text(text.replace("steps.provenance.outputs", "steps.other.outputs"))
    assert _lint("actionlint", "-no-color", broken).returncode == 1


def test_shellcheck_finds_nothing():
    done = _lint("shellcheck", "--external-sources", f"--source-path={ROOT}", *SCRIPTS)
    assert done.returncode == 0, done.stdout + done.stderr


# --- what no linter knows -------------------------------------------------------------------------


def _steps(path: Path) -> Iterator[dict[str, Any]]:
    document = YAML(typ="safe").load(path.read_text("utf-8"))
    if "runs" in document:
        yield from document["runs"]["steps"]
        return
    for job in document["jobs"].values():
        yield from job.get("steps", ())


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_script_has_an_expression_in_it(path):
    for step in _steps(path):
        assert "${{" not in step.get("run", ""), step["run"]


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_other_action_is_pinned_and_says_its_version(path):
    text = path.read_text("utf-8")
    for line in re.findall(r"^ *(?:- )?uses: *(\S.*)$", text, re.MULTILINE):
        if line.startswith(("./", f"{OURS}@")):
            continue
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_one_version_is_one_commit_everywhere():
    commits = defaultdict(set)
    for path in (*FILES, *ROOT.glob("docs/**/*.md")):
        pins = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\S+)", path.read_text("utf-8"))
        for name, commit, version in pins:
            commits[name, version].add(commit)
    assert commits
    assert {key: found for key, found in commits.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=_name)
def test_a_checkout_leaves_no_login_behind(path):
    for step in _steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=_name)
def test_who_may_sign_or_publish_builds_and_checks_out_nothing(path):
    document = YAML(typ="safe").load(path.read_text("utf-8"))
    assert "write" not in str(document.get("permissions"))
    for name, job in document["jobs"].items():
        permissions = job.get("permissions", document["permissions"])
        if permissions.get("id-token") != "write":
            assert "write" not in permissions.values(), name
            continue
        for step in job["steps"]:
            assert "checkout" not in step.get("uses", "") or _name(path).startswith("examples/")
            assert not re.search(
                r"conda build|conda-provenance (?:build|verify)", step.get("run", "")
            )


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_no_script_evaluates_anything(path):
    code = re.sub(r"^\s*#.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    assert not re.search(r"\beval\b|\bsh -c\b|\bsource <\(", code)


@pytest.mark.parametrize("path", sorted(ROOT.glob("action/*.sh")), ids=_name)
def test_what_a_script_of_the_action_reads_is_what_its_step_gives(path):
    """An input that is renamed in one of the two would be empty without a word."""
    text = path.read_text("utf-8")
    given = {
        name: step["env"].keys()
        for step in _steps(ACTION)
        for name in re.findall(r"action/(\w+\.sh)", step.get("run", ""))
    }
    if path.name == "words.sh":
        assert path.name not in given
        return

    of_github = {"GITHUB_ACTION_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY",
                 "RUNNER_TEMP"}  # fmt: skip
    read = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\b", text)) - of_github
    (reads,) = re.findall(r"Reads: ([^.]*)\.", text)
    listed = set(re.findall(r"[A-Z][A-Z_]+", reads))
    assert read | {"GITHUB_TOKEN"} == given[path.name] | {"GITHUB_TOKEN"}
    assert listed == read


def test_every_input_of_the_action_is_used_and_described_in_its_guide():
    document = YAML(typ="safe").load(ACTION.read_text("utf-8"))
    used = set(re.findall(r"inputs\.([a-z-]+)", ACTION.read_text("utf-8")))
    assert used == document["inputs"].keys()
    guide = (ROOT / "docs" / "how-to" / "action.md").read_text("utf-8")
    for name in (*document["inputs"], *document["outputs"]):
        assert f"`{name}`" in guide, name
