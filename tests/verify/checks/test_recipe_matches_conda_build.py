"""Check 5 with packages that the real conda-build made from commits, and forgeries of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from histories import Contents, History, link, script
from recipe_making import (
    HistoryRepository,
    checked,
    checkout,
    in_subdir,
    one_commit,
    repacked,
    stamped,
)

from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.verify.checks.recipe_matches import CHECK
from conda_provenance.verify.outcome import Outcome, Result

pytestmark = pytest.mark.skipif(
    find_spec("conda_build") is None, reason="conda-build is not installed with this Python"
)

META = """\
{% set name = "Hello" %}
{% set version = "1.0" %}
package:
  name: {{ name|lower }}
  version: {{ version }}
build:
  number: 0
about:
  summary: says hi  # [linux]
"""
FILES: Mapping[str, Contents] = {
    "README.md": "a feedstock\n",
    "LICENSE.txt": "BSD\n",
    "scripts/shared.sh": "echo shared\n",
    "recipe/meta.yaml": META,
    "recipe/build.sh": script("mkdir -p $PREFIX/share\necho hi > $PREFIX/share/hi\n"),
    "recipe/bld.bat": "echo hi\n",
    "recipe/post-link.sh": script("echo linked > $PREFIX/.messages.txt\n"),
    "recipe/patches/fix.patch": "--- a\n+++ b\n",
    "recipe/conda_build_config.yaml": "x:\n  - 1\n",
    "recipe/.gitignore": "*.log\n",
    "recipe/tracked.log": "1\n",
    "recipe/0.9/meta.yaml": META.replace("1.0", "0.9"),
    "recipe/lib.la": "1\n",
    "recipe/link.sh": link("build.sh"),
    "recipe/outside.sh": link("../scripts/shared.sh"),
    "recipe/folder": link("patches"),
    "recipe/dangling": link("nowhere"),
}
SPLIT = """\
package:
  name: split
  version: "1.0"
outputs:
  - name: split-base
    script: base.sh
  - name: split-{{ "top" }}
    script: top.sh
"""


def conda_build(recipe: Path, out: Path) -> list[Path]:
    """The packages that conda-build makes of a recipe's folder."""
    channel = out.parent / "channel"
    for subdir in ("noarch", "linux-64"):
        (channel / subdir).mkdir(parents=True)
        (channel / subdir / "repodata.json").write_text(
            f'{{"info": {{"subdir": "{subdir}"}}, "packages": {{}}, "packages.conda": {{}}}}'
        )
    variables = {
        "CONDA_CHANNELS": channel.as_uri(),
        "CONDA_DEFAULT_CHANNELS": channel.as_uri(),
        "CONDA_BLD_PATH": str(out.parent / "conda-bld"),
        "CONDA_PKGS_DIRS": str(out.parent / "pkgs"),
        "CONDA_ANACONDA_UPLOAD": "false",
        "CONDA_PLUGINS_PROVENANCE_ENABLED": "false",
        "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
    }
    done = subprocess.run(
        ["conda-build", str(recipe), "--output-folder", str(out), "--no-test"],
        capture_output=True, check=False, text=True, env={**os.environ, **variables},
    )  # fmt: skip
    assert not done.returncode, done.stdout[-3000:] + done.stderr[-3000:]
    return sorted([*out.glob("*/*.conda"), *out.glob("*/*.tar.bz2")])


class Built:
    def __init__(self, history: History, contents: PackageContents, folder: Path) -> None:
        self.repository = HistoryRepository(history)
        self.history = history
        self.contents = contents
        self.folder = folder
        self._number = 0

    def place(self) -> Path:
        self._number += 1
        return self.folder / str(self._number)

    def forged(self, changes: Mapping[str, Any]) -> PackageContents:
        recipe = {f"info/recipe/{name}": change for name, change in changes.items()}
        scripts = {name: each.data for name, each in (self.contents.install_scripts or {}).items()}
        return repacked(self.contents, self.place(), recipe, scripts)

    def check(self, contents: PackageContents | None = None, **expected: Any) -> Result:
        return checked(CHECK, contents or self.contents, self.repository, **expected)


