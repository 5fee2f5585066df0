"""Environments made by py-rattler, as pixi makes them, from real packages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from environments_making import (
    OTHER_SHA,
    SHA,
    build_package,
    index_channel,
    install_by_rattler,
)

from conda_provenance.errors import PackageError
from conda_provenance.sources import Artifact
from conda_provenance.sources.environments import find_prefix, installed


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    folder = tmp_path / "channel"
    build_package(folder, "alpha")
    build_package(folder, "meta", files={}, depends=["alpha"])
    build_package(folder, "silent", stamp=None)
    return index_channel(folder)


@pytest.fixture
def prefix(tmp_path: Path, channel: Path) -> Path:
    return install_by_rattler(
        channel, ["meta", "silent"], tmp_path / "env", tmp_path / "cache" / "pkgs"
    )


def found(prefix: Path, *names: str, cache: Path | None = None) -> dict[str, Artifact]:
    environ = {"HOME": "/nowhere", **({"RATTLER_CACHE_DIR": str(cache)} if cache else {})}
    place = find_prefix(None, str(prefix), environ)
    artifacts = list(installed(place, names, environ=environ))
    assert all(isinstance(each, Artifact) for each in artifacts), artifacts
    return {each.name: each for each in artifacts if isinstance(each, Artifact)}


def test_everything_is_read_from_rattlers_cache(prefix: Path, tmp_path: Path) -> None:
    artifacts = found(prefix)
    claims = {name: each.contents.claim() for name, each in artifacts.items()}

    assert list(claims) == ["alpha", "meta", "silent"]
    assert {name: claim.claim.sha for name, claim in claims.items()} == {
        "alpha": SHA,
        "meta": SHA,
        "silent": None,
    }
    assert {claim.read_from for claim in claims.values()} == {"cache"}
    assert claims["alpha"].place == f"{tmp_path}/cache/pkgs/alpha-1.0-h1_0"
    assert not any(claim.claim.problems for claim in claims.values())
    assert artifacts["alpha"].sha256
    assert artifacts["alpha"].channel == (tmp_path / "channel").as_uri()


def test_another_channels_package_takes_the_folder(prefix: Path, tmp_path: Path) -> None:
    """rattler keeps one folder of a name, and a second environment replaces its content."""
    first = found(prefix)["alpha"]
    assert first.contents.claim().claim.sha == SHA

    other = tmp_path / "other"
    build_package(other, "alpha", stamp={"sha": OTHER_SHA}, files={"share/other": "x"})
    index_channel(other)
    second = install_by_rattler(other, ["alpha"], tmp_path / "env2", tmp_path / "cache" / "pkgs")
    about = tmp_path / "cache" / "pkgs" / "alpha-1.0-h1_0" / "info" / "about.json"
    assert OTHER_SHA in about.read_text()

    assert found(second)["alpha"].contents.claim().claim.sha == OTHER_SHA
    # Its own is only in the channel's folder on this disk now.
    claim = first.contents.claim()
    assert (claim.claim.sha, claim.read_from) == (SHA, "archive")
    assert claim.place == str(tmp_path / "channel" / "noarch" / "alpha-1.0-h1_0.conda")

    shutil.rmtree(tmp_path / "channel")
    with pytest.raises(PackageError, match="holds another package of this name: its sha256 diff"):
        first.contents.claim()


def test_a_download_of_rattlers_that_failed(prefix: Path, tmp_path: Path) -> None:
    """Its lock file then names the package that was to come, beside the folder of another one."""
    first = found(prefix)["alpha"]
    other = tmp_path / "other"
    build_package(other, "alpha", stamp={"sha": OTHER_SHA}, files={"share/other": "x"})
    index_channel(other)
    install_by_rattler(other, ["alpha"], tmp_path / "env2", tmp_path / "cache" / "pkgs")

    (tmp_path / "channel" / "noarch" / "alpha-1.0-h1_0.conda").unlink()
    with pytest.raises(Exception, match="alpha"):
        install_by_rattler(
            tmp_path / "channel", ["alpha"], tmp_path / "env3", tmp_path / "cache" / "pkgs"
        )

    lock = tmp_path / "cache" / "pkgs" / "alpha-1.0-h1_0.lock"
    assert lock.read_bytes()[8:].hex() == first.sha256
    with pytest.raises(PackageError, match="was there before its lock file was written"):
        first.contents.claim()


def test_a_moved_cache_is_found_by_its_variable(prefix: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "channel")
    shutil.move(tmp_path / "cache", tmp_path / "moved")

    claim = found(prefix, "alpha", cache=tmp_path / "moved")["alpha"].contents.claim()

    assert claim.place == f"{tmp_path}/moved/pkgs/alpha-1.0-h1_0"


def test_a_removed_cache(prefix: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache")
    assert found(prefix, "alpha")["alpha"].contents.claim().read_from == "archive"

    shutil.rmtree(tmp_path / "channel")
    with pytest.raises(PackageError, match="cannot be read: nothing of it is in "):
        found(prefix, "alpha")["alpha"].contents.claim()


def test_only_the_disk_is_read_and_nothing_is_written(prefix: Path, tmp_path: Path) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        return {
            path: (path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in tmp_path.rglob("*")
            if path.name != ".cache.lock"
        }

    before = state()
    for artifact in found(prefix).values():
        artifact.contents.claim(thorough=True)
        artifact.contents.files(["info/index.json"])

    assert state() == before
