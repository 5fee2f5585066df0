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
        (("a/x", "a/x"), ["x", "x"]),
        (("c/a/x", "c/a/x", "c/b/x"), ["a/x", "a/x", "b/x"]),
        (("a/1/2/3/4/5/6/7/8/x", "b/1/2/3/4/5/6/7/8/x"), None),
    ],
)
def test_as_much_of_a_location_as_it_takes(
    locations: tuple[str, ...], names: list[str] | None
) -> None:
    packages = [(each.rpartition("/")[2], each) for each in locations]
    assert told_apart(packages) == (list(locations) if names is None else names)
