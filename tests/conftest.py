from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# Shared machines are slow at times; a deadline would make that a failure. EXAMPLES=1000 looks
# longer, where a property gives no number of its own.
settings.register_profile(
    "default", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "50"))
)
settings.load_profile("default")

# In the background of a shell Ctrl-C is ignored, and what a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["channel", "git_servers", "hostile_forge", "sigstore_js", "sigstore_server"]

CI_PREFIXES = ("CONDA_PROVENANCE_", "CONDA_PLUGINS_PROVENANCE_")
CI_NAMES = ("CI", "sha", "remote_url", "flow_run_id")


@pytest.fixture(autouse=True)
def quiet_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No CI, no git configuration of the machine, no settings: the tests say what there is."""
    # pytest itself sets a variable to the name of each test.
    given = (each for each in os.environ.items() if each[0] != "PYTEST_CURRENT_TEST")
    for name in _names_of_ci(frozenset(given)):
        monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@cache
def _names_of_ci(variables: frozenset[tuple[str, str]]) -> list[str]:
    """The variables that no test may see. Every system is asked once, not before each test."""
    from conda_provenance import systems
    from conda_provenance.ci import detect
    from conda_provenance.ci.explain import explain

    environ = dict(variables)
    marks = {
        name
        for each in explain(environ, systems.adapters())
        for look in each.looks
        if look.purpose == "active"
        for name in look.variables
    }
    names = {name for name in environ if name in marks or _is_of_ci(name)}
    rest = {name: value for name, value in environ.items() if name not in names}
    assert detect(rest, systems.adapters()) is None, (
        "the CI that runs these tests is still visible to them"
    )
    return sorted(names)


def _is_of_ci(name: str) -> bool:
    is_git = name.startswith("GIT_") and name != "GIT_SSL_CAINFO"
    return is_git or name in CI_NAMES or name.startswith((*CI_PREFIXES, *_ci_prefixes()))


@pytest.fixture(autouse=True)
def conda_has_read_no_files() -> Iterator[None]:
    """A test that has conda read its configuration leaves it to no other test."""
    yield
    module = sys.modules.get("conda.base.context")
    if module and any(isinstance(source, Path) for source in module.context.raw_data):
        module.reset_context(())


def _ci_prefixes() -> tuple[str, ...]:
    return (
        "GITHUB_", "GITEA_", "FORGEJO_", "GITLAB_", "CI_", "TF_BUILD", "BUILD_", "SYSTEM_",
        "CIRCLE", "TRAVIS", "APPVEYOR",
        "DRONE", "BUILDKITE", "JENKINS", "TEAMCITY", "BITBUCKET", "CODEBUILD", "WOODPECKER",
    )  # fmt: skip


Git = Callable[..., str]

INSTALLED_GIT = shutil.which("git") or "git"
"""Makes the repositories, whichever git program a test puts on the path."""

RECIPE = """\
package:
  name: hello
  version: "1.0"
build:
  noarch: generic
  script: echo hi > $PREFIX/hi
"""


@pytest.fixture
def git() -> Git:
    """Runs git in a folder; commits are always possible."""

    def run(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        identity = (
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.org",
            "-c",
            "protocol.file.allow=always",
        )
        environment = {**os.environ, **(env or {})}
        done = subprocess.run(
            [INSTALLED_GIT, *identity, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr}"
        return done.stdout.strip()

    return run


@pytest.fixture
def feedstock(tmp_path: Path, git: Git) -> Iterator[Path]:
    """A repository with a committed recipe in its folder "recipe" and a remote on a server."""
    root = tmp_path / "hello-feedstock"
    recipe = root / "recipe"
    recipe.mkdir(parents=True)
    (recipe / "recipe.yaml").write_text(
        "package:\n  name: hello\n  version: '1.0'\n"
        "build:\n  noarch: generic\n  script: echo hi > $PREFIX/hi\n"
    )
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    git(
        root,
        "remote",
        "add",
        "origin",
        "https://user:s3cr3t@github.com/example/hello-feedstock.git",
    )
    return root
