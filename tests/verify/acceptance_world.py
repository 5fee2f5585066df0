"""One little world for the acceptance test of ``verify``, built once.

It has github.com and its Actions, Azure Pipelines, a forge that looks like GitHub and is not, and
CI servers of strangers, all by their real names (:mod:`internet`), all filled from the same git
histories. The packages are built from those by rattler-build's real engine. What conda-build would
make is put together by hand.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from acceptance_sites import BLOBS, CHANNEL, LOGS, TOKEN, Azure, FilesSite, GitHub, WoodpeckerSite
from ci_model import CiJob, CiRun, block
from forge_model import ForgeChange, ForgeModel, Opinion
from histories import FORGE, History, Maker, empty, everyday, fork_of, script
from internet import Internet, connected
from recipe_making import checkout, rattler_build, repacked
from sigstore_instance import Instance

from conda_provenance.packages import stamp_package
from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.packages.read_contents import read_contents
from conda_provenance.run_api import Trigger

HELLO = "conda-forge/hello-feedstock"
FORK = "mallory/hello-feedstock"
LOOK_ALIKE = "glthub.com"
MALLORYS_CI = "ci.mallory.example"

_SCRIPT = "info/recipe/build.sh"
_BUILD_SH = script("echo hi > $PREFIX/hi\n")
_RECIPE_YAML = """\
package:
  name: hello
  version: "1.0"
build:
  number: 0
  script: build.sh
about:
  license: MIT
"""
BUILD_SH = _BUILD_SH.data
_FILES: Mapping[str, Any] = {
    "recipe/recipe.yaml": _RECIPE_YAML,
    "recipe/build.sh": _BUILD_SH,
    "recipe/fix.patch": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    ".ci_support/linux_64_.yaml": "target_platform:\n- linux-64\n",
    ".gitattributes": "* text=auto\n*.patch binary\nbuild.sh text eol=lf\n",
    "conda-forge.yml": "conda_build_tool: rattler-build\n",
}
_SPLIT_YAML = """\
recipe:
  name: split
  version: "2.0"
outputs:
  - package: {name: split-base}
    build: {noarch: generic, script: echo base > $PREFIX/base.txt}
  - package: {name: split-top}
    build: {noarch: generic, script: echo top > $PREFIX/top.txt}
"""
META_YAML = """\
{% set version = "3.0" %}
package:
  name: old
  version: {{ version }}
build:
  number: 0
requirements:
  host:
    - python
"""
RENDERED = """\
# This file created by conda-build
# meta.yaml template originally from:
# /home/conda/recipe_root, last modified Thu Feb 26 13:00:00 2026
# ------------------------------------------------

package:
  name: old
  version: '3.0'
build:
  number: '0'
  string: h1_0
requirements:
  host:
    - python 3.12.1 h1_0_cpython
