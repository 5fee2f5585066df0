"""The command ``policy``, as people and programs run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import answer, run_command
from packages_making import make_conda

POLICY = """version = 1
[forges]
"git.example.com" = "gitlab"
[[rules]]
packages = ["acme-*"]
channels = ["https://conda.example.com/main"]
repositories = ["https://git.example.com/packaging/{name}"]
reviews = 2
fresh_reviews = true
paths = ["recipes/{name}", "."]
[[rules]]
packages = ["lib*"]
accept = "consistent"
[[exceptions]]
packages = ["acme-old"]
waive = ["recipe-matches"]
until = 2999-12-31
reason = "It is built by hand."
[[exceptions]]
packages = ["acme-*"]
accept = "consistent"
until = 2020-01-31
reason = "For the first year."
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(POLICY)
    return path


def explain(package: str, policy: Path | str, *more: str, **variables: str):
    return run_command("policy", "explain", package, "--policy", policy, *more, **variables)


def test_a_valid_policy(policy):
    done = run_command("policy", "check", policy)
    assert done.returncode == 0
    assert f"{policy} is valid." in done.stdout
    assert "An exception of the policy ended on 2020-01-31" in done.stdout

    printed = answer(run_command("policy", "check", "--json", policy))
    assert printed["valid"] is True
    assert printed["policy"]["name"] == "mine.toml"
    assert len(printed["notes"]) == 1


def test_a_ready_policy_says_where_it_is():
    done = run_command("policy", "check", "private-channel")
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("file:")]
    assert "# for you:" in Path(line.partition(":")[2].strip()).read_text("utf-8")


def test_all_that_is_wrong_is_listed_with_its_line_and_its_key(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("version = 1\n[[rules]]\nreviws = 1\nrefs = ['a..b']\n")
    done = run_command("policy", "check", path)
    assert done.returncode == 2
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert f"{path}, line 3, rules.reviws: there is no such key here" in first
    assert f"{path}, line 4, rules.refs: a..b is no branch or tag" in second

    done = run_command("policy", "check", "--json", path)
    assert done.returncode == 2
    printed = answer(done)
    assert printed["valid"] is False
    assert [(each["line"], each["key"]) for each in printed["faults"]] == [
        (3, "rules.reviws"),
        (4, "rules.refs"),
    ]


@pytest.mark.parametrize("wanted", ["nonsense", "./nothing.toml", "."])
def test_a_policy_that_is_not_there(wanted, tmp_path):
    done = run_command("policy", "check", "--json", wanted, cwd=tmp_path)
    assert done.returncode == 2
    assert answer(done)["error"]


def test_what_is_asked_of_a_package_is_said_in_sentences(policy):
    done = explain("https://conda.example.com/main::acme-x", policy)
    assert done.returncode == 0
    assert done.stdout == (
        "package:      acme-x\n"
        "channel:      https://conda.example.com/main\n"
        f"policy:       mine.toml ({policy})\n"
        "rule:         line 4, packages acme-* of https://conda.example.com/main\n"
        "It must be from https://git.example.com/packaging/acme-x.\n"
        "Its commit must be on the default branch.\n"
        "The change that brought the commit must have 2 approvals of the very commit that was "
        "merged.\n"
        "Its recipe must be in recipes/acme-x or the top of the repository, or below.\n"
        "These checks must pass: well-formed, expected, commit-exists, commit-on-branch, "
        "recipe-matches and commit-reviewed.\n"
        '"verified" alone is enough for exit status 0.\n'
        "warning: An exception of the policy ended on 2020-01-31 and does not count any more: For "
        "the first year. (line 19)\n"
    )


def test_an_exception_is_said(policy):
    printed = answer(explain("https://conda.example.com/main::acme-old", policy, "--json"))
    assert [(each["line"], each["counts"]) for each in printed["exceptions"]] == [
        (14, True),
        (19, False),
    ]
    assert "recipe-matches" not in printed["expects"]["checks"]
    assert "Without recipe-matches, it is never called verified." in printed["sentences"]
    assert printed["expects"]["forges"] == {"git.example.com": "gitlab"}


def test_without_a_rule_the_answer_is_no(policy):
    done = explain("acme-x", policy, "--json")  # of no known channel
    assert done.returncode == 1
    printed = answer(done)
    assert printed["rule"] is printed["expects"] is None
    assert printed["sentences"] == ["The policy mine.toml has no rule for this package."]
    assert explain("numpy", policy).returncode == 1


@pytest.mark.parametrize(
    "package", ["libx", "LibX", "libx-1.0-0.conda", "out/linux-64/libx-1.0-0.tar.bz2"]
)
def test_a_package_by_its_name_or_its_file(package, policy):
    done = explain(package, policy, "--json")
    assert done.returncode == 0
    assert answer(done)["rule"]["line"] == 11


def test_a_channel_by_its_name(policy):
    printed = answer(explain("conda-forge::numpy", "conda-forge", "--json"))
    assert printed["channel"] == "https://conda.anaconda.org/conda-forge"
    assert explain("defaults::numpy", "conda-forge").returncode == 2


@pytest.mark.parametrize("package", ["", "a b", "*", "a\x1b[31m", "https://u:hunter2@h.org::a b"])
def test_what_is_no_package_is_refused(package):
    done = explain(package, "conda-forge")
    assert done.returncode == 2
    assert "hunter2" not in done.stderr
    assert "\x1b" not in done.stderr


def test_the_policy_of_the_settings(policy, tmp_path):
    done = run_command("policy", "explain", "libx", CONDA_PLUGINS_PROVENANCE_POLICY=str(policy))
    assert done.returncode == 0
    assert "mine" in done.stdout

    for wrong in ("mine.toml", "./mine.toml", "nonsense", str(tmp_path / "gone.toml")):
        done = run_command(
            "policy", "explain", "libx", cwd=tmp_path, CONDA_PLUGINS_PROVENANCE_POLICY=wrong
        )
        assert done.returncode == 2
        assert "plugins.provenance_policy" in done.stderr

    done = run_command("policy", "explain", "libx")
    assert done.returncode == 2
    assert "No policy is named" in done.stderr


def test_a_policy_beside_check_is_refused():
    done = run_command("policy", "check", "strict", "--policy", "strict")
    assert done.returncode == 2


def test_verify_takes_the_policy_of_the_settings_unless_one_is_given(tmp_path, policy):
    policy.write_text('version = 1\n[[rules]]\nrepositories = ["https://git.example.com/o/*"]\n')
    about = {"extra": {"sha": "a" * 40, "remote_url": "https://git.example.com.evil.example/o/n"}}
    package = make_conda(tmp_path, about)
    command = ("verify", package, "--only", "well-formed,expected")
    variables = {"CONDA_PLUGINS_PROVENANCE_POLICY": str(policy)}

    done = run_command(*command, **variables)
    assert done.returncode == 1
    assert "the policy mine.toml allows https://git.example.com/o/*" in done.stdout
    assert "its host looks like git.example.com, and is another" in done.stdout

    done = run_command(*command, "--policy", "conda-forge", **variables)
    assert done.returncode == 1
    assert "the policy conda-forge allows https://github.com/conda-forge/*" in done.stdout

    wrong = {"CONDA_PLUGINS_PROVENANCE_FORGES": "git.example.com"}
    done = run_command(*command, **wrong)
    assert done.returncode == 2
    assert "plugins.provenance_forges" in done.stderr
