from __future__ import annotations

import pytest

from conda_provenance.builders.options import first_plain_word, option_values, without_option


@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("build -r x", 0),
        ("-v build", 1),
        ("--color never build", 2),
        ("--color=never build", 1),
        ("--color build build", 2),
        ("--color build", None),
        ("-v", None),
        ("", None),
    ],
)
def test_the_first_plain_word(line, index):
    assert first_plain_word(line.split(), 0, frozenset({"--color"})) == index


@pytest.mark.parametrize(
    ("line", "option", "values"),
    [
        ("--recipe a --recipe=b -x", "--recipe", ["a", "b"]),
        ("--recipe-dir a", "--recipe", []),
        ("--recipe", "--recipe", []),
        ("-r a -rb -r=c --r d", "-r", ["a", "b", "c"]),
        ("--extra-meta a=b=c --extra-meta=d=e", "--extra-meta", ["a=b=c", "d=e"]),
    ],
)
def test_the_values_of_an_option_in_every_spelling(line, option, values):
    assert option_values(line.split(), option) == values


def test_an_option_is_taken_out_by_its_value():
    words = ["-r", "x", "--meta", "a=1", "--meta=b=2", "--meta", "c=3", "--metal", "a=4", "--meta"]
    rest = without_option(words, "--meta", lambda pair: pair[0] in "ab")
    assert rest == ["-r", "x", "--meta", "c=3", "--metal", "a=4", "--meta"]
