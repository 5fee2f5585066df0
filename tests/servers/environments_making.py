"""Makes environments and package caches: real ones by rattler and conda, others by hand.

The records of mamba, micromamba and the pixi of 2024 are written by hand in the shapes that those
programs write, as is all that no program writes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from packages_making import make_conda, make_folder

SHA = "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"
OTHER_SHA = "b" * 40
STAMP = {
    "sha": SHA,
    "remote_url": "https://github.com/example/demo-feedstock",
    "flow_run_id": "github_123456789_1",
}
CHANNEL = "https://conda.example.org/forge"
SHAPES = ("conda", "mamba", "rattler", "pixi-2024")
"""Programs whose records differ."""


@dataclass(frozen=True)
class Cached:
    """A package in a cache: its folder, its file, and what the index says about it."""

    cache: Path
    folder: Path
    file: Path
    index: dict[str, Any]

    @property
    def full_name(self) -> str:
        return self.file.name.removesuffix(".conda")


def make_cached(
    cache: Path,
    about: Any = None,
    *,
    name: str = "demo",
    channel: str = CHANNEL,
    repodata: Any = ...,
    archive: bool = True,
) -> Cached:
    """A package in a cache as conda leaves it there. ``repodata`` replaces its repodata_record.

    ``None``: there is none.
    """
    cache.mkdir(parents=True, exist_ok=True)
    about = {"extra": STAMP} if about is None else about
    file = make_conda(cache, about, name=name)
    folder = make_folder(cache, about, name=name)
    data = file.read_bytes()
    index = {
        "name": name,
        "version": "1.0",
        "build": "0",
        "build_number": 0,
        "channel": f"{channel}/noarch",
        "subdir": "noarch",
        "fn": file.name,
        "md5": hashlib.md5(data).hexdigest(),
        "url": f"{channel}/noarch/{file.name}",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "timestamp": 1700000000000,
        "depends": [],
    }
    (folder / "info" / "index.json").write_text(
        json.dumps({key: index[key] for key in ("name", "version", "build", "subdir")})
    )
    if repodata is not None:
        (folder / "info" / "repodata_record.json").write_text(
            json.dumps(index if repodata is ... else repodata)
        )
    if not archive:
        file.unlink()
    return Cached(cache, folder, file, index)


def record_of(cached: Cached, shape: str = "conda") -> dict[str, Any]:
    """The record of a cached package, as one of ``SHAPES`` writes it."""
    paths = [{"_path": "share/demo.txt", "path_type": "hardlink", "size_in_bytes": 4096}]
    lists = {
        "files": ["share/demo.txt"],
        "paths_data": {"paths_version": 1, "paths": paths},
    }
    folder, index = str(cached.folder), cached.index
    base = index["url"].rsplit("/", 2)[0]
    link = {"link": {"source": folder, "type": 1}}
    if shape == "conda":
        archive = {"package_tarball_full_path": str(cached.file), "extracted_package_dir": folder}
        return {**index, "requested_spec": "demo", **archive, **lists, **link}

    if shape == "mamba":
        # The archive's name always ends like this, and the keys are sorted.
        archive = {
            "package_tarball_full_path": f"{folder}.tar.bz2",
            "extracted_package_dir": folder,
        }
        record = {**index, "requested_spec": "", **archive, **lists, **link}
        return dict(sorted(record.items()))

    own = {"extracted_package_dir": folder}
    if shape == "rattler":
        return {**index, "channel": f"{base}/", **own, "requested_specs": ["demo"], **lists, **link}

    assert shape == "pixi-2024"
    nothing = {"requested_spec": None, "requested_specs": None, "link": None}
    return {**index, "channel": base, **own, **lists, **nothing}


def add_record(prefix: Path, record: Mapping[str, Any] | bytes, file: str | None = None) -> Path:
    """Write a record into an environment, which is made if need be."""
    if isinstance(record, bytes):
        assert file is not None
        data = record
    else:
        file = file or f"{record['name']}-{record['version']}-{record['build']}.json"
        data = json.dumps(record, indent=2).encode()

    path = prefix / "conda-meta" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def write_lock(cached: Cached, sha256: str | None = None, revision: int = 1) -> Path:
    """rattler's file beside the folder. rattler writes it before it extracts the package."""
    path = cached.folder.with_name(cached.folder.name + ".lock")
    digest = bytes.fromhex(sha256 or cached.index["sha256"])
    path.write_bytes(revision.to_bytes(8, "big") + digest)
    before = (cached.folder / "info").stat().st_ctime_ns - 10**9
    os.utime(path, ns=(before, before))
    return path


