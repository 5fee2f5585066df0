"""What packages are called in a list of them."""

from __future__ import annotations

import pytest

from conda_provenance.verify.names import told_apart

C = "https://c.example.org"


@pytest.mark.parametrize(
    ("locations", "names"),
    [
        ((), []),
        (("a/x", "a/y"), ["x", "y"]),
        (("a/x", "b/x", "c/y"), ["a/x", "b/x", "y"]),
        ((f"{C}/a/noarch/x", f"{C}/b/noarch/x"), ["a/noarch/x", "b/noarch/x"]),
        (("x", "a/x"), ["x", "a/x"]),
        (("a/x", "a/x"), ["a/x", "a/x"]),
        (("a/x", "a/x", "b/x"), ["a/x", "a/x", "b/x"]),
    ],
)
def test_as_much_of_a_location_as_it_takes(locations: tuple[str, ...], names: list[str]) -> None:
    packages = [(each.rpartition("/")[2], each) for each in locations]
    assert told_apart(packages) == names
