"""The statement of a verdict: PASSED for verified, FAILED for refuted, and else none.

The verdicts are put together by hand. ``tests/verify/test_vsa_files.py`` has real ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.attest.uris import Resource, digest_uri, ready_policy_uri
from conda_provenance.attest.vsa import (
    CommonFields,
    NoSummary,
    Summary,
    summary_of,
)
from conda_provenance.claim import Claim
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.contents import PackageContents
from conda_provenance.policy import ready_policies
from conda_provenance.policy.expectations import Expectations
from conda_provenance.sources import Artifact, Unreadable
from conda_provenance.verify.keeping import Kept
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.verdict import Facet, Standing, Verdict
from conda_provenance.verify.verifier import Verified

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "vsa.md"

POLICY = "b" * 64
DIGEST = "a" * 64
NAME = "hello-1.0-0.conda"
COMMON = CommonFields(
    "https://example.com/verifier",
    "https://example.com/policy",
    POLICY,
    Resource.parse("https://conda.example.com/main"),
)
BY_POLICY = Expectations(policy_digest=POLICY)
NOTHING = Facet(Outcome.UNAVAILABLE, "Not checked.")


def verified(
    standing: Standing = Standing.VERIFIED,
    *,
    expected: Expectations = BY_POLICY,
    digest: str | None = DIGEST,
    digest_from: str = "file",
    results: Mapping[str, Result] = {},
    subdir: str | None = "noarch",
    **given: Any,
) -> Verified:
    """The results of a package that nobody verified."""
    contents: Any = None
    found = Artifact("hello", "1.0", "0", NAME, f"/home/me/{NAME}", contents, subdir)
    claim = Claim.from_extra({"sha": "1" * 40})
    package = PackageClaim(found.location, NAME, "file", claim, digest, sha256_from=digest_from)
    subject = Subject(found, PackageContents(package, {}), None)
    verdict = Verdict(standing, "So it is.", NOTHING, NOTHING, NOTHING)
    values = {"subject": subject, "expected": expected, "answered_at": 0.9, **given}
    return Verified(found, verdict, results, **values)


def predicate(summary: Summary) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary.statement)["predicate"]
    return found


@pytest.mark.parametrize(
    ("standing", "result", "levels"),
    [
        (Standing.VERIFIED, "PASSED", ["SLSA_BUILD_LEVEL_UNEVALUATED"]),
        (Standing.REFUTED, "FAILED", ["FAILED"]),
    ],
)
def test_two_outcomes_have_a_statement(standing: Standing, result: str, levels: list[str]) -> None:
    summary = summary_of(verified(standing), COMMON)
    assert (summary.result, summary.place) == (result, f"noarch/{NAME}")
    assert json.loads(summary.statement) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": NAME, "digest": {"sha256": DIGEST}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": "https://example.com/verifier"},
            "timeVerified": "1970-01-01T00:00:00Z",
            "resourceUri": f"https://conda.example.com/main/noarch/{NAME}",
            "policy": {"uri": "https://example.com/policy", "digest": {"sha256": POLICY}},
            "verificationResult": result,
            "verifiedLevels": levels,
        },
    }


@pytest.mark.parametrize(
    "standing", [Standing.CONSISTENT, Standing.SILENT, Standing.UNAVAILABLE], ids=str
)
def test_the_other_outcomes_have_none(standing: Standing) -> None:
    with pytest.raises(NoSummary):
        summary_of(verified(standing), COMMON)


@pytest.mark.parametrize("standing", [Standing.VERIFIED, Standing.REFUTED], ids=str)
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"digest": None}, "was not computed from its bytes"),
        ({"digest_from": "index"}, "was not computed from its bytes"),
        ({"digest_from": "record"}, "was not computed from its bytes"),
        ({"expected": Expectations()}, "no rule of the policy is about it"),
        ({"expected": Expectations(policy_digest="c" * 64)}, "something beside the policy"),
        (
            {"expected": Expectations(policy_digest=POLICY, sha="1" * 40)},
            "something beside the policy",
        ),
        (
            {"expected": Expectations(policy_digest=POLICY, only=("expected",))},
            "something beside the policy",
        ),
        (
            {"expected": Expectations(policy_digest=POLICY, skip=("expected",))},
            "something beside the policy",
        ),
        ({"evidence": Kept("x.json", DIGEST, is_believed=False)}, "anybody may have written"),
        ({"subdir": None}, "for which platform"),
        ({"answered_at": None}, "is not known"),
        ({"answered_at": float("inf")}, "is not known"),
        ({"answered_at": 1e18}, "is not known"),
        ({"error": "It is broken."}, "could not be read"),
        ({"subject": None}, "could not be read"),
    ],
)
def test_nothing_is_said_that_is_not_known(
    standing: Standing, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(NoSummary, match=why):
        summary_of(verified(standing, **given), COMMON)


def test_what_cannot_be_read_has_none() -> None:
    found = Unreadable("x", "/home/me/x", "It is broken.")
    with pytest.raises(NoSummary, match="could not be read"):
        summary_of(verified()._replace(found=found), COMMON)


def test_evidence_that_is_believed_counts() -> None:
    kept = Kept("/home/me/x.json", DIGEST, is_believed=True)
    summary = summary_of(verified(evidence=kept), COMMON)
    assert summary.result == "PASSED"
    assert b"/home/me" not in summary.statement


def test_an_exception_passes_nothing_but_does_not_excuse_a_refutation() -> None:
    excepted = Expectations(policy_digest=POLICY, exception="old")
    with pytest.raises(NoSummary, match="an exception of the policy"):
        summary_of(verified(expected=excepted), COMMON)
    assert summary_of(verified(Standing.REFUTED, expected=excepted), COMMON).result == "FAILED"


def _attested(bundles: object, **facts: Any) -> dict[str, Any]:
    result = Result("attested", Outcome.PASS, "Signed.", {"bundles": bundles, **facts})
    return predicate(summary_of(verified(results={"attested": result}), COMMON))


def test_all_bundles_are_named_once() -> None:
    bundles = [{"sha256": "1" * 64}, {"sha256": "2" * 64}, {"sha256": "1" * 64}]
    assert _attested(bundles)["inputAttestations"] == [
        {"digest": {"sha256": "1" * 64}},
        {"digest": {"sha256": "2" * 64}},
    ]


def test_where_a_bundle_lies_is_left_out() -> None:
    """The address of one in storage lets its reader in."""
    found = _attested([{"sha256": "1" * 64, "uri": "https://blob.example.com/x?sig=secret"}])
    assert found["inputAttestations"] == [{"digest": {"sha256": "1" * 64}}]


@pytest.mark.parametrize(
    "bundles",
    [
        [],
        None,
        "x",
        {"sha256": "1" * 64},
        [{"sha256": "1" * 64}, {}],
        [{"sha256": "1" * 64}, {"sha256": "x"}],
        [{"sha256": "1" * 64}, None],
        [{"sha256": "1" * 64}] * 1001,
    ],
)
def test_a_list_that_is_not_whole_is_no_list(bundles: object) -> None:
    assert "inputAttestations" not in _attested(bundles)


def test_a_list_of_the_first_bundles_is_no_list() -> None:
    bundles = [{"sha256": "1" * 64}]
    assert "inputAttestations" in _attested(bundles, found=1)
    assert "inputAttestations" not in _attested(bundles, found=2)


@pytest.mark.parametrize("name", ready_policies())
def test_the_address_of_a_ready_policy(name: str) -> None:
    uri = ready_policy_uri(name)
    assert uri == f"https://conda-provenance.github.io/conda-provenance/policies/{name}.toml"


def test_a_name_made_of_a_digest() -> None:
    """The example of RFC 6920, section 8.1."""
    hello = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
    assert digest_uri(hello) == "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"


SECRET = "s3cr3t"
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            f"https://user:{SECRET}@h.example/x",
            f"https://h.example/t/{SECRET}/x",
            f"https://h.example/x?token={SECRET}",
            f"../{SECRET}",
            "\x1b[31m",
            "noarch",
            "linux-64",
        ]
    ),
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_nothing_of_a_stranger_s_gets_in_as_it_is(file: str, subdir: str, uri: str) -> None:
    attested = Result(
        "attested", Outcome.PASS, "Signed.", {"bundles": [{"sha256": "1" * 64, "uri": uri}]}
    )
    made = verified(results={"attested": attested}, subdir=subdir)
    assert isinstance(made.found, Artifact)
    made = made._replace(found=made.found._replace(file_name=f"{file}.conda"))
    try:
        summary = summary_of(made, COMMON)
    except NoSummary as error:
        assert str(error).isprintable()
        assert SECRET not in str(error)
        return

    text = summary.statement.decode("ascii")
    assert text.isprintable()
    assert SECRET not in text
    assert ".." not in summary.place.split("/")


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not here")
def test_the_example_of_the_page_has_this_form() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    shown = json.loads(block)
    made = json.loads(summary_of(verified(), COMMON).statement)
    assert list(shown) == list(made)
    assert list(shown["predicate"]) == list(made["predicate"])
    assert shown["predicate"]["verifiedLevels"] == made["predicate"]["verifiedLevels"]
    policy = shown["predicate"]["policy"]
    assert policy["uri"] == digest_uri(policy["digest"]["sha256"])
