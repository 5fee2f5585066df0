"""Makes a real channel: packages by py-rattler-build, indexes by py-rattler's and conda's indexers.

``python channel.py FOLDER`` makes one by hand. The fixture ``channel`` is one that tests share;
:meth:`Channel.copy` gives a test its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SHA = "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"
STAMP = {
    "sha": SHA,
    "remote_url": "https://github.com/example/hello-feedstock",
    "flow_run_id": "github_123456789_1",
    "flow_run_url": "https://github.com/example/hello-feedstock/actions/runs/123456789",
}
SECRET = "s3cr3t-of-the-channel"
"""A password that a package's stamp holds. It must never be shown."""

CONDA, BZ2 = ".conda", ".tar.bz2"


class Package(NamedTuple):
    """A package to build."""

    name: str
    version: str
    build: str = "h0_0"
    number: int = 0
    subdir: str = "noarch"
    """``platform``: that of this machine."""
    ending: str = CONDA
    extra: Mapping[str, Any] | None = None
    """Goes into the recipe, and from there into about.json, as it is."""
    depends: Sequence[str] = ()
    empty: bool = False
    """Without files, as a metapackage is."""

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}-{self.build}{self.ending}"


PACKAGES = (
    # The newest version is not the last by its letters; the newest build is not the last by its
    # string; one build is there in both formats.
    Package("hello", "0.9", extra=STAMP),
    Package("hello", "0.10rc1", extra=STAMP),
    Package("hello", "0.10", extra=STAMP, ending=BZ2),
    Package("hello", "0.10", extra=STAMP),
    Package("hello", "0.10", build="a1_1", number=1, extra=STAMP),
    # One of the platform, whose newest version is older than that of noarch.
    Package("world", "2.0", subdir="platform", extra={"sha": SHA}, depends=["hello >=0.10"]),
    Package("world", "1.0", subdir="platform", extra=STAMP),
    Package("world", "2.1", extra=STAMP),
    # Silent ones.
    Package("silent", "1.0"),
    Package("silent-old", "1.0", ending=BZ2),
    Package("silent-extra", "1.0", subdir="platform", extra={"recipe-maintainers": ["somebody"]}),
    Package("silent-meta", "1.0", depends=["silent"], empty=True),
    # Malformed ones.
    Package("malformed-sha", "1.0", extra={**STAMP, "sha": "3f9c2a7"}),
    Package("malformed-type", "1.0", extra={**STAMP, "sha": 12345, "remote_url": ["no", "text"]}),
    Package(
        "malformed-login",
        "1.0",
        extra={**STAMP, "remote_url": f"https://user:{SECRET}@github.com/example/hello"},
    ),
    # A name that begins like another one, with dashes and dots.
    Package("hello-world.extras", "2024.1.post1", build="py312_0", extra=STAMP),
)


@dataclass(frozen=True)
class Channel:
    """A channel on the disk."""

    folder: Path

    @property
    def uri(self) -> str:
        return self.folder.as_uri()

    @property
    def packages(self) -> list[Path]:
        """The package files of all subdirs."""
        return sorted([*self.folder.glob("*/*.conda"), *self.folder.glob("*/*.tar.bz2")])

    @property
    def subdirs(self) -> list[str]:
        return sorted({path.parent.name for path in self.packages})

    def copy(self, folder: Path) -> Channel:
        """The same channel in another folder, for a test that changes it."""
        shutil.copytree(self.folder, folder)
        return Channel(folder)

    def index(self, **options: Any) -> Channel:
        """Index it by py-rattler: repodata.json, .zst and shards, unless ``options`` say else."""
        self.forget_indexes()
        arguments = json.dumps(options)
        _run(__file__, "--index", str(self.folder), arguments)
        return self

    def index_v3(self) -> Channel:
        """Index it by py-rattler, with all records under ``v3`` (CEP 48)."""
        return self.index(
            repodata_revisions=[{"revision": "v3"}], package_revision_assignment="latest"
        )

    def index_by_conda(self, *options: str) -> Channel:
        """Index it by conda-index. The test is skipped where that is not installed."""
        if find_spec("conda_index") is None:
            pytest.skip("conda-index is not installed here: conda install conda-index")
        self.forget_indexes()
        _run("-m", "conda_index", *options, str(self.folder))
        return self

    def forget_indexes(self) -> None:
        """Remove all but the packages."""
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.name.endswith((CONDA, BZ2)):
                path.unlink()

    def keep_indexes(self, *names: str) -> Channel:
        """Remove all indexes but those named so, such as ``repodata.json``."""
        for path in self.folder.glob("*/repodata*"):
            if path.name not in names:
                path.unlink()
        return self


