"""Which environment is meant: by name, by folder, or the active one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from environments_making import no_root

from conda_provenance.errors import PackageError, UsageError
from conda_provenance.sources.environments import Configuration, configuration, find_prefix


@pytest.fixture(autouse=True)
def no_conda(monkeypatch: pytest.MonkeyPatch) -> None:
    """These are the rules for where conda is not installed. It is asked in another test."""
    monkeypatch.setattr("conda_provenance.settings.has_conda", lambda: False)
    monkeypatch.setattr(configuration.sys, "platform", "linux")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def make(prefix: Path) -> str:
    (prefix / "conda-meta").mkdir(parents=True)
    return str(prefix)


def error(environment: str | None, prefix: str | None, environ: dict[str, str]) -> str:
    with pytest.raises(UsageError) as raised:
        find_prefix(environment, prefix, environ)
    return str(raised.value)


def test_the_active_environment(tmp_path: Path, home: Path) -> None:
    """pixi sets the same variable."""
    prefix = make(tmp_path / "env")

    assert find_prefix(None, None, {"HOME": str(home), "CONDA_PREFIX": prefix}) == prefix


@pytest.mark.parametrize("environ", [{}, {"CONDA_PREFIX": ""}])
def test_no_environment_is_active(environ: dict[str, str]) -> None:
    assert error(None, None, environ) == (
        "No environment is active (CONDA_PREFIX is not set): "
        "name one with -n, or give its folder with -p."
    )


def test_the_active_environment_is_gone(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")

    assert error(None, None, {"CONDA_PREFIX": gone}) == (
        f"{gone} does not exist, though CONDA_PREFIX says that it is the active one: "
        "name one with -n, or give its folder with -p."
    )


def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken as it was given."""
    make(tmp_path / "env")
    monkeypatch.chdir(tmp_path)

    assert find_prefix(None, "env", {"CONDA_PREFIX": "/nowhere"}) == "env"


