"""The rendered recipe in conda-build's packages."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packages_making import info_files, make_conda, make_tar_bz2, tar, zst
from ruamel.yaml import YAML

from conda_provenance.packages import read_about, stamp_package
from conda_provenance.packages.refusals import Refusal
from conda_provenance.packages.rendered_recipe import RECIPE, with_recipe_extra

STAMP = {"sha": "1234567890" * 4, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
RENDERED = """\
# This file created by conda-build 26.7.1
# meta.yaml template originally from:
# /home/me/feedstock/recipe, last modified Wed Nov 25 02:00:00 2026
# ------------------------------------------------

package:
  name: hello
  version: '1.0'
build:
  noarch: generic
  string: '0'
about:
  summary: says hi   # kept
extra:
  copy_test_source_files: true
  final: true
  recipe-maintainers:
    - someone
    - else
"""


def load(text: str | bytes) -> dict[str, object]:
    return YAML(typ="safe", pure=True).load(io.BytesIO(text) if isinstance(text, bytes) else text)


def changed(text: str, changes: dict[str, str | None]) -> str:
    return with_recipe_extra(text.encode(), changes).decode()


def test_only_lines_of_the_stamp_are_added():
    after = changed(RENDERED, STAMP)
    assert after == RENDERED + "".join(f'  {key}: "{value}"\n' for key, value in STAMP.items())
    assert load(after)["extra"] == load(RENDERED)["extra"] | STAMP
    assert changed(after, STAMP) == after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n", 'a: 1\nextra:\n  sha: "x"\n'),
        ("a: 1", 'a: 1\nextra:\n  sha: "x"\n'),
        ("extra: {}\na: 1\n", 'extra:\n  sha: "x"\na: 1\n'),
        ("extra:\na: 1\n", 'extra:\n  sha: "x"\na: 1\n'),
        (
            "extra:  # why\n    b: 1\n\n# about a\na: 1\n",
            'extra:  # why\n    b: 1\n    sha: "x"\n\n# about a\na: 1\n',
        ),
        ("extra:\n  sha: old\n  b: 1\n", 'extra:\n  b: 1\n  sha: "x"\n'),
        ("extra:\n  sha: a long value\n    that goes on\n  b: 1\n", 'extra:\n  b: 1\n  sha: "x"\n'),
        ("extra:\n  'sha': old\n", 'extra:\n  sha: "x"\n'),
        ("extra:\r\n  b: 1\r\na: 1\r\n", 'extra:\r\n  b: 1\r\n  sha: "x"\r\na: 1\r\n'),
        ("extra:\n  list:\n  - 1\n  - 2\n", 'extra:\n  list:\n  - 1\n  - 2\n  sha: "x"\n'),
        ("extra:\n  sha:\n  - 1\n  - 2\n  b: 1\n", 'extra:\n  b: 1\n  sha: "x"\n'),
        ('extra:\n  sha: "x"\n', 'extra:\n  sha: "x"\n'),
    ],
)
def test_layouts(text, expected):
    assert changed(text, {"sha": "x"}) == expected
    assert load(expected)["extra"]["sha"] == "x"


def test_a_key_is_removed():
    assert changed("extra:\n  sha: x\n  b: 1\n", {"sha": None, "never": None}) == "extra:\n  b: 1\n"
    assert changed("extra:\n  sha: x\n", {"sha": None}) == "extra: {}\n"


@pytest.mark.parametrize(
    "text", ["extra: {a: 1}\n", '"extra":\n  a: 1\n', "extra :\n  b: 2\n", "b: 'x\nextra:\n  c'\n"]
)
def test_an_unusual_layout_is_refused(text):
    try:
        result = with_recipe_extra(text.encode(), {"sha": "x"})
    except Refusal as refusal:
        assert "unusual" in str(refusal)
    else:
        assert load(result).get("extra", {}).get("sha") == "x" or result == text.encode()


UNREADABLE = [
    b"{{ jinja }}: [",
    b"\xff",
    b"- a\n",
    b"extra: text\n",
    b"a: " + b"[" * 200_000,
    b"- " * 100_000,
    b"x" * 600_000,
]


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_nobody_can_read_stays_as_it_is(text):
    assert with_recipe_extra(text, STAMP) == text


def test_what_merge_keys_unfold_to_is_not_unfolded():
    bomb = "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} {{!!merge x: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
    )
    aliases = "b0: &b0 [x]\n" + "".join(
        f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    for text in (bomb, aliases, "a: &a {<<: *a}\n", "test:\n  - cat << EOF\n"):
        assert changed(text, {"sha": "x"}) == text + 'extra:\n  sha: "x"\n'


@pytest.mark.parametrize(
    "text",
    [
        "extra:\n  note: 'a\n\n  sha: b\n  c'\n",
        "extra:\n  n: {a: 1,\n  sha: 3,\n  b: 2}\n",
        "extra:\n  note: |+\n    text\n\n\nabout: 1\n",
        "a: |+\n  x\n\n\n",
        "a: 1\nb: 1\r\nextra:\n  c: 1\r\n",
    ],
)
def test_no_other_value_ever_changes(text):
    try:
        after = changed(text, {"sha": "X"})
    except Refusal:
        return
    before, now = load(text), load(after)
    assert now.pop("extra") == {**(before.pop("extra", None) or {}), "sha": "X"}
    assert now == before


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=90),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "sha", "b c", "extra"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["about", "extra", "package"]), values, max_size=3),
    st.sampled_from([80, 4096]),
)
@settings(max_examples=60)
def test_any_recipe_changes_as_told_or_not_at_all(recipe, width):
    yaml, buffer = YAML(typ="safe", pure=True), io.StringIO()
    yaml.width, yaml.default_flow_style = width, False
    yaml.dump(recipe, buffer)
    before = load(buffer.getvalue())
    try:
        after = load(changed(buffer.getvalue(), {"sha": "X"}))
    except Refusal:
        return
    if after != before:
        assert after == before | {"extra": (before.get("extra") or {}) | {"sha": "X"}}


def test_without_overwriting_the_recipes_own_word_counts():
    with pytest.raises(Refusal, match="its recipe says another sha"):
        with_recipe_extra(b"extra:\n  sha: 'fff'\n", {"sha": "x"}, overwrite=False)
    assert (
        with_recipe_extra(b"extra:\n  sha: ''\n", {"sha": "x"}, overwrite=False)
        == b'extra:\n  sha: "x"\n'
    )


def test_a_recipe_behind_the_payload_as_conda_build_once_had_it(tmp_path):
    files = info_files({"conda_build_version": "3.13", "extra": {}}) | {
        "share/payload": b"p" * 2000,
        RECIPE: RENDERED.encode(),
    }
    package = make_tar_bz2(tmp_path, data=tar(files))
    assert stamp_package(package, STAMP)
    with tarfile.open(package) as archive:
        assert archive.extractfile(RECIPE).read().decode() == changed(RENDERED, STAMP)


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
@pytest.mark.parametrize("first", [True, False])
def test_a_conda_build_package_says_it_in_both_places(tmp_path, make, first):
    files = info_files({"conda_build_version": "26.7.1", "extra": {"final": True}})
    recipe = {RECIPE: RENDERED.encode(), "info/recipe/meta.yaml.template": b"{{ x }}"}
    data = tar(recipe | files if first else files | recipe)
    package = make(tmp_path, info=zst(data)) if make is make_conda else make(tmp_path, data=data)
    assert stamp_package(package, STAMP, dry_run=True)
    assert stamp_package(package, STAMP)
    assert read_about(package)["extra"] == {"final": True} | STAMP
    from conda_package_streaming.package_streaming import stream_conda_info

    found = {
        member.name: archive.extractfile(member).read()
        for archive, member in stream_conda_info(str(package))
    }
    assert found[RECIPE].decode() == changed(RENDERED, STAMP)
    assert found["info/recipe/meta.yaml.template"] == b"{{ x }}"
    assert not stamp_package(package, STAMP)


def test_in_another_builders_package_a_meta_yaml_is_only_a_file(tmp_path):
    data = tar(info_files({"extra": {}}) | {RECIPE: RENDERED.encode()})
    package = make_conda(tmp_path, info=zst(data))
    stamp_package(package, STAMP)
    from conda_package_streaming.package_streaming import stream_conda_info

    found = {
        member.name: archive.extractfile(member).read()
        for archive, member in stream_conda_info(str(package))
    }
    assert found[RECIPE].decode() == RENDERED
