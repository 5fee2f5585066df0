"""Many packages are read, whatever is wrong with one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from packages_making import make_conda
from survey_artifacts import EXTRA, StandIn, artifact

from conda_provenance.errors import PackageError, UnavailableError
from conda_provenance.packages import read_package
from conda_provenance.sources import NotConda, Unreadable
from conda_provenance.survey import Reading, survey


def failing(name: str, error: Exception) -> StandIn:
    def fail() -> None:
        raise error

    return StandIn(name, before=fail)


def test_every_package_has_a_reading_in_the_order_given() -> None:
    found = [artifact(name) for name in "abc"]
    readings = list(survey(found))
    assert [reading.found for reading in readings] == found
    assert [reading.package.claim.to_extra() for reading in readings if reading.package] == [
        EXTRA
    ] * 3


@pytest.mark.parametrize("error", [PackageError("It is torn."), UnavailableError("It is torn.")])
def test_a_package_that_cannot_be_read_stops_no_other(error: Exception) -> None:
    a, b, c = survey([artifact("a"), artifact("b", failing("b", error)), artifact("c")])
    assert (b.package, b.error) == (None, "It is torn.")
    assert a.package
    assert c.package


def test_a_fault_of_ours_is_named_by_its_type_and_repeats_no_value() -> None:
    error = KeyError("https://user:s3cr3t@example.org")
    _, b, c = survey([artifact("a"), artifact("b", failing("b", error)), artifact("c")])
    assert b.error
    assert "KeyError" in b.error
    assert "example.org/noarch/b-1.0-0.conda" in b.error
    assert "s3cr3t" not in b.error
    assert c.package


def test_what_is_no_package_is_passed_on() -> None:
    torn = Unreadable("b", "/p/conda-meta/b-1-0.json", "It is torn.")
    pip = NotConda("c", "1", "/p", "pip")
    assert list(survey([torn, pip])) == [Reading(torn, None, "It is torn."), Reading(pip)]


def test_real_packages(tmp_path: Path) -> None:
    path = make_conda(tmp_path, {"extra": EXTRA})

    class File(StandIn):
        def claim(self, *, thorough: bool = False):  # type: ignore[no-untyped-def]
            return read_package(path, thorough=thorough)

    (reading,) = survey([artifact("demo", File("demo"))])
    assert reading.package == read_package(path)
