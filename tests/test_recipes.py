from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conda_provenance.errors import ProvenanceError
from conda_provenance.recipes import find_recipe, is_packaged, read_extra


@pytest.mark.parametrize(
    "name", ["recipe.yaml", "recipe.yml", "meta.yaml", "meta.yml", "conda.yaml", "conda.yml"]
)
@pytest.mark.parametrize("folder", ["", "recipe"])
def test_a_folder_stands_for_the_recipe_in_it(tmp_path, name, folder):
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / name).write_text("")
    assert find_recipe(tmp_path) == tmp_path / folder / name
    assert find_recipe(tmp_path / folder / name) == tmp_path / folder / name


def test_recipe_yaml_goes_before_meta_yaml_as_with_the_builders(tmp_path):
    for name in ("meta.yaml", "recipe.yaml"):
        (tmp_path / name).write_text("")
    assert find_recipe(tmp_path).name == "recipe.yaml"


def test_a_folder_without_a_recipe_stands_for_itself(tmp_path):
    assert find_recipe(tmp_path) == tmp_path


def test_no_such_place(tmp_path):
    with pytest.raises(ProvenanceError, match="There is no recipe at"):
        find_recipe(tmp_path / "gone")
    with pytest.raises(ProvenanceError, match="There is no recipe at"):
        find_recipe(tmp_path / ("too-long" * 100))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becomes another user, as root can"
)
@pytest.mark.parametrize("place", ["f/recipe/recipe.yaml", "f/recipe", "f"])
@pytest.mark.parametrize("given", ["f", "f/recipe", "f/recipe/recipe.yaml"])
def test_a_recipe_that_may_not_be_read_is_there(tmp_path, place, given):
    (tmp_path / "f" / "recipe").mkdir(parents=True)
    (tmp_path / "f" / "recipe" / "recipe.yaml").write_text("package: {name: x}\n")
    for folder in tmp_path.parents[:-2]:
        folder.chmod(0o755)
    tmp_path.chmod(0o755)
    (tmp_path / place).chmod(0)
    code = f"""
import os
from conda_provenance.recipes import find_recipe
os.setgid(12345); os.setuid(12345)
find_recipe({str(tmp_path / given)!r})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (tmp_path / place).chmod(0o755)
    assert "There is no recipe" not in done.stderr
    assert f"The recipe at '{tmp_path / 'f'}" in done.stderr
    assert "cannot be read: Permission denied." in done.stderr


@pytest.mark.parametrize(
    "given", ["u:s3cr3t@h.example/recipe", "https://u:s3cr3t@h.example/recipe"]
)
def test_an_address_that_is_given_for_a_recipe_keeps_its_secrets(given):
    with pytest.raises(ProvenanceError, match=r"There is no recipe at .*@h\.example") as caught:
        find_recipe(given)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "values", "templated"),
    [
        (
            "extra:\n  sha: abc\n  flow_run_id: farm_1\n",
            {"sha": "abc", "flow_run_id": "farm_1"},
            set(),
        ),
        (
            "extra:\n  sha: ${{ env.get('SHA') }}\n  remote_url: https://h/o/r\n",
            {"remote_url": "https://h/o/r"},
            {"sha"},
        ),
        (
            "extra:\n  sha: {{ environ['SHA'] }}\n  final: true\nabout:\n  x: 1\n",
            {"final": True},
            {"sha"},
        ),
        (
            (
                "{% set v = '1' %}\npackage: {name: {{ v }}}\n"
                "extra:   # here\n  # a comment\n\n  recipe-maintainers:\n    - a\n"
            ),
            {"recipe-maintainers": ["a"]},
            set(),
        ),
        ("about:\n  extra:\n    sha: abc\n", {}, set()),
        ("extra: {sha: abc}\n", {"sha": "abc"}, set()),
        (
            "extra: {sha: abc,\n  final: true}  # both\nabout: {}\n",
            {"sha": "abc", "final": True},
            set(),
        ),
        ("extra: {sha: ${{ sha }}, final: true}\n", {}, {"sha", "final"}),
        ("extra:\n  sha: >\n    {{ environ['SHA'] }}\n  final: true\n", {"final": True}, {"sha"}),
        ("extra:\n  a:\n    # {{ x }}\n    b: c\n", {"a": {"b": "c"}}, set()),
        ("extra:\n  a:\n    b: {{ x }}\n  sha: abc\n", {"sha": "abc"}, {"a"}),
        ("extra:\n", {}, set()),
        ("extra:\n  - a\n", {}, set()),
        ("extra:\n  a: [\n", {}, set()),
        ("extra:\n  sha: !!python/object/apply:os.system ['touch executed']\n", {}, set()),
        ("", {}, set()),
    ],
)
def test_a_recipes_own_extra_as_far_as_it_can_be_told_unrendered(tmp_path, text, values, templated):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    extra = read_extra(recipe)
    assert dict(extra.values) == values
    assert extra.templated == templated
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "data",
    [b"extra:\n  sha: \xff\xfe\n", b"extra:\n  a: " + b"[" * 5_000, b"extra:\n  a: &a [*a, *a]\n"],
)
def test_what_is_no_recipe_says_nothing(tmp_path, data):
    (tmp_path / "recipe.yaml").write_bytes(data)
    assert "sha" not in read_extra(tmp_path / "recipe.yaml").values


def test_a_folder_says_nothing(tmp_path):
    assert not read_extra(tmp_path).values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("extra:\n  recipe-maintainers: [a]\n", {}),
        ("extra:\n  recipe-maintainers: [a]\n  sha: abc\n", {"sha": "abc"}),
        ('extra:\n  "s\\x68a": abc\n', {"sha": "abc"}),
    ],
)
def test_only_an_extra_that_may_hold_a_wanted_key_is_parsed(tmp_path, monkeypatch, text, values):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    if not values:
        monkeypatch.setattr("conda_provenance.recipes._parse", None)
    found = read_extra(recipe, ("sha",)).values
    assert {key: found[key] for key in found if key == "sha"} == values


@pytest.mark.parametrize("name", ["x-1-0.conda", "x-1-0.tar.bz2"])
def test_a_package_is_no_recipe(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(ProvenanceError, match="is a package and no recipe: 'show' says"):
        find_recipe(tmp_path / name)


RENDERED = "# This file created by conda-build 3.21.4\n# ----\n\npackage:\n  name: hello\n"


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"meta.yaml": RENDERED, "meta.yaml.template": "package: {}"}, "meta.yaml"),
        ({"meta.yaml": RENDERED}, "meta.yaml"),
        ({"meta.yaml": "\ufeff" + RENDERED}, "meta.yaml"),
        ({"meta.yaml": RENDERED.replace("\n", "\r\n")}, "meta.yaml"),
        ({"recipe.yaml": "", "rendered_recipe.yaml": "", "variant_config.yaml": ""}, "recipe.yaml"),
        ({"meta.yaml": "", "../index.json": "{}", "../files": ""}, "meta.yaml"),
        ({"recipe.yaml": "", "../index.json": "{}", "../paths.json": "{}"}, "recipe.yaml"),
    ],
)
def test_a_recipe_that_comes_out_of_a_package_is_recognised(tmp_path, files, name):
    folder = tmp_path / "info" / "recipe"
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text)
    assert is_packaged(folder / name)


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"meta.yaml": "package:\n  name: hello\n"}, "meta.yaml"),
        ({"meta.yaml": "# This file is created by us\n", "meta.yaml.template": ""}, "meta.yaml"),
        ({"meta.yaml": "package: {}\n" + RENDERED}, "meta.yaml"),
        ({"recipe.yaml": "", "variant_config.yaml": "", "variants.yaml": ""}, "recipe.yaml"),
        ({"meta.yaml": "", "../index.json": "{}"}, "meta.yaml"),
        ({"meta.yaml": RENDERED, "parent/meta.yaml": "package: {}"}, "parent/meta.yaml"),
        ({"meta.yaml": RENDERED}, "."),
        ({}, "meta.yaml"),
    ],
)
def test_any_other_recipe_is_its_authors(tmp_path, files, name):
    folder = tmp_path / "hello" / "recipe"
    (folder / "parent").mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text)
    assert not is_packaged(folder / name)
