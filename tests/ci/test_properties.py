"""Whatever the variables hold, no answer has an escape sequence or a secret in it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conda_provenance import systems
from conda_provenance.ci import Environ, detect
from conda_provenance.ci.explain import explain, unasked
from conda_provenance.provenance import Provenance
from conda_provenance.values import KEYS, MAX_LENGTH, is_full_sha

SECRET = "hunter2SECRET"
REAL = [
    case["environ"]
    for path in sorted((Path(__file__).parents[1] / "systems" / "cases").glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]
NAMES = sorted({name for environ in REAL for name in environ})

secret_urls = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["https://", "http://", "HTTPS://", "ssh://", "git+https://", ""]),
        st.sampled_from(
            [
                f"bot:{SECRET}@",
                f"{SECRET}@",
                f"{SECRET}:x-oauth-basic@",
                f"bot:p@{SECRET}@",
                f":{SECRET}@",
            ]
        ),
        st.sampled_from(["example.org", "example.org:8443", "[::1]", "example.org:x", ""]),
        st.sampled_from(
            [
                "/a/b",
                ":a/b",
                "//a//b.git",
                "/a/b/",
                f"/a/b?token={SECRET}",
                f"/a/b#{SECRET}",
                f"/a/b;{SECRET}@c",
            ]
        ),
    ),
) | st.sampled_from(
    [
        f"https://example.org/a/b?private_token={SECRET}",
        f"https://example.org/a/b?buildId=7&t={SECRET}#{SECRET}",
    ]
)

hostile = st.one_of(
    st.text(max_size=60),
    st.text(
        st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Nd", "Ll", "Po"]), max_size=30
    ),
    st.sampled_from(
        [
            "",
            " ",
            "\n",
            "true",
            "false",
            "0",
            "HEAD",
            "{}",
            "{A}",
            "\x1b]8;;https://x\x07",
            "a" * 40,
            "é" * 1000,
            "%",
            "~",
        ]
    ),
    st.just("x" * (MAX_LENGTH - 1)),
    st.just("9" * 200_000),
)
values = hostile | secret_urls
by_chance = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=12), values, max_size=30)
changed = st.builds(
    lambda real, wrong: {**real, **wrong},
    st.sampled_from(REAL),
    st.dictionaries(st.sampled_from(NAMES), values, max_size=8),
)


@given(by_chance | changed)
@example({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "1\n2"})
@example({"CIRCLECI": "1", "CIRCLE_BUILD_URL": "https://["})
@example(
    {
        "JENKINS_URL": "http://x",
        "BUILD_TAG": f"https://bot:{SECRET}@example.org/1",
        "BUILD_URL": "https://x:notaport/",
    }
)
@example({"TF_BUILD": "1", "BUILD_BUILDNUMBER": "x" * MAX_LENGTH, "SYSTEM_JOBATTEMPT": "1"})
def test_any_environment_has_a_clean_answer_or_none(environ: dict[str, str]) -> None:
    run = detect(environ, systems.adapters())
    if run is None:
        return
    for value in (each for each in asdict(run).values() if isinstance(each, str)):
        assert value
        assert len(value) <= MAX_LENGTH
        assert not any(
            unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in value or ""
        )
    for url in (run.flow_run_url, run.remote_url):
        assert SECRET not in (url or "")
        assert "@" not in (url or "").split("/")[2:3]
    assert run.sha is None or is_full_sha(run.sha)
    prefix, _, run_id = (run.flow_run_id or f"{run.provider}_1").partition("_")
    assert prefix == run.provider
    assert run_id

    # The values are checked again when a package is stamped. None of them may fail there.
    Provenance(**{key: getattr(run, key) for key in KEYS})


@given(st.sampled_from(REAL), st.sampled_from(NAMES), secret_urls)
def test_credentials_reach_no_value_that_is_stamped(
    environ: dict[str, str], name: str, url: str
) -> None:
    run = detect({**environ, name: url}, systems.adapters())
    assert run is None or SECRET not in (run.remote_url or "") + (run.flow_run_url or "") + (
        run.sha or ""
    )
    if run is not None and url.lower().startswith(("https://", "http://")):
        assert SECRET not in (run.flow_run_id or "")


@given(by_chance)
@pytest.mark.parametrize("adapter", systems.adapters(), ids=lambda adapter: adapter.provider)
def test_no_builtin_adapter_raises(adapter: object, environ: dict[str, str]) -> None:
    assert isinstance(adapter, type(systems.adapters()[0]))
    adapter.is_active(Environ(environ))
    adapter.run(Environ(environ))


@given(by_chance)
def test_the_view_of_the_variables_agrees_with_itself(environ: dict[str, str]) -> None:
    view = Environ(environ)
    assert len(view) == len(list(view))
    assert all(name in view and view[name] == view.get(name) for name in view)
    assert not any(name in view for name in environ.keys() - set(view))


@given(by_chance | changed)
def test_an_explanation_holds_no_value(environ: dict[str, str]) -> None:
    marked = {name: f"{value}{SECRET}" for name, value in environ.items()}
    explanations = explain(marked, systems.adapters())
    assert [each.adapter for each in explanations] == list(systems.adapters())
    assert SECRET not in repr([(each.looks, each.error) for each in explanations])
    assert all(each.error is None for each in explanations)
    assert not set(unasked(marked, explanations)) - environ.keys()


@given(by_chance | changed)
def test_an_explanation_agrees_with_what_is_detected(environ: dict[str, str]) -> None:
    for each in explain(environ, systems.adapters()):
        assert each.active == each.adapter.is_active(Environ(environ))
