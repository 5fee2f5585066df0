"""What is read from the files of each builder, and from files that no builder wrote."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from attest_samples import (
    CHANNEL,
    DIGEST,
    HASH_INPUT,
    HEADER,
    META,
    RENDERED,
    SHA,
    meta,
    package,
    rendered,
)
from attest_strangers import PLACES, SECRETS
from hypothesis import given, settings
from hypothesis import strategies as st

from conda_provenance.attest.predicate import predicate_of
from conda_provenance.attest.recorded import conda_build, rattler
from conda_provenance.attest.recorded.build import (
    MAX_DEPENDENCIES,
    MAX_VARIANT,
    Dependency,
    RecordedBuild,
)
from conda_provenance.attest.recorded.files import recorded_build
from conda_provenance.attest.statement import compact
from conda_provenance.claim import Claim

CLAIM = Claim.from_extra({"sha": SHA, "remote_url": "https://github.com/o/n"})


def of_sources(*sources: Any) -> tuple[Dependency, ...]:
    return rattler.recorded({"finalized_sources": list(sources)}).dependencies


# --- rattler-build -------------------------------------------------------------------------------


def test_rattler_builds_rendered_recipe():
    assert rattler.recorded(rendered()) == RecordedBuild(
        dependencies=(
            Dependency("source", "https://example.org/a.tar.gz", ("sha256", DIGEST)),
            Dependency("source", f"git+https://github.com/o/lib@{SHA}", ("gitCommit", SHA)),
            Dependency("build", package()["url"], ("sha256", DIGEST)),
            Dependency("host", package()["url"], ("sha256", DIGEST)),
        ),
        variant={"python": "3.12.* *_cpython", "target_platform": "linux-64"},
        tools={"rattler-build": "0.73.0"},
        started="2026-11-26T05:55:57Z",
    )


@pytest.mark.parametrize(
    ("changes", "uri"),
    [
        (
            {"url": "file:///home/jane/out/linux-64/zlib-1.3.1-h1_0.conda"},
            "pkg:conda/zlib@1.3.1?build=h1_0&subdir=linux-64&type=conda",
        ),
        (
            {"url": None, "fn": "zlib-1.3.1-h1_0.tar.bz2", "version": "1!1.3+x"},
            "pkg:conda/zlib@1%211.3%2Bx?build=h1_0&subdir=linux-64&type=tar.bz2",
        ),
        ({"url": None, "fn": None, "build": None, "subdir": None}, "pkg:conda/zlib@1.3.1"),
        ({"url": None, "version": None}, None),
        ({"url": None, "name": "a/b"}, None),
    ],
)
def test_a_package_without_an_address_for_others_has_a_purl(changes, uri):
    document = {"finalized_dependencies": {"host": {"resolved": [package(**changes)]}}}
    assert rattler.recorded(document).dependencies == (Dependency("host", uri, ("sha256", DIGEST)),)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        # Several mirrors: the first that others can reach.
        (
            {"url": ["file:///a", "https://h.example/a", "https://h.example/b"], "sha256": DIGEST},
            Dependency("source", "https://h.example/a", ("sha256", DIGEST)),
        ),
        ({"url": "file:///a", "sha256": DIGEST}, Dependency("source", None, ("sha256", DIGEST))),
        ({"url": "https://h.example/a"}, Dependency("source", "https://h.example/a")),
        (
            {"url": "https://h.example/a", "sha256": "5" * 63, "md5": "5" * 32},
            Dependency("source", "https://h.example/a"),
        ),
        ({"git": "../x", "rev": SHA}, Dependency("source", None, ("gitCommit", SHA))),
        (
            {"git": "git@github.com:o/n.git", "rev": "refs/tags/v1"},
            Dependency("source", "git+https://github.com/o/n@refs/tags/v1"),
        ),
        ({"git": "https://github.com/o/n", "rev": "0" * 40}, None),
        ({"git": "https://github.com/o/n"}, None),
        ({"url": "file:///home/jane/a"}, None),
        ({"path": "/home/jane/a", "sha256": DIGEST}, None),
        ({}, None),
        ("https://h.example/a", None),
    ],
)
def test_sources(source, found):
    assert of_sources(source) == (() if found is None else (found,))


def test_no_more_is_read_than_any_build_has():
    many = {"resolved": [package()] * (MAX_DEPENDENCIES + 5)}
    variant = {f"k{number}": "x" for number in range(MAX_VARIANT + 5)}
    document = rendered(
        finalized_dependencies={"host": many}, build_configuration={"variant": variant}
    )
    build = rattler.recorded(document)
    assert sum(each.role == "host" for each in build.dependencies) == MAX_DEPENDENCIES
    assert len(build.variant) == MAX_VARIANT


# --- conda-build ---------------------------------------------------------------------------------


ABOUT = {"conda_version": "26.7.1", "conda_build_version": "26.7.1", "channels": [CHANNEL]}


def test_conda_builds_rendered_recipe():
    assert conda_build.recorded(meta(), {"c_compiler": "gcc"}, ABOUT) == RecordedBuild(
        dependencies=(
            Dependency("source", "https://example.org/a.tar.gz", ("sha256", DIGEST)),
            Dependency("source", "git+https://github.com/o/lib@v1.0"),
            Dependency("build", "pkg:conda/gcc@14.2.0?build=h1_0"),
            Dependency("host", "pkg:conda/zlib@1.3.1?build=h1_0"),
        ),
        variant={"c_compiler": "gcc"},
        tools={"conda": "26.7.1", "conda-build": "26.7.1"},
    )


def test_the_wishes_of_a_recipe_that_is_not_final_are_no_dependencies():
    build = conda_build.recorded(meta(extra={}), None, {})
    assert {each.role for each in build.dependencies} == {"source"}


def test_one_source_and_one_requirement_need_no_list():
    document = meta(
        source={"url": "https://example.org/a.tar.gz"}, requirements={"host": "zlib 1.3.1 h1_0"}
    )
    assert conda_build.recorded(document, None, {}).dependencies == (
        Dependency("source", "https://example.org/a.tar.gz"),
        Dependency("host", "pkg:conda/zlib@1.3.1?build=h1_0"),
    )


# --- files ---------------------------------------------------------------------------------------


def test_conda_builds_comment_is_not_read():
    files = {META: (HEADER + json.dumps(meta())).encode(), HASH_INPUT: b'{"a": "b"}'}
    build = recorded_build(files)
    assert len(build.dependencies) == 4
    assert build.variant == {"a": "b"}
    assert "jane" not in repr(build)


def test_rattler_builds_file_counts_before_conda_builds():
    """A recipe.yaml that conda-build builds has rattler-build's file."""
    about = json.dumps(ABOUT).encode()
    files = {RENDERED: json.dumps(rendered()).encode(), "info/about.json": about}
    build = recorded_build(files | {META: b"{}"})
    assert build.tools == {"conda-build": "26.7.1", "rattler-build": "0.73.0"}
    assert len(build.dependencies) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"a: [",
        b"\xff\xfe",
        b"[" * 10_000,
        b"{" * 10_000 + b"}" * 10_000,
        b"a: &x [*x, *x]\n",
        b"- " * 300 + b"a",
        b"{{ jinja }}: {% if x %}",
        b"a: !!python/object/apply:os.system [ls]",
    ],
)
@pytest.mark.parametrize("name", [RENDERED, META])
def test_a_file_that_cannot_be_read_is_said_to_be_left_out(name, data):
    build = recorded_build({name: data})
    assert build.dependencies == ()
    note = f"its {name} cannot be read, so no sources and no dependencies are named"
    assert build.note in ("", note)


