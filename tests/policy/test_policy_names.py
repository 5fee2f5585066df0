"""Patterns of packages' names, and of branches and tags."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.errors import UsageError
from conda_provenance.policy.names import NamePattern, fit_name
from conda_provenance.policy.refs import check_ref, matching_refs

LETTERS = st.text("ab*", min_size=1, max_size=8)


@given(LETTERS, st.text("ab", max_size=10))
def test_a_star_is_any_run_of_characters(text, name):
    expected = re.fullmatch(re.escape(text).replace(r"\*", ".*"), name) is not None
    assert NamePattern.parse(text).matches(name) is expected


@given(LETTERS, LETTERS, st.lists(st.text("ab", max_size=4), min_size=8, max_size=8))
def test_a_pattern_that_covers_another_matches_all_that_it_matches(text, other, runs):
    wide, narrow = NamePattern.parse(text), NamePattern.parse(other)
    name = "".join(runs[i] if char == "*" else char for i, char in enumerate(narrow.text))
    assert narrow.matches(name)
    if wide.covers(narrow):
        assert wide.matches(name)


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("*", "numpy", True),
        ("*", "*", True),
        ("lib*", "lib*", True),
        ("lib*", "libx*y", True),
        ("lib*", "li*", False),
        ("a*b", "a*", False),
        ("numpy", "num*", False),
        ("*a*", "b*a*c", True),
    ],
)
def test_which_pattern_covers_which(wide, narrow, covers):
    assert NamePattern.parse(wide).covers(NamePattern.parse(narrow)) is covers


def test_a_pattern_of_many_stars_takes_no_long_time():
    start = time.process_time()
    assert not NamePattern.parse("*a" * 90 + "*b").matches("a" * 199)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../x",
        "a/b",
        "a..b",
        "a b",
        "*",
        "a*",
        "-x",
        ".x",
        "a\n",
        "é",
        "{name}",
        "%2e",
        "a\\b",
        "a" * 201,
        "a?b",
        "a#b",
        "a:b",
        "a@b",
    ],
)
def test_a_name_that_no_package_may_have_is_unfit(name):
    assert fit_name(name) is None


@pytest.mark.parametrize("name", ["numpy", "_libgcc_mutex", "ruamel.yaml", "libstdcxx-ng", "c++"])
def test_names_of_packages_are_fit(name):
    assert fit_name(name) == name
    assert fit_name(name.upper()) == name


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "v1.0",
        "refs/heads/main",
        "refs/tags/v1",
        "refs/heads/*",
        "release/*",
        "a/b",
        "ü",
        "#1",
    ],
)
def test_names_of_branches_and_tags(ref):
    assert check_ref(ref) == ref


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "-x",
        "--upload-pack=x",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a[",
        "a\\b",
        "a.lock",
        "a.lock/b",
        ".a",
        "a/.b",
        "a.",
        "a//b",
        "/a",
        "a/",
        "@",
        "a@{1}",
        "a\x7f",
        "a\n",
        "x*",
        "**",
        "refs/pull/1/merge",
        "refs/remotes/origin/x",
        "refs/",
        "\u202ea",
        "a" * 251,
        "b" * 40,
    ],
)
def test_what_git_takes_for_no_name_is_refused(ref):
    with pytest.raises(UsageError) as caught:
        check_ref(ref)
    assert str(caught.value).isprintable()


NAMES = [
    "refs/heads/main",
    "refs/heads/v1",
    "refs/heads/v1/x",
    "refs/tags/v1",
    "refs/tags/v2",
    "refs/pull/7/head",
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("main", ["refs/heads/main"]),
        ("refs/heads/main", ["refs/heads/main"]),
        ("v2", ["refs/tags/v2"]),
        ("refs/tags/v1", ["refs/tags/v1"]),
        ("refs/heads/*", ["refs/heads/main", "refs/heads/v1"]),
        ("refs/heads/*/*", ["refs/heads/v1/x"]),
        ("*", ["refs/heads/main", "refs/heads/v1"]),
        ("refs/tags/*", ["refs/tags/v1", "refs/tags/v2"]),
        ("nothing", []),
        ("pull/7/head", []),
        ("Main", []),
    ],
)
def test_which_branches_and_tags_are_meant(wanted, found):
    assert list(matching_refs(wanted, NAMES)) == found


def test_a_name_that_is_a_branch_and_a_tag_is_refused():
    with pytest.raises(UsageError, match="write refs/heads/v1 or refs/tags/v1"):
        matching_refs("v1", NAMES)