@contextmanager
def no_root(folder: Path) -> Iterator[None]:
    """Be a user who may not read everything, for the length of a ``with`` block."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return

    for parent in (folder, *folder.parents):
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(0o755)
    os.seteuid(12345)
    try:
        yield
    finally:
        os.seteuid(0)


def build_package(
    folder: Path,
    name: str,
    *,
    version: str = "1.0",
    build: str = "h1_0",
    stamp: Mapping[str, str] | None = STAMP,
    files: Mapping[str, str] | None = None,
    depends: Sequence[str] = (),
) -> Path:
    """A real package by py-rattler-build, in ``folder/noarch``. A metapackage has no ``files``."""
    from rattler_build import assemble_package

    from conda_provenance.packages import stamp_package

    target = folder / "noarch"
    target.mkdir(parents=True, exist_ok=True)
    source = folder / "source" / name
    for file, text in (files if files is not None else {f"share/{name}.txt": name}).items():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_text(text)

    made = assemble_package(
        name=name,
        version=version,
        target_platform="noarch",
        build_string=build,
        output_dir=str(target),
        files_dir=str(source) if source.exists() else None,
        noarch="generic",
        summary="made for a test",
        depends=list(depends),
    )
    path = Path(str(made.path))
    if stamp is not None:
        stamp_package(path, dict(stamp))
    return path


def index_channel(folder: Path) -> Path:
    """Index a channel by py-rattler's indexer."""
    import rattler

    asyncio.run(rattler.index.index_fs(channel_directory=str(folder)))
    return folder


def install_by_rattler(channel: Path, names: Iterable[str], prefix: Path, cache: Path) -> Path:
    """A real environment by py-rattler, which pixi uses too."""
    import rattler

    async def install() -> None:
        records = await rattler.solve(
            [rattler.Channel(channel.as_uri())], list(names), platforms=["noarch", "linux-64"]
        )
        await rattler.install(records, target_prefix=prefix, cache_dir=cache, show_progress=False)

    asyncio.run(install())
    return prefix


class Conda:
    """Runs the conda that is installed with this Python, with caches and environments of its own.

    The test is skipped where there is none.
    """

    def __init__(self, home: Path) -> None:
        if find_spec("conda") is None:
            pytest.skip("conda is not installed with this Python: see CONTRIBUTING")
        self.pkgs = home / "pkgs"
        self.envs = home / "envs"
        self.condarc = home / "condarc.yml"
        home.mkdir(parents=True, exist_ok=True)
        self.condarc.write_text("{}\n")
        self.environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CONDA")},
            "HOME": str(home),
            "CONDA_PKGS_DIRS": str(self.pkgs),
            "CONDA_ENVS_DIRS": str(self.envs),
            "CONDARC": str(self.condarc),
        }

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "conda", *arguments]
        done = subprocess.run(
            command, env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"conda {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def create(self, name: str, channel: Path, *specs: str) -> Path:
        """Create an environment from one channel on this disk."""
        self.run(
            *("create", "--yes", "--quiet", "--offline", "--name", name),
            *("--override-channels", "--channel", channel.as_uri(), *specs),
        )
        return self.envs / name
