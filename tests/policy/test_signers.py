"""``SignerPattern``: who may sign, parsed and compared part by part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.errors import UsageError
from conda_provenance.policy import parse_policy
from conda_provenance.policy.options import Options
from conda_provenance.policy.signers import SignerPattern, parse_issuer
from conda_provenance.text import show_sentence

WORKFLOW = "https://github.com/o/n/.github/workflows/build.yml"
MAIN = f"{WORKFLOW}@refs/heads/main"
GITLAB = "https://gitlab.com/group/sub/n//.gitlab-ci.yml@refs/heads/main"


@pytest.mark.parametrize(
    ("pattern", "identity"),
    [
        (MAIN, MAIN),
        (MAIN.replace("github.com", "GitHub.com"), MAIN),
        (f"{WORKFLOW}@refs/heads/*", MAIN),
        ("https://github.com/o/*/.github/workflows/build.yml@refs/heads/main", MAIN),
        ("https://github.com/o/n/.github/workflows/*@refs/tags/*", f"{WORKFLOW}@refs/tags/v1.0"),
        (f"{WORKFLOW}@*", f"{WORKFLOW}@{'a' * 40}"),
        (GITLAB, GITLAB),
        ("https://gitlab.com/group/*/n//.gitlab-ci.yml@refs/heads/*", GITLAB),
        ("https://git.example.com:8443/o/n/x.yml@refs/heads/a@b", None),
        ("alice@example.org", "alice@example.org"),
        ("https://kubernetes.example/namespaces/x/serviceaccounts/y", None),
    ],
)
def test_these_match(pattern: str, identity: str | None) -> None:
    parsed = SignerPattern.parse(pattern)
    assert parsed.matches(identity or pattern)
    assert str(parsed) == pattern


@pytest.mark.parametrize(
    ("pattern", "identity"),
    [
        (MAIN, f"{WORKFLOW}@refs/heads/main/x"),
        (MAIN, f"{WORKFLOW}@refs/heads/Main"),
        (MAIN, f"{WORKFLOW}@refs/tags/main"),
        (MAIN, WORKFLOW),
        (MAIN, MAIN.replace("https", "http")),
        (MAIN, MAIN.replace("github.com", "github.com:444")),
        (MAIN, MAIN.replace("github.com", "github.com.evil.example")),
        (MAIN, MAIN.replace("https://", "https://github.com@evil.example/")),
        (MAIN, f"{MAIN}?x"),
        (MAIN, f"{MAIN}#x"),
        (MAIN, f"{MAIN}\n"),
        (MAIN, f"{MAIN}%00"),
        (MAIN, ""),
        (f"{WORKFLOW}@refs/heads/*", f"{WORKFLOW}@refs/heads/a/b"),
        (f"{WORKFLOW}@refs/heads/*", f"{WORKFLOW}@refs/heads/"),
        (f"{WORKFLOW}@refs/heads/*", f"{WORKFLOW}@refs/heads/x@refs/heads/main"),
        ("https://github.com/o/*/.github/workflows/build.yml@refs/heads/main",
         "https://github.com/o/n/m/.github/workflows/build.yml@refs/heads/main"),
        ("https://github.com/*/n/.github/workflows/build.yml@refs/heads/main",
         "https://github.com/../n/.github/workflows/build.yml@refs/heads/main"),
        ("https://gitlab.com/*/*/n//.gitlab-ci.yml@refs/heads/main",
         "https://gitlab.com/g//n//.gitlab-ci.yml@refs/heads/main"),
        ("alice@example.org", "Alice@example.org"),
        ("alice@example.org", "alice@example.org.evil.example"),
        ("alice@example.org", "malice@example.org"),
    ],
)  # fmt: skip
def test_these_do_not(pattern: str, identity: str) -> None:
    assert not SignerPattern.parse(pattern).matches(identity)


@pytest.mark.parametrize(
    "text",
    [
        "", "*", "https://*/o/n/x.yml@refs/heads/main", WORKFLOW, "https://github.com",
        f"{WORKFLOW}@", f"{WORKFLOW}@refs/heads/ma*n", "https://github.com/o/n*/x.yml@main",
        "https://user@github.com/o/n/x.yml@main", "https://github.com/o/../x.yml@main",
        "https://github.com./o/n/x.yml@main", "https://github.com/o/n/x.yml@a b",
        "https://github.com/ö/n/x.yml@main", "*@example.org", "alice@*", "a@b@c.org",
        "alice", f"{MAIN}?x=1", "https://github.com/o\\n/x.yml@main", "x" * 3000,
    ],
)  # fmt: skip
def test_these_name_no_signer(text: str) -> None:
    with pytest.raises(UsageError, match="names no signer, since"):
        SignerPattern.parse(text)


def test_a_workflow_without_its_ref_is_named_as_the_fault() -> None:
    with pytest.raises(UsageError, match="with its branch or tag, which is missing"):
        SignerPattern.parse(WORKFLOW)


def test_a_short_ref_is_named_as_the_fault_and_the_workflow_is_shown() -> None:
    with pytest.raises(UsageError) as caught:
        SignerPattern.parse(f"{WORKFLOW}@main")
    shown = show_sentence(str(caught.value), 1000)
    assert shown.startswith(f"{WORKFLOW} names no signer, since its ref, main, is neither")


@pytest.mark.parametrize("ref", ["main", "refs", "refs/main", "heads/main", "v1.0", "a" * 39])
def test_a_branch_by_its_short_name_would_never_match_so_it_is_refused(ref: str) -> None:
    with pytest.raises(UsageError, match="neither refs/heads/NAME, refs/tags/NAME nor a commit"):
        SignerPattern.parse(f"{WORKFLOW}@{ref}")


@given(st.text(max_size=200))
def test_any_text_is_compared_or_refused(text: str) -> None:
    assert SignerPattern.parse(MAIN).matches(text) is (text == MAIN)
    try:
        parsed = SignerPattern.parse(text)
    except UsageError:
        return
    assert parsed.matches(text) or "*" in text


@pytest.mark.parametrize(
    "text",
    ["https://token.actions.githubusercontent.com", "https://git.example.com:8443/a/b"],
)
def test_an_issuer_is_an_address(text: str) -> None:
    assert parse_issuer(text) == text


def test_an_issuer_has_one_form() -> None:
    assert parse_issuer("https://GitLab.com:443") == "https://gitlab.com"


@pytest.mark.parametrize(
    "text",
    ["", "gitlab.com", "https://gitlab.com/", "https://u:hunter2@x.org", "https://x.org?a=1",
     "https://*.org", "https://x.org/a//b", "https://x.org/../a"],
)  # fmt: skip
def test_what_is_no_issuer_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no issuer of identities") as caught:
        parse_issuer(text)
    assert "hunter2" not in str(caught.value)


# --- policies and options ------------------------------------------------------------------------

POLICY = f"""
version = 1
[[rules]]
packages = ["signed"]
signers = ["{MAIN}", "alice@example.org"]
issuers = ["https://token.actions.githubusercontent.com"]
[[rules]]
packages = ["trusting"]
issuers = ["https://git.example.com"]
"""


def test_a_policy_that_names_signers_requires_the_check() -> None:
    policy = parse_policy(POLICY.encode(), "p", "p")
    expected = policy.expectations(None, "signed", 0.0)
    assert [str(each) for each in expected.signers] == [MAIN, "alice@example.org"]
    assert expected.required[-1] == "attested"

    # Who vouches for a signer says nothing about whether there must be one.
    other = policy.expectations(None, "trusting", 0.0)
    assert other.issuers == ("https://git.example.com",)
    assert "attested" not in other.required


@pytest.mark.parametrize(
    "line",
    ['signers = ["https://github.com/o/n"]', 'signers = "x"', 'issuers = ["x"]', "issuers = [1]"],
)
def test_what_is_wrong_in_a_policy_is_said(line: str) -> None:
    with pytest.raises(UsageError, match=r"line 3, rules\.(signers|issuers)"):
        parse_policy(f"version = 1\n[[rules]]\n{line}\n".encode(), "p", "p")


def test_an_option_takes_the_place_of_the_key() -> None:
    policy = parse_policy(POLICY.encode(), "p", "p")
    options = Options.parse(signers=["bob@example.org"], issuers=["https://accounts.example.com"])
    expected = options.expectations(policy, None, "signed", 0.0)
    assert [str(each) for each in expected.signers] == ["bob@example.org"]
    assert expected.issuers == ("https://accounts.example.com",)
    assert expected.policy_digest == ""

    alone = Options.parse(signers=["bob@example.org"]).expectations(None, None, "x", 0.0)
    assert alone.required[-1] == "attested"
    kept = Options.parse().expectations(policy, None, "signed", 0.0)
    assert kept.policy_digest == policy.digest
