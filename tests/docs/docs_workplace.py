"""A place where the commands of the pages can be typed: a home, environments, packages, channels.

The hosts that the pages name are on loopback (:mod:`internet`): ``github.com`` with the runs that
built the packages, ``conda.anaconda.org`` and other channels, a git server of one's own. They are
stand-ins. The packages are built by rattler-build's real engine from real commits.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acceptance_sites import LOGS, TOKEN, GitHub
from channel import Channel
from ci_model import CiJob, CiRun
from environments_making import Cached, add_record, record_of
from git_servers import GitServer
from histories import ENVIRONMENT, PROGRAM, History, empty, run_git
from internet import connected
from packages_making import make_conda, make_tar_bz2
from recipe_making import checkout, rattler_build

from conda_provenance.packages import stamp_package

EXAMPLES = Path(__file__).parents[2] / "examples"
FORGE = "https://conda.anaconda.org/conda-forge"
EXAMPLE = "example/hello-feedstock"

POLICY = """\
version = 1
[[rules]]
repositories = ["https://github.com/*/*"]
accept = "consistent"
"""

WRONG_POLICY = f"{POLICY}{6 * chr(10)}[[rules]]\nreviws = 1\n"
"""Its fault is in the line that the page names."""

# Ours is the program of the tests; its statuses are noted.
_OURS = """\
#!/bin/sh
{python} -m conda_provenance "$@"
status=$?
echo "$status $1" >> "$STATUSES"
exit $status
"""


@dataclass(frozen=True)
class Recipe:
    """A package to build, and the repository whose commit it is built from."""

    name: str
    version: str
    build: str
    repository: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}-{self.build}.conda"

    @property
    def text(self) -> str:
        return json.dumps(
            {
                "package": {"name": self.name, "version": self.version},
                "build": {
                    "noarch": "generic",
                    "string": self.build,
                    "script": f"mkdir -p $PREFIX/share && echo 1 > $PREFIX/share/{self.name}.txt",
                },
                "about": {"license": "BSD-3-Clause"},
            }
        )


NUMPY = Recipe("numpy", "2.3.1", "py313h17eae1a_0", "conda-forge/numpy-feedstock")
ZLIB = Recipe("zlib", "1.3.1", "hb9d3cd8_2", "conda-forge/zlib-feedstock")
TZDATA = Recipe("tzdata", "2025b", "h78e105d_0", "conda-forge/tzdata-feedstock")
HELLO = Recipe("hello", "1.0", "0", EXAMPLE)
NEWER = Recipe("hello", "1.1", "0", EXAMPLE)
OLD_NUMPY = Recipe("numpy", "1.26.4", "py312heda63a1_0", "conda-forge/numpy-feedstock")
OWN = Recipe("hello", "1.0", "h4616a5c_0", "https://git.example.org/packaging/hello")
O_N = Recipe("hello", "1.0", "h4616a5c_0", "https://git.example.org/o/n")
RECIPES = (OLD_NUMPY, NUMPY, ZLIB, TZDATA, HELLO, NEWER, OWN, O_N)


@dataclass
class Workplace:
    """What the commands find, and what they leave."""

    folder: Path
    github: GitHub = field(init=False)
    git: GitServer = field(init=False)
    packages: dict[Recipe, Path] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    # --- what there is outside ------------------------------------------------------------------

    def build(self) -> None:
        self.github = GitHub(self.folder)
        self.git = GitServer(self.folder / "git.example.org")
        histories: dict[str, History] = {}
        for number, recipe in enumerate(RECIPES):
            history = histories.get(recipe.repository)
            if history is None:
                history = empty(self.folder / f"{number}.git")
                histories[recipe.repository] = history
            history.commit(recipe.version, {"recipe/recipe.yaml": recipe.text})

        for number, (name, history) in enumerate(histories.items()):
            own = name.removeprefix("https://git.example.org/")
            if own != name:
                self.git.publish(history, own)
            else:
                self.github.publish(name, history, id=100 + number, owner_id=9)
        for number, recipe in enumerate(RECIPES):
            self.packages[recipe] = self._built(recipe, histories[recipe.repository], number)

        self.checkout = self.folder / "checkout"
        checkout(histories[EXAMPLE], histories[EXAMPLE]["1.1"], self.checkout)
        run_git(self.checkout, "remote", "set-url", "origin", f"https://github.com/{EXAMPLE}.git")

    def _built(self, recipe: Recipe, history: History, number: int) -> Path:
        sha = history[recipe.version]
        source = checkout(history, sha, self.folder / f"source-{number}")
        [package] = rattler_build(source / "recipe" / "recipe.yaml", self.folder / f"out-{number}")
        remote = recipe.repository
        if "://" in remote:
            stamp_package(package, {"sha": sha, "remote_url": remote})
            return package

        run = 13381204511 + number
        stamp = {"remote_url": f"https://github.com/{remote}", "flow_run_id": f"github_{run}"}
        stamp_package(package, {"sha": sha, **stamp})
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        log = f"conda-provenance: noarch/{package.name} sha256={digest} sha={sha}\n"
        jobs = (CiJob("linux_64_", log),)
        self.github.run(run, CiRun(sha, repository=remote, head_repository=remote, jobs=jobs))
        return package

    def channel(self, folder: Path, recipes: Sequence[Recipe]) -> Channel:
        (folder / "noarch").mkdir(parents=True)
        (folder / "linux-64").mkdir()
        for each in recipes:
            shutil.copy(self.packages[each], folder / "noarch")
        return Channel(folder).index()

    # --- what there is here ---------------------------------------------------------------------

    def furnish(self) -> None:
        """The home, and the folder in which the commands are typed."""
        home = self.folder / "home"
        pkgs = home / "miniforge3" / "pkgs"
        cached = {each: self._cached(each, pkgs) for each in (NUMPY, ZLIB, HELLO, NEWER)}
        for name, recipes in {
            "science": (NUMPY, ZLIB),
            "old": (HELLO, ZLIB),
            "new": (HELLO, ZLIB),
        }.items():
            prefix = home / "miniforge3" / "envs" / name
            add_record(prefix, b"", "history")
            for recipe in recipes:
                add_record(prefix, record_of(cached[recipe]))
        shutil.copytree(self.checkout, home / "feedstocks" / "numpy")

        work = self.folder / "work"
        shutil.copytree(self.checkout, work)
        for name in ("finished", "kept", "output/noarch", "packages/noarch", "old"):
            (work / name).mkdir(parents=True)
        for recipe in (NUMPY, HELLO, NEWER, O_N):
            shutil.copy(self.packages[recipe], work)
        shutil.copy(self.packages[HELLO], work / "output" / "noarch")
        shutil.copy(self.packages[NUMPY], work / "kept")
        shutil.copy(self.packages[NEWER], work / "output" / "noarch")
        shutil.copy(self.packages[OWN], work / "packages" / "noarch")
        for name in ("a", "b", "numpy"):
            (work / "recipes" / name).mkdir(parents=True)
            text = json.loads(HELLO.text)
            text["package"]["name"] = name
            (work / "recipes" / name / "recipe.yaml").write_text(json.dumps(text))
        (work / "recipe.yaml").write_text(HELLO.text)
        (work / "pixi.lock").write_text(self._lockfile(NUMPY, ZLIB))
        (work / "old" / "pixi.lock").write_text(self._lockfile(NUMPY, ZLIB))
        (work / "policy.toml").write_text(POLICY)
        (work / "wrong.toml").write_text(WRONG_POLICY)
        make_conda(work / "finished", {}, name="finished")
        make_tar_bz2(work, {}, name="old")
        (work / "token.txt").write_text("not-a-token\n")
        (work / "token.txt").chmod(0o600)

    def _cached(self, recipe: Recipe, pkgs: Path) -> Cached:
        import conda_package_streaming.extract

        pkgs.mkdir(parents=True, exist_ok=True)
        file = Path(shutil.copy(self.packages[recipe], pkgs))
        folder = pkgs / file.name.removesuffix(".conda")
        conda_package_streaming.extract.extract(str(file), str(folder))
        record = self._record(recipe)
        (folder / "info" / "repodata_record.json").write_text(json.dumps(record))
        return Cached(pkgs, folder, file, record)

    def _record(self, recipe: Recipe) -> dict[str, Any]:
        data = self.packages[recipe].read_bytes()
        return {
            "name": recipe.name, "version": recipe.version, "build": recipe.build,
            "build_number": 0, "channel": f"{FORGE}/noarch", "subdir": "noarch",
            "fn": recipe.file_name, "url": f"{FORGE}/noarch/{recipe.file_name}",
            "md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data), "timestamp": 1700000000000, "depends": [],
        }  # fmt: skip

    def _lockfile(self, *recipes: Recipe) -> str:
        records = [self._record(each) for each in recipes]
        references = [{"conda": each["url"]} for each in records]
        known = [
            {"conda": each["url"], "sha256": each["sha256"], "size": each["size"]}
            for each in records
        ]
        environments = {
            "default": {"channels": [{"url": FORGE}], "packages": {"linux-64": references}}
        }
        return json.dumps({"version": 6, "environments": environments, "packages": known})

    # --- typing ---------------------------------------------------------------------------------

    def copy(self, folder: Path) -> Path:
        """A fresh copy of the folder for the commands of one page."""
        shutil.copytree(self.folder / "work", folder, symlinks=True)
        you = ("-c", "user.name=You", "-c", "user.email=you@example.org")
        (folder / "examples").symlink_to(EXAMPLES)
        run_git(folder, "add", "--all")
        run_git(folder, *you, "commit", "-qm", "All that is here")
        self._shell_state.unlink(missing_ok=True)
        return folder

    def run(self, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
        """What a shell does with these lines. It knows what was exported, and where it was."""
        self._statuses.write_text("")
        before = f". {self._shell_state}" if self._shell_state.exists() else ":"
        keep = f"{{ export -p; echo \"cd '$PWD'\"; }} > {self._shell_state}"
        return subprocess.run(
            ["bash", "-c", f"{before}\n{script}\nstatus=$?\n{keep}\nexit $status"],
            cwd=folder,
            env={**self.environ, "TMPDIR": str(folder.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )

    def statuses(self) -> list[tuple[str, int]]:
        """The commands of ours that were run, and how each ended."""
        lines = (line.split() for line in self._statuses.read_text().splitlines())
        return [(" ".join(rest), int(status)) for status, *rest in lines]

    def start(self, folder: Path, script: str) -> subprocess.Popen[str]:
        """A command in a terminal of its own. It runs on, and is ready once it says something."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {script}"],
            cwd=folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline(), f"{script} said nothing"
        return process

    @property
    def _statuses(self) -> Path:
        return self.folder / "statuses"

    @property
    def _shell_state(self) -> Path:
        return self.folder / "shell-state"

    def normal(self, text: str) -> str:
        """Output without what differs from run to run."""
        text = re.sub(r"\b[0-9a-f]{64}\b", "SHA256", text)
        text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
        text = re.sub(r"\b(127\.0\.0\.1|localhost):\d+", r"\1:PORT", text)
        text = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
        text = re.sub(r"[ ]+$", "", text, flags=re.MULTILINE)
        return text.strip()

    def settle(self, network: dict[str, str]) -> None:
        """The environment of the shell."""
        programs, home = self.folder / "bin", self.folder / "home"
        programs.mkdir()
        ours = programs / "conda-provenance"
        ours.write_text(_OURS.format(python=sys.executable))
        ours.chmod(0o755)
        kept = {name: os.environ[name] for name in ("LANG", "PYTHONPATH") if name in os.environ}
        self.environ = {
            **kept,
            # git knows no name to commit with, as on a new machine.
            **{name: each for name, each in ENVIRONMENT.items() if name.startswith("GIT_CONFIG")},
            **network,
            "PATH": f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
            f"{Path(PROGRAM).parent}{os.pathsep}{os.defpath}",
            "HOME": str(home),
            "GH_TOKEN": TOKEN,
            "NO_COLOR": "1",
            "COLUMNS": "100",
            "PYTHONUNBUFFERED": "1",
            "STATUSES": str(self._statuses),
            "CONDA_PREFIX": str(home / "miniforge3" / "envs" / "science"),
            "CONDA_ENVS_DIRS": str(home / "miniforge3" / "envs"),
            "CONDA_PKGS_DIRS": str(home / "miniforge3" / "pkgs"),
            "CONDA_PROVENANCE_CACHE_DIR": str(self.folder / "cache"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }


def _files_at(site: GitServer, places: dict[str, Path]) -> None:
    """Have a site serve folders, each below a path of its own."""

    def answer(handler: Any) -> bool:
        path = handler.path.partition("?")[0]
        for start, folder in places.items():
            file = folder / path.removeprefix(f"/{start}/")
            if path.startswith(f"/{start}/") and ".." not in path and file.is_file():
                handler.reply(200, file.read_bytes(), Content_Type="application/octet-stream")
                return True
        handler.reply(404)
        return True

    site.before = answer


@contextmanager
def open_workplace(folder: Path) -> Iterator[Workplace]:
    """The place, with its internet, for the length of a ``with`` block."""
    place = Workplace(folder)
    with ExitStack() as stack:
        place.build()
        stack.callback(place.github.stop)
        stack.callback(place.git.stop)
        forge = place.channel(folder / "conda-forge", (OLD_NUMPY, NUMPY, ZLIB, TZDATA)).folder
        own = place.channel(folder / "own", (HELLO, NEWER)).folder
        web = GitServer(folder / "web")
        stack.callback(web.stop)
        _files_at(web, {"conda-forge": forge, "chan": own, "main": own, "example": own})
        sites = {
            "github.com": place.github.git,
            "api.github.com": place.github.api,
            LOGS: place.github.logs,
            "git.example.org": place.git,
            **dict.fromkeys(("conda.anaconda.org", "conda.example.com", "example.org"), web),
        }
        internet = stack.enter_context(connected(folder, sites))
        place.furnish()
        place.settle(internet.environment)
        yield place