def test_a_folder_that_is_no_environment(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    make(tmp_path / "project" / ".pixi" / "envs" / "default")

    assert error(None, str(tmp_path), {}) == (
        f"{tmp_path} is no environment, it has no conda-meta folder: "
        "name one with -n, or give its folder with -p."
    )
    assert "is a file, and no environment" in error(None, str(file), {})
    assert "does not exist" in error(None, str(tmp_path / "nothing"), {})
    assert error(None, "", {}).startswith("An empty path does not exist")
    project = str(tmp_path / "project")
    assert error(None, project, {}).endswith(f"give -p {project}/.pixi/envs/default.")
    (tmp_path / "env" / "conda-meta" / "x").mkdir(parents=True)
    assert error(None, f"{tmp_path}/env/conda-meta", {}).endswith(f"give -p {tmp_path}/env.")


def test_a_name_and_a_folder_are_too_much(tmp_path: Path) -> None:
    assert error("a", str(tmp_path), {}).startswith("-n and -p name two environments")


@pytest.mark.parametrize("name", ["", " ", "a/b", "/abs", ".", ".."])
def test_a_name_is_no_path(name: str) -> None:
    assert "is no name of an environment: give its folder with -p." in error(name, None, {})


PLACES = {
    "envs_dirs": ({"CONDA_ENVS_DIRS": "/nothing:{}/a"}, "a/demo"),
    "envs_path": ({"CONDA_ENVS_PATH": "{}/b"}, "b/demo"),
    "beside conda's program": ({"CONDA_EXE": "{}/conda/bin/conda"}, "conda/envs/demo"),
    "beside the active one": ({"CONDA_PREFIX": "{}/c/envs/other"}, "c/envs/demo"),
    "below the active base": ({"CONDA_PREFIX": "{}/d"}, "d/envs/demo"),
    "mamba's": ({"MAMBA_ROOT_PREFIX": "{}/e"}, "e/envs/demo"),
    "mamba's usual": ({}, "home/.local/share/mamba/envs/demo"),
    "micromamba's usual": ({}, "home/micromamba/envs/demo"),
    "at home": ({}, "home/.conda/envs/demo"),
    "pixi's": ({"PIXI_PROJECT_ROOT": "{}/f"}, "f/.pixi/envs/demo"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_a_name(tmp_path: Path, home: Path, kind: str) -> None:
    variables, place = PLACES[kind]
    environ = {key: value.format(tmp_path) for key, value in variables.items()}
    prefix = make(tmp_path / place)

    assert find_prefix("demo", None, {"HOME": str(home), **environ}) == prefix


@pytest.mark.parametrize(
    "text",
    [
        "envs_dirs:\n  - {0}/x\n",
        "envs_dirs: [~/../x, /y]",
        "envs_dirs: {0}/x",
        "envs_dirs: [$HOME/../x]",
    ],
)
def test_a_folder_that_condarc_lists(tmp_path: Path, home: Path, text: str) -> None:
    make(tmp_path / "x" / "demo")
    (home / ".condarc").write_text(text.format(tmp_path))

    found = find_prefix("demo", None, {"HOME": str(home)})

    assert Path(found).resolve() == tmp_path / "x" / "demo"


@pytest.mark.parametrize(
    "data", [b"envs_dirs: [", b"envs_dirs: \xff", b"envs_dirs: {a: b}", b"envs_dirs: [1, null]"]
)
def test_a_broken_condarc_lists_nothing(home: Path, data: bytes) -> None:
    (home / ".condarc").write_bytes(data)

    assert "There is no environment called demo" in error("demo", None, {"HOME": str(home)})


def test_condas_list_of_environments(tmp_path: Path, home: Path) -> None:
    prefix = make(tmp_path / "somewhere" / "demo")
    (home / ".conda").mkdir()
    listed = home / ".conda" / "environments.txt"
    listed.write_text(f"/gone/demo\n{prefix}\n{tmp_path}/somewhere\n\0\nrelative/demo\n")

    assert find_prefix("demo", None, {"HOME": str(home)}) == prefix

    other = make(tmp_path / "elsewhere" / "demo")
    listed.write_text(f"{prefix}\n{other}\n")
    assert error("demo", None, {"HOME": str(home)}) == (
        f"Several environments are called demo: give the folder with -p, which is one of "
        f"{prefix}, {other}."
    )


@pytest.mark.parametrize("name", ["base", "root"])
def test_the_base_environment(tmp_path: Path, home: Path, name: str) -> None:
    base = make(tmp_path / "conda")

    environ = {"HOME": str(home), "CONDA_EXE": f"{base}/bin/conda"}
    assert find_prefix(name, None, environ) == base
    assert find_prefix(name, None, {"HOME": str(home), "MAMBA_ROOT_PREFIX": base}) == base
    (tmp_path / "conda" / "envs" / "demo").mkdir(parents=True)
    environ = {"HOME": str(home), "CONDA_PREFIX": f"{base}/envs/demo"}
    assert find_prefix(name, None, environ) == base


def test_the_error_says_where_a_name_was_looked_for(tmp_path: Path, home: Path) -> None:
    why = error("d\x1bemo", None, {"HOME": str(home), "CONDA_ENVS_DIRS": f"{tmp_path}/a"})

    assert why.startswith(
        rf"There is no environment called d\x1bemo: it was looked for in {tmp_path}/a, "
    )
    assert why.endswith(", and in conda's environments.txt; give its folder with -p.")


CACHES = {
    "pkgs_dirs": ({"CONDA_PKGS_DIRS": "{}/a"}, "a"),
    "pkgs_dirs, several as conda takes them": ({"CONDA_PKGS_DIRS": "/nothing,{}/a"}, "a"),
    "pkgs_dirs, several as PATH has them": (
        {"CONDA_PKGS_DIRS": f"/nothing{os.pathsep}{{}}/a"},
        "a",
    ),
    "conda's": ({"CONDA_EXE": "{}/conda/bin/conda"}, "conda/pkgs"),
    "conda's at home": ({}, "home/.conda/pkgs"),
    "of the environment's base": ({}, "root/pkgs"),
    "mamba's": ({"MAMBA_ROOT_PREFIX": "{}/m"}, "m/pkgs"),
    "mamba's at home": ({}, "home/.mamba/pkgs"),
    "rattler's": ({"RATTLER_CACHE_DIR": "{}/r"}, "r/pkgs"),
    "rattler's usual": ({}, "home/.cache/rattler/cache/pkgs"),
    "rattler's by XDG": ({"XDG_CACHE_HOME": "{}/x"}, "x/rattler/cache/pkgs"),
    "pixi's": ({"PIXI_CACHE_DIR": "{}/p"}, "p/pkgs"),
    "pixi's by XDG": ({"XDG_CACHE_HOME": "{}/x"}, "x/pixi/pkgs"),
}


@pytest.mark.parametrize("kind", CACHES)
def test_package_caches(tmp_path: Path, home: Path, kind: str) -> None:
    variables, place = CACHES[kind]
    environ = {key: value.format(tmp_path) for key, value in variables.items()}
    prefix = make(tmp_path / "root" / "envs" / "demo")
    (tmp_path / place).mkdir(parents=True)

    caches = Configuration({"HOME": str(home), **environ}, prefix)

    assert list(caches) == [str(tmp_path / place)]
    assert list(caches) == [str(tmp_path / place)]


@pytest.mark.parametrize(
    ("platform", "variable", "place"),
    [
        ("darwin", "HOME", "Library/Caches/rattler/cache/pkgs"),
        ("win32", "LOCALAPPDATA", "rattler/cache/pkgs"),
    ],
)
def test_rattlers_cache_on_other_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, place: str
) -> None:
    """A stand-in: the platform's name alone is another one."""
    monkeypatch.setattr(configuration.sys, "platform", platform)
    (tmp_path / place).mkdir(parents=True)

    assert list(Configuration({"HOME": "/nowhere", variable: str(tmp_path)})) == [
        str(tmp_path / place)
    ]


def test_relative_folders_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pkgs").mkdir()
    monkeypatch.chdir(tmp_path)

    assert list(Configuration({"HOME": "", "USERPROFILE": "/x", "CONDA_PKGS_DIRS": "pkgs:."})) == []


def test_a_broken_conda_is_done_without(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a conda that cannot read its configuration."""

    def broken() -> None:
        raise RuntimeError("s3cr3t")

    monkeypatch.setattr("conda_provenance.settings.has_conda", lambda: True)
    monkeypatch.setattr("conda_provenance.settings.conda_context", broken)
    (home / ".conda" / "pkgs").mkdir(parents=True)

    assert list(Configuration({"HOME": str(home)})) == [str(home / ".conda" / "pkgs")]


def test_what_may_not_be_looked_at_is_not_said_to_be_missing(tmp_path: Path, home: Path) -> None:
    locked = tmp_path / "envs"
    prefix = make(locked / "demo")
    locked.chmod(0)
    try:
        with no_root(tmp_path):
            with pytest.raises(PackageError, match=r"demo cannot be read \(permission denied\)"):
                find_prefix(None, prefix, {})

            named = error("demo", None, {"HOME": str(home), "CONDA_ENVS_DIRS": str(locked)})
    finally:
        locked.chmod(0o755)

    assert f"looked for in {locked} (which cannot be read (permission denied))" in named
