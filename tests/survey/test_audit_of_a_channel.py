"""``audit`` of a whole channel: from the cache, interrupted, in parts, on a cluster."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_running import answer, run_command, run_on_terminal, screen_lines
from survey_server import Channel, serve

COUNT = 150


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    channel = Channel(tmp_path_factory.mktemp("channel"), COUNT)
    with serve(channel):
        yield channel


@pytest.fixture(autouse=True)
def _forgotten(served: Channel) -> None:
    served.requests.clear()
    served.delay = 0.0


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    return {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}


def root(channel: Channel) -> str:
    return channel.address.removesuffix("/noarch")


def audit(channel: Channel, cache: dict[str, str], *options: str) -> dict[str, Any]:
    done = run_command(
        "audit", "--channel", root(channel), "--subdir", "noarch", "--json", *options, **cache
    )
    assert done.returncode == 0, done.stderr
    return answer(done)


def by_location(said: dict[str, Any]) -> list[Any]:
    return sorted(said["packages"], key=lambda row: row["location"])


def test_a_second_audit_asks_for_no_package(served: Channel, cache: dict[str, str]) -> None:
    first = audit(served, cache)
    assert first["summary"]["complete"] == COUNT
    assert served.asked() == COUNT
    assert audit(served, cache) == first
    assert served.asked() == COUNT
    audit(served, cache, "--no-cache")
    assert served.asked() == 2 * COUNT


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way on Windows")
def test_after_a_ctrl_c_the_same_command_goes_on(served: Channel, cache: dict[str, str]) -> None:
    served.delay = 0.5
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from conda_provenance.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = ["audit", "--channel", root(served), "--subdir", "noarch"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *command],
        env={**os.environ, **cache},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while served.asked() < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in stderr

    time.sleep(1)  # The server may still count what was under way.
    asked = served.asked()
    assert 40 <= asked < COUNT
    served.delay = 0.0
    assert audit(served, cache)["summary"]["complete"] == COUNT
    again = served.asked() - COUNT
    assert again <= 1, f"{again} of {asked} were read twice"


def test_parts_become_the_whole(served: Channel, cache: dict[str, str], tmp_path: Path) -> None:
    whole = audit(served, cache)
    files = []
    for number in (1, 2, 3):
        part = audit(served, cache, "--shard", f"{number}/3")
        assert part["shard"] == f"{number}/3"
        assert 0 < len(part["packages"]) < COUNT
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(part))

    merged = answer(run_command("audit", "--merge", *files, "--json"))
    assert by_location(merged) == by_location(whole)
    assert merged["summary"] == whole["summary"]

    done = run_command("audit", "--merge", *files[:2])
    assert done.returncode == 3
    assert "The shard 3/3 is missing" in done.stderr


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "x/y"])
def test_a_wrong_shard_asks_nothing(served: Channel, cache: dict[str, str], shard: str) -> None:
    done = run_command("audit", "--channel", root(served), "--shard", shard, **cache)
    assert done.returncode == 2
    assert not served.requests


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="Dask is not installed")
def test_a_cluster_gives_the_same(served: Channel, cache: dict[str, str]) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        there = audit(served, cache, "--dask", cluster.scheduler_address)
    assert served.asked() == COUNT
    assert audit(served, cache) == there
    assert served.asked() == COUNT, "what the cluster read is in the cache here"


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_the_bar_knows_the_total(served: Channel, cache: dict[str, str]) -> None:
    served.delay = 0.4
    status, written = run_on_terminal(
        "audit", "--channel", root(served), "--subdir", "noarch", **cache
    )
    assert status == 0
    assert f"/{COUNT} packages, " in written
    assert "s left" in written
    assert not any("packages, " in line for line in screen_lines(written)), "the bar is gone"


def test_no_login_of_the_channel_is_kept(served: Channel, cache: dict[str, str]) -> None:
    with_login = root(served).replace("http://", "http://user:s3cr3t@")
    done = run_command("audit", "--channel", with_login, "--subdir", "noarch", "--json", **cache)
    assert done.returncode == 0, done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
    for path in Path(cache["CONDA_PROVENANCE_CACHE_DIR"]).iterdir():
        assert b"s3cr3t" not in path.read_bytes()

    audit(served, cache)
    assert served.asked() == COUNT, "the address is the same without it"
