"""``audit`` of real channels, by their indexes: the picture that its owner gets."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from channel import PACKAGES, SECRET, Channel
from cli_running import answer, run_command


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CONDA_PROVENANCE_CACHE_DIR", str(tmp_path / "kept"))


def audit(*arguments: str | Path):
    return run_command("audit", *arguments)


def test_a_channel_is_read_by_its_index(channel: Channel):
    found = answer(audit("--json", "--channel", channel.uri))
    states = {(row["name"], row["version"]): row["state"] for row in found["packages"]}
    assert states["hello", "0.9"] == "complete"
    assert states["world", "2.0"] == "partial"
    assert states["world", "2.1"] == "complete"
    for name in ("silent", "silent-old", "silent-extra", "silent-meta"):
        assert states[name, "1.0"] == "absent"
    for name in ("malformed-sha", "malformed-type", "malformed-login"):
        assert states[name, "1.0"] == "malformed"

    summary = found["summary"]
    # One build is there in both formats: clients take the .conda.
    assert summary["total"] == len(PACKAGES) - 1
    assert summary["unreadable"] == 0
    assert set(summary["by_host"]) == {"github.com"}
    assert set(summary["by_organisation"]) == {"github.com/example"}
    assert len(summary["by_year"]) == 1
    assert SECRET not in json.dumps(found)


def test_an_owner_sees_the_newest_and_may_gate_on_them(channel: Channel):
    gate = ("--require", "sha", "--repo", "https://github.com/example/*")
    found = answer(audit("--json", "--channel", channel.uri, "--newest", *gate))
    names = [row["name"] for row in found["packages"]]
    assert max(Counter(names).values()) == 1
    assert ("hello", "0.10") in {(row["name"], row["version"]) for row in found["packages"]}

    failed = {each["package"].rsplit("-", 2)[0] for each in found["failures"]}
    assert failed == {
        "silent", "silent-old", "silent-extra", "silent-meta",
        "malformed-sha", "malformed-type", "malformed-login",
    }  # fmt: skip
    some = ("--match", "hello*")
    assert audit("--channel", channel.uri, *some, *gate).returncode == 0


def test_the_folder_of_a_channel_says_the_same(channel: Channel):
    by_index = answer(audit("--json", "--channel", channel.uri))["summary"]
    by_folder = answer(audit("--json", channel.folder))["summary"]
    assert by_folder["complete"] == by_index["complete"] + 1  # one is there in both formats
    for state in ("partial", "absent", "malformed", "unreadable", "too-old"):
        assert by_folder[state] == by_index[state]


def test_its_shards_make_the_whole(channel: Channel, tmp_path):
    files = [tmp_path / f"part-{number}.json" for number in (1, 2, 3)]
    for number, file in enumerate(files, start=1):
        part = audit("--json", "--channel", channel.uri, "--shard", f"{number}/3")
        file.write_text(part.stdout)
    sizes = [len(json.loads(file.read_text())["packages"]) for file in files]
    assert min(sizes) > 0

    whole = answer(audit("--json", "--channel", channel.uri))
    merged = answer(audit("--json", "--merge", *files))
    assert sum(sizes) == whole["summary"]["total"]

    def packages(found):
        return {row["location"]: row for row in found["packages"]}

    assert packages(merged) == packages(whole)
    # Groups of the same size may be in another order.
    assert merged["summary"] == whole["summary"]


def test_an_empty_channel_does_not_pass_a_gate(tmp_path):
    for subdir in ("noarch", "linux-64"):
        folder = tmp_path / "empty" / subdir
        folder.mkdir(parents=True)
        (folder / "repodata.json").write_text('{"packages": {}, "packages.conda": {}}')
    address = (tmp_path / "empty").as_uri()
    subdirs = ("--subdir", "noarch", "--subdir", "linux-64")
    done = audit("--channel", address, *subdirs)
    assert done.stdout.splitlines()[-1].startswith("audited 0: ")
    assert done.returncode == 0
    assert audit("--channel", address, *subdirs, "--require", "sha").returncode == 3


def test_a_channel_that_is_not_there_is_unreadable(tmp_path):
    done = audit("--channel", (tmp_path / "none").as_uri(), "--require", "sha")
    assert done.returncode == 3