def build(folder: Path, files: Mapping[str, Contents], recipe: str, number: int = -1) -> Built:
    history = one_commit(folder / "repository", files)
    work = checkout(history, history["first"], folder / "checkout")
    packages = conda_build(work / recipe, folder / "out")
    return Built(history, stamped(packages[number], history["first"]), folder / "forged")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("built"), FILES, "recipe")


@pytest.fixture(scope="module", params=[0, 1])
def output(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One of two packages that a recipe makes."""
    files = {
        "recipe/meta.yaml": SPLIT,
        "recipe/conda_build_config.yaml": "x:\n  - 1\n",
        "recipe/base.sh": script("mkdir -p $PREFIX/a; echo 1 > $PREFIX/a/base\n"),
        "recipe/top.sh": script("mkdir -p $PREFIX/a; echo 1 > $PREFIX/a/top\n"),
    }
    return build(tmp_path_factory.mktemp("output"), files, "recipe", request.param)


def test_an_honest_package_passes(built: Built) -> None:
    names = {name.removeprefix("info/recipe/") for name in built.contents.files}
    assert {"meta.yaml.template", "meta.yaml", "outside.sh", ".gitignore", "tracked.log"} <= names
    assert not {"lib.la", "folder", "dangling"} & names
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["builder"] == "conda-build"
    assert result.facts["folder"] == "recipe"
    assert result.facts["install_scripts"] == ["bin/.hello-post-link.sh"]
    assert (result.facts["name"], result.facts["version"]) == ("yes", "yes")


def test_the_recipe_itself_is_not_fetched(built: Built) -> None:
    """Only the texts of links are, to know what was copied."""
    built.repository.fetched.clear()
    built.check()
    links = {"build.sh", "../scripts/shared.sh", "patches", "nowhere"}
    fetched = built.repository.blobs(built.history["first"], set(built.repository.fetched))
    assert {each.decode() for each in fetched.values()} == links


def test_each_output_of_a_recipe_passes(output: Built) -> None:
    result = output.check()
    assert result.outcome is Outcome.PASS, result
    # The second one's name is an expression, which only conda-build could evaluate.
    is_plain = "split-base" in output.contents.package.package
    assert result.facts["name"] == ("yes" if is_plain else "untold")
    assert result.facts["version"] == "yes"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("parent/meta.yaml", SPLIT.replace("1.0", "1.1").encode(), "is not in that commit"),
        ("parent/base.sh", b"rm\n", "base.sh differs"),
        ("parent/evil.sh", b"rm\n", "evil.sh is not in the commit"),
        ("parent/conda_build_config.yaml", b"x: [2]\n", "conda_build_config.yaml differs"),
        ("evil.sh", b"rm\n", "evil.sh is not in the commit"),
        ("top.sh", b"rm\n", "top.sh differs"),
        ("base.sh", b"rm\n", "base.sh differs"),
    ],
)
def test_a_forged_output_fails(output: Built, name: str, data: bytes, words: str) -> None:
    result = output.check(output.forged({name: data}))
    assert result.outcome is Outcome.FAIL
    assert words in result.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"meta.yaml.template": META.replace("1.0", "1.1").encode()}, "is not in that commit"),
        ({"meta.yaml.template": None}, "is not in that commit"),
        ({"build.sh": b"rm\n"}, "build.sh differs"),
        ({"link.sh": b"rm\n"}, "link.sh differs"),
        ({"outside.sh": b"rm\n"}, "outside.sh differs"),
        ({"evil/meta.yaml": b"rm\n"}, "evil/meta.yaml is not in the commit"),
        ({"parent/meta.yaml": META.encode()}, "parent/meta.yaml is not in the commit"),
        ({".gitignore": None}, ".gitignore is missing"),
        ({"dangling": b"rm\n"}, "dangling is a link in the commit, to what is not in it"),
        ({"lib.la": b"rm\n"}, "lib.la differs"),
        (
            {"build.sh": PackageFile("info/recipe/build.sh", b"/etc/passwd", True)},
            "build.sh is a link",
        ),
        ({"dangling": PackageFile("info/recipe/dangling", b"/etc", True)}, "leads elsewhere"),
    ],
)
def test_forgeries_are_no_pass_and_say_where(built: Built, changes: Any, words: str) -> None:
    result = built.check(built.forged(changes))
    is_unknown = "to what is not in it" in words
    assert result.outcome is (Outcome.UNAVAILABLE if is_unknown else Outcome.FAIL)
    assert words in result.message


def test_a_rendered_recipe_is_not_looked_at_and_the_message_says_so(built: Built) -> None:
    result = built.check(built.forged({"meta.yaml": b"# rendered\npackage: {name: evil}\n"}))
    assert result.outcome is Outcome.PASS
    assert "what the builder rendered" in result.message


def test_a_rerendered_feedstock(built: Built) -> None:
    """Its later commits change other files; the recipe is compared with the stamped one."""
    history = built.history
    history.commit("rerender", {".ci_support/linux_64_.yaml": "x: [1]\n", "README.md": "2\n"})
    path = Path(built.contents.package.location)
    contents = stamped(path, history["rerender"])
    result = checked(CHECK, contents, built.repository)
    stamped(path, history["first"])
    assert result.outcome is Outcome.PASS, result


def test_a_recipe_that_is_a_link(tmp_path: Path) -> None:
    """conda-build copies what it leads to, and the folder is that of the link."""
    files = {
        "recipe/meta.yaml": link("../shared/meta.yaml"),
        "recipe/build.sh": FILES["recipe/build.sh"],
        "shared/meta.yaml": META,
        "shared/x.sh": "1\n",
    }
    built = build(tmp_path, files, "recipe")
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["folder"] == "recipe"


def test_a_recipe_yaml_that_conda_build_builds(tmp_path: Path) -> None:
    """It is rattler-build's engine, and lays the recipe out in its way."""
    pytest.importorskip("rattler_build")
    recipe = "package:\n  name: hello\n  version: '1.0'\nbuild:\n  script: build.sh\n"
    files = {
        "recipe/recipe.yaml": recipe,
        "recipe/build.sh": script("mkdir -p $PREFIX/x; echo 1 > $PREFIX/x/y\n"),
        "recipe/.hidden": "1\n",
    }
    built = build(tmp_path, files, "recipe")
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["builder"] == "rattler-build"


def test_windows(built: Built) -> None:
    changes = {
        name: built.contents.files[f"info/recipe/{name}"].data.replace(b"\n", b"\r\n")
        for name in ("meta.yaml.template", "build.sh", "patches/fix.patch")
    }
    forged = built.forged(changes)
    result = built.check(in_subdir(forged, "win-64", built.place()))
    # What it unpacks was left out by in_subdir; only the recipe counts here.
    assert result.outcome is Outcome.PASS, result
    assert built.check(forged).outcome is Outcome.UNAVAILABLE


def test_the_commit_that_conda_build_wrote_into_the_recipe_is_a_fact(tmp_path: Path) -> None:
    """conda-build writes the commit itself, if the folder is a repository's top."""
    files = {name.removeprefix("recipe/"): each for name, each in FILES.items()}
    files = {name: each for name, each in files.items() if name not in ("outside.sh", "lib.la")}
    built = build(tmp_path, files, ".")
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["commit_in_recipe"] == built.history["first"]

    rendered = built.contents.files["info/recipe/meta.yaml"].data
    other = rendered.replace(built.history["first"].encode(), b"2" * 40)
    assert other != rendered
    refuted = built.check(built.forged({"meta.yaml": other}))
    assert refuted.outcome is Outcome.FAIL
    assert "of another commit" in refuted.message
