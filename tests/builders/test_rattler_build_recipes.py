"""Which recipes a rattler-build command builds: its options, and where it searches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conda_provenance.builders import folder_search, rattler_build_recipes
from conda_provenance.builders.folder_search import TooManyFolders
from conda_provenance.builders.rattler_build_recipes import TooManyRecipes, built_recipes
from conda_provenance.ignore_rules import Rule


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in a git repository, and without files of the user's own."""
    root = tmp_path / "tree"
    (root / ".git" / "info").mkdir(parents=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "no-such-file"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    return root


def write(*names: str, text: str = "") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def built(line: str) -> list[str] | None:
    subcommand, *words = line.split()
    recipes = built_recipes(subcommand, words)
    return None if recipes is None else [recipe.as_posix() for recipe in recipes]


def below(folder: str = ".") -> list[str]:
    """The folders below ``folder`` whose recipes are built."""
    recipes = built_recipes("build", ["--recipe-dir", folder]) or []
    return [recipe.parent.relative_to(folder).as_posix() for recipe in recipes]


@pytest.mark.parametrize(
    ("line", "recipes"),
    [
        ("build", ["."]),
        ("build -r a --recipe=b -vrc", ["a", "b", "c"]),
        ("build -r -", ["-"]),
        ("build --variant x=recipes --up-to recipes -m recipes", ["."]),
        ("build --recipe-dir recipes", ["recipes/a/recipe.yaml", "recipes/b/recipe.yaml"]),
        ("build --recipe-dir=gone", ["gone"]),
        ("build --recipe-dir empty", None),
        ("build --render-only -r recipes/a", None),
        ("build --help", None),
        ("publish", ["recipe.yaml"]),
        ("publish --to recipes", ["recipe.yaml"]),
        ("publish recipes --to x", ["recipes/a/recipe.yaml", "recipes/b/recipe.yaml"]),
        ("publish recipes/a --to x", ["recipes/a/recipe.yaml"]),
        ("publish recipes/a/recipe.yaml other.yml", ["recipes/a/recipe.yaml", "other.yml"]),
        ("publish --recipe recipes/b", ["recipes/b/recipe.yaml"]),
        ("publish recipes/a --recipe recipes/b", ["recipes/a/recipe.yaml"]),
        ("publish recipes/a --recipe-dir recipes/b", ["recipes/b/recipe.yaml"]),
        ("publish x.conda --to x", None),
        ("publish x-1-0.tar.bz2 recipes/a --to x", None),
        ("publish --to x -- recipes/b", ["recipes/b/recipe.yaml"]),
        ("publish empty --to x", None),
    ],
)
def test_the_recipes_of_a_command(tree, line, recipes):
    write("recipe.yaml", "recipes/a/recipe.yaml", "recipes/b/recipe.yaml", "empty/meta.yaml")
    assert built(line) == recipes


def test_a_folder_named_like_a_package_is_searched_if_it_has_a_recipe(tree):
    write("x.conda/recipe.yaml", "x.conda/deep/recipe.yaml")
    assert built("publish x.conda") == ["x.conda/deep/recipe.yaml", "x.conda/recipe.yaml"]


def test_hidden_folders_are_not_searched_but_the_given_one_is(tree):
    write("a/recipe.yaml", ".hidden/recipe.yaml", ".hidden/b/recipe.yaml", "a/.c/recipe.yaml")
    assert below() == ["a"]
    assert below(".hidden") == ["b", "."]


@pytest.mark.parametrize(
    ("lines", "searched"),
    [
        ("output/", ["a", "b/x"]),
        ("/output", ["a", "b/output", "b/x"]),
        ("b/*", ["a", "output"]),
        ("b/**", ["a", "output"]),
        ("**/output", ["a", "b/x"]),
        ("/*\n!/a", ["a"]),
        ("[ao]*", ["b/x"]),
        ("[!ao]*", ["a", "output"]),
        ("[^ao]*", ["a", "output"]),
        ("{a,output}/", ["b/x"]),
        ("out\\put  ", ["a", "b/x"]),
        ("# a\n\\#x\n\n!b", ["a", "b/output", "b/x", "output"]),
        ("recipe.yaml", ["a", "b/output", "b/x", "output"]),
        ("?", ["output"]),
        ("[", ["a", "b/output", "b/x", "output"]),
    ],
)
@pytest.mark.parametrize("file", [".gitignore", ".ignore", ".git/info/exclude"])
def test_ignored_folders_are_not_searched(tree, file, lines, searched):
    write("a/recipe.yaml", "b/output/recipe.yaml", "b/x/recipe.yaml", "output/recipe.yaml")
    write(file, text=lines + "\n")
    assert below() == searched


def test_the_nearest_file_counts_and_an_ignore_file_before_a_gitignore(tree):
    write("a/recipe.yaml", "b/c/recipe.yaml", "b/d/recipe.yaml")
    write(".gitignore", text="a\nc\nd\n")
    write("b/.gitignore", text="!c\n")
    write(".ignore", text="!a\n")
    assert below() == ["a", "b/c"]


def test_rules_of_folders_above_count_up_to_the_repository(tree, tmp_path):
    write("sub/a/recipe.yaml", "sub/b/recipe.yaml", "sub/c/recipe.yaml", "sub/d/recipe.yaml")
    write(".gitignore", text="a\n/sub/b\n")
    write("../.gitignore", text="c\n")
    write("../.ignore", text="d\n")
    assert below("sub") == ["c"]


def test_without_a_repository_only_ignore_files_count(tree):
    (tree / ".git").rename(tree / "git")
    write("a/recipe.yaml", "b/recipe.yaml")
    write(".gitignore", text="a\n")
    write(".ignore", text="b\n")
    assert below() == ["a"]


def test_a_repository_within_has_its_own_rules(tree):
    write("sub/.git/HEAD", "sub/a/recipe.yaml", "sub/b/recipe.yaml", "b/recipe.yaml")
    write(".gitignore", text="b\n")
    write("sub/.gitignore", text="a\n")
    assert below() == ["sub/b"]


def test_a_hidden_folder_that_a_rule_keeps_is_searched(tree):
    write(".github/recipe.yaml", ".other/recipe.yaml")
    write(".gitignore", text="!.github/\n")
    assert below() == [".github"]


def test_a_worktrees_exclude_file_is_the_repositorys(tree):
    write("a/recipe.yaml", "b/recipe.yaml", "main/worktrees/w/HEAD")
    write("main/info/exclude", text="a\n")
    write("main/worktrees/w/commondir", text="../..\n")
    (tree / ".git" / "info").rmdir()
    (tree / ".git").rmdir()
    write(".git", text="gitdir: main/worktrees/w\n")
    assert below() == ["b"]


def test_a_name_that_no_file_can_have_is_no_git_directory(tree):
    write("a/recipe.yaml", "a/git/HEAD")
    write("a/.git", text="gitdir: git\n")
    write("a/git/commondir", text="nul\0\n")
    assert below() == ["a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_no_git_directory(tree):
    write("a/recipe.yaml")
    os.mkfifo("a/.git")
    assert below() == ["a"]


def test_folders_that_are_nested_more_deeply_than_python_recurses():
    path = ["a"] * 1500
    rule = Rule.parse("a/**/a/*.log")
    assert rule is not None
    assert rule.matches([*path, "x.log"], is_folder=False)
    assert not rule.matches(path, is_folder=False)


@pytest.mark.parametrize("place", ["home/.config/git/ignore", "xdg/git/ignore", "named"])
def test_the_users_own_rules(tree, tmp_path, monkeypatch, place):
    write("a/recipe.yaml", "b/recipe.yaml")
    write(str(tmp_path / place), text="a\n")
    if place.startswith("xdg"):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    if place == "named":
        write(str(tmp_path / "home" / ".gitconfig"), text="[core]\n\texcludesFile = ~/../named\n")
    assert below() == ["b"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_link_to_a_folder_is_looked_into_but_not_below(tree, tmp_path):
    write("../far/recipe.yaml", "../far/deep/recipe.yaml")
    (tree / "link").symlink_to(tmp_path / "far")
    assert below() == ["link"]
    (tree / "loop").symlink_to(tree)
    assert below() == ["link"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_file_that_cannot_be_read_as_one_has_no_rules(tree):
    write("a/recipe.yaml")
    os.mkfifo(".gitignore")
    (tree / ".ignore").mkdir()
    assert below() == ["a"]


def test_a_strangers_rules_take_no_long_time(tree):
    write("a" * 200 + "/recipe.yaml")
    write(".gitignore", text="*a" * 100 + "b\n" + "**/" * 90 + "b\n" + "{a,b}" * 50 + "\n")
    assert below() == ["a" * 200]


def test_the_search_has_an_end(tree, monkeypatch):
    write("a/recipe.yaml", "b/recipe.yaml", "c/recipe.yaml")
    monkeypatch.setattr(rattler_build_recipes, "MAX_RECIPES", 2)
    with pytest.raises(TooManyRecipes):
        below()
    monkeypatch.setattr(folder_search, "MAX_FOLDERS", 2)
    with pytest.raises(TooManyFolders):
        below()
