"""``cache info`` and ``cache clear``."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from cli_running import answer, run_command
from survey_artifacts import StandIn, artifact

from conda_provenance.survey import Cache, survey
from conda_provenance.survey.cache_file import NAME


def fill(folder: Path, count: int = 3) -> None:
    found = [
        artifact(f"p{number}", StandIn(f"p{number}", is_remote=True)) for number in range(count)
    ]
    with Cache({"CONDA_PROVENANCE_CACHE_DIR": str(folder)}, print) as cache:
        list(survey(found, cache=cache))


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    done = run_command("cache", "info", CONDA_PROVENANCE_CACHE_DIR=str(place))
    assert done.returncode == 0, done.stderr
    assert "0" in done.stdout
    assert not place.exists()


def test_info_and_clear(tmp_path: Path) -> None:
    place = str(tmp_path / "cache")
    fill(tmp_path / "cache")
    said = answer(run_command("cache", "info", "--json", CONDA_PROVENANCE_CACHE_DIR=place))
    assert said["folder"] == place
    assert said["results"] == 3
    assert said["size"] > 1000
    assert said["oldest"] <= said["newest"]
    assert (
        "results:      3" in run_command("cache", "info", CONDA_PROVENANCE_CACHE_DIR=place).stdout
    )

    cleared = answer(run_command("cache", "clear", "--json", CONDA_PROVENANCE_CACHE_DIR=place))
    assert cleared["cleared"] == 3
    said = answer(run_command("cache", "info", "--json", CONDA_PROVENANCE_CACHE_DIR=place))
    assert (said["results"], said["oldest"]) == (0, None)


def test_clear_goes_on_where_another_process_reads(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    reader = sqlite3.connect(tmp_path / "cache" / NAME)
    assert reader.execute("select count(*) from results").fetchone() == (3,)
    done = run_command("cache", "clear", CONDA_PROVENANCE_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert reader.execute("select count(*) from results").fetchone() == (0,)
    reader.close()


def test_clear_removes_what_was_set_aside(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    place.mkdir(mode=0o700)
    (place / NAME).write_bytes(b"not a database, but long enough to be one" * 100)
    fill(place)
    assert (place / f"{NAME}.damaged").exists()
    run_command("cache", "clear", CONDA_PROVENANCE_CACHE_DIR=str(place))
    assert not (place / f"{NAME}.damaged").exists()


@pytest.mark.parametrize("action", ["info", "clear"])
def test_another_programs_database_is_left_alone(tmp_path: Path, action: str) -> None:
    place = tmp_path / "cache"
    place.mkdir(mode=0o700)
    connection = sqlite3.connect(place / NAME)
    connection.execute("create table songs (title)")
    connection.commit()
    connection.close()
    done = run_command("cache", action, "--json", CONDA_PROVENANCE_CACHE_DIR=str(place))
    assert done.returncode == 3
    assert "another program" in answer(done)["error"]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_a_folder_that_others_may_write_is_not_looked_into(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    fill(place)
    place.chmod(0o777)
    done = run_command("cache", "info", CONDA_PROVENANCE_CACHE_DIR=str(place))
    assert done.returncode == 3
    assert "chmod 700" in done.stderr


def test_the_default_place_is_the_users(tmp_path: Path) -> None:
    done = run_command("cache", "info", XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path))
    assert "conda-provenance" in done.stdout
