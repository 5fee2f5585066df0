"""What can be wrong with a stranger's claim: each code, and what it is not given for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.claim import PROBLEMS, Claim, Problem
from conda_provenance.text import show
from conda_provenance.values import KEYS

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
TOKEN = "ghp_" + "a1B2" * 9

CASES = [
    ("value-not-string", "flow_run_id", 17),
    ("value-not-string", "sha", ["a"]),
    ("value-not-string", "remote_url", False),
    ("value-control-characters", "sha", SHA + "\n"),
    ("value-control-characters", "remote_url", "https://h/o/\u202er"),
    ("value-too-long", "flow_run_id", "github_" + "1" * 2048),
    ("sha-empty", "sha", ""),
    ("sha-short", "sha", "50a4e2d"),
    ("sha-length", "sha", SHA + "0"),
    ("sha-length", "sha", SHA * 2),
    ("sha-not-hex", "sha", "HEAD"),
    ("sha-not-hex", "sha", SHA.upper()),
    ("sha-zero", "sha", "0" * 40),
    ("remote-credentials", "remote_url", "https://user:pw@github.com/o/r"),
    ("remote-credentials", "remote_url", "https://token@github.com/o/r.git"),
    ("remote-credentials", "remote_url", "alice@host.example:o/r"),
    ("remote-credentials", "remote_url", f"https://github.com/{TOKEN}/r"),
    ("remote-query", "remote_url", "https://github.com/o/r?access=1"),
    ("remote-query", "remote_url", "https://github.com/o/r#readme"),
    ("remote-query", "remote_url", "https://github.com/o/r.git;token=s3cr3t"),
    ("remote-credentials", "remote_url", "https://s3cr3t\uff20github.com/o/r"),
    ("remote-not-http", "remote_url", "git@github.com:AnacondaRecipes/numpy-feedstock.git"),
    ("remote-not-http", "remote_url", "ssh://git@github.com/o/r"),
    ("remote-not-http", "remote_url", "git://host/o/r"),
    ("remote-not-http", "remote_url", "ext::sh -c id"),
    ("remote-local", "remote_url", "/home/conda/feedstock_root"),
    ("remote-local", "remote_url", "file:///home/conda"),
    ("remote-local", "remote_url", "../recipe"),
    ("remote-local", "remote_url", "C:\\recipes"),
    ("remote-malformed", "remote_url", "https://github.com"),
    ("remote-malformed", "remote_url", "https://[::1/o/r"),
    ("run-bare", "flow_run_id", "12345"),
    ("run-bare", "flow_run_id", "f2b4c1de-0000-4000-8000-6d1f2ab9c0aa"),
    ("run-bare", "flow_run_id", "azure_."),
    ("run-bare", "flow_run_id", "travis_"),
    ("run-bare", "flow_run_id", "azure_$(Build.BuildNumber)"),
    ("run-bare", "flow_run_id", "github_undefined"),
    ("run-credentials", "flow_run_id", "https://user:pw@ci.example.org/1"),
    ("run-credentials", "flow_run_id", "ci_h/x?token=secret"),
    ("run-credentials", "flow_run_id", "ci_1;token=s3cr3t"),
    ("run-credentials", "flow_run_id", "ci_1?token=s3cr3t"),
    ("run-credentials", "flow_run_id", "ci_1%3Ftoken%3Ds3cr3t"),
    ("run-credentials", "flow_run_id", "ci_s3cr3t\uff20h"),
    ("run-credentials", "flow_run_url", "https://user:pw@ci.example.org/1"),
    ("run-credentials", "flow_run_url", f"https://ci.example.org/1?t={TOKEN}"),
    ("run-url-malformed", "flow_run_url", "javascript:alert(1)"),
    ("run-url-malformed", "flow_run_url", "nonsense"),
]


@pytest.mark.parametrize(("code", "key", "value"), CASES)
def test_a_problem_has_its_code_and_does_not_repeat_the_value(code, key, value):
    claim = Claim.from_extra({key: value})
    assert [problem.code for problem in claim.problems] == [code]
    (problem,) = claim.problems
    assert problem.message.endswith(".")
    assert "{" not in problem.message
    assert not value or str(value) not in problem.message
    assert TOKEN not in problem.message


SECRETS = [
    ("sha", "abc?token=s3cr3t"),
    ("remote_url", "o/r?token=s3cr3t"),
    ("remote_url", "https://h/o?token=s3cr3t s3cr3t"),
    *((key, value) for _, key, value in CASES),
]


@pytest.mark.parametrize(("key", "value"), SECRETS)
def test_a_value_with_a_secret_is_shown_without_it(key, value):
    shown = Claim.from_extra({key: value}).shown(key)
    assert not re.search(r"s3cr3t|secret|:pw|token|a1B2", shown or ""), shown


def test_every_code_has_a_case():
    of_the_package_itself = {"name-differs", "recipe-credentials"}
    with_case = {code for code, _, _ in CASES}
    wanted = PROBLEMS.keys() - of_the_package_itself

    assert not wanted - with_case, f"CASES has none for {sorted(wanted - with_case)}"
    assert not with_case - wanted, f"PROBLEMS has no code {sorted(with_case - wanted)}"


@pytest.mark.parametrize(("code", "sentence"), PROBLEMS.items())
def test_a_code_and_its_sentence_have_their_form(code, sentence):
    assert re.fullmatch(r"[a-z][a-z0-9-]*", code), "a code has lower-case letters, digits and '-'"
    assert sentence.endswith("."), "a sentence ends with a full stop"
    assert "{" not in sentence.replace("{key}", ""), "a sentence holds nothing in braces but {key}"


@pytest.mark.parametrize(
    "extra",
    [
        {"sha": SHA, "remote_url": "https://github.com/o/r", "flow_run_id": "azure_20250217.3.1"},
        {"remote_url": "https://github.com/o/r.git"},
        {"remote_url": "https://github.com/o/r/"},
        {"remote_url": "http://git.example.org:3000/o/r"},
        {"remote_url": "https://tangled.org/@user/r"},
        {"remote_url": "https://git.sr.ht/~user/r"},
        {"remote_url": "https://github.com/acme/DATABASE-recipes"},
        {"flow_run_id": "azure_My build 3.1"},
        {"flow_run_id": "jenkins_jenkins-acme-DATABASE-42"},
        {"flow_run_id": "taskcluster_fN1S-2g/0"},
        {"flow_run_url": "https://dev.azure.com/o/p/_build/results?buildId=12"},
        {"flow_run_url": "https://github.com/o/r/actions/runs/1?check_suite_focus=true"},
        {"remote_url": "", "flow_run_id": ""},
        {"sha": None},
        {"other": 5},
    ],
)
def test_nothing_is_wrong_with_these(extra):
    assert Claim.from_extra(extra).problems == ()


def test_problems_come_in_the_order_of_the_keys_and_the_packages_own_last():
    extra = {"flow_run_id": "1", "sha": "x", "remote_url": "/a"}
    claim = Claim.from_extra(extra, Problem.of("name-differs"))
    codes = [problem.code for problem in claim.problems]
    assert codes == ["sha-not-hex", "remote-local", "run-bare", "name-differs"]


def test_the_empty_hash_alone_means_untracked_and_empty_keys_mean_nothing():
    assert Claim.from_extra({"sha": ""}).says_untracked()
    assert not Claim.from_extra(dict.fromkeys(KEYS, "")).says_untracked()


@pytest.mark.parametrize(
    "address",
    ["git@github.com:AnacondaRecipes/numpy-feedstock", "ssh://git@github.com/o/r"],
)
def test_the_user_git_of_an_ssh_address_is_no_login_to_hide(address):
    assert Claim.from_extra({"remote_url": address}).shown("remote_url") == address


@pytest.mark.parametrize(
    "address", ["git@s3cr3t@github.com:o/r", "git:s3cr3t@github.com:o/r", "git@h:o/r?token=s3cr3t"]
)
def test_a_login_that_begins_like_it_is_hidden(address):
    assert "s3cr3t" not in (Claim.from_extra({"remote_url": address}).shown("remote_url") or "")


@given(st.dictionaries(st.sampled_from(KEYS), st.text() | st.integers() | st.none()))
def test_any_claim_can_be_read_and_shown(extra):
    claim = Claim.from_extra(extra)
    assert {problem.code for problem in claim.problems} <= PROBLEMS.keys()
    for key in KEYS:
        shown = claim.shown(key)
        assert shown is None or show(shown).isprintable()
