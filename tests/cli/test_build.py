"""``build``: the real engine, as a command."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_running import answer, run_command

from conda_provenance.package_line import PackageLine

pytest.importorskip("rattler_build", reason="py-rattler-build is not installed here")

EXAMPLES = Path(__file__).parents[2] / "examples"
ORIGIN = "https://github.com/example/hello-feedstock"


@pytest.fixture
def empty_channel(tmp_path: Path) -> str:
    """The recipes here depend on nothing but each other, and tests have no network."""
    (tmp_path / "channel" / "noarch").mkdir(parents=True)
    (tmp_path / "channel" / "noarch" / "repodata.json").write_text(
        '{"info": {}, "packages": {}, "packages.conda": {}}'
    )
    return (tmp_path / "channel").as_uri()


SPLIT = """\
recipe: {name: split, version: '1.0'}
outputs:
  - package: {name: first}
    build: {noarch: generic, script: echo first > $PREFIX/first.txt}
  - package: {name: second}
    build: {noarch: generic, script: SCRIPT}
"""


LINE = "noarch/{} sha256={} sha={} remote_url={} flow_run_id=circle_{}"


def write_recipe(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "recipe.yaml").write_text(text)
    return folder


@pytest.fixture
def build(tmp_path: Path, empty_channel: str):
    def run(
        *arguments: str | Path, cwd: Path = tmp_path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return run_command("build", "-c", empty_channel, *arguments, cwd=cwd, **variables)

    return run


def shown(*packages: Path) -> list[dict[str, str]]:
    return answer(run_command("show", "--json", *packages))["packages"]


def packages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.conda"))


def test_it_ends_with_what_was_stamped_and_each_packages_sha256(build, feedstock, tmp_path, git):
    run_id = "5034460f-c7c4-4c43-9457-de07e2029e7b"
    done = build(feedstock, "-o", tmp_path / "out", CIRCLECI="true", CIRCLE_WORKFLOW_ID=run_id)
    assert done.returncode == 0, done.stderr
    (package,) = packages(tmp_path / "out")
    sha = git(feedstock, "rev-parse", "HEAD")
    sha256 = hashlib.sha256(package.read_bytes()).hexdigest()
    end = done.stdout[done.stdout.index(f"\nout/noarch/{package.name}\n") + 1 :].splitlines()
    assert [tuple(line.split(maxsplit=1)) for line in end[1:]] == [
        ("sha:", sha),
        ("remote_url:", ORIGIN),
        ("flow_run_id:", f"circle_{run_id}"),
        ("commit_url:", f"{ORIGIN}/commit/{sha}"),
        ("run_url:", f"https://app.circleci.com/pipelines/workflows/{run_id}"),
        ("sha256:", sha256),
        ("conda-provenance:", LINE.format(package.name, sha256, sha, ORIGIN, run_id)),
    ]
    assert done.stdout.count(sha256) == 2
    assert "Copying done!" in done.stdout, "the engine's log is the progress"
    assert "s3cr3t" not in done.stdout + done.stderr


def test_several_recipes_and_outputs_that_depend_on_each_other(build, tmp_path):
    done = build(EXAMPLES / "hello", EXAMPLES / "greetings" / "recipe.yaml", "-q", "-o", "out")
    assert done.returncode == 0, done.stderr
    found = packages(tmp_path / "out")
    assert [package.name.rsplit("-", 2)[0] for package in found] == [
        "greetings",
        "greetings-base",
        "hello",
    ]
    assert "Copying done!" not in done.stdout
    assert done.stdout.startswith("out/noarch/hello-1.0-")
    ends = done.stdout.splitlines()[-len(found) :]
    assert {PackageLine.parse(line).file_name for line in ends} == {each.name for each in found}
    for package in found:
        assert hashlib.sha256(package.read_bytes()).hexdigest() in done.stdout


def test_variants_and_the_other_format(build, feedstock, tmp_path):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(
        recipe.read_text().replace("script: echo hi", "string: v${{ flavour }}\n  script: echo hi")
    )
    (feedstock / "recipe" / "variants.yaml").write_text("flavour: [a, b]\n")
    (tmp_path / "more.yaml").write_text("flavour: [c]\n")
    assert build(feedstock, "-q", "--package-format", "tar-bz2", "-o", "out").returncode == 0
    found = sorted((tmp_path / "out").glob("*/*.tar.bz2"))
    assert [package.name for package in found] == ["hello-1.0-va.tar.bz2", "hello-1.0-vb.tar.bz2"]
    assert all(entry["sha"] for entry in shown(*found))
    assert build(feedstock, "-q", "-m", "more.yaml", "-o", "more").returncode == 0
    assert [package.name for package in packages(tmp_path / "more")] == ["hello-1.0-vc.conda"]


def test_a_script_that_fails_is_a_no_and_its_log_is_shown_even_when_quiet(build, feedstock):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(
        recipe.read_text().replace("echo hi > $PREFIX/hi", "echo almost there && exit 3")
    )
    for quiet in ([], ["-q"]):
        done = build(feedstock, *quiet, CONDA_PLUGINS_PROVENANCE_DIRTY="ignore")
        assert done.returncode == 1
        assert "almost there" in done.stdout
        assert done.stderr.count("\n") == 1
        assert "was not built" in done.stderr


def test_a_test_that_fails_is_a_no_and_can_be_left_out(build, feedstock, tmp_path):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(recipe.read_text() + "tests:\n  - script: exit 3\n")
    done = build(feedstock, "-q", "-o", "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert build(feedstock, "-q", "--no-test", "-o", "untested").returncode == 0
    assert len(packages(tmp_path / "untested")) == 1


def test_a_required_key_that_is_missing_is_a_no(build, feedstock, tmp_path):
    done = build(feedstock, "-o", "out", CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_id")
    assert done.returncode == 1
    assert "flow_run_id is required" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not packages(tmp_path / "out")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda folder: None, "There is no recipe at"),
        (lambda folder: folder.mkdir(), "There is no recipe.yaml in"),
        (
            lambda folder: (folder.mkdir(), (folder / "meta.yaml").write_text("")),
            "is a meta.yaml recipe, which is conda-build's",
        ),
    ],
)
def test_used_wrongly(build, tmp_path, make, error):
    make(tmp_path / "place")
    done = build(tmp_path / "place")
    assert done.returncode == 2
    assert error in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_setting_is_an_error_before_anything_is_built(build, feedstock):
    done = build(feedstock, CONDA_PLUGINS_PROVENANCE_DIRTY="never")
    assert (done.returncode, done.stdout) == (2, "")
    assert "plugins.provenance_dirty" in done.stderr


def test_what_was_built_before_a_failure_is_listed(build, feedstock, tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        "package: {name: x, version: '1'}\nbuild: {noarch: generic, script: exit 3}\n"
    )
    done = build("-q", "-o", "out", feedstock, tmp_path)
    assert done.returncode == 1
    (package,) = packages(tmp_path / "out")
    assert hashlib.sha256(package.read_bytes()).hexdigest() in done.stdout


def test_a_recipe_that_is_none_is_a_no_in_one_sentence(build, tmp_path):
    (tmp_path / "recipe.yaml").write_text("package: [\n")
    done = build(tmp_path)
    assert done.returncode == 1
    assert "cannot be read as a recipe" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_hostile_recipe_does_not_reach_the_terminal(build, tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        'package: {name: "a\\eb", version: "1"}\n"x\\e[31mred": 1\n'
    )
    done = build(tmp_path)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr


def test_without_the_engine_it_says_how_to_have_it(build, feedstock, tmp_path):
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "rattler_build.py").write_text("raise ImportError('no engine')")
    path = os.pathsep.join([str(tmp_path / "shadow"), str(EXAMPLES.parent)])
    done = build(feedstock, PYTHONPATH=path)
    assert done.returncode == 1
    assert "install py-rattler-build beside conda-provenance" in done.stderr


@pytest.mark.skipif(
    os.name == "nt", reason="a pipe whose reader has gone is told otherwise on Windows"
)
def test_a_reader_that_goes_away_does_not_break_the_build(feedstock, tmp_path, empty_channel):
    command = [
        sys.executable,
        "-m",
        "conda_provenance",
        "build",
        "-c",
        empty_channel,
        str(feedstock),
        "-o",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Building ")
        process.stdout.close()
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "callback" not in errors
    assert len(packages(tmp_path / "out")) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the certificates are not in files")
def test_an_engine_that_breaks_off_is_a_no_in_one_sentence(build, feedstock, monkeypatch):
    """As in a container without certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", "/no/such/folder")
    done = build(feedstock, "-o", "out")
    assert done.returncode == 1
    assert "engine broke off" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="the recipe's script is one for sh")
