from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_running import answer, run_command, run_on_terminal, screen_lines

ORIGIN = "https://github.com/example/hello-feedstock"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "77",
    "GITHUB_REPOSITORY": "o/r",
    "GITHUB_SERVER_URL": "https://github.com",
}


def detect(
    *arguments: str | Path, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    return run_command("detect", *arguments, cwd=cwd, **variables)


def test_json(feedstock, git):
    done = detect("--json", feedstock, **GITHUB)
    assert done.returncode == 0
    assert answer(done) == {
        "version": 1,
        "command": "detect",
        "sha": git(feedstock, "rev-parse", "HEAD"),
        "remote_url": ORIGIN,
        "flow_run_id": "github_77",
        "flow_run_url": "https://github.com/o/r/actions/runs/77",
        "ci_provider": "github",
        "sources": {"sha": "git", "remote_url": "git", "flow_run_id": "ci", "flow_run_url": "ci"},
        "warnings": [
            (
                "GitHub Actions ran for another repository than the recipe's; "
                "the recipe's repository is stamped."
            )
        ],
        "recipe": str(feedstock / "recipe" / "recipe.yaml"),
        "commit": "the commit that is checked out",
        "missing": {},
        "settings": {
            "provenance_enabled": True,
            "provenance_fields": ["sha", "remote_url", "flow_run_id"],
            "provenance_required": [],
            "provenance_dirty": "warn",
            "provenance_ci": "auto",
        },
    }


def test_this_folder_is_the_default_and_a_recipe_folder_within_is_found(feedstock, git):
    for cwd in (feedstock, feedstock / "recipe"):
        assert answer(detect("--json", cwd=cwd))["sha"] == git(feedstock, "rev-parse", "HEAD")


def test_the_text_shows_values_sources_and_reasons(feedstock, git):
    done = detect(feedstock, **GITHUB)
    assert git(feedstock, "rev-parse", "HEAD") in done.stdout
    assert "git" in done.stdout
    assert (
        "GitHub Actions (github); not stamped" in done.stdout
    )  # flow_run_url is not one of the default fields
    assert "no CI run was recognised" in detect(feedstock).stdout
    assert "s3cr3t" not in done.stdout + done.stderr


def test_the_recipes_own_extra_is_told_as_such(feedstock):
    recipe = feedstock / "recipe" / "recipe.yaml"
    recipe.write_text(
        recipe.read_text() + "extra:\n  flow_run_id: farm_1\n  sha: ${{ env.get('SHA') }}\n"
    )
    said = answer(detect("--json", recipe))
    assert (said["flow_run_id"], said["sources"]["flow_run_id"]) == ("farm_1", "recipe")


def test_extra_meta_gives_rattler_builds_flags(feedstock, git):
    done = detect("--format", "extra-meta", feedstock, **GITHUB)
    sha = git(feedstock, "rev-parse", "HEAD")
    assert done.stdout == (
        f"--extra-meta sha={sha} --extra-meta remote_url={ORIGIN} "
        "--extra-meta flow_run_id=github_77\n"
    )


def test_env_carries_everything_into_a_container(feedstock, tmp_path, git):
    all_fields = {"CONDA_PLUGINS_PROVENANCE_FIELDS": "sha,remote_url,flow_run_id,flow_run_url"}
    done = detect("--format", "env", feedstock, **GITHUB, **all_fields)
    given = dict(line.split("=", 1) for line in done.stdout.splitlines())
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "recipe.yaml").write_text("")
    inside = answer(detect("--json", tmp_path / "mounted", **given))
    outside = answer(detect("--json", feedstock, **GITHUB))
    for key in ("sha", "remote_url", "flow_run_id", "flow_run_url"):
        assert inside[key] == outside[key]