"""

Changes = Mapping[str, "PackageFile | bytes | None"]
NOTHING: Changes = MappingProxyType({})


class World:
    """Everything that is outside of the packages, and the means to make them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self.github = GitHub(folder)
        self.look_alike = GitHub(folder / "look-alike", is_enterprise=True)
        self.azure = Azure(folder)
        self.mallorys_ci = WoodpeckerSite(folder, MALLORYS_CI)
        self.internet: Internet
        self.channel = FilesSite(folder / CHANNEL)
        self.sigstore = Instance()
        self.trust_root = folder / "trusted_root.json"
        self.trust_root.write_bytes(self.sigstore.root_bytes())
        self.hello = everyday(folder / "hello.git", _FILES)
        self.model = self._feedstock()
        self._publish_others()
        self._build()

    # --- repositories ---------------------------------------------------------------------------

    def _feedstock(self) -> ForgeModel:
        files = {".ci_support/linux_64_.yaml": "target_platform:\n- linux-64\n# again\n"}
        self.hello.commit("rerendered", files, message="MNT: Re-rendered")
        model = self.github.publish(HELLO, self.hello, id=4711, owner_id=99)
        model.edit(1, said=(Opinion("dora"),))
        model.edit(2, said=(Opinion("dora"),))
        model.edit(3, said=(Opinion("dora"),))
        return model

    def _publish_others(self) -> None:
        folder, hello = self.folder, self.hello
        self.fork = fork_of(hello, folder / "fork.git")
        fork = self.github.publish(FORK, self.fork, id=666, owner_id=66)
        fork.parent, fork.changes = HELLO, []
        self.github.publish("conda-f0rge/hello-feedstock", self.fork, id=667, owner_id=66)
        self.github.publish("was-forge/hello-feedstock", self.fork, id=668, owner_id=66)
        self.github.rename("conda-forge/moved-feedstock", FORK)
        self.github.rename("conda-forge/hallo-feedstock", HELLO)
        self.look_alike.publish(HELLO, hello.copy(folder / "look-alike.git"), id=1, owner_id=1)

        self.split = empty(folder / "split.git")
        self.split.commit("tip", {"recipe/recipe.yaml": _SPLIT_YAML, "LICENSE.txt": "MIT\n"})
        self.github.publish("conda-forge/split-feedstock", self.split, id=4712, owner_id=99)

        self.old = empty(folder / "old.git")
        old = {"recipe/meta.yaml": META_YAML, "recipe/build.sh": _BUILD_SH, "LICENSE.txt": "MIT\n"}
        self.old.commit("tip", old)
        self.github.publish("conda-forge/old-feedstock", self.old, id=4713, owner_id=99)
        self.github.publish("AnacondaRecipes/old-feedstock", self.old, id=81, owner_id=8)

        self.many = empty(folder / "many.git")
        self.many.git("symbolic-ref", "HEAD", "refs/heads/master")
        names = [f"tool{number}" for number in range(40)]
        recipes: dict[str, Any] = {
            f"recipes/{name}/meta.yaml": META_YAML.replace("old", name) for name in names
        }
        recipes["recipes/old/meta.yaml"] = META_YAML
        recipes["recipes/old/build.sh"] = _BUILD_SH
        recipes["recipes/old/2.9/meta.yaml"] = META_YAML.replace("3.0", "2.9")
        self.many.commit("tip", recipes, on="refs/heads/master")
        self.github.publish("bioconda/bioconda-recipes", self.many, id=5, owner_id=55)

    def change(self, name: str, *said: Opinion, evil: bool = False, **fields: Any) -> str:
        """A change that was squashed into main. Returns the commit; its head is ``NAME-head``."""
        number = 100 + len(self.model.changes)
        maker = Maker(self.hello)
        files = {f"{name}.txt": "1\n"}
        merged = {**files, "recipe/build.sh": script("evil\n")} if evil else files
        maker.commit(
            f"{name}-first", {f"{name}.txt": "0\n"}, ["tip"], author="Bob <bob@example.org>"
        )
        maker.commit(f"{name}-head", files, [f"{name}-first"], author="Bob <bob@example.org>")
        tip = self.hello.git("rev-parse", "refs/heads/main")
        maker.commit(name, merged, [tip], author="Bob <bob@example.org>", committer=FORGE)
        if evil:  # Nobody builds on that.
            maker.commit(f"{name}-after", {"recipe/build.sh": _BUILD_SH}, [name])
        maker.point("refs/heads/main", f"{name}-after" if evil else name)
        maker.write()

        shas = self.hello
        head = (shas[f"{name}-first"], shas[f"{name}-head"])
        made = ForgeChange(number, True, False, "bob", name, "main", head, (shas[name],), said=said)
        self.model.changes.append(replace(made, how="squash", **fields))
        return shas[name]

    # --- packages -------------------------------------------------------------------------------

    def _build(self) -> None:
        """By rattler-build, in checkouts, as the CI of conda-forge does."""
        self.built = self._built(self.hello, "hello")[0]
        self.split_built = self._built(self.split, "split")
        self.old_built = self._by_hand("old-3.0-h1_0", "linux-64", {
            "info/recipe/meta.yaml": RENDERED.encode(),
            "info/recipe/meta.yaml.template": META_YAML.encode(),
            _SCRIPT: PackageFile(_SCRIPT, _BUILD_SH.data, False, True),
            "info/recipe/conda_build_config.yaml": b"python:\n- 3.12.* *_cpython\n",
        })  # fmt: skip

    def _built(self, history: History, name: str) -> list[Path]:
        folder = checkout(history, history["tip"], self.folder / f"{name}-checkout")
        # conda-smithy's build scripts do so right before the build.
        shutil.copy(folder / "LICENSE.txt", folder / "recipe" / "recipe-scripts-license.txt")
        return rattler_build(folder / "recipe" / "recipe.yaml", self.folder / f"{name}-built")

    def _by_hand(self, stem: str, subdir: str, files: Changes) -> Path:
        """A package in the form of conda-build's. Nothing built it."""
        name, version, build = stem.rsplit("-", 2)
        index = {
            "name": name, "version": version, "build": build, "build_number": 0, "subdir": subdir,
            "depends": [], "arch": "x86_64", "platform": subdir.partition("-")[0],
        }  # fmt: skip
        given: dict[str, PackageFile | bytes | None] = {
            "info/index.json": json.dumps(index).encode(),
            "info/about.json": b"{}",
            "info/paths.json": b'{"paths": [], "paths_version": 1}',
            **files,
        }
        contents = read_contents(self.built, whole=True)
        place = replace(contents.package, location=f"{stem}.conda")
        made = repacked(PackageContents(place, {}), self.fresh(), given)
        return Path(made.package.location)

    def fresh(self) -> Path:
        self._count += 1
        folder = self.folder / "packages" / str(self._count)
        folder.mkdir(parents=True)
        return folder

    def package(
        self,
        *,
        of: Path | None = None,
        commit: str = "tip",
        sha: str = "",
        repository: str = HELLO,
        changes: Changes = NOTHING,
        payload: Mapping[str, bytes] = {},
        stem: str = "",
        **stamp: str,
    ) -> Path:
        """A package of the feedstock, or a forgery of one."""
        made = Path(shutil.copy(of or self.built, self.fresh()))
        if changes or payload or stem:
            contents = read_contents(made, whole=True)
            if stem:
                place = replace(contents.package, location=f"{stem}.conda")
                contents = PackageContents(place, contents.files)
            payload = payload or {"hi": b"hi\n"}
            made = Path(repacked(contents, self.fresh(), changes, payload).package.location)
        values = {
            "sha": sha or self.hello.shas.get(commit, commit),
            "remote_url": repository if ":" in repository else f"https://github.com/{repository}",
            **stamp,
        }
        stamp_package(made, values, overwrite=True)
        return made

    # --- runs -----------------------------------------------------------------------------------

    def actions(
        self,
        *,
        log: str | None = "",
        jobs: Sequence[CiJob] = (),
        at: str = "",
        github: GitHub | None = None,
        run: Mapping[str, Any] = {},
        **given: Any,
    ) -> Path:
        """A package of a run of GitHub Actions.

        Without ``log`` the log has conda-forge's block of the package. In a log, ``{block}`` stands
        for that, ``{path}`` and ``{sha256}`` for what is in it, and ``{other}`` for another digest.
        ``at``: the repository whose run it is.
        """
        github = github or self.github
        number = 7000 + len(github.runs)
        made = self.package(flow_run_id=f"github_{number}", **given)
        sha, repository = self._said(made, given)
        jobs = tuple(
            replace(job, log=_filled(job.log, made))
            for job in jobs or (CiJob("linux_64_", "{block}" if log == "" else log),)
        )
        values = {"sha": sha, "repository": at or repository, "jobs": jobs, **run}
        values = {"head_repository": values["repository"], **values}
        github.run(number, CiRun(**values))
        return made

    def pipelines(
        self,
        *,
        log: str = "{block}",
        number: str = "",
        project: str = "",
        is_shown: bool = True,
        jobs: Sequence[CiJob] = (),
        history: History | None = None,
        run: Mapping[str, Any] = {},
        **given: Any,
    ) -> Path:
        """A package of a build of Azure Pipelines, which Azure's app shows at the commit."""
        build = 1472000 + len(self.azure.builds)
        number = number or f"20260226.{len(self.azure.builds) + 1}"
        made = self.package(flow_run_id=f"azure_{number}.1", **given)
        sha, repository = self._said(made, given)
        jobs = tuple(
            replace(job, log=_filled(job.log, made)) for job in jobs or (CiJob("linux_64_", log),)
        )
        values = {"sha": sha, "repository": repository, "head_repository": repository, "jobs": jobs}
        self.azure.build(build, number, CiRun(**{**values, **run}), history or self.hello, project)
        if is_shown:
            shown = self.github.repositories[repository].pointers.setdefault(sha, [])
            shown.append(self.azure.check_run(build))
        return made

    def _said(self, package: Path, given: Mapping[str, Any]) -> tuple[str, str]:
        """Commit and repository that a package names."""
        claim = read_contents(package).package.claim
        return str(claim.sha), str(given.get("repository", HELLO)).removeprefix(
            f"https://{LOOK_ALIKE}/"
        )

    # --- asking ---------------------------------------------------------------------------------

    def leaks(self) -> list[str]:
        """Servers other than GitHub's that were sent a login of any kind, or asked without TLS."""
        others = {
            LOGS: self.github.logs,
            BLOBS: self.github.blobs,
            CHANNEL: self.channel.site,
            "dev.azure.com": self.azure.site,
            LOOK_ALIKE: self.look_alike.git,
            MALLORYS_CI: self.mallorys_ci.site,
        }
        told = [
            host
            for host, site in others.items()
            for asked in site.asked
            if "authorization" in asked.headers or TOKEN in f"{asked.path} {asked.headers}"
        ]
        return [*told, *self.internet.plain]

    def policy(self, text: str, repository: str = f"https://github.com/{HELLO}") -> str:
        """The file of a policy that names the repository, with further lines."""
        path = self.fresh() / "policy.toml"
        path.write_text(f'version = 1\n[[rules]]\nrepositories = ["{repository}"]\n{text}\n')
        return str(path)


