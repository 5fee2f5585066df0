"""Records in the text of an index: what is asked for changes, and every other byte stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.packages.indexes.records import find_records, set_values, with_values

NAMES = ["a-1-0.conda", "a-1-0.tar.bz2", "b-1-0.conda", "c-é-0.conda"]
KEYS = ["sha256", "md5", "size", "name", "legacy_bz2_md5", "legacy_bz2_size", 'x"\\é']

values = st.one_of(st.integers(), st.text(), st.none(), st.lists(st.integers(), max_size=2))
records = st.dictionaries(st.sampled_from(KEYS), values)
stems = [name.removesuffix(".conda").removesuffix(".tar.bz2") for name in NAMES]
sections = st.dictionaries(st.sampled_from([*NAMES, "other-1-0.conda"]), records)
revisions = st.dictionaries(
    st.sampled_from(["conda", "tar.bz2", "whl"]),
    st.dictionaries(st.sampled_from([*NAMES, *stems, "other-1-0"]), records),
)
indexes = st.fixed_dictionaries(
    {},
    optional={
        "packages": sections,
        "packages.conda": sections,
        "v3": revisions,
        "info": records,
        "removed": st.just(NAMES),
    },
)
layouts = st.sampled_from(
    [{}, {"indent": 2}, {"separators": (",", ":")}, {"indent": 1, "ensure_ascii": False}]
)


def new_values(name: str, record: Mapping[str, Any], prefix: str) -> Mapping[str, str | int]:
    return {prefix + "sha256": f"of {name}", prefix + "size": len(record)}


@given(indexes, layouts, st.sets(st.sampled_from(NAMES), min_size=1))
def test_the_text_changes_as_the_object_does(index, layout, names):
    text = json.dumps(index, **layout)
    changed = with_values(text, names, new_values)
    expected = json.loads(text)
    apply(expected, names)
    assert json.loads(changed) == expected


def apply(index: dict[str, Any], names: set[str]) -> None:
    """The rule once more, in plain words."""
    for title, ending in (("packages", ""), ("packages.conda", "conda")):
        change(index.get(title, {}), ending, names, stems_too=False)
    for ending, section in index.get("v3", {}).items():
        change(section, ending, names, stems_too=True)


def change(section: dict[str, Any], ending: str, names: set[str], *, stems_too: bool) -> None:
    for key, record in section.items():
        old = dict(record)
        for name in names:
            stem = name.removesuffix(".conda").removesuffix(".tar.bz2")
            if key == name or (stems_too and f"{key}.{ending}" == name):
                record.update(new_values(name, old, ""))
            newer = key in ((f"{stem}.conda", stem) if stems_too else (f"{stem}.conda",))
            if ending == "conda" and name.endswith(".tar.bz2") and newer:
                record.update(new_values(name, old, "legacy_bz2_"))


@given(indexes, layouts, st.sets(st.sampled_from(NAMES), min_size=1))
def test_nothing_changes_where_nothing_is_to_change(index, layout, names):
    text = json.dumps(index, **layout)
    assert with_values(text, names, lambda *_: {}) == text


@given(indexes, st.sets(st.sampled_from(NAMES), min_size=1))
def test_what_is_removed_is_gone(index, names):
    changed = json.loads(with_values(json.dumps(index), names, lambda *_: None))
    assert not find_records(json.dumps(changed), names)
    assert not set_values(changed, names, lambda *_: None)


@pytest.mark.parametrize("count", [1, 8, 9, 200])
def test_few_names_and_many_are_found_alike(count):
    names = [f"x{number}-1-0.conda" for number in range(count)]
    text = json.dumps({"packages.conda": {name: {"size": 1} for name in names}})
    changed = json.loads(with_values(text, names, new_values))["packages.conda"]
    assert all(changed[name]["sha256"] == f"of {name}" for name in names)
