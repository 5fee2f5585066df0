"""``verify --dask`` on a real Dask cluster says the same as this machine alone."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest
from cli_running import answer, run_command
from packages_making import make_conda
from survey_server import Channel, serve

from conda_provenance.cli.verify_cluster import row_of_answer
from conda_provenance.sources import Artifact
from conda_provenance.verify.cluster import Answered

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("distributed") is None, reason="Dask is not installed"
    ),
    pytest.mark.skipif(os.name == "nt", reason="the survey's cluster is tested on POSIX"),
]


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    channel = Channel(tmp_path_factory.mktemp("channel"), 12)
    with serve(channel):
        yield channel


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster.scheduler_address


def rows_of(printed: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in row.items() if key not in ("name", "version", "build")}
        for row in printed["packages"]
    ]


def test_the_cluster_says_the_same_as_this_machine(channel, scheduler, tmp_path):
    here = make_conda(tmp_path, {"extra": {"sha": "a" * 40}})
    urls = [f"{channel.address}/{name}" for name in channel.files]
    targets = [*urls[:6], here, tmp_path / "no.conda", *urls[6:]]
    command = ("verify", *targets, "--only", "well-formed,expected", "--json")
    alone = run_command(*command)
    spread = run_command(*command, "--dask", scheduler)
    assert (alone.returncode, spread.returncode) == (1, 1), spread.stderr
    assert answer(spread)["summary"] == answer(alone)["summary"]
    assert rows_of(answer(spread)) == rows_of(answer(alone))


@pytest.mark.parametrize(
    "row",
    [
        Answered(None, None, None),  # type: ignore[arg-type]
        Answered(None, {"read_from": "remote"}, {"outcome": "verified"}),  # type: ignore[arg-type]
        Answered(None, 7, []),  # type: ignore[arg-type]
        Answered(None, why_not="x.conda was not verified."),  # type: ignore[arg-type]
    ],
)
def test_what_a_worker_says_is_not_believed(row):
    artifact = Artifact("x", "1", "0", "x-1-0.conda", "https://h/x-1-0.conda", None)  # type: ignore[arg-type]
    made = row_of_answer(row._replace(artifact=artifact))
    assert (made["outcome"], made["checks"]) == ("unavailable", [])
    assert "answer of a worker is malformed" in made["error"] or "not verified" in made["error"]


@pytest.mark.parametrize("option", [["--offline"], ["--evidence", "x"], ["--token-file", "h=x"]])
def test_what_is_of_this_machine_is_not_sent_to_others(option):
    done = run_command("verify", "x.conda", "--dask", "tcp://h:1", *option)
    assert done.returncode == 2
    assert f"--dask and {option[0]} cannot be combined" in done.stderr