def _filled(log: str | None, package: Path) -> str | None:
    if log is None:
        return None
    sha256 = digest_of(package)
    path = f"{subdir_of(package)}/{package.name}"
    given = {
        "{block}": block(path, sha256),
        "{other block}": block(path, "f" * 64),
        "{foreign block}": block("linux-64/other-1.0-0.conda", sha256),
        "{line}": f"conda-provenance: {path} sha256={sha256}",
        "{path}": path,
        "{sha256}": sha256,
        "{other}": "f" * 64,
    }
    for word, value in given.items():
        log = log.replace(word, value)
    return log


def digest_of(package: Path) -> str:
    return hashlib.sha256(package.read_bytes()).hexdigest()


def subdir_of(package: Path) -> str:
    index = json.loads(read_contents(package).files["info/index.json"].data)
    return str(index["subdir"])


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """The world, and the internet in which it is, for the length of a ``with`` block."""
    world = World(folder)
    ghes = world.look_alike
    ghes.git.before = ghes.answer_below_api
    sites = {
        "github.com": world.github.git,
        "api.github.com": world.github.api,
        LOGS: world.github.logs,
        BLOBS: world.github.blobs,
        CHANNEL: world.channel.site,
        "dev.azure.com": world.azure.site,
        LOOK_ALIKE: ghes.git,
        MALLORYS_CI: world.mallorys_ci.site,
    }
    with ExitStack() as stack:
        stack.callback(ghes.stop)
        for site in sites.values():
            if site is not ghes.git:
                stack.callback(site.stop)
        world.internet = stack.enter_context(connected(folder, sites))
        yield world


__all__ = ["Trigger", "World", "digest_of", "open_world"]
