"""Our order of versions is conda's, and py-rattler's where the two agree."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conda_provenance.sources.versions import is_version, same_version, starts_with, version_key

# The order in the documentation of conda's VersionOrder. The same line is the same version.
ORDER = (
    ("0.4", "0.4.0"), ("0.4.1.rc", "0.4.1.RC"), ("0.4.1",), ("0.5a1",), ("0.5b3",), ("0.5C1",),
    ("0.5",), ("0.9.6",), ("0.960923",), ("1.0",), ("1.1dev1",), ("1.1_",), ("1.1a1",),
    ("1.1.0dev1", "1.1.dev1"), ("1.1.a1",), ("1.1.0rc1",), ("1.1.0", "1.1"),
    ("1.1.0post1", "1.1.post1"), ("1.1post1",), ("1996.07.12",), ("1!0.4.1",), ("1!3.1.1.6",),
    ("2!0.4.1",),
)  # fmt: skip

ANY = st.lists(
    st.sampled_from(
        [*"0123", "10", "00", *"ab*_-.+!", "..", "rc", "dev", "post", "alpha", ".0", ".0.0"]
    ),
    max_size=8,
).map("".join)

RELEASE = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda p: ".".join(map(str, p)))
USUAL = st.tuples(
    st.sampled_from(["", "1!", "2!"]),
    RELEASE,
    st.sampled_from(["", "a1", "b2", "rc1", ".dev0", ".post1", "a", "_1", ".beta3"]),
    st.sampled_from(["", "+cu118", "+1.2"]),
).map("".join)
"""Versions as people write them."""


def compared(one: Any, other: Any) -> tuple[bool, bool, bool]:
    return one < other, one == other, one > other


def test_the_order_that_conda_documents() -> None:
    for lesser, greater in pairwise(ORDER):
        for one in lesser:
            assert all(same_version(one, other) for other in lesser)
            assert all(version_key(one) < version_key(other) for other in greater)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1..2",
        "1.",
        "+1",
        "1+",
        "1+2+3",
        "a!1",
        "1!2!3",
        "1 2",
        "é",
        "٣",
        "1-2_3",
        "9" * 500,
    ],
)
def test_no_version_comes_before_all_versions(text: str) -> None:
    assert not is_version(text)
    assert version_key(text) < version_key("0dev")
    assert not starts_with(text, "1")


@pytest.mark.parametrize("version", ["1.2", "1.2.0", "1.2.3", "1.2rc1", "1.2.dev0", "1.2+local"])
def test_a_prefix_asks_for_these(version: str) -> None:
    assert starts_with(version, "1.2")


@pytest.mark.parametrize("version", ["1.20", "1.1", "1", "1.3", "12", "1!1.2", "nonsense!"])
def test_a_prefix_does_not_ask_for_these(version: str) -> None:
    assert not starts_with(version, "1.2")


@given(st.lists(ANY, max_size=6))
def test_any_texts_can_be_sorted(versions: list[str]) -> None:
    keys = sorted(map(version_key, versions))
    assert all(one <= other for one, other in pairwise(keys))


@pytest.mark.skipif(find_spec("conda") is None, reason="conda is not installed here")
@given(ANY, ANY, st.sampled_from(["", ".0", "a", "1", "_", "+1"]))
@example("1.0_", "1.0a", "")
@example("1.0.0.a", "1", "")
def test_it_is_condas_order(one: str, other: str, more: str) -> None:
    from conda.exceptions import InvalidVersionSpec
    from conda.models.version import VersionOrder

    def conda(text: str) -> Any:
        try:
            return VersionOrder(text)
        except InvalidVersionSpec:
            return None

    for left, right in ((one, other), (one + more, one)):
        assert (conda(left) is not None) == is_version(left)
        if conda(left) and conda(right):
            expected = compared(conda(left), conda(right))
            assert compared(version_key(left), version_key(right)) == expected
            assert starts_with(left, right) == conda(left).startswith(conda(right))


@given(USUAL, USUAL)
@example("1.0.post1", "1.0")
def test_it_is_rattlers_order_for_usual_versions(one: str, other: str) -> None:
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed here")
    expected = compared(rattler.Version(one), rattler.Version(other))
    assert compared(version_key(one), version_key(other)) == expected