def test_extra_meta_survives_the_shell(feedstock, git, tmp_path):
    git(feedstock, "remote", "set-url", "origin", "git@git.sr.ht:~al/repo")
    command = f"{sys.executable} -m conda_provenance detect --format extra-meta {feedstock}"
    script = f"printf '%s\\n' $({command})"
    azure = {"TF_BUILD": "True", "BUILD_BUILDNUMBER": "my build 7", "SYSTEM_JOBATTEMPT": "1"}
    done = subprocess.run(
        ["sh", "-c", script],
        env={**os.environ, **azure},
        capture_output=True,
        text=True,
        check=True,
    )
    sha = git(feedstock, "rev-parse", "HEAD")
    assert done.stdout.splitlines() == [
        "--extra-meta",
        f"sha={sha}",
        "--extra-meta",
        "remote_url=https://git.sr.ht/~al/repo",
    ]
    assert "flow_run_id is left out: it holds a space" in done.stderr


def test_switched_off_nothing_would_be_stamped(feedstock):
    off = {
        "CONDA_PLUGINS_PROVENANCE_ENABLED": "false",
        "CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_id",
    }
    for form in ("extra-meta", "env"):
        done = detect("--format", form, feedstock, **off)
        assert (done.returncode, done.stdout.strip()) == (0, "")
        assert "provenance_enabled is false" in done.stderr
    assert "Nothing is stamped" in answer(detect("--json", feedstock, **off))["warnings"][-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("form", ["text", "json", "env"])
def test_output_that_cannot_be_written_is_one_sentence(feedstock, form):
    command = [sys.executable, "-m", "conda_provenance", "detect", "--format", form, str(feedstock)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == (
        "conda-provenance: The output cannot be written or a file cannot be read: "
        "No space left on device.\n"
    )


@pytest.mark.parametrize("form", ["extra-meta", "env"])
def test_nothing_is_printed_for_a_shell_where_a_requirement_fails(feedstock, form):
    for setting in (
        {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_id"},
        {"CONDA_PLUGINS_PROVENANCE_DIRTY": "error"},
    ):
        (feedstock / "recipe" / "new.patch").write_text("x")
        done = detect("--format", form, feedstock, **setting)
        assert (done.returncode, done.stdout) == (1, "")


def test_a_folder_without_a_recipe_is_told_as_such(tmp_path):
    said = answer(detect("--json", tmp_path))
    assert "There is no recipe in" in said["warnings"][-1]


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [("none", "provenance_ci is none"), ("azure", "provenance_ci is azure, which does not run")],
)
def test_a_ci_that_was_chosen_is_the_reason(feedstock, chosen, reason):
    done = detect(feedstock, **GITHUB, CONDA_PLUGINS_PROVENANCE_CI=chosen)
    assert reason in done.stdout


def test_an_empty_hash_is_said_to_be_stamped(tmp_path):
    (tmp_path / "recipe.yaml").write_text("")
    assert "an empty string is stamped" in " ".join(detect(tmp_path, COLUMNS="200").stdout.split())


def test_a_required_key_that_is_missing_is_a_no(feedstock):
    done = detect("--json", feedstock, CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_id")
    assert done.returncode == 1
    assert answer(done)["flow_run_id"] is None
    assert "flow_run_id is required" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "error"),
    [
        (["/no/such/place"], {}, "There is no recipe at '/no/such/place'"),
        (["--unknown"], {}, "conda-provenance detect: error: unrecognized arguments: --unknown"),
        (["--json", "--format", "env"], {}, "not allowed with"),
        ([], {"CONDA_PLUGINS_PROVENANCE_DIRTY": "never"}, "plugins.provenance_dirty"),
    ],
)
def test_used_wrongly(tmp_path, arguments, variables, error):
    done = detect(*arguments, cwd=tmp_path, **variables)
    assert done.returncode == 2
    assert error in done.stderr
    assert "Traceback" not in done.stderr


def test_hostile_names_do_not_reach_the_terminal(tmp_path):
    jenkins = {"JENKINS_URL": "https://j", "BUILD_TAG": "jenkins-[bold]x[/bold]-1"}
    done = detect(tmp_path, CONDA_PROVENANCE_FLOW_RUN_ID="x\x1b[31mred", **jenkins)
    assert "\x1b" not in done.stdout + done.stderr
    assert "[bold]x[/bold]" in done.stdout, "a value is not markup"


def test_help_has_examples():
    done = detect("--help")
    assert "examples:" in done.stdout
    assert "docker run --env-file" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="there is no POSIX shell here")
