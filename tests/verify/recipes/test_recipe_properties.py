"""What must hold of recipes, trees and texts that nobody thought of."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conda_provenance.packages.contents import PackageFile
from conda_provenance.verify.recipes.comparison import Compared, Ids, Terms, compare
from conda_provenance.verify.recipes.identity import MAX_SIZE, Belongs, identify
from conda_provenance.verify.recipes.layout import PackagedRecipe, find_recipe
from conda_provenance.verify.recipes.line_diff import line_diff
from conda_provenance.verify.recipes.search import with_lf_endings
from conda_provenance.verify.recipes.tree import LINK, Tree
from conda_provenance.verify.repository import Entry

# --- comparing ------------------------------------------------------------------------------------

NAMES = st.sampled_from(["build.sh", "a.txt", "sub/a.txt", "sub/b.sh", ".hidden", "x/y/z"])
DATA = st.sampled_from([b"", b"1\n", b"1\r\n", b"2\n", b"2"])
FOLDER = st.dictionaries(NAMES, st.tuples(DATA, st.booleans()), max_size=6)
STRICT = Terms(line_endings_count=True, modes_count=True, has_links=True)


def blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%s" % (len(data), data)).hexdigest()


def packaged(files: Mapping[str, tuple[bytes, bool]]) -> dict[str, PackageFile]:
    return {name: PackageFile(name, data, False, mode) for name, (data, mode) in files.items()}


def committed(files: Mapping[str, tuple[bytes, bool]]) -> dict[str, Entry]:
    return {
        f"recipe/{name}": Entry("100755" if mode else "100644", blob_id(data))
        for name, (data, mode) in files.items()
    }


def compared(
    package: Mapping[str, tuple[bytes, bool]],
    commit: Mapping[str, tuple[bytes, bool]],
    terms: Terms,
) -> tuple[int, int]:
    """Faults and doubts."""
    own = {"recipe.yaml": (b"recipe", False)}
    files = packaged({**package, **own})
    ids = {file: Ids(blob_id(file.data), blob_id(with_lf_endings(file))) for file in files.values()}
    import re

    recipe = PackagedRecipe(
        "rattler-build", "recipe.yaml", re.compile(".*"), files, {}, frozenset(), (), None
    )
    case = Compared(recipe, ids, Tree(committed({**commit, **own})), {}, terms)
    result = compare(case, "recipe", "recipe.yaml", lambda path: False)
    return result.faults, result.doubts


@given(FOLDER, FOLDER)
def test_only_equal_folders_are_equal(package: dict, commit: dict) -> None:  # type: ignore[type-arg]
    faults, doubts = compared(package, commit, STRICT)
    assert (package == commit) is (not faults and not doubts)


@given(FOLDER, FOLDER)
def test_on_windows_line_endings_and_modes_alone_do_not_count(package: dict, commit: dict) -> None:  # type: ignore[type-arg]
    terms = Terms(line_endings_count=False, modes_count=False, has_links=False)
    faults, doubts = compared(package, commit, terms)
    is_equal = package.keys() == commit.keys() and all(
        commit[name][0] in (data, data.replace(b"\r\n", b"\n"))
        for name, (data, _) in package.items()
    )
    assert is_equal is (not faults and not doubts)


@given(
    st.dictionaries(
        st.builds(
            "info/recipe/{}{}".format,
            st.sampled_from(["", "parent/"]),
            st.sampled_from(
                ["meta.yaml", "meta.yaml.template", "recipe.yaml", "rendered_recipe.yaml",
                 "variant_config.yaml", "conda_build_config.yaml", "conda.yaml", "build.sh"]
            ),
        ),
        DATA,
    )
)  # fmt: skip
def test_no_layout_hides_a_file_but_those_that_builders_make(files: dict[str, bytes]) -> None:
    """Each is compared, or is one that the builder renders."""
    from conda_provenance.claim import Claim
    from conda_provenance.packages import PackageClaim
    from conda_provenance.packages.contents import PackageContents

    package = PackageClaim("x", "x", "file", Claim())
    contents = PackageContents(package, {n: PackageFile(n, d) for n, d in files.items()})
    recipe = find_recipe(contents)
    if recipe is None:
        return

    seen = {id(file) for file in (*recipe.files.values(), *recipe.beside.values())}
    hidden = {name for name, file in contents.files.items() if id(file) not in seen}
    made = {"meta.yaml", "conda_build_config.yaml"}
    if recipe.builder == "rattler-build":
        made = {"rendered_recipe.yaml", "variant_config.yaml"}
    assert hidden <= {f"info/recipe/{name}" for name in made}
    assert recipe.recipe in recipe.files.values()


# --- links ----------------------------------------------------------------------------------------

PARTS = st.sampled_from(["a", "b", "c", "..", ".", ""])
PLACES = st.sampled_from(["a", "b", "c", "a/a", "a/b", "b/a", "b/c", "c/a"])


@given(
    st.dictionaries(PLACES, st.lists(PARTS, min_size=1, max_size=4).map("/".join), max_size=6),
    PLACES,
)
def test_links_lead_where_the_system_leads(links: dict[str, str], asked: str) -> None:
    """But never out of the repository."""
    links = {path: target for path, target in links.items() if target}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "outer" / "root"
        root.mkdir(parents=True)
        made: dict[str, Entry] = {}
        targets: dict[str, bytes] = {}
        for path, target in links.items():
            place = root / path
            if any(each in made for each in (path, path.partition("/")[0])) or place.exists():
                continue
            place.parent.mkdir(exist_ok=True)
            place.symlink_to(target)
            made[path] = Entry(LINK, blob_id(target.encode()))
            targets[made[path].id] = target.encode()
        for path in ("a/a", "b/c"):
            place = root / path
            if path.partition("/")[0] not in made and not os.path.lexists(place):
                place.parent.mkdir(exist_ok=True)
                place.write_text("x")
                made[path] = Entry("100644", blob_id(b"x"))

        target = Tree(made).target(asked, targets)
        if target is None or target not in made or made[target].mode == LINK:
            return
        assert (root / target).resolve() == (root / asked).resolve()


# --- names ----------------------------------------------------------------------------------------

WORD = st.text("abcxyz019-_.", min_size=1, max_size=12).filter(lambda each: each[0].isalpha())


@given(WORD, st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", fullmatch=True))
def test_what_stands_in_a_recipe_literally_is_told(name: str, version: str) -> None:
    v1 = f"context:\n  n: '{name}'\npackage: {{name: '${{{{ n }}}}', version: '{version}'}}\n"
    v0 = (
        f"{{% set v = '{version}' %}}\n"
        f'package:\n  name: "{name}"  # [win]\n  version: {{{{ v }}}}\n'
    )
    for text, is_v1 in ((v1, True), (v0, False)):
        found = identify(text.encode(), name, version, is_v1=is_v1)
        assert found == (Belongs.YES, Belongs.YES), text
        other = identify(text.encode(), f"{name}x", f"{version}.0", is_v1=is_v1)
        assert other == (Belongs.NO, Belongs.NO), text


@pytest.mark.parametrize("is_v1", [False, True])
@given(st.binary(max_size=400))
@example(b"package: &a [*a]")
@example(b"{% set x = " * 50)
@example(b"outputs: " + b"[" * 300)
@example(b"outputs:\n" + b"- {if: x, then: " * 20)
@example(
    b"a0: &a0 {if: x, then: 1}\n"
    + b"".join(
        b"a%d: &a%d {if: x, then: [%s]}\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9))
        for n in range(1, 20)
    )
    + b"outputs: [*a19]\n"
)
def test_any_bytes_are_read_as_a_recipe(is_v1: bool, recipe: bytes) -> None:
    for value in ("x", None, 3, "\0" * 600):
        assert set(identify(recipe, value, value, is_v1=is_v1)) <= set(Belongs)


TEXT = """\
{% set name = "x" %}
{% set name = "y" %}  # [win]
{% set top = name + "-top" %}
package:
  name: {{ name }}
  version: {{ environ.get("V") }}