def test_the_log_is_seen_while_the_build_goes_on(feedstock, tmp_path, empty_channel):
    go = tmp_path / "go"
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(
        recipe.read_text().replace(
            "script: echo hi", f"script: echo waiting; sleep 3; test -e {go}; echo hi"
        )
    )
    options = ["-c", empty_channel, "-o", str(tmp_path / "out"), str(feedstock)]
    command = [sys.executable, "-m", "conda_provenance", "build", *options]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "waiting":
                go.touch()
                break
        _, _ = process.communicate(timeout=60)
    assert process.returncode == 0


def test_json_has_stdout_to_itself(build, feedstock, tmp_path):
    done = build("--json", feedstock, "-o", "out")
    assert done.returncode == 0
    assert "Copying done!" in done.stderr
    (package,) = packages(tmp_path / "out")
    (entry,) = answer(done)["packages"]
    assert entry["location"] == f"out/noarch/{package.name}"
    assert entry["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


def test_json_of_a_build_that_fails_has_the_error_and_what_was_finished(build, feedstock, tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        "package: {name: x, version: '1'}\nbuild: {noarch: generic, script: exit 3}\n"
    )
    done = build("--json", "-q", "-o", "out", feedstock, tmp_path)
    assert done.returncode == 1
    printed = answer(done)
    assert "was not built" in printed["error"]
    assert len(printed["packages"]) == 1


@pytest.mark.parametrize("color", ["never", "always"])
def test_a_scripts_own_colours_are_never_shown_as_text(build, feedstock, color):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(
        recipe.read_text().replace("echo hi >", "printf '\033[32mverdant\033[0m\\n' && echo hi >")
    )
    done = build(feedstock, "-o", "out", "--color", color, CONDA_PLUGINS_PROVENANCE_DIRTY="ignore")
    assert done.returncode == 0, done.stderr
    (line,) = [
        line for line in done.stdout.splitlines() if line.endswith(("verdant", "verdant\x1b[0m"))
    ]
    assert "x1b[32m" not in done.stdout.replace("printf", "").replace("\033", "")
    assert ("\x1b[" in line) is (color == "always")
    assert "\x1b[32m" not in done.stdout


def test_colours_and_links_of_a_script_are_removed_from_the_log(build, feedstock):
    recipe = feedstock / "recipe" / "recipe.yaml"
    script = r"printf '\033[1;31mred\033[0m \033]8;;https://a.b\007page\033]8;;\007 \033[Kend\n'"
    recipe.write_text(recipe.read_text().replace("echo hi > $PREFIX/hi", script))
    done = build(feedstock, "--color", "always")
    assert "red page end" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_an_output_folder_that_cannot_be_made_is_named(tmp_path, feedstock, place):
    (tmp_path / "file").write_text("")
    done = run_command("build", feedstock, "-o", tmp_path / place, "-c", tmp_path.as_uri())
    assert done.returncode == 3
    assert f"conda-provenance: {tmp_path / place} cannot be read or written: " in done.stderr


def test_a_recipe_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "recipe.yaml").write_bytes(b"package: {name: \x87}")
    done = run_command("build", tmp_path / "recipe.yaml")
    assert done.returncode == 2
    assert "is no text in UTF-8" in done.stderr
    (tmp_path / "x-1-0.conda").write_bytes(b"PK")
    done = run_command("build", tmp_path / "x-1-0.conda")
    assert (done.returncode, "is a package and no recipe" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda _text: SPLIT.replace("SCRIPT", "exit 3"),
        lambda text: text + "tests: [{package_contents: {files: [gone]}}]\n",
    ],
    ids=["a later output fails", "the contents are wrong"],
)
def test_what_is_finished_when_a_build_fails_is_listed(build, feedstock, tmp_path, change):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(change(recipe.read_text()))
    done = build("--json", "-q", feedstock, "-o", "out")
    assert done.returncode == 1
    (package,) = packages(tmp_path / "out")
    (entry,) = answer(done)["packages"]
    assert entry["location"] == f"out/noarch/{package.name}"
    assert entry["sha"]


