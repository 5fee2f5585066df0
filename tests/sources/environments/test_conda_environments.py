"""Environments made by real conda, and what its cleaning leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from environments_making import OTHER_SHA, SHA, Conda, build_package, index_channel

from conda_provenance.errors import PackageError
from conda_provenance.packages import PackageClaim
from conda_provenance.sources import Artifact
from conda_provenance.sources.environments import Configuration, find_prefix, installed


@pytest.fixture
def conda(tmp_path: Path) -> Conda:
    return Conda(tmp_path / "conda")


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    folder = tmp_path / "channel"
    build_package(folder, "alpha")
    build_package(folder, "meta", files={}, depends=["alpha"])
    return index_channel(folder)


def claims(prefix: Path, conda: Conda) -> dict[str, PackageClaim]:
    """What every package says, and ``KeyError`` for those that cannot be read."""
    artifacts = list(installed(str(prefix), environ=conda.environ))
    assert all(isinstance(each, Artifact) for each in artifacts), artifacts
    said = {}
    for each in artifacts:
        assert isinstance(each, Artifact)
        try:
            said[each.name] = each.contents.claim()
        except PackageError:
            continue
    return said


def test_everything_is_read_from_condas_cache(conda: Conda, channel: Path) -> None:
    prefix = conda.create("demo", channel, "meta")

    said = claims(prefix, conda)

    assert list(said) == ["alpha", "meta"]
    assert said["alpha"].claim.sha == SHA
    assert said["alpha"].read_from == "cache"
    assert said["alpha"].place == str(conda.pkgs / "alpha-1.0-h1_0")
    (alpha,) = installed(str(prefix), ["alpha"], environ=conda.environ)
    assert isinstance(alpha, Artifact)
    assert alpha.channel == channel.as_uri()


def test_cleaned_of_archives(conda: Conda, channel: Path) -> None:
    prefix = conda.create("demo", channel, "meta")
    conda.run("clean", "--yes", "--tarballs")
    shutil.rmtree(channel)
    assert not list(conda.pkgs.glob("*.conda"))

    assert {name: each.read_from for name, each in claims(prefix, conda).items()} == {
        "alpha": "cache",
        "meta": "cache",
    }


def test_cleaned_of_packages(conda: Conda, channel: Path) -> None:
    """What is hard-linked stays, but a package without files has nothing that is linked."""
    prefix = conda.create("demo", channel, "meta")
    conda.run("clean", "--yes", "--packages")
    assert not (conda.pkgs / "meta-1.0-h1_0").exists()

    assert {name: each.read_from for name, each in claims(prefix, conda).items()} == {
        "alpha": "cache",
        "meta": "archive",
    }


def test_cleaned_of_everything(conda: Conda, channel: Path) -> None:
    """Where nothing is left, the channel's folder on this disk still has it."""
    prefix = conda.create("demo", channel, "meta")
    conda.run("clean", "--yes", "--force-pkgs-dirs")
    assert {each.read_from for each in claims(prefix, conda).values()} == {"archive"}

    shutil.rmtree(channel)
    assert claims(prefix, conda) == {}


def test_a_copied_environment(conda: Conda, channel: Path) -> None:
    conda.condarc.write_text("always_copy: true\n")
    prefix = conda.create("demo", channel, "alpha")
    record = json.loads((prefix / "conda-meta" / "alpha-1.0-h1_0.json").read_text())
    assert record["link"]["type"] == 3

    assert claims(prefix, conda)["alpha"].read_from == "cache"
    conda.run("clean", "--yes", "--packages")
    assert not (conda.pkgs / "alpha-1.0-h1_0").exists()
    assert claims(prefix, conda)["alpha"].read_from == "archive"


def test_another_channels_package_takes_the_folder(
    conda: Conda, channel: Path, tmp_path: Path
) -> None:
    """The old environment's record then leads to the newcomer."""
    first = conda.create("first", channel, "alpha")
    other = tmp_path / "other"
    build_package(other, "alpha", stamp={"sha": OTHER_SHA}, files={"share/other": "x"})
    second = conda.create("second", index_channel(other), "alpha")
    about = conda.pkgs / "alpha-1.0-h1_0" / "info" / "about.json"
    assert OTHER_SHA in about.read_text()

    assert claims(second, conda)["alpha"].claim.sha == OTHER_SHA
    assert claims(first, conda)["alpha"].claim.sha == SHA
    assert claims(first, conda)["alpha"].read_from == "archive"
    shutil.rmtree(channel)
    assert claims(first, conda) == {}


@pytest.mark.parametrize("by", ["file", "explicit", "explicit with md5"])
def test_explicit_installs(conda: Conda, channel: Path, tmp_path: Path, by: str) -> None:
    from hashlib import md5

    file = channel / "noarch" / "alpha-1.0-h1_0.conda"
    if by == "file":
        target = [str(file)]
    else:
        digest = f"#{md5(file.read_bytes()).hexdigest()}" if "md5" in by else ""
        listed = tmp_path / "explicit.txt"
        listed.write_text(f"@EXPLICIT\n{file.as_uri()}{digest}\n")
        target = ["--file", str(listed)]
    conda.run("create", "--yes", "--quiet", "--offline", "--name", "demo", *target)

    claim = claims(conda.envs / "demo", conda)["alpha"]

    assert (claim.claim.sha, claim.read_from) == (SHA, "cache")


def test_conda_says_where_environments_and_caches_are(
    conda: Conda, channel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its files, which are read without changing the state of its configuration."""
    elsewhere = tmp_path / "elsewhere"
    prefix = conda.create("demo", channel, "alpha")
    shutil.move(conda.envs, elsewhere / "envs")
    shutil.move(conda.pkgs, elsewhere / "pkgs")
    conda.condarc.write_text(
        f"envs_dirs: [{elsewhere}/envs]\npkgs_dirs: [{elsewhere}/pkgs]\nalways_yes: true\n"
    )
    for name in ("CONDA_PKGS_DIRS", "CONDA_ENVS_DIRS", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONDARC", str(conda.condarc))
    from conda.base.context import context

    always_yes = context.always_yes

    assert find_prefix("demo", None, {"HOME": "/nowhere"}) == str(elsewhere / "envs" / prefix.name)
    assert next(iter(Configuration({"HOME": "/nowhere"}))) == str(elsewhere / "pkgs")
    assert find_prefix("base", None, {"HOME": "/nowhere"}) == context.root_prefix
    assert context.always_yes == always_yes
