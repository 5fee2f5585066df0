"""What a page is called, and what the parts of one whole are called."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from conda_provenance.cli.target_words import title_of, words_of

NOTHING = {
    "targets": [],
    "channels": None,
    "lockfiles": None,
    "merge": None,
    "environment": None,
    "prefix": None,
    "subdirs": None,
    "newest": False,
    "since": None,
    "match": None,
    "every": False,
    "lock_environment": None,
    "platform": None,
}
FILES = [f"/a/rather/long/folder/of/packages/p{number}-1.0-0.conda" for number in range(4)]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({}, "the active environment"),
        ({"environment": "science"}, "science"),
        ({"environment": "science", "targets": ["numpy"]}, "numpy, of science"),
        ({"targets": ["output"]}, "output"),
        ({"targets": FILES[:1]}, FILES[0]),
        ({"targets": FILES[:2]}, "2 package files"),
        ({"targets": FILES}, "4 package files"),
        ({"targets": [*FILES, "output"]}, "5 targets"),
        ({"targets": ["numpy", "zlib"]}, "numpy, zlib"),
        ({"channels": ["a", "b"]}, "a, b"),
        ({"channels": ["https://h/t/secret-token-1234/c"]}, "https://h/c"),
        ({"merge": ["1.json", "2.json", "3.json"]}, "3 joined results"),
        ({"lockfiles": ["x.lock"]}, "x.lock"),
    ],
)
def test_a_title_fits_a_line(given: dict[str, Any], title: str) -> None:
    assert title_of(Namespace(**{**NOTHING, **given})) == title


def test_the_words_name_everything() -> None:
    given = {"targets": FILES, "newest": True, "subdirs": ["noarch"]}
    words = words_of(Namespace(**{**NOTHING, **given}))
    assert words == f"{', '.join(FILES)} --subdir noarch --newest"