def test_many_aliases_of_one_list_stay_few():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    lines.append("finalized_sources: *a59")
    assert recorded_build({RENDERED: "\n".join(lines).encode()}).dependencies == ()


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 100_000, b"null", b'"x"', b"\xff"])
def test_a_hash_input_that_is_none_is_left_out(data):
    assert recorded_build({HASH_INPUT: data}).variant == {}


# --- whatever a stranger writes ------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | PLACES
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


def _with_any(document: Any) -> st.SearchStrategy[Any]:
    """A document of this form, in which anything may stand in the place of anything."""
    same: st.SearchStrategy[Any] = st.just(document)
    if isinstance(document, dict):
        same = st.fixed_dictionaries({key: _with_any(each) for key, each in document.items()})
    elif isinstance(document, list):
        same = st.tuples(*map(_with_any, document)).map(list)
    return same | ANYTHING


@given(_with_any(rendered()))
def test_any_rendered_recipe_gives_what_may_be_published(document):
    _require_harmless(rattler.recorded(document))


@given(_with_any(meta()), _with_any({"c_compiler": "gcc"}), st.dictionaries(st.text(), ANYTHING))
def test_any_meta_yaml_gives_what_may_be_published(document, hash_input, about):
    _require_harmless(conda_build.recorded(document, hash_input, about))


def _require_harmless(build: RecordedBuild) -> None:
    text = compact(predicate_of(CLAIM, build)).decode()
    assert text.isprintable()
    assert "jane" not in text


def _filled(document: Any, text: str) -> Any:
    """The document with this text in the place of each of its texts."""
    if isinstance(document, dict):
        return {key: _filled(each, text) for key, each in document.items()}
    if isinstance(document, list):
        return [_filled(each, text) for each in document]
    return text


def _each_filled(document: Any, text: str) -> Any:
    """The documents in which this text stands in the place of one of its texts."""
    if isinstance(document, dict):
        for key, value in document.items():
            for each in _each_filled(value, text):
                yield {**document, key: each}
    elif isinstance(document, list):
        for number, value in enumerate(document):
            for each in _each_filled(value, text):
                yield [*document[:number], each, *document[number + 1 :]]
    else:
        yield text


@settings(max_examples=40)
@given(PLACES, SECRETS)
def test_no_field_of_a_builders_files_lets_a_secret_out(place, secret):
    text = place.replace("{}", secret)
    builds = [rattler.recorded(_filled(rendered(), text))]
    builds += map(rattler.recorded, _each_filled(rendered(), text))
    builds += [
        conda_build.recorded(each, {"a": text}, ABOUT) for each in _each_filled(meta(), text)
    ]
    builds += [conda_build.recorded(meta(), None, each) for each in _each_filled(ABOUT, text)]
    for build in builds:
        assert secret not in unquote(compact(predicate_of(CLAIM, build)).decode())


KEYS = st.sampled_from(["remote_url", "sha", "flow_run_id", "flow_run_url"])


@given(PLACES, SECRETS, KEYS, st.sampled_from(["", "farm_"]))
def test_no_key_of_the_stamp_lets_a_secret_out(place, secret, key, prefix):
    extra = {"sha": SHA, "remote_url": "https://github.com/o/n", key: place.replace("{}", secret)}
    if key == "flow_run_id":
        extra[key] = prefix + extra[key]
    try:
        predicate = predicate_of(Claim.from_extra(extra), RecordedBuild())
    except Exception as error:
        assert secret not in str(error)
        return
    assert secret not in unquote(compact(predicate).decode())
