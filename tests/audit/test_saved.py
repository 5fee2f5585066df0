"""The JSON of an earlier audit: read whole, or refused with a sentence."""

from __future__ import annotations

import json

import pytest
from audit_samples import document
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.audit.saved import read_audit
from conda_provenance.errors import UsageError


def _write(tmp_path, content) -> str:
    path = tmp_path / "before.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


def test_what_was_written_is_read(tmp_path):
    made = document(50)
    saved = read_audit(_write(tmp_path, made))
    assert saved.rows == made["packages"]
    assert (saved.excluded, saved.not_conda, saved.shard) == ([], 0, None)


def test_a_key_that_an_older_version_did_not_write_is_unknown(tmp_path):
    made = document(1)
    del made["packages"][0]["place"], made["packages"][0]["channel"], made["excluded"]
    assert read_audit(_write(tmp_path, made)).rows[0]["channel"] is None


def _changed(**changes):
    return {**document(1), **changes}


def _with_row(**changes):
    made = document(1)
    made["packages"][0].update(changes)
    return made


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps(document(5)).encode()[:-50], "not JSON"),
        ([], "no object of that command"),
        (None, "no object of that command"),
        (_changed(command="show"), "no object of that command"),
        (_changed(version=2), "another version"),
        ({"version": 1, "command": "audit", "error": "x"}, "no packages"),
        (_changed(packages={}), "no packages"),
        (_changed(summary=None), "no packages"),
        (_changed(excluded=[1]), "excluded"),
        (_changed(excluded=[{"package": "x", "location": "x", "subdir": 1}]), "excluded"),
        (_changed(summary={"not_conda": "x"}), "summary is malformed"),
        (_changed(shard=1), "summary is malformed"),
        (_changed(packages=[1]), "no object"),
        (_with_row(package=None), "no name or location"),
        (_with_row(state="verified"), "no state"),
        (_with_row(state=["complete"]), "no state"),
        (_with_row(sha=1), "not a text"),
        (_with_row(channel=[]), "not a text"),
        (_with_row(timestamp="2024"), "not a number"),
        (_with_row(timestamp=True), "not a number"),
        (_with_row(read_from="the moon"), "another form"),
        (_with_row(sha256="A" * 64), "another form"),
        (_with_row(sha256_from="me"), "another form"),
        (_with_row(commit_url="javascript:alert(1)"), "another form"),
        (_with_row(run_url=""), "another form"),
        (_with_row(problems=[{"code": "<b>", "message": "x"}]), "problems"),
        (_changed(summary={"not_conda": True}), "summary is malformed"),
        (_changed(summary={"not_conda": -1}), "summary is malformed"),
        (_changed(missing=1), "summary is malformed"),
        (_with_row(problems={}), "problems"),
        (_with_row(problems=[{"code": 1, "message": "x"}]), "problems"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, content, why):
    path = _write(tmp_path, content)
    with pytest.raises(UsageError, match=why) as caught:
        read_audit(path)
    assert str(caught.value).startswith(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_audit(str(tmp_path / "none.json"))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*document(1), *document(1)["packages"][0]]), anything)
def test_no_value_is_more_than_refused(tmp_path_factory, key, value):
    made = document(1)
    (made if key in made else made["packages"][0])[key] = value
    path = tmp_path_factory.mktemp("saved") / "x.json"
    path.write_text(json.dumps(made))
    try:
        rows = read_audit(str(path)).rows
    except UsageError:
        return

    from conda_provenance.audit import summarize
    from conda_provenance.audit.baseline import Baseline
    from conda_provenance.audit.gate import Gate

    summarize(rows)
    Baseline(rows, Gate(require=("sha",), providers=("azure",), complete=True))
