"""``run``, with a stand-in for rattler-build, whose command is not on PyPI.

The stand-in records how it was called.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conda_provenance.builders import command
from conda_provenance.errors import RequirementError
from conda_provenance.settings import Settings

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="the stand-in for rattler-build is a script with a #! line"
)

ORIGIN = "https://github.com/example/hello-feedstock"
CIRCLE = {"CIRCLECI": "true", "CIRCLE_WORKFLOW_ID": "w-1"}
NEEDS_SHA = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "sha"}
RECORDER = f"""#!{sys.executable}
import json, os, signal, sys, time
json.dump(sys.argv[1:], open(os.environ["RECORD"], "w"))
print("to stdout"); print("to stderr", file=sys.stderr); sys.stdout.flush()
if "--wait" in sys.argv:
    time.sleep(30)
sys.exit(int(os.environ.get("STATUS", "0")))
"""


@pytest.fixture
def call(tmp_path: Path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("rattler-build", "pixi", "conda-build", "conda", "make", "docker"):
        (tools / name).write_text(RECORDER)
        (tools / name).chmod(0o755)

    def run(
        *command: str | Path, cwd: Path, **variables: str
    ) -> tuple[subprocess.CompletedProcess[str], list[str] | None]:
        record = tmp_path / "record.json"
        record.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "RECORD": str(record),
            **variables,
        }
        full = [sys.executable, "-m", "conda_provenance", "run", "--", *map(str, command)]
        done = subprocess.run(
            full, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
        return done, json.loads(record.read_text()) if record.exists() else None

    return run


def pairs(arguments: list[str]) -> list[str]:
    return [arguments[index + 1] for index, word in enumerate(arguments) if word == "--extra-meta"]


@pytest.mark.parametrize(
    "place",
    [
        [],
        ["-r", "recipe"],
        ["--recipe=recipe/recipe.yaml"],
        ["-rrecipe"],
        ["--recipe-dir", "recipe"],
    ],
)
def test_rattler_build_gets_the_flags_and_everything_else_as_given(call, feedstock, git, place):
    cwd = feedstock if place else feedstock / "recipe"
    done, seen = call(
        "rattler-build", "-v", "build", *place, "--output-dir", "o ut", cwd=cwd, **CIRCLE
    )
    assert done.returncode == 0
    assert pairs(seen) == [
        f"sha={git(feedstock, 'rev-parse', 'HEAD')}",
        f"remote_url={ORIGIN}",
        "flow_run_id=circle_w-1",
    ]
    rest = [
        word
        for index, word in enumerate(seen)
        if word != "--extra-meta" and seen[index - 1] != "--extra-meta"
    ]
    assert rest == ["-v", "build", *place, "--output-dir", "o ut"]
    assert done.stdout == "to stdout\n"
    assert "to stderr" in done.stderr


def test_behind_a_launcher(call, feedstock, git):
    _, seen = call("pixi", "exec", "rattler-build", "build", "-r", "recipe", cwd=feedstock)
    assert seen[:3] == ["exec", "rattler-build", "build"]
    assert f"sha={git(feedstock, 'rev-parse', 'HEAD')}" in pairs(seen)


def test_flags_that_the_user_gave_are_kept(call, feedstock):
    given = ["--extra-meta", "sha=" + "1" * 40, "--extra-meta=date=a=b"]
    _, seen = call("rattler-build", "build", "-r", "recipe", *given, cwd=feedstock)
    assert [pair for pair in pairs(seen) if pair.startswith("sha=")] == ["sha=" + "1" * 40]
    assert "--extra-meta=date=a=b" in seen


def test_a_secret_in_a_users_flag_does_not_arrive(call, feedstock):
    given = [
        "--extra-meta",
        "remote_url=https://user:s3cr3t@h/o/r",
        "--extra-meta=flow_run_url=user:s3cr3t@h:x",
    ]
    done, seen = call("rattler-build", "build", "-r", "recipe", *given, cwd=feedstock)
    assert "remote_url=https://h/o/r" in pairs(seen)
    assert "s3cr3t" not in json.dumps(seen) + done.stderr


def test_what_the_recipe_says_itself_is_not_overruled(call, feedstock):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(
        recipe.read_text() + "extra:\n  sha: ${{ env.get('MY_SHA') }}\n  flow_run_id: farm_1\n"
    )
    _, seen = call("rattler-build", "build", "-r", "recipe", cwd=feedstock, **CIRCLE)
    assert [pair.split("=")[0] for pair in pairs(seen)] == ["remote_url"]


def test_recipes_of_different_repositories_are_not_mixed_up(call, feedstock, tmp_path, git):
    other = tmp_path / "other"
    other.mkdir()
    (other / "recipe.yaml").write_text("")
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-q", "-m", "other")
    done, seen = call(
        "rattler-build", "build", "-r", "recipe", "-r", other, cwd=feedstock, **CIRCLE
    )
    assert pairs(seen) == ["flow_run_id=circle_w-1"]
    assert "build them one by one" in done.stderr
    done, seen = call(
        "rattler-build", "build", "-r", "recipe", "-r", other, cwd=feedstock, **NEEDS_SHA
    )
    assert (done.returncode, seen) == (1, None)


def test_a_required_key_that_is_missing_keeps_the_builder_from_starting(call, feedstock):
    done, seen = call(
        "rattler-build",
        "build",
        "-r",
        "recipe",
        cwd=feedstock,
        CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_id",
    )
    assert (done.returncode, seen) == (1, None)
    assert "flow_run_id is required" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["rattler-build", "render", "-r", "recipe"],
        ["rattler-build", "generate-recipe", "pypi", "build"],
        ["rattler-build", "upload", "anaconda", "--owner", "build", "x.conda"],
        ["rattler-build", "--config-file", "build", "test", "-p", "x.conda"],
        ["rattler-build", "--version"],
        ["rattler-build"],
    ],
)
def test_what_builds_nothing_runs_as_it_is(call, feedstock, command):
    done, seen = call(*command, cwd=feedstock, **NEEDS_SHA)
    assert seen == command[1:]
    assert "warning" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["make", "all"],
        ["make", "conda-build", "recipe"],
        ["docker", "run", "-w", "/w", "image", "rattler-build", "build", "-r", "recipe"],
        ["pixi", "run", "--manifest-path", "elsewhere", "rattler-build", "build", "-r", "recipe"],
        ["conda", "run", "--cwd", "elsewhere", "rattler-build", "build", "-r", "recipe"],
        ["conda", "install", "conda-build"],
    ],
)
def test_what_is_not_understood_runs_as_it_is_with_a_warning_and_not_where_provenance_is_required(
    call, feedstock, command
):
    done, seen = call(*command, cwd=feedstock)
    assert seen == command[1:]
    assert "No builder is recognised" in done.stderr
    done, seen = call(*command, cwd=feedstock, **NEEDS_SHA)
    assert (done.returncode, seen) == (1, None)
    assert (
        "sha is required (plugins.provenance_required) but missing: no builder is recognised"
        in done.stderr
    )


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        (["pixi", "build"], "'conda-provenance stamp --recipe DIR PACKAGE'"),
        (["pixi", "-v", "--color", "never", "build", "-o", "out"], "'conda-provenance stamp"),
        (["env", "A=1", "pixi", "build"], "'conda-provenance stamp"),
        (["pixi", "publish", "--target-channel", "https://channel.example"], "'pixi upload'"),
    ],
)
def test_pixis_own_builds_run_as_they_are_and_it_says_what_to_do_instead(
    call, feedstock, command, instead
):
    done, seen = call(*command, cwd=feedstock)
    pixi = command.index("pixi")
    assert (done.returncode, seen) == (0, command[pixi + 1 :])
    assert "takes no extra metadata" in done.stderr
    assert instead in done.stderr

    done, seen = call(*command, cwd=feedstock, **NEEDS_SHA)
    assert (done.returncode, seen) == (1, None)
    assert "sha is required (plugins.provenance_required) but missing" in done.stderr
    assert instead in done.stderr
    assert "--extra-meta" not in done.stderr


def test_a_task_of_pixis_is_not_taken_for_a_build_of_pixis(call, feedstock):
    done, _ = call("pixi", "run", "build", cwd=feedstock)
    assert "No builder is recognised" in done.stderr


def test_another_folder_is_not_stamped_as_this_one(call, feedstock, tmp_path):
    (tmp_path / "other").mkdir()
    _, seen = call(
        "env", "-C", tmp_path / "other", "rattler-build", "build", cwd=feedstock / "recipe"
    )
    assert seen == ["build"]


@pytest.mark.parametrize(
    "launcher",
    [
        ["env", "-u", "B", "A=1"],
        ["timeout", "-k", "1", "60"],
        ["nohup"],
        ["env", "A=1", "nohup"],
        ["pixi", "exec", "-s", "rattler-build", "-c", "conda-forge"],
        ["pixi", "run", "-e", "build"],
        ["conda", "run", "-n", "other"],
    ],
)
def test_behind_launchers(call, feedstock, git, launcher):
    _, seen = call(*launcher, "rattler-build", "build", "-r", "recipe", cwd=feedstock)
    assert pairs(seen) == [f"sha={git(feedstock, 'rev-parse', 'HEAD')}", f"remote_url={ORIGIN}"]
    assert seen[-2:] == ["-r", "recipe"]


def test_a_required_key_that_the_fields_leave_out_says_so(call, feedstock):
    fields = {"CONDA_PLUGINS_PROVENANCE_FIELDS": "remote_url"}
    command = ("rattler-build", "build", "-r", "recipe")
    done, seen = call(*command, cwd=feedstock, **NEEDS_SHA, **fields)
    assert (done.returncode, seen) == (1, None)
    assert "missing: plugins.provenance_fields leaves it out; give it with" in done.stderr


@pytest.mark.parametrize("place", ["/w/recipe.yaml", "-", "gone"])
def test_a_recipe_that_is_not_seen_from_here_gets_nothing(call, feedstock, place):
    done, seen = call("rattler-build", "build", "-r", place, cwd=feedstock)
    assert seen == ["build", "-r", place]
    assert "There is no recipe at" in done.stderr
    done, seen = call("rattler-build", "build", "-r", place, cwd=feedstock, **NEEDS_SHA)
    assert (done.returncode, seen) == (1, None)
    assert "the recipe is not found from here" in done.stderr


def test_global_options_stay_before_the_subcommand(call, feedstock):
    _, seen = call(
        "rattler-build", "--config-file", "build", "-v", "build", "-r", "recipe", cwd=feedstock
    )
    assert seen[:4] == ["--config-file", "build", "-v", "build"]
    assert seen[4] == "--extra-meta"


def test_publish_takes_recipes_as_plain_words(call, feedstock, git):
    _, seen = call(
        "rattler-build", "publish", "recipe", "--to", "https://channel.example", cwd=feedstock
    )
    assert f"sha={git(feedstock, 'rev-parse', 'HEAD')}" in pairs(seen)


def test_every_recipe_in_a_recipe_dir_counts(call, feedstock, git):
    _, seen = call("rattler-build", "build", "--recipe-dir", ".", cwd=feedstock)
    assert pairs(seen)[0] == f"sha={git(feedstock, 'rev-parse', 'HEAD')}"
    (feedstock / "new").mkdir()
    (feedstock / "new" / "recipe.yaml").write_text("")
    done, seen = call("rattler-build", "build", "--recipe-dir", ".", cwd=feedstock)
    assert pairs(seen) == []
    assert "The recipes have different values for remote_url, sha" in done.stderr


def test_copies_of_a_recipe_in_ignored_and_hidden_folders_do_not_count(call, feedstock, git):
    for place in ("output/bld/rattler-build_hello_1/work", ".cache/x"):
        (feedstock / place).mkdir(parents=True)
        (feedstock / place / "recipe.yaml").write_text("extra: {sha: 1}\n")
    (feedstock / ".gitignore").write_text("output/\n")
    for words in (["build", "--recipe-dir", "."], ["publish", ".", "--to", "x"]):
        done, seen = call("rattler-build", *words, cwd=feedstock)
        assert pairs(seen)[0] == f"sha={git(feedstock, 'rev-parse', 'HEAD')}"
        assert "different values" not in done.stderr


def test_publish_of_a_folder_takes_the_recipes_below_it(call, feedstock, git, tmp_path):
    (tmp_path / "recipe.yaml").write_text("package: {name: other}\n")
    _, seen = call("rattler-build", "publish", feedstock.name, "--to", "x", cwd=tmp_path)
    assert f"sha={git(feedstock, 'rev-parse', 'HEAD')}" in pairs(seen)


@pytest.mark.parametrize(
    "words",
    [
        ["publish", "x-1.0-0.conda", "--to", "x"],
        ["publish", "x-1.0-0.tar.bz2", "recipe", "--to", "x"],
        ["build", "-r", "recipe", "--render-only"],
        ["build", "--recipe-dir", "empty"],
        ["test", "--package-file", "x.conda"],
        ["upload", "prefix", "x.conda"],
        ["debug", "setup", "-r", "recipe"],
        ["package", "inspect", "x.conda"],
        ["bump-recipe", "-r", "recipe"],
    ],
)
def test_a_command_that_builds_no_recipe_runs_as_it_is(call, feedstock, words):
    (feedstock / "empty").mkdir()
    done, seen = call("rattler-build", *words, cwd=feedstock, **NEEDS_SHA)
    assert (done.returncode, seen) == (0, words)
    assert "warning" not in done.stderr


def test_a_rebuild_says_that_the_package_keeps_what_it_says(call, feedstock):
    words = ["rebuild", "--package-file", "x-1.0-0.conda"]
    done, seen = call("rattler-build", *words, cwd=feedstock)
    assert (done.returncode, seen) == (0, words)
    assert "the new package says what the old one says" in done.stderr
    done, seen = call("rattler-build", *words, cwd=feedstock, **NEEDS_SHA)
    assert (done.returncode, seen) == (1, None)
    assert "'conda-provenance stamp'" in done.stderr


@pytest.mark.parametrize("word", ["sha", "odd"])
def test_a_flag_without_a_value_is_the_builders_to_refuse(call, feedstock, word):
    _, seen = call("rattler-build", "build", "-r", "recipe", "--extra-meta", word, cwd=feedstock)
    assert seen[-2:] == ["--extra-meta", word]


def test_what_the_recipe_says_itself_counts_as_given(call, feedstock, tmp_path):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(recipe.read_text() + "extra:\n  flow_run_id: ${{ env.get('MY_RUN') }}\n")
    needs = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_id"}
    assert call("rattler-build", "build", "-r", "recipe", cwd=feedstock, **needs)[0].returncode == 0
    recipe.write_text(recipe.read_text().replace("${{ env.get('MY_RUN') }}", "farm_1"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "recipe.yaml").write_text("extra: {flow_run_id: farm_1}\n")
    done, seen = call(
        "rattler-build", "build", "-r", "recipe", "-r", tmp_path / "other", cwd=feedstock, **needs
    )
    assert done.returncode == 0
    assert seen is not None
    assert "flow_run_id" not in done.stderr


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="what a process ignores is read from /proc"
)
def test_signals_that_python_ignores_are_not_ignored_in_the_command(feedstock):
    command = [
        sys.executable,
        "-m",
        "conda_provenance",
        "run",
        "--",
        "grep",
        "SigIgn",
        "/proc/self/status",
    ]
    done = subprocess.run(command, cwd=feedstock, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_switched_off(call, feedstock):
    _, seen = call(
        "rattler-build",
        "build",
        "-r",
        "recipe",
        cwd=feedstock,
        CONDA_PLUGINS_PROVENANCE_ENABLED="false",
    )
    assert seen == ["build", "-r", "recipe"]


def test_conda_build_of_another_environment_gets_one_flag(call, feedstock, git):
    (feedstock / "recipe" / "recipe.yaml").rename(feedstock / "recipe" / "meta.yaml")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "meta.yaml")
    _, seen = call("conda-build", "recipe", "--extra-meta", "date=today", "-q", cwd=feedstock)
    sha = git(feedstock, "rev-parse", "HEAD")
    assert seen == [
        "recipe",
        "-q",
        "--extra-meta",
        "date=today",
        f"sha={sha}",
        f"remote_url={ORIGIN}",
    ]


def test_the_stamp_in_a_recipe_out_of_a_package_is_replaced(call, feedstock, git):
    recipe = feedstock / "recipe" / "meta.yaml"
    (feedstock / "recipe" / "recipe.yaml").unlink()
    recipe.write_text("# This file created by conda-build 26\nextra:\n  flow_run_id: oldfarm_1\n")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "meta.yaml")
    done, seen = call("conda-build", "recipe", cwd=feedstock)
    sha = git(feedstock, "rev-parse", "HEAD")
    assert seen == ["recipe", "--extra-meta", f"sha={sha}", f"remote_url={ORIGIN}", "flow_run_id="]
    assert "flow_run_id: this is not taken over" in done.stderr
    needs_run = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_id"}
    done, seen = call("conda-build", "recipe", cwd=feedstock, **needs_run)
    assert (done.returncode, seen) == (1, None)


@pytest.mark.parametrize(
    "flag", [["--extra-meta", "foo=1", "bar"], ["--extra-meta=foo=1"], ["--extra-m", "foo=1"]]
)
def test_conda_builds_own_flag_in_every_spelling(call, feedstock, git, flag):
    (feedstock / "recipe" / "recipe.yaml").rename(feedstock / "recipe" / "meta.yaml")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "meta.yaml")
    (feedstock / "cbc.yaml").write_text("")
    _, seen = call(
        "conda-build",
        "--extra-meta",
        "lost=1",
        "-m",
        "cbc.yaml",
        "recipe",
        *flag,
        "-q",
        cwd=feedstock,
    )
    at = seen.index("--extra-meta")
    assert seen[:at] == ["-m", "cbc.yaml", "recipe", "-q"]
    given = flag[1:] or [flag[0].partition("=")[2]]
    assert seen[at + 1 :] == [
        *given,
        f"sha={git(feedstock, 'rev-parse', 'HEAD')}",
        f"remote_url={ORIGIN}",
    ]


def test_conda_build_of_another_environment_loses_the_flag_for_a_recipe_yaml(call, feedstock):
    done, seen = call("conda-build", "recipe", cwd=feedstock)
    assert seen is not None
    assert "conda-build loses --extra-meta for a recipe.yaml" in done.stderr
    done, seen = call("conda-build", "recipe", cwd=feedstock, **NEEDS_SHA)
    assert (done.returncode, seen) == (1, None)


def test_a_value_that_conda_builds_flag_cannot_carry(call, feedstock, git):
    (feedstock / "recipe" / "recipe.yaml").rename(feedstock / "recipe" / "meta.yaml")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "meta.yaml")
    page = {"CONDA_PROVENANCE_FLOW_RUN_URL": "https://dev.azure.com/o/p/_build/results?buildId=5"}
    page |= {"CONDA_PLUGINS_PROVENANCE_FIELDS": "sha,flow_run_url"}
    done, seen = call("conda-build", "recipe", cwd=feedstock, **page)
    assert not any(word.startswith("flow_run_url=") for word in seen)
    assert "flow_run_url=" not in done.stderr
    assert "takes no value with '='" in done.stderr
    done, seen = call(
        "conda-build",
        "recipe",
        cwd=feedstock,
        **page,
        CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_url",
    )
    assert (done.returncode, seen) == (1, None)


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_the_status_is_the_commands_own(call, feedstock, status):
    assert (
        call("rattler-build", "build", "-r", "recipe", cwd=feedstock, STATUS=str(status))[
            0
        ].returncode
        == status
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_signals_reach_the_command(feedstock, tmp_path, number):
    tool = tmp_path / "rattler-build"
    tool.write_text(RECORDER)
    tool.chmod(0o755)
    record = tmp_path / "record.json"
    command = [
        sys.executable,
        "-m",
        "conda_provenance",
        "run",
        "--",
        str(tool),
        "build",
        "-r",
        "recipe",
        "--wait",
    ]
    with subprocess.Popen(
        command, cwd=feedstock, env={**os.environ, "RECORD": str(record)}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"to stdout\n"
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(10) in (-number, 1 if number == signal.SIGINT else -number)


@pytest.mark.parametrize(
    ("command", "error"),
    [([], "no command to run"), (["no-such-tool"], "'no-such-tool' is not found")],
)
def test_used_wrongly(call, feedstock, command, error):
    done, _ = call(*command, cwd=feedstock)
    assert done.returncode == 2
    assert error in done.stderr
    assert "Traceback" not in done.stderr


def test_a_word_that_is_too_long_for_a_files_name_does_not_stop_the_command(call, feedstock, git):
    long = "note=" + "x" * 5000
    done, seen = call("rattler-build", "build", "--extra-meta", long, cwd=feedstock)
    assert done.returncode == 0, done.stderr
    assert seen is not None
    assert long in seen
    assert f"sha={git(feedstock, 'rev-parse', 'HEAD')}" in seen

    done, seen = call("conda-build", "x" * 5000, cwd=feedstock)
    assert (done.returncode, seen) == (0, ["x" * 5000]), done.stderr


class _Broken:
    """Stands in for a fault of ours that nobody knows of yet."""

    def __call__(self, *arguments: object) -> None:
        raise ZeroDivisionError


def test_a_failure_of_ours_does_not_stop_the_command(monkeypatch):
    monkeypatch.setattr(command, "plan_rattler_build", _Broken())
    words = ["rattler-build", "build"]
    planned = command.plan(words, Settings())
    assert planned.command == tuple(words)
    assert "ZeroDivisionError" in planned.warnings[0]


def test_a_failure_of_ours_stops_the_command_where_the_user_requires_something(monkeypatch):
    monkeypatch.setattr(command, "plan_rattler_build", _Broken())
    with pytest.raises(RequirementError, match="provenance_required"):
        command.plan(["rattler-build", "build"], Settings()).require(Settings(required=("sha",)))

    with pytest.raises(RequirementError, match="provenance_dirty"):
        command.plan(["rattler-build", "build"], Settings(dirty="error"))
