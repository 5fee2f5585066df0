"""How git is started. Where git itself cannot be made to misbehave, another program stands in."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from conda_provenance.git import command, environment, read_git
from conda_provenance.git.command import Git, GitError, find_program
from conda_provenance.git.version import OLDEST, asking_version

posix = pytest.mark.skipif(os.name == "nt", reason="uses programs and signals of POSIX")


def recipe_of(root: Path) -> Path:
    return root / "recipe" / "recipe.yaml"


@pytest.fixture
def stand_in(tmp_path, monkeypatch, program):
    """Puts a program named git on the path, with this shell script in it."""

    def make(script: str) -> Path:
        folder = tmp_path / "stand-in"
        folder.mkdir()
        git = folder / "git"
        git.write_text(f'#!/bin/sh\n{textwrap.dedent(script)}\nexec {program} "$@"\n')
        git.chmod(git.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return git

    return make


def running(groups: Path) -> set[str]:
    """Which of the process groups, one a line of the file, still have a process that runs."""
    time.sleep(0.2)
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True
    )
    lines = (line.split() for line in listed.stdout.splitlines())
    return {group for group, state in lines if state[0] != "Z"} & set(groups.read_text().split())


def test_a_variable_of_git_that_it_calls_its_own_does_not_reach_it(feedstock, program, monkeypatch):
    local = subprocess.run(
        [program, "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "GIT_DIR" in local
    for name in local:
        monkeypatch.setenv(name, "1")
    with Git(program, feedstock / ".git", feedstock, work_tree=feedstock) as git:
        reached = {name for name in local if git._environment.get(name) == "1"}
        assert git.ask("rev-parse", "HEAD")
    assert reached - {"GIT_NO_REPLACE_OBJECTS"} == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_QUARANTINE_PATH", "/nowhere"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/nowhere"),
        ("GIT_COMMON_DIR", "/nowhere"),
        ("GIT_NAMESPACE", "x"),
        ("GIT_PREFIX", "x/"),
        ("GIT_SHALLOW_FILE", "/nowhere"),
        ("GIT_GRAFT_FILE", "/dev/zero"),
        ("GIT_ICASE_PATHSPECS", "1"),
        ("GIT_GLOB_PATHSPECS", "1"),
        ("GIT_NOGLOB_PATHSPECS", "1"),
        ("GIT_CONFIG", "/nowhere"),
        ("GIT_CONFIG_PARAMETERS", "'remote.origin.url=https://h/wrong/one'"),
        ("GIT_CONFIG_COUNT", "x"),
        ("GIT_TRACE", "1"),
        ("GIT_TRACE2_EVENT", "1"),
        ("GIT_TRACE_SETUP", "1"),
        ("GIT_PAGER", "false"),
        ("GIT_DEFAULT_HASH", "x"),
        ("GIT_CEILING_DIRECTORIES", "/"),
        ("GIT_EXEC_PATH", "/nowhere"),
        ("GIT_TEST_FSMONITOR", "/nowhere"),
        ("GIT_FLUSH", "x"),
        ("GIT_INDEX_VERSION", "x"),
        ("GIT_ADVICE", "x"),
        ("LC_ALL", "tr_TR.UTF-8"),
    ],
)
def test_the_surroundings_change_nothing(feedstock, git, monkeypatch, name, value):
    before = read_git(recipe_of(feedstock))._replace(read_parents=None)
    assert before.sha
    monkeypatch.setenv(name, value)
    assert read_git(recipe_of(feedstock))._replace(read_parents=None) == before


@pytest.mark.parametrize("value", ["1", "/nowhere", "x", ""])
def test_no_variable_that_the_program_knows_changes_anything(
    feedstock, git, program, monkeypatch, value
):
    names = set(re.findall(rb"GIT_[A-Z0-9_]{3,}", Path(program).read_bytes()))
    known = {name.decode() for name in names} - environment._KEPT
    assert {"GIT_DIR", "GIT_OBJECT_DIRECTORY"} <= known, "this is not the program itself"
    (feedstock / "recipe" / "recipe.yaml").write_text("changed")
    before = read_git(recipe_of(feedstock))
    for name in known:
        monkeypatch.setenv(name, value)
    after = read_git(recipe_of(feedstock))
    assert after.parents() == before.parents()
    assert after._replace(read_parents=None) == before._replace(read_parents=None)
    assert before.dirty is True


def test_configuration_files_that_a_variable_names_are_read(feedstock, git, tmp_path, monkeypatch):
    git(feedstock, "remote", "remove", "origin")
    (tmp_path / "mine").write_text('[remote "origin"]\nurl = https://h/o/global\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "mine"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text('[remote "origin"]\nurl = https://h/o/global\n')
    assert read_git(recipe_of(feedstock)).remote_url == "https://h/o/global"


@posix
def test_within_a_pre_receive_hook_another_repository_is_read(feedstock, git, tmp_path, program):
    """A push is received into a quarantine, which git names to the hook in its variables."""
    shown = tmp_path / "shown"
    bare = tmp_path / "received.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    code = (
        "from pathlib import Path; from conda_provenance.git import read_git; "
        f"print(read_git(Path({str(recipe_of(feedstock))!r})))"
    )
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f'#!/bin/sh\nenv | grep GIT_ > {shown}.env\n{sys.executable} -c "{code}" > {shown} 2>&1\n'
    )
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    subprocess.run(
        [program, "push", "-q", str(bare), "HEAD:refs/heads/main"],
        cwd=feedstock,
        env={**os.environ, "PYTHONPATH": str(Path(command.__file__).parents[2])},
        check=True,
    )
    assert "GIT_OBJECT_DIRECTORY" in Path(f"{shown}.env").read_text()
    assert f"sha='{git(feedstock, 'rev-parse', 'HEAD')}'" in shown.read_text()


def test_much_on_the_error_stream_does_not_stop_git(feedstock, git):
    """git complains of each file that is not in the encoding which its attributes name."""
    for number in range(700):
        (feedstock / "recipe" / f"{number}.txt").write_text("not UTF-16")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "many")
    (feedstock / ".git" / "info").mkdir(exist_ok=True)
    (feedstock / ".git" / "info" / "attributes").write_text("*.txt working-tree-encoding=UTF-16\n")
    for path in (feedstock / "recipe").glob("*.txt"):
        os.utime(path, (1, 1))
    started = time.monotonic()
    facts = read_git(recipe_of(feedstock))
    assert facts.sha == git(feedstock, "rev-parse", "HEAD")
    assert time.monotonic() - started < command.TIME_LIMIT


@posix
@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        'case "$*" in version) ;; *) exec sleep 60;; esac',
        'case "$*" in *ls-files*) sleep 60 & exit 0;; esac',
        'case "$*" in *ls-files*) setsid sleep 60 & exit 0;; esac',
        'case "$*" in *ls-files*) trap "" TERM; sleep 60;; esac',
        'case "$*" in *config*) exec 1>&-; sleep 60;; esac',
    ],
    ids=[
        "each",
        "all but the version",
        "a child",
        "a child of its own session",
        "stubborn",
        "mute",
    ],
)
def test_a_git_that_does_not_end_is_ended_with_its_children(feedstock, stand_in, tmp_path, script):
    stand_in(f"echo $$ >> {tmp_path}/started\n{script}")
    started = time.monotonic()
    facts = read_git(recipe_of(feedstock), time_limit=0.5)
    assert time.monotonic() - started < 5
    assert facts.unreadable == str(feedstock)
    assert "within 0.5 seconds" in facts.warnings[-1]
    if "setsid" not in script:
        assert not running(tmp_path / "started")


@posix
def test_a_status_that_does_not_end_still_leaves_the_commit(feedstock, git, stand_in):
    stand_in('case "$*" in *porcelain*) exec sleep 60;; esac')
    facts = read_git(recipe_of(feedstock), time_limit=0.5)
    assert (facts.sha, facts.dirty) == (git(feedstock, "rev-parse", "HEAD"), None)
    assert facts.warnings == (
        "It is not known whether the recipe's folder has uncommitted changes.",
    )


@posix
def test_an_endless_answer_is_not_kept(feedstock, stand_in, monkeypatch):
    monkeypatch.setattr(command, "OUTPUT_LIMIT", 1 << 20)
    stand_in('case "$*" in *ls-files*) exec cat /dev/zero;; esac')
    facts = read_git(recipe_of(feedstock))
    assert facts.unreadable
    assert "git ls-files answered with more than 1 MiB" in facts.warnings[-1]


@posix
def test_an_interrupt_ends_every_git(feedstock, stand_in, tmp_path):
    stand_in(f'case "$*" in version) ;; *) echo $$ >> {tmp_path}/started; exec sleep 60;; esac')
    code = (
        "from pathlib import Path; from conda_provenance.git import read_git; "
        f"read_git(Path({str(recipe_of(feedstock))!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    file = tmp_path / "started"
    until = time.monotonic() + 20
    while time.monotonic() < until and not (file.exists() and file.read_text().count("\n") >= 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == -signal.SIGINT
    assert not running(file)


@pytest.mark.skipif(
    sys.platform != "linux", reason="memory of another process is limited there only"
)
def test_memory_is_limited(feedstock, program):
    import resource

    with Git(program, feedstock / ".git", feedstock) as git:
        question = git.start("cat-file", "--batch")
        limits = resource.prlimit(question._process.pid, resource.RLIMIT_DATA)
    assert limits[0] == command.MEMORY_LIMIT


def test_a_failing_question_is_named_and_nothing_of_its_answer_is_shown(feedstock, program):
    with (
        Git(program, feedstock / ".git", feedstock) as git,
        pytest.raises(GitError, match=r"\Agit rev-parse ended with exit status 128\Z"),
    ):
        git.ask("rev-parse", "--verify", "s3cr3t")


@posix
def test_only_whole_folders_of_the_path_are_searched(feedstock, tmp_path, monkeypatch):
    (feedstock / "git").write_text("#!/bin/sh\n")
    (feedstock / "git").chmod(0o755)
    monkeypatch.chdir(feedstock)
    assert find_program({"PATH": os.pathsep.join([".", "", "recipe/.."])}) is None
    assert find_program({"PATH": str(feedstock)}) == str(feedstock / "git")
    assert find_program({"PATH": str(tmp_path)}) is None


@posix
@pytest.mark.parametrize(
    ("said", "warning"),
    [
        ("git version 1.8.3.1", "git 1.8.3 is older than 2.25 and is not used"),
        ("git version 2.24.4", "git 2.24.4 is older than 2.25 and is not used"),
        ("git version 2.9", "git 2.9 is older than 2.25 and is not used"),
        ("something else", "The git program does not name its version"),
        ("", "The git program does not name its version"),
    ],
)
def test_a_git_that_is_too_old_counts_as_none_with_one_warning(
    feedstock, git, stand_in, tmp_path, said, warning
):
    stand_in(f'echo "$*" >> {tmp_path}/asked; echo "{said}"; exit 0')
    facts = read_git(recipe_of(feedstock))
    assert facts.sha == git(feedstock, "rev-parse", "HEAD")
    assert facts.remote_url == "https://github.com/example/hello-feedstock"
    assert facts.dirty is None
    assert [one for one in facts.warnings if "git " in one] == [facts.warnings[0]]
    assert facts.warnings[0].startswith(warning)
    read_git(recipe_of(feedstock))
    assert (tmp_path / "asked").read_text() == "version\n", "it is asked once, and nothing else"


@posix
@pytest.mark.parametrize(
    "said", ["2.25.0", "2.39.3 (Apple Git-146)", "2.45.1.windows.1", "3.0.0-rc1"]
)
def test_versions_that_are_new_enough(stand_in, said):
    with asking_version(str(stand_in(f'echo "git version {said}"; exit 0'))) as version:
        assert version() >= OLDEST