def test_a_package_whose_test_fails_is_listed_too(build, feedstock, tmp_path):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(recipe.read_text() + "tests:\n  - script: exit 3\n")
    done = build("--json", "-q", feedstock, "-o", "out")
    assert done.returncode == 1
    assert "Test 1 of hello-1.0-" in done.stderr
    (package,) = packages(tmp_path / "out")
    (entry,) = answer(done)["packages"]
    assert entry["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


def test_an_output_that_is_skipped_is_no_package(build, feedstock, tmp_path):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(SPLIT.replace("script: SCRIPT", "script: exit 3, skip: true"))
    done = build("--json", "-q", feedstock, "-o", "out")
    assert done.returncode == 0
    (entry,) = answer(done)["packages"]
    assert entry["location"].startswith("out/noarch/first-1.0-")


@pytest.mark.skipif(os.name == "nt", reason="the recipes' scripts are for sh")
@pytest.mark.parametrize("to_group", [True, False], ids=["Ctrl-C", "kill -INT"])
def test_an_interrupt_ends_the_build_with_what_is_finished(
    feedstock, tmp_path, empty_channel, to_group
):
    """A terminal sends Ctrl-C to the recipe's script, too. The signal of ``kill`` it never sees."""
    (feedstock / "recipe" / "recipe.yaml").write_text(
        SPLIT.replace("SCRIPT", "echo waiting; sleep 3; echo ready")
    )
    other = write_recipe(tmp_path / "other", "package: {name: other, version: '1'}\n")
    options = ["-c", empty_channel, "-o", str(tmp_path / "out"), str(feedstock), str(other)]
    command = [sys.executable, "-m", "conda_provenance", "build", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "waiting":
                time.sleep(0.5)  # until the script sleeps: bash itself may outlive the signal
                (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
                break
        printed, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert errors.endswith("The build was interrupted.\n")
    assert "callback" not in errors
    names = ["first"] if to_group else ["first", "second"]
    assert [package.name.split("-")[0] for package in packages(tmp_path / "out")] == names
    for package in packages(tmp_path / "out"):
        assert hashlib.sha256(package.read_bytes()).hexdigest() in printed
    assert all(entry["sha"] for entry in shown(*packages(tmp_path / "out")))


@pytest.mark.skipif(os.name == "nt", reason="the recipe's script is one for sh")
def test_a_second_interrupt_ends_the_process_at_once(feedstock, tmp_path, empty_channel):
    recipe = feedstock / "recipe" / "recipe.yaml"
    script = "trap '' INT; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo waiting; sleep 1; done"
    recipe.write_text(recipe.read_text().replace("echo hi > $PREFIX/hi", f'"{script}"'))
    options = ["-c", empty_channel, "-o", str(tmp_path / "out"), str(feedstock)]
    command = [sys.executable, "-m", "conda_provenance", "build", *options]
    waits = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "waiting":
                waits += 1
                os.killpg(process.pid, signal.SIGINT)
            if process.poll() is not None:
                break  # The script goes on alone, and nobody waits for it.
        process.wait(timeout=60)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGINT
    assert waits < 5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_log_that_cannot_be_written_is_told_and_does_not_stop_the_build(
    feedstock, tmp_path, empty_channel
):
    options = ["-c", empty_channel, "-o", str(tmp_path / "out"), str(feedstock)]
    command = [sys.executable, "-m", "conda_provenance", "build", *options]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "The output cannot be written" in done.stderr
    assert "callback" not in done.stderr
    assert len(packages(tmp_path / "out")) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda text: text.replace("echo hi > $PREFIX/hi", "echo almost there && exit 3"),
            "Script failed to execute (status 3); its last line is: almost there.",
        ),
        (
            lambda text: text.replace("echo hi > $PREFIX/hi", "exit 3"),
            "Script failed to execute (status 3); its last command is: exit 3.",
        ),
        (
            lambda text: text + "requirements: {host: [no-such-package, dep >2]}\n",
            "Failed to resolve dependencies: no-such-package, dep >2 in file://",
        ),
        (
            lambda text: (
                text
                + "source: {url: 'http://user:s3cr3t@127.0.0.1:9/x.tgz', sha256: '"
                + "0" * 64
                + "'}\n"
            ),
            "Failed to fetch from http://***@127.0.0.1:9/x.tgz: ",
        ),
        (
            lambda text: text + "source: {git: 'http://user:s3cr3t@127.0.0.1:9/x.git', tag: v1}\n",
            "failed to fetch http://***@127.0.0.1:9/x.git: ",
        ),
        (lambda text: text + "source: {path: gone}\n", "/recipe/gone`: No such file or directory"),
    ],
    ids=["script", "silent script", "dependencies", "download", "git", "path"],
)
def test_a_build_that_fails_says_why_and_where(build, feedstock, change, why):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(change(recipe.read_text()))
    done = build(feedstock, "-q", CONDA_PLUGINS_PROVENANCE_DIRTY="ignore")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert why in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


def test_a_channel_that_cannot_be_reached_is_named_without_its_token(feedstock, tmp_path):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(recipe.read_text() + "requirements: {host: [dep]}\n")
    channel = "http://user:s3cr3t@127.0.0.1:9/t/t0k3n/private"
    done = run_command("build", "-q", "-c", channel, feedstock, cwd=tmp_path)
    assert done.returncode == 1
    (error,) = [line for line in done.stderr.splitlines() if "was not built" in line]
    assert "Failed to resolve dependencies: dep in" in error
    assert "127.0.0.1:9/" in error
    assert error.endswith("; downloads failed.")
    assert "s3cr3t" not in done.stdout + done.stderr
    assert "t0k3n" not in done.stdout + done.stderr