def test_shell_lines_survive_evaluation(feedstock, git):
    azure = {
        "TF_BUILD": "True",
        "BUILD_BUILDNUMBER": "my `date` 'build' & ; 7",
        "SYSTEM_JOBATTEMPT": "1",
    }
    script = (
        f'eval "$({sys.executable} -m conda_provenance detect --format shell {feedstock})" && env'
    )
    done = subprocess.run(
        ["sh", "-c", script],
        env={**os.environ, **azure},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (
        "CONDA_PROVENANCE_FLOW_RUN_ID=azure_my `date` 'build' & ; 7.1" in done.stdout.splitlines()
    )
    assert f"CONDA_PROVENANCE_SHA={git(feedstock, 'rev-parse', 'HEAD')}" in done.stdout.splitlines()


def test_env_lines_are_as_every_reader_of_such_files_takes_them(feedstock):
    """docker, podman, kubectl, GITHUB_ENV, GitLab's dotenv and systemd.

    So there are no quotes, comments, blank lines and no byte order mark.
    """
    azure = {"TF_BUILD": "True", "BUILD_BUILDNUMBER": "nightly #7", "SYSTEM_JOBATTEMPT": "1"}
    output = detect("--format", "env", feedstock, **azure).stdout
    assert output.endswith("\n")
    assert [line.partition("=")[0] for line in output.splitlines()] == [
        f"CONDA_PROVENANCE_{key}" for key in ("SHA", "REMOTE_URL", "FLOW_RUN_ID")
    ]
    assert "CONDA_PROVENANCE_FLOW_RUN_ID=azure_nightly #7.1\n" in output


def test_the_text_says_which_commit_it_is_and_which_run(feedstock, git):
    sha = git(feedstock, "rev-parse", "HEAD")
    pull_request = {
        "GITHUB_SHA": sha,
        "GITHUB_REF": "refs/pull/12/merge",
        "GITHUB_EVENT_NAME": "pull_request",
    }
    done = detect(feedstock, **GITHUB, **pull_request, GITHUB_RUN_ATTEMPT="2")
    assert "git: the merge commit of pull request 12" in done.stdout
    assert "GitHub Actions (github), pull_request, attempt 2" in done.stdout


def test_systems_are_listed():
    from conda_provenance import systems

    listed = answer(detect("--list", "--json"))["systems"]
    assert {(each["provider"], each["name"], each["docs"]) for each in listed} == {
        (adapter.provider, adapter.name, adapter.docs) for adapter in systems.adapters()
    }
    assert "GitHub Actions" in detect("--list").stdout


SECRETS = {
    **GITHUB,
    "GITHUB_SHA": "hunter2-sha",
    "GITHUB_WORKSPACE": "",
    "CI_JOB_TOKEN": "hunter2-token",
    "CONDA_PROVENANCE_SHA": "hunter2-mine",
    "JENKINS_URL": "https://bot:hunter2-login@jenkins.example.org/",
}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_explained_without_a_value(form):
    done = detect("--explain", *form, **SECRETS)
    assert done.returncode == 0
    assert "hunter2" not in done.stdout + done.stderr
    assert "github_77" not in done.stdout
    for name in ("GITHUB_SHA", "JENKINS_URL", "CI_JOB_TOKEN", "CONDA_PROVENANCE_SHA", "TF_BUILD"):
        assert name in done.stdout


def test_explained_in_words():
    said = detect("--explain", **SECRETS).stdout
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "Recognised: GitHub Actions (github), which names a run." in lines
    assert "workspace no GITHUB_WORKSPACE (empty)" in lines
    assert "run_id yes GITHUB_RUN_ID (set)" in lines
    assert "sha not usable GITHUB_SHA (set)" in lines
    assert "Jenkins (jenkins): recognised" in lines
    assert (
        "CI_JOB_TOKEN"
        in lines[lines.index("Named like a CI's variables, but unknown to every adapter:") + 1]
    )
    gitea = detect("--explain", **SECRETS, GITEA_ACTIONS="true").stdout
    assert "GitHub Actions (github): not recognised, as these are another's: GITEA_ACTIONS" in gitea
    nothing = detect("--explain").stdout
    assert "No CI system is recognised." in nothing
    assert (
        "provenance_ci is none"
        in detect("--explain", **SECRETS, CONDA_PLUGINS_PROVENANCE_CI="none").stdout
    )


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_values_are_shown_when_asked_for_but_no_login_and_no_unknown_variable(form):
    said = detect("--explain", "--show-values", *form, **SECRETS).stdout
    assert "hunter2-sha" in said
    assert "jenkins.example.org" in said
    assert "hunter2-login" not in said
    assert "hunter2-token" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["--show-values"],
        ["--list", "--format", "env"],
        ["--explain", "--format", "extra-meta"],
        ["--list", "--explain"],
    ],
)
def test_options_that_do_not_go_together(arguments):
    done = detect(*arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_two_systems_at_once_are_warned_of(feedstock):
    jenkins = {"JENKINS_URL": "https://j", "BUILD_TAG": "jenkins-a-1"}
    both = answer(detect("--json", feedstock, **GITHUB, **jenkins))
    assert (both["flow_run_id"], both["ci_provider"]) == ("github_77", "github")
    assert any(
        warning.startswith("GitHub Actions and Jenkins each say") for warning in both["warnings"]
    )
    chosen = json.loads(
        detect(
            "--json", feedstock, **GITHUB, **jenkins, CONDA_PLUGINS_PROVENANCE_CI="jenkins"
        ).stdout
    )
    assert chosen["flow_run_id"] == "jenkins_jenkins-a-1"
    assert not any("each say" in warning for warning in chosen["warnings"])


def test_on_a_terminal_there_is_colour_and_the_same_is_said(feedstock):
    plain = detect(feedstock, **GITHUB).stdout
    assert "\x1b" not in plain
    coloured = detect(feedstock, **GITHUB, FORCE_COLOR="1", COLUMNS="200").stdout
    assert "\x1b[" in coloured
    for value in ("github_77", "GitHub Actions (github)", "flow_run_url", "warning: "):
        assert value in plain
        assert value in coloured


@pytest.mark.skipif(os.name == "nt", reason="Windows has no bytes in its environment")
@pytest.mark.parametrize(
    "form",
    [
        "--json",
        "--explain",
        "--format=env",
        "--format=shell",
        "--format=extra-meta",
        "--format=text",
    ],
)
def test_any_environment_makes_an_answer_or_none(feedstock, form):
    """Not UTF-8, long, with escapes and line breaks, in names too."""
    environ = {
        os.fsencode(name): os.fsencode(value) for name, value in {**os.environ, **GITHUB}.items()
    } | {
        b"GITHUB_RUN_ID": b"1\n2",
        b"GITHUB_SHA": b"\xff\xfe",
        b"GITHUB_REF": b"x" * 100_000,
        b"TF_BUILD": b"\x1b]0;owned\x07",
        b"CI_\xff": b"\x1b[31m",
        b"JOB_\x1b[31m": b"1",
        b"BITBUCKET_PIPELINE_UUID": b"{\xe2\x80\xae1}",
        b"CONDA_PROVENANCE_FLOW_RUN_ID": b"a\nb",
        b"CONDA_PROVENANCE_SHA": b"\xff",
        b"CONDA_PROVENANCE_REMOTE_URL": "https://example.org/ä/ü".encode(),
    }
    command = [sys.executable, "-m", "conda_provenance", "detect", form, str(feedstock)]
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    output = done.stdout + done.stderr
    assert b"Traceback" not in output
    for byte in (b"\x1b", b"\x07", b"\xff", b"\xe2\x80\xae"):
        assert byte not in output
    if form == "--json":
        assert answer(done)["flow_run_id"] is None
    elif form == "--format=env":
        assert all(line.startswith(b"CONDA_PROVENANCE_") for line in done.stdout.splitlines())


@pytest.mark.parametrize("form", [[], ["--explain", "--show-values"], ["--json"]])
def test_an_encoding_that_lacks_a_character_is_no_reason_to_fail(feedstock, form):
    done = detect(feedstock, *form, **GITHUB, GITHUB_EVENT_NAME="püsh", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("form", ["env", "shell", "extra-meta"])
def test_what_programs_read_is_not_written_otherwise_than_it_is(feedstock, git, form):
    azure = {"TF_BUILD": "True", "BUILD_BUILDNUMBER": "bü", "SYSTEM_JOBATTEMPT": "1"}
    done = detect(feedstock, "--format", form, **azure, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (1, "")
    assert "flow_run_id holds a character that the output's encoding (ascii) lacks" in done.stderr
    assert (
        "azure_bü.1"
        in detect(feedstock, "--format", form, **azure, PYTHONIOENCODING="utf-8").stdout
    )


def test_the_address_of_a_page_is_listed_whole():
    assert (
        "https://docs.prow.k8s.io/docs/jobs/#job-environment-variables" in detect("--list").stdout
    )


def test_of_a_value_that_is_shown_the_name_is_shown_too(feedstock):
    gitlab = {
        "GITLAB_CI": "1",
        "CI_REPOSITORY_URL": "https://gitlab-ci-token:hunter2@gitlab.com/a/b.git",
    }
    said = detect("--explain", "--show-values", **gitlab).stdout
    assert "CI_REPOSITORY_URL: https://***@gitlab.com/a/b.git" in said


def test_explained_is_what_is_detected(feedstock):
    gitlab = {"GITLAB_CI": "1", "CI_PIPELINE_ID": "9", "CI_PROJECT_DIR": str(feedstock)}
    both = {**GITHUB, "GITHUB_WORKSPACE": "/nowhere", **gitlab}
    assert answer(detect(feedstock, "--json", **both))["flow_run_id"] == "gitlab_9"
    assert "Recognised: GitLab CI" in detect(feedstock, "--explain", **both).stdout


def test_more_details_are_the_recipe_and_the_settings(feedstock):
    text = detect("-v", feedstock, CONDA_PLUGINS_PROVENANCE_DIRTY="ignore").stdout
    assert f"recipe:       {feedstock / 'recipe' / 'recipe.yaml'}\n" in text
    assert "plugins.provenance_dirty: ignore\n" in text
    assert "plugins.provenance_fields: sha, remote_url, flow_run_id\n" in text
    assert "plugins" not in detect(feedstock).stdout


def test_quiet_leaves_out_the_warnings_and_not_the_values(feedstock, git):
    sha = git(feedstock, "rev-parse", "HEAD")
    done = detect("-q", feedstock, **GITHUB)
    assert "warning" not in done.stdout + done.stderr
    assert f"sha:          {sha}\n" in done.stdout
    done = detect("-q", "--format", "env", feedstock, **GITHUB)
    assert done.stderr == ""
    assert f"CONDA_PROVENANCE_SHA={sha}\n" in done.stdout


def test_json_of_a_command_that_fails_has_the_error(feedstock, tmp_path):
    missing = detect("--json", feedstock, CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_id")
    assert missing.stderr == f"conda-provenance: {answer(missing)['error']}\n"
    wrong = detect("--json", tmp_path / "gone")
    assert wrong.returncode == 2
    error = wrong.stderr.removeprefix("conda-provenance: ").strip()
    assert answer(wrong) == {"version": 1, "command": "detect", "error": error}
    setting = detect("--json", feedstock, CONDA_PLUGINS_PROVENANCE_CI="nobody")
    assert setting.returncode == 2
    assert "plugins.provenance_ci" in answer(setting)["error"]


@pytest.mark.parametrize("options", [[], ["--show-values"]])
def test_explained_to_programs(options):
    said = answer(detect("--explain", "--json", *options, **SECRETS))
    assert said["recognised"]["provider"] == "github"
    assert said["conda_provenance"]
    assert (said["yours"]["CONDA_PROVENANCE_SHA"] is None) is (not options)


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize("arguments", [[], ["-v"], ["--list"], ["--explain"]])
def test_on_a_terminal_of_80_columns_the_same_is_said_and_no_value_is_wrapped(feedstock, arguments):
    remote = "https://git.example.org/" + "long-name/" * 20 + "end"
    given = {"CONDA_PROVENANCE_REMOTE_URL": remote, **GITHUB}
    status, written = run_on_terminal("detect", *arguments, cwd=feedstock, **given)
    assert status == 0
    assert "\x1b[" in written
    assert "\x1b[32m" not in written, "green is kept for what was verified"
    shown = " ".join(" ".join(screen_lines(written)).split())
    assert shown == " ".join(detect(*arguments, cwd=feedstock, **given).stdout.split())
    if not arguments:
        assert f"remote_url:   {remote}" in screen_lines(written)
    _, plain = run_on_terminal("detect", *arguments, "--color=never", cwd=feedstock, **given)
    assert "\x1b" not in plain


def test_names_are_wrapped_between_words(feedstock):
    listed = detect("--explain", COLUMNS="60").stdout.splitlines()
    names = [line for line in listed if line.startswith("  ")]
    assert len(names) > 3
    assert all(len(line) <= 60 for line in names)


def test_outside_a_ci_nothing_is_loaded_that_is_not_needed(feedstock):
    code = (
        "import sys\n"
        "from conda_provenance.cli.main import main\n"
        f"main(['detect', {str(feedstock)!r}])\n"
        "heavy = {'dataclasses', 'inspect', 'logging', 'json', 'git', 'pluggy', 'yaml'}\n"
        "print(*sorted(heavy & sys.modules.keys()))\n"
        "print('conda_provenance.ci' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["", "False"]


@pytest.mark.skipif(os.name == "nt", reason="the shell is another one there")
@pytest.mark.parametrize(
    "line",
    [
        "{program} detect --format env > provenance.env",
        "{program} detect --format env > recipe/provenance.env",
        "{program} detect recipe --format env >> recipe/provenance.env",
        "mkdir recipe/out && {program} detect --format env > recipe/out/provenance.env",
        "{program} detect --format env > recipe/provenance.env 2> recipe/log",
        "cd recipe && {program} detect --format env > provenance.env",
        "cd recipe && {program} detect --format shell > provenance.sh",
        "cd recipe && {program} detect --json > detect.json",
    ],
)
@pytest.mark.parametrize("dirty", ["warn", "error"])
def test_the_file_that_the_output_goes_to_makes_no_recipe_dirty(feedstock, line, dirty):
    """A shell makes the file before the command runs."""
    done = subprocess.run(
        ["sh", "-c", line.format(program=f"{sys.executable} -m conda_provenance")],
        cwd=feedstock,
        env=os.environ | {"CONDA_PLUGINS_PROVENANCE_DIRTY": dirty},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (written,) = [*feedstock.rglob("provenance.*"), *feedstock.rglob("detect.json")]
    assert "not committed" not in written.read_text()
    assert "sha" in written.read_text().lower()


@pytest.mark.skipif(os.name == "nt", reason="the shell is another one there")
def test_nor_if_git_tracks_that_file(feedstock, git):
    (feedstock / "recipe" / "x.env").write_text("before")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "a file of values")
    line = f"{sys.executable} -m conda_provenance detect --format env > x.env"
    done = subprocess.run(
        ["sh", "-c", line], cwd=feedstock / "recipe", capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="the shell is another one there")
def test_another_new_file_beside_it_does(feedstock):
    line = f"touch other && {sys.executable} -m conda_provenance detect --format env > x.env"
    done = subprocess.run(
        ["sh", "-c", line], cwd=feedstock / "recipe", capture_output=True, text=True, check=True
    )
    assert "changes that are not committed (recipe/other): " in done.stderr