requirements:
  name: evil
outputs:
  - name: lib{{ name }}
  - {name: "{{ name|upper }}-z", version: 3}
  - name: {{ top }}
    version: 2
about:
  name: evil2
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", Belongs.YES),
        ("Y", Belongs.YES),
        ("libx", Belongs.YES),
        ("q-z", Belongs.UNTOLD),
        ("whatever", Belongs.UNTOLD),  # by {{ top }}
    ],
)
def test_names_of_a_meta_yaml(name: str, expected: Belongs) -> None:
    assert identify(TEXT.encode(), name, "2", is_v1=False) == (expected, Belongs.YES)


def test_names_elsewhere_in_a_meta_yaml_do_not_count() -> None:
    text = TEXT.replace("  - name: {{ top }}\n", "").replace("upper", "lower")
    for name in ("evil", "evil2", "lib"):
        assert identify(text.encode(), name, "9", is_v1=False) == (Belongs.NO, Belongs.UNTOLD)
    looped = text + "{% for x in y %}{% endfor %}"
    assert identify(looped.encode(), "evil", "9", is_v1=False).name is Belongs.UNTOLD


@pytest.mark.parametrize(
    "value", ["*name", "&name hello", ">-", "|", "", "# [win]", '"h\\x65llo"', "!!str hello"]
)
def test_what_takes_a_parser_is_not_guessed(value: str) -> None:
    text = f"package:\n  name: {value}\n  version: 1\n"
    assert identify(text.encode(), "hello", "2", is_v1=False) == (Belongs.UNTOLD, Belongs.NO)


def test_a_large_recipe_is_not_parsed() -> None:
    assert set(identify(b"#" * (MAX_SIZE + 1), "x", "1", is_v1=True)) == {Belongs.UNTOLD}


def test_outputs_on_a_condition_count() -> None:
    text = (
        "recipe: {name: r, version: '1'}\noutputs:\n- if: win\n  then:\n  - package: {name: a}\n"
        "  else: {package: {name: b, version: '2'}}\n"
    )
    for name, version, expected in (
        ("a", "1", (Belongs.YES, Belongs.YES)),
        ("b", "2", (Belongs.YES, Belongs.YES)),
        ("r", "3", (Belongs.NO, Belongs.NO)),
    ):
        assert identify(text.encode(), name, version, is_v1=True) == expected


# --- differences ----------------------------------------------------------------------------------


@given(st.binary(max_size=300), st.binary(max_size=300))
@example(b"a\n" * 300, b"b\n" * 300)
@example(b"", b"x" * 300)
def test_a_difference_is_short(before: bytes, after: bytes) -> None:
    lines = line_diff(before, after, "x")
    assert len(lines) < 60
    assert max(map(len, lines)) <= 220


def test_a_difference_of_large_texts_takes_no_time() -> None:
    before, after = b"x\n" * 100_000, b"y\nx\n" * 50_000
    assert len(line_diff(before, after, "x")) < 60
    assert "not shown" in line_diff(b"x" * (1 << 20), b"", "x")[-1]


def test_a_name_cannot_begin_a_line_of_a_difference() -> None:
    lines = line_diff(b"a\n", b"b\n", "x\n  pass  attested  It is signed.")
    assert not any("\n" in line for line in lines)
    assert lines[:2] == [
        "--- x\\n  pass  attested  It is signed. (commit)",
        "+++ x\\n  pass  attested  It is signed. (package)",
    ]
