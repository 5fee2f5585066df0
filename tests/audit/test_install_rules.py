"""A policy in the gate before installing."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from conda_provenance.audit.install_policy import InstallPolicy, read_install_policy
from conda_provenance.audit.install_rules import Place
from conda_provenance.claim import Claim
from conda_provenance.condarc import INSTALL, INSTALL_POLICY, INSTALL_REPOS, INSTALL_VERIFIED
from conda_provenance.policy import parse_policy
from conda_provenance.policy.options import Options

CHANNEL = "https://conda.example.com/main"
CLAIM = Claim.from_extra(
    {"sha": "a" * 40, "remote_url": "https://github.com/o/a-recipe", "flow_run_id": "github_1"}
)
NOW = datetime(2026, 6, 15, tzinfo=timezone.utc).timestamp()


def lacks(tmp_path: Path, rules: str, name: str = "a", channel: str | None = CHANNEL, **keys):
    file = tmp_path / "mine.toml"
    file.write_text(f"version = 1\n{rules}\n")
    values = {INSTALL.name: "refuse", INSTALL_POLICY.name: str(file), **keys}
    policy = read_install_policy(values)
    assert policy.error is None
    return policy.shortcomings(CLAIM, Place(name, channel), NOW)


def test_a_package_from_a_repository_of_its_rule_may_pass(tmp_path):
    rules = '[[rules]]\nrepositories = ["https://github.com/o/{name}-recipe"]\n'
    assert lacks(tmp_path, rules) == ()
    assert lacks(tmp_path, rules, "b") == (
        "its repository is not allowed by the policy mine.toml: https://github.com/o/a-recipe",
    )


def test_a_package_without_a_rule_falls_short(tmp_path):
    rules = f'[[rules]]\nchannels = ["{CHANNEL}"]\n'
    assert lacks(tmp_path, rules) == ()
    assert lacks(tmp_path, rules, channel="https://conda.example.com/other") == (
        "the policy mine.toml has no rule for it",
    )
    assert lacks(tmp_path, rules, channel=None) == ("the policy mine.toml has no rule for it",)


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ('checks = ["run-matches", "artifact-in-run"]', "run-matches, artifact-in-run"),
        ("reviews = 1", "commit-reviewed"),
        ('workflows = ["x.yml"]', "run-matches"),
        ('checks = ["of-another-plugin"]', "of-another-plugin"),
        ('repositories = ["https://github.com/o/*"]\nowner_id = 3', "owner_id"),
    ],
)
def test_a_rule_that_asks_for_more_cannot_be_met(tmp_path, keys, what):
    (lack,) = lacks(tmp_path, f"[[rules]]\n{keys}\n")
    assert lack.startswith(
        f"the policy mine.toml (line 2) asks for what is not checked before installing: {what}; "
    )


def test_the_usual_checks_are_no_such_thing(tmp_path):
    rules = '[[rules]]\nchecks = ["well-formed", "expected", "recipe-matches"]\nrefs = ["main"]\n'
    assert lacks(tmp_path, rules) == ()


def test_an_exception_counts_here_too(tmp_path):
    rules = (
        "[[rules]]\nreviews = 1\n"
        "[[exceptions]]\npackages = ['a']\nreason = 'r'\nwaive = ['commit-reviewed']\nuntil = "
    )
    assert lacks(tmp_path, f"{rules}2026-06-15") == ()
    assert len(lacks(tmp_path, f"{rules}2026-06-14")) == 1


@pytest.mark.parametrize("name", ["ghp_" + "a" * 36, "..", "*", "a/b", "", "x" * 300])
def test_a_name_that_no_repository_can_have_falls_short(tmp_path, name):
    rules = '[[rules]]\nrepositories = ["https://github.com/o/{name}"]\n'
    assert lacks(tmp_path, rules, name) != ()


def test_an_exception_from_the_repositories(tmp_path):
    rules = (
        '[[rules]]\nrepositories = ["https://github.com/x/*"]\nproviders = ["azure"]\n'
        "[[exceptions]]\npackages = ['a']\nreason = 'r'\nuntil = 2026-06-15\n"
    )
    assert len(lacks(tmp_path, f"{rules}accept = 'consistent'")) == 2
    assert lacks(tmp_path, f"{rules}waive = ['expected']") == ()
    further = f"{rules}repositories = ['https://github.com/o/*']"
    assert lacks(tmp_path, further) == ("its CI is not allowed by the policy mine.toml: github",)


def test_the_ci_of_a_rule(tmp_path):
    assert lacks(tmp_path, '[[rules]]\nproviders = ["github"]\n') == ()
    assert lacks(tmp_path, '[[rules]]\nproviders = ["azure"]\n') == (
        "its CI is not allowed by the policy mine.toml: github",
    )


def test_the_key_for_repositories_and_a_policy_both_count(tmp_path):
    rules = '[[rules]]\nrepositories = ["https://github.com/o/*"]\n'
    assert lacks(tmp_path, rules, **{INSTALL_REPOS.name: ["https://github.com/x/*"]}) == (
        "its repository is not allowed: https://github.com/o/a-recipe",
    )


@pytest.mark.parametrize("wanted", ["nonsense", "./mine.toml", "/nowhere/mine.toml", "/"])
def test_a_policy_that_is_not_there_is_an_error_of_the_key(wanted):
    policy = read_install_policy({INSTALL.name: "refuse", INSTALL_POLICY.name: wanted})
    assert policy == InstallPolicy("refuse", error=policy.error)
    assert policy.error is not None
    assert "plugins.provenance_install_policy" in policy.error


def test_without_the_key_no_policy_is_loaded():
    assert read_install_policy({INSTALL.name: "refuse"}).rules is None
    assert read_install_policy({INSTALL.name: "refuse", INSTALL_POLICY.name: " "}).rules is None


# --- what verify found before ---------------------------------------------------------------------

SHA256 = "5" * 64
ASKS = "version = 1\n[[rules]]\nreviews = 1\n"
DIGEST = hashlib.sha256(ASKS.encode()).hexdigest()


def found(facts: object = None, **changed: object) -> dict[str, object]:
    """What ``verify --json`` prints, as far as it is read."""
    expected = {
        "id": "expected",
        "outcome": changed.pop("expected", "pass"),
        "facts": {"policy_sha256": DIGEST} if facts is None else facts,
    }
    entry = {"sha256": SHA256, "sha256_from": "file", "outcome": "verified", "checks": [expected]}
    return {"version": 1, "command": "verify", "packages": [entry | changed]}


def lacks_after(tmp_path: Path, printed: object, sha256: str = SHA256):
    (tmp_path / "asks.toml").write_text(ASKS)
    results = tmp_path / "found.json"
    results.write_text(printed if isinstance(printed, str) else json.dumps(printed))
    policy = read_install_policy(
        {
            INSTALL.name: "refuse",
            INSTALL_POLICY.name: str(tmp_path / "asks.toml"),
            INSTALL_VERIFIED.name: [str(results)],
        }
    )
    return policy.error or policy.shortcomings(CLAIM, Place("a", CHANNEL, sha256), NOW)


def test_what_was_verified_by_this_policy_may_be_installed(tmp_path):
    assert lacks_after(tmp_path, found()) == ()


@pytest.mark.parametrize(
    "printed",
    [
        found(outcome="consistent"),
        found(outcome="refuted"),
        found(sha256="6" * 64),
        found(sha256_from="index"),
        found(sha256=None),
        found(sha256=["5" * 64]),
        found({"policy_sha256": "0" * 64}),
        found({"policy_sha256": DIGEST, "exception": "For now."}),
        found({}),
        found([]),
        found(expected="not-applicable"),
        found(checks=[]),
        found(checks=3),
        found() | {"packages": 3},
        found() | {"packages": [3]},
    ],
)
def test_what_was_not_verified_by_this_policy_falls_short(tmp_path, printed):
    (lack,) = lacks_after(tmp_path, printed)
    assert "says that it was verified by it" in lack


def test_another_file_of_the_same_name_falls_short(tmp_path):
    assert len(lacks_after(tmp_path, found(), sha256="7" * 64)) == 1


@pytest.mark.parametrize(
    "printed",
    ["", "[]", "{", "3", "[" * 100_000, found() | {"command": "show"}, found() | {"version": 2}],
)
def test_what_verify_did_not_write_is_an_error_of_the_key(tmp_path, printed):
    error = lacks_after(tmp_path, printed)
    assert isinstance(error, str)
    assert "plugins.provenance_install_verified names" in error


@pytest.mark.parametrize("path", ["found.json", "./found.json", "/nowhere/found.json", "/"])
def test_a_file_that_is_not_there_is_an_error_of_the_key(tmp_path, path):
    (tmp_path / "asks.toml").write_text(ASKS)
    values = {
        INSTALL.name: "refuse",
        INSTALL_POLICY.name: str(tmp_path / "asks.toml"),
        INSTALL_VERIFIED.name: [path],
    }
    assert "plugins.provenance_install_verified" in (read_install_policy(values).error or "")


def test_an_option_beside_the_policy_takes_its_digest_away():
    policy = parse_policy(ASKS.encode(), "asks", "asks.toml")
    assert Options.parse().expectations(policy, None, "a", NOW).policy_digest == DIGEST
    for given in ({"refs": ["x"]}, {"only": ["expected"]}, {"repositories": ["https://h.org/a/b"]}):
        assert Options.parse(**given).expectations(policy, None, "a", NOW).policy_digest == ""
