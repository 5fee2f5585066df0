"""Real conda and a real channel, for tests of the gate before installing.

``python conda_gate.py FOLDER`` makes the channels.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import channel
import pytest
from channel import BZ2, SHA, STAMP, Package, make_channel

SETTING = "CONDA_PLUGINS_PROVENANCE_INSTALL"

PACKAGES = (
    Package("stamped", "1.0", extra=STAMP),
    Package("stamped-old", "1.0", extra=STAMP, ending=BZ2),
    Package("stamped-meta", "1.0", extra=STAMP, depends=["stamped"], empty=True),
    Package("stamped-binary", "1.0", extra=STAMP, subdir="platform"),
    Package("silent", "1.0"),
    Package("silent-meta", "1.0", depends=["stamped"], empty=True),
    Package("partial", "1.0", extra={"sha": SHA}),
    Package("short", "1.0", extra={**STAMP, "sha": SHA[:7]}),
    # Its first version says where it comes from, its second does not.
    Package("fading", "1.0", extra=STAMP),
    Package("fading", "2.0"),
)
OTHERS = (
    # Two packages of the same names, in another channel.
    Package("stamped", "1.0"),
    Package("silent", "1.0", extra=STAMP),
)


def make_channels(folder: Path) -> None:
    make_channel(folder / "main", PACKAGES).index()
    make_channel(folder / "other", OTHERS).index()


@pytest.fixture(scope="session")
def gate_channels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both channels. Do not change them."""
    if find_spec("conda") is None:
        pytest.skip("conda is not installed here; CONTRIBUTING.md says how to have it")
    if tuple(map(int, version("conda").split(".")[:2])) < (25, 5):
        pytest.skip("conda before 25.5 has no place for the gate")
    for module in ("rattler_build", "rattler"):
        pytest.importorskip(module, reason="pip install 'conda-provenance[test]'")
    folder = tmp_path_factory.mktemp("gate") / "channels"
    # In a process of its own: builders and indexers leave threads and patches.
    environ = {**os.environ, "PYTHONPATH": str(Path(channel.__file__).parent)}
    subprocess.run([sys.executable, __file__, str(folder)], check=True, env=environ)
    return folder


@dataclass
class Done:
    """What came of a conda command."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def is_refused(self) -> bool:
        return self.status == 1 and "conda-provenance refuses to go on" in self.said

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Conda:
    """conda with a home, a package cache and a folder of environments of its own."""

    folder: Path
    channels: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.cache = self.folder / "pkgs"
        (self.home / ".config" / "conda").mkdir(parents=True)

    def environ(self, **variables: str) -> dict[str, str]:
        plain = {name: os.environ[name] for name in os.environ if not name.startswith("CONDA")}
        return {
            **plain,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "CONDA_PKGS_DIRS": str(self.cache),
            "CONDA_ENVS_DIRS": str(self.folder / "envs"),
            "CONDA_CHANNELS": self.channel(),
            "CONDA_REGISTER_ENVS": "false",
            "CONDA_SOLVER": "classic",  # The others are plugins, and do not fit every conda.
            **self.variables,
            **variables,
        }

    def channel(self, name: str = "main") -> str:
        return (self.channels / name).as_uri()

    def package(self, file: str, channel: str = "main") -> Path:
        (path,) = (self.channels / channel).glob(f"*/{file}-h0_0.*")
        return path

    def prefix(self, name: str = "env") -> Path:
        return self.folder / "envs" / name

    def __call__(self, *words: str | Path, prelude: str = "", **variables: str) -> Done:
        """Run conda, in a process of its own. ``prelude`` is Python that it runs before."""
        start = ["-m", "conda"]
        if prelude:
            start = ["-c", f"{prelude}\nimport sys\nfrom conda.cli import main\nsys.exit(main())"]
        done = subprocess.run(
            [sys.executable, *start, *map(str, words)],
            env=self.environ(**variables),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def create(self, *words: str | Path, name: str = "env", **variables: str) -> Done:
        return self("create", "-y", "-p", self.prefix(name), *words, **variables)

    def made(self, *words: str | Path, name: str = "env") -> Path:
        """An environment that was made without the gate."""
        done = self.create(*words, name=name, **{SETTING: "ignore"})
        assert done.status == 0, done.said
        return self.prefix(name)

    def refusing(self, *words: str | Path, **variables: str) -> Done:
        return self(*words, **{SETTING: "refuse", **variables})

    def condarc(self, text: str, *, system: bool = False) -> None:
        """Write the user's file, or one that conda reads before that, as it does the system's."""
        place = self.home / ".config" / "conda" if system else self.home
        (place / ".condarc").write_text(text)


def tree(folder: Path) -> dict[str, str]:
    """Every path below a folder, with what it holds."""
    return {str(path.relative_to(folder)): _content(path) for path in sorted(folder.rglob("*"))}


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if path.is_dir():
        return "folder"
    return f"{path.stat().st_mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture
def conda(gate_channels: Path, tmp_path: Path) -> Conda:
    return Conda(tmp_path / "conda", gate_channels)


if __name__ == "__main__":
    make_channels(Path(sys.argv[1]))
