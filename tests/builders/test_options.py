from __future__ import annotations

import pytest

from conda_provenance.builders.options import (
    Grammar,
    first_plain_word,
    option_values,
    without_option,
)


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


GRAMMAR = Grammar(
    takes_value=frozenset({"--recipe", "--to"}),
    may_take_value=frozenset({"--skip"}),
    short={"r": "--recipe"},
)


@pytest.mark.parametrize(
    ("line", "values", "flags", "plain"),
    [
        ("a --to b c", {"--to": ["b"]}, set(), ["a", "c"]),
        ("--to=b --to= c", {"--to": ["b", ""]}, set(), ["c"]),
        ("-r a -rb -r=c", {"--recipe": ["a", "b", "c"]}, set(), []),
        ("-vvr a -qrb", {"--recipe": ["a", "b"]}, {"-v", "-q"}, []),
        ("--skip a --skip -v", {"--skip": ["a"]}, {"--skip", "-v"}, []),
        ("--recipe -v", {"--recipe": ["-v"]}, set(), []),
        ("--unknown a", {}, {"--unknown"}, ["a"]),
        ("- -- --to b", {}, set(), ["-", "--to", "b"]),
        ("--to", {}, {"--to"}, []),
    ],
)
def test_a_command_line_is_taken_apart_as_clap_does_it(line, values, flags, plain):
    arguments = GRAMMAR.parse(line.split())
    assert (arguments.values, arguments.flags, arguments.plain) == (values, flags, plain)
