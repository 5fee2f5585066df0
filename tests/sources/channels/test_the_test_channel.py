"""The channel that other tests read is a real one: its indexes list every package."""

from __future__ import annotations

import hashlib
import json

import pytest
from channel import PACKAGES, Channel, needs_rattler

from conda_provenance.packages import read_claim

needs_rattler()


def listed(channel: Channel) -> dict[str, str]:
    """The files that repodata.json lists, with their checksums."""
    found = {}
    for index in channel.folder.glob("*/repodata.json"):
        data = json.loads(index.read_text())
        sections = [("", data["packages"]), ("", data["packages.conda"])]
        sections += [(f".{ending}", part) for ending, part in data.get("v3", {}).items()]
        for ending, section in sections:
            found |= {key + ending: record["sha256"] for key, record in section.items()}
    return found


def on_disk(channel: Channel) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in channel.packages}


def test_every_package_is_built_and_indexed(channel: Channel) -> None:
    assert {path.name for path in channel.packages} == {each.file_name for each in PACKAGES}
    assert listed(channel) == on_disk(channel)
    assert len(list(channel.folder.glob("*/repodata.json.zst"))) == 2
    assert len(list(channel.folder.glob("*/repodata_shards.msgpack.zst"))) == 2


def test_a_v3_index_has_no_record_anywhere_else(channel_v3: Channel) -> None:
    data = json.loads((channel_v3.folder / "noarch" / "repodata.json").read_text())
    assert (data["packages"], data["packages.conda"]) == ({}, {})
    assert listed(channel_v3) == on_disk(channel_v3)


def test_a_copy_is_independent(channel: Channel, tmp_path) -> None:
    copy = channel.copy(tmp_path / "copy").keep_indexes("repodata.json")
    assert {path.name for path in copy.folder.glob("noarch/repodata*")} == {"repodata.json"}
    assert len(list(channel.folder.glob("noarch/repodata*"))) == 3


@pytest.mark.parametrize(
    "options",
    [("--no-channeldata", "--zst"), ("--write-shards",), ("--repodata-next", "--write-shards")],
    ids=" ".join,
)
def test_conda_index_lists_the_same(packages_folder, tmp_path, options) -> None:
    channel = Channel(packages_folder).copy(tmp_path / "test").index_by_conda(*options)
    assert listed(channel) == on_disk(channel)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.file_name)
def test_the_stamps_are_in_the_packages(channel: Channel, package) -> None:
    [path] = channel.folder.glob(f"*/{package.file_name}")
    claim = read_claim(path)
    assert bool(claim.problems) == package.name.startswith("malformed"), claim.problems
    assert (not claim.given) == package.name.startswith("silent"), claim.given
