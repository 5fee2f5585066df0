from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.claim import Claim
from conda_provenance.errors import ProvenanceError
from conda_provenance.provenance import Provenance
from conda_provenance.values import KEYS

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
REAL = {
    "sha": SHA,
    "remote_url": "https://github.com/conda-forge/python-feedstock",
    "flow_run_id": "azure_20250217.3.1",
}


def test_the_example_of_the_standard_goes_in_and_out():
    provenance = Provenance(**REAL)
    assert provenance.to_extra() == REAL
    assert Claim.from_extra(REAL).to_extra() == REAL
    assert list(provenance.to_extra()) == ["sha", "remote_url", "flow_run_id"]


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        Provenance(**REAL).sha = ""


def test_a_changed_copy_is_checked_too():
    with pytest.raises(ProvenanceError, match="sha cannot be used"):
        Provenance(**REAL)._replace(sha="main")


@pytest.mark.parametrize("sha", ["", SHA, "a" * 64])
def test_a_full_commit_hash_or_none_is_taken(sha):
    assert Provenance(sha, None, None).sha == sha


@pytest.mark.parametrize(
    "sha", ["abc123", SHA[:-1], SHA + "0", SHA.upper(), "g" * 40, SHA + "\n", " " + SHA, 5]
)
def test_anything_else_as_sha_is_refused(sha):
    with pytest.raises(ProvenanceError, match=r"^sha "):
        Provenance(sha, None, None)


@pytest.mark.parametrize(
    "char", ["\n", "\r", "\x1b", "\0", "\x7f", "\x85", "\u2028", "\u202e", "\u200b"]
)
@pytest.mark.parametrize("key", KEYS)
def test_control_characters_are_refused(key, char):
    with pytest.raises(ProvenanceError, match=key):
        Provenance(**{**dict.fromkeys(KEYS), key: f"https://host/a{char}b"})


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@host/o/r",
        "https://secret@host/o/r",
        "https://host/o/r?token=secret",
        "https://host/o/r#secret",
        "git@host:o/r.git",
        "file:///secret",
        "https://[secret/o/r",
        "https://host:secret/o/r",
        "secret",
    ],
)
def test_a_url_that_may_hold_a_secret_is_refused_without_repeating_it(url):
    with pytest.raises(ProvenanceError) as caught:
        Provenance("", url, None)
    assert "secret" not in str(caught.value)


def test_a_run_page_may_have_a_query():
    url = "https://dev.azure.com/org/project/_build/results?buildId=1430"
    assert Provenance("", None, None, url).flow_run_url == url


def test_somebody_elses_values_are_kept_as_they_are():
    extra = {
        "sha": "abc",
        "remote_url": "git@github.com:AnacondaRecipes/numpy-feedstock.git",
        "flow_run_id": 17,
        "final": True,
    }
    provenance = Claim.from_extra(extra)
    assert provenance.remote_url == "git@github.com:AnacondaRecipes/numpy-feedstock.git"
    assert provenance.flow_run_id == "17"
    assert provenance.to_extra() == {
        key: extra[key] for key in ("sha", "remote_url", "flow_run_id")
    }


@pytest.mark.parametrize(
    "extra",
    [None, [], "text", 5, {}, {"other": 1}, {"sha": "", "remote_url": "", "flow_run_id": ""}],
)
def test_nothing_said_is_nothing_said(extra):
    assert not Claim.from_extra(extra)


class Unreadable:
    pass


def test_a_value_that_json_does_not_know_is_read_too():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    given = {"sha": Unreadable(), "remote_url": deep, "flow_run_id": {(1, 2): 3}}
    claim = Claim.from_extra(given)
    assert (claim.sha, claim.remote_url, claim.flow_run_id) == ("(Unreadable)", "(list)", "(dict)")
    assert claim.to_extra() == given
    assert {problem.code for problem in claim.problems} == {"value-not-string"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*KEYS, "other"]), json_values))
def test_reading_loses_nothing_and_never_fails(extra):
    provenance = Claim.from_extra(json.loads(json.dumps(extra)))
    assert provenance.to_extra() == {key: extra[key] for key in KEYS if key in extra}
    assert all(
        getattr(provenance, key) is None or isinstance(getattr(provenance, key), str)
        for key in KEYS
    )


@given(*[st.none() | st.text()] * 4)
def test_what_is_accepted_is_free_of_control_characters(sha, remote_url, flow_run_id, flow_run_url):
    try:
        provenance = Provenance(sha, remote_url, flow_run_id, flow_run_url)
    except ProvenanceError:
        return
    assert "\n" not in "".join(map(str, provenance.to_extra().values()))
    claim = Claim.from_extra(provenance.to_extra())
    assert claim.to_extra() == provenance.to_extra()
    assert {problem.code for problem in claim.problems} <= {"sha-empty", "run-bare"}