def make_channel(folder: Path, packages: Iterable[Package] = PACKAGES) -> Channel:
    """Build the packages into a new channel, without an index."""
    platform = this_platform()
    with tempfile.TemporaryDirectory() as scratch:
        for package in packages:
            subdir = platform if package.subdir == "platform" else package.subdir
            built = _build(package, subdir, Path(scratch) / f"{package.file_name}.built")
            (folder / subdir).mkdir(parents=True, exist_ok=True)
            shutil.move(built, folder / subdir / package.file_name)
    (folder / "noarch").mkdir(parents=True, exist_ok=True)
    return Channel(folder)


def this_platform() -> str:
    """The subdir of this machine."""
    import rattler.platform

    # Since 0.27 it has another name.
    kind = getattr(rattler.platform, "Subdir", None) or rattler.platform.Platform
    return str(kind.current())


def _build(package: Package, subdir: str, folder: Path) -> Path:
    from rattler_build import PlatformConfig, RenderConfig, Stage0Recipe, VariantConfig

    recipe = folder / "recipe" / "recipe.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(json.dumps(_recipe(package, subdir)))
    target = this_platform() if subdir == "noarch" else subdir
    config = RenderConfig(
        platform=PlatformConfig(
            target_platform=target, build_platform=this_platform(), host_platform=target
        )
    )
    [variant] = Stage0Recipe.from_file(recipe).render(VariantConfig(), config)
    form = package.ending.removeprefix(".")
    result = variant.run_build(output_dir=folder / "out", channels=[], package_format=form)
    [built] = result.packages
    assert built.name == package.file_name, f"{built.name} is not {package.file_name}"
    return Path(built)


def _recipe(package: Package, subdir: str) -> dict[str, Any]:
    script = f"mkdir -p $PREFIX/share && echo {package.version} > $PREFIX/share/{package.name}.txt"
    build: dict[str, Any] = {"number": package.number, "string": package.build}
    build |= {"noarch": "generic"} if subdir == "noarch" else {}
    build |= {} if package.empty else {"script": script}
    return {
        "package": {"name": package.name, "version": package.version},
        "build": build,
        "requirements": {"run": list(package.depends)},
        "about": {"summary": f"{package.name} of the tests"},
        **({} if package.extra is None else {"extra": dict(package.extra)}),
    }


def _index(folder: Path, options: Mapping[str, Any]) -> None:
    import asyncio

    from rattler.index import index_fs

    asyncio.run(index_fs(folder, force=True, **options))
    # rattler's threads may crash an interpreter that ends in good order.
    sys.stdout.flush()
    os._exit(0)


def _run(*arguments: str) -> None:
    """Run Python in a process of its own: builders and indexers leave threads and patches."""
    done = subprocess.run(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def needs_rattler() -> None:
    """Skip the test where packages cannot be built or indexed."""
    for module, extra in (("rattler_build", "rattler-build"), ("rattler", "rattler")):
        pytest.importorskip(
            module, reason=f"not installed here: pip install 'conda-provenance[{extra}]'"
        )


@pytest.fixture(scope="session")
def packages_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a subdir's folder for each platform, without any index."""
    needs_rattler()
    folder = tmp_path_factory.mktemp("packages") / "made"
    _run(__file__, "--packages", str(folder))
    return folder


@pytest.fixture(scope="session")
def channel(packages_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Channel:
    """A channel with repodata.json, repodata.json.zst and shards. Do not change it: copy it."""
    return Channel(packages_folder).copy(tmp_path_factory.mktemp("channel") / "test").index()


@pytest.fixture(scope="session")
def channel_v3(packages_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Channel:
    """The same with all records under ``v3``. Do not change it: copy it."""
    return Channel(packages_folder).copy(tmp_path_factory.mktemp("channel") / "v3").index_v3()


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["--packages", folder]:
            make_channel(Path(folder))
        case ["--index", folder, options]:
            _index(Path(folder), json.loads(options))
        case [folder]:
            make_channel(Path(folder)).index()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
