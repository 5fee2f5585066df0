"""No login and no token gets into the files that conda-build writes into a package's info."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders_recipes import V0, about, info_files, packaged_recipe
from conda_builds import build, packages

from conda_provenance.builders.conda_build_info import clean_info

SECRET = "s3cr3t"
RENDERED = """\
{% set password = environ.get("PASSWORD", "") %}
package:
  name: hello
  version: "1.0"
source:
  path: sources
build:
  noarch: generic
  string: s{{ flavour }}
  script: echo hi > $PREFIX/hi
about:
  home: https://user:{{ password }}@example.org/hello
  dev_url: https://example.org/hello?private_token={{ password }}
  summary: see https://conda.example.org/t/{{ password }}/channel
extra:
  mirror: https://{{ password }}@example.org/mirror
"""


@pytest.fixture
def recipe_at_the_top(tmp_path, git):
    """Makes a repository whose recipe lies at its top, and whose remote has a password."""

    def make(url: str, **files: str) -> Path:
        recipe = tmp_path / "recipe-repository"
        recipe.mkdir()
        for name, text in files.items():
            (recipe / ".".join(name.rsplit("_", 1))).write_text(text)
        git(recipe, "init", "-q", "-b", "main")
        git(recipe, "add", ".")
        git(recipe, "commit", "-q", "-m", "first")
        git(recipe, "remote", "add", "origin", url)
        return recipe

    return make


def holders(package: Path) -> list[str]:
    """The files of a package's info that hold the secret."""
    return [name for name, data in info_files(package).items() if SECRET.encode() in data]


REMOTES = {
    f"https://ci-token:{SECRET}@github.com/acme/x.git": "https://github.com/acme/x",
    f"https://{SECRET}@github.com/acme/x.git": "https://github.com/acme/x",
    f"https://github.com/acme/x.git?private_token={SECRET}": "https://github.com/acme/x",
    f"ssh://{SECRET}@git.example.org/acme/x": "https://git.example.org/acme/x",
    f"{SECRET}@git.example.org:acme/x.git": "https://git.example.org/acme/x",
    f"ci:{SECRET}@git.example.org:acme/x.git": "***",
    f"https://ci:{SECRET}@local host/x": "***",
    "https://github.com/acme/x.git": "https://github.com/acme/x.git",
    "git@github.com:acme/x.git": "git@github.com:acme/x.git",
    "/srv/mirrors/x@2": "/srv/mirrors/x@2",
}


@pytest.mark.parametrize("url", REMOTES)
def test_the_remote_that_the_rendered_recipe_names_has_no_login(url, monkeypatch):
    """The function that reads the remote, with what git would print."""
    from conda_provenance.builders import conda_build_info

    monkeypatch.setattr(conda_build_info, "is_enabled", lambda: True)
    end = "\n', commit b'1234\n'".replace("\n", "\\n")
    clean = conda_build_info._without_login(lambda _: f"Origin b'{url}{end}")
    assert clean("recipe") == f"Origin b'{REMOTES[url]}{end}"


@pytest.mark.parametrize("door", ["conda build", "conda-build", "api"])
@pytest.mark.usefixtures("conda_build_environment")
def test_no_password_of_the_remote_is_in_a_package(recipe_at_the_top, run, tmp_path, door):
    recipe = recipe_at_the_top(f"https://ci-token:{SECRET}@github.com/acme/x.git", meta_yaml=V0)
    build(run, door, recipe, tmp_path / "out")
    (package,) = packages(tmp_path / "out")
    header = info_files(package)["info/recipe/meta.yaml"].decode().split("\n\n")[0]
    assert "# Origin b'https://github.com/acme/x', commit b'" in header
    assert holders(package) == []


@pytest.mark.usefixtures("conda_build_environment")
def test_no_password_that_is_rendered_is_in_a_package(recipe_at_the_top, run, tmp_path):
    recipe = recipe_at_the_top(
        "https://github.com/acme/x.git",
        meta_yaml=RENDERED,
        conda_build_config_yaml=f"flavour:\n  - a\nmirror:\n  - https://u:{SECRET}@h.org/x\n",
        farm_yml=f"channel_sources:\n  - https://h.org/a,https://u:{SECRET}@h.org/x\n",
    )
    (recipe / "sources").mkdir()
    (recipe / "sources" / "x").write_text("x")
    build(run, "conda-build", recipe, tmp_path / "out", PASSWORD=SECRET)
    (package,) = packages(tmp_path / "out")
    assert holders(package) == []
    assert about(package)["home"] == "https://example.org/hello"
    assert packaged_recipe(package)["extra"]["mirror"] == "https://example.org/mirror"
    assert SECRET not in (recipe / "meta.yaml").read_text()
    assert SECRET in (recipe / "conda_build_config.yaml").read_text()

    off = {"CONDA_PLUGINS_PROVENANCE_ENABLED": "false", "PASSWORD": SECRET}
    build(run, "conda-build", recipe, tmp_path / "off", **off)
    assert "info/recipe/meta.yaml" in holders(packages(tmp_path / "off")[0])


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_link_in_the_recipe_does_not_lead_the_cleaned_text_elsewhere(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    recipe = tmp_path / "info" / "recipe"
    recipe.mkdir(parents=True)
    (recipe / "meta.yaml").write_text(f"home: https://user:{SECRET}@example.org/hello\n")
    (recipe / "meta.yaml").chmod(0o640)
    (recipe / "meta.yaml.cleaned").symlink_to(precious)
    clean_info(SimpleNamespace(config=SimpleNamespace(info_dir=str(tmp_path / "info"))))
    assert SECRET not in (recipe / "meta.yaml").read_text()
    assert (recipe / "meta.yaml").stat().st_mode & 0o777 == 0o640
    assert precious.read_text() == "mine"
    assert sorted(os.listdir(recipe)) == ["meta.yaml", "meta.yaml.cleaned"]
