"""How variables are read: marks and templates."""

from __future__ import annotations

import pytest

from conda_provenance.ci import Environ


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{A}", "v/1"),
        ("x{A}y{B}", "xv/1y2"),
        ("{A}{MISSING}", None),
        ("{A}{EMPTY}", None),
        ("{A:v/(.+)}", "1"),
        ("{A:v/.+}", "v/1"),
        ("{A:v}", None),
        ("{A:(w)?.*}", None),
        ("{A:.*}", "v/1"),
        ("fixed", "fixed"),
    ],
)
def test_a_template_is_whole_or_nothing(template: str, value: str | None) -> None:
    assert Environ({"A": " v/1 ", "B": "2", "EMPTY": " "}).fill(template) == value


@pytest.mark.parametrize(
    ("mark", "seen"),
    [
        ("A", True),
        ("NO", False),
        ("EMPTY", False),
        ("A=true", True),
        ("A=True", False),
        ("NO=0", True),
        ("{A}{PRE_X}", True),
        ("{A}{MISSING}", False),
    ],
)
def test_marks(mark: str, seen: bool) -> None:
    assert Environ({"A": "true", "NO": "0", "EMPTY": "", "PRE_X": "0"}).has(mark) is seen


def test_on_windows_the_case_of_a_name_does_not_count() -> None:
    assert Environ({"OS": "Windows_NT", "BAMBOO_PLANKEY": "A-B"})["bamboo_planKey"] == "A-B"
    assert "bamboo_planKey" not in Environ({"BAMBOO_PLANKEY": "A-B"})
