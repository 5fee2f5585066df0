"""Builds in containers: no git, no ``.git``, another owner, only the variables handed in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

pytest.importorskip("rattler_build", reason="rattler-build's engine is not installed")

import conda_provenance
import conda_provenance.packages

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "example/hello-feedstock",
}
TOOLS = ("bash", "sh", "cat", "cp", "echo", "env", "ls", "mkdir", "rm", "uname")
Enter = Callable[[Path, Mapping[str, str], list[str]], "subprocess.CompletedProcess[str]"]

# Everything that Python needs is at its own place, in a new root with nothing else in it.
CHANGED_ROOT = """
set -e
root=$1; shift
mount --make-rprivate /
for place in /usr /bin /sbin /lib /lib64 /dev /proc /etc/ssl /etc/pki /etc/ca-certificates "$@"; do
  if [ -L "$place" ]; then
    mkdir -p "$root$(dirname "$place")"; cp -P "$place" "$root$place"
  elif [ -d "$place" ]; then
    mkdir -p "$root$place"; mount --rbind "$place" "$root$place"
  fi
done
mkdir -p "$root/tmp" "$root/root"
exec chroot "$root" /usr/bin/env -i -- $(cat "$root/variables") \\
  "$root_python" -m conda_provenance build /recipes/recipe.yaml -o /out
"""


def _bare(work: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The same without a new root: no git on the path, and no variable but the given ones."""
    command = [
        sys.executable,
        "-m",
        "conda_provenance",
        "build",
        str(work / "recipe.yaml"),
        "-o",
        str(work.parent / "out"),
    ]
    return subprocess.run(
        command, cwd=work, env=dict(variables), capture_output=True, text=True, check=False
    )


def _changed_root(work: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    unshare = shutil.which("unshare")
    root = work.parent
    if not unshare or not shutil.which("chroot"):
        pytest.skip("there is no unshare and chroot here")
    namespace = (
        [unshare, "--mount"] if os.geteuid() == 0 else [unshare, "--mount", "--map-root-user"]
    )
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no new mount namespace may be made here")
    (root / "variables").write_text(
        "\n".join(f"{name}={value}" for name, value in variables.items())
    )
    package = str(Path(conda_provenance.__file__).parents[1])
    places = sorted(
        {os.path.realpath(place) for place in (sys.prefix, sys.base_prefix, package)} | {sys.prefix}
    )
    return subprocess.run(
        [*namespace, "sh", "-c", CHANGED_ROOT, "sh", str(root), *places],
        env={**os.environ, "root_python": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A path with what a recipe's script needs, and without git."""
    folder = tmp_path / "container" / "tools"
    folder.mkdir(parents=True)
    for name in TOOLS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    assert shutil.which("git", path=str(folder)) is None
    return str(folder)


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="containers are Linux's")
@pytest.mark.parametrize("enter", [_bare, _changed_root], ids=["bare environment", "changed root"])
@pytest.mark.parametrize("handed_in", ["detect --format env", "conda-smithy", "nothing"])
def test_a_package_built_in_a_container_is_stamped_as_outside(
    feedstock, tmp_path, tools, git, enter, handed_in
):
    sha = git(feedstock, "rev-parse", "HEAD")
    variables = {
        "PATH": tools if enter is _bare else "/tools",
        "HOME": str(tmp_path) if enter is _bare else "/root",
    }
    if handed_in == "conda-smithy":
        variables |= {
            "CI": "github_actions",
            "GITHUB_ACTIONS": "true",
            "flow_run_id": "github_77",
            "sha": sha,
        }
        variables["remote_url"] = "https://github.com/example/hello-feedstock"
        variables["RECIPE_ROOT"] = (
            str(tmp_path / "container" / "recipes") if enter is _bare else "/recipes"
        )
    elif handed_in.startswith("detect"):
        command = [
            sys.executable,
            "-m",
            "conda_provenance",
            "detect",
            str(feedstock),
            "--format",
            "env",
        ]
        done = subprocess.run(
            command, env={**os.environ, **GITHUB}, capture_output=True, text=True, check=True
        )
        variables |= dict(
            line.split("=", 1) for line in done.stdout.splitlines()
        )  # as docker, podman and kubectl read it
    else:
        variables |= {"CI": "github_actions", "GITHUB_ACTIONS": "true"}
    work = tmp_path / "container" / "recipes"
    shutil.copytree(feedstock / "recipe", work)
    if os.geteuid() == 0:
        for place in (work, work / "recipe.yaml"):
            os.chown(place, 12345, 12345)
    done = enter(work, variables)
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = (tmp_path / "container" / "out" / "noarch").glob("*.conda")
    extra = conda_provenance.packages.read_claim(package).to_extra()
    if handed_in == "nothing":
        # CEP 31: no version control. And no half of an id, though GitHub's marker is there.
        assert extra == {"sha": ""}
    else:
        assert extra == {
            "sha": sha,
            "remote_url": "https://github.com/example/hello-feedstock",
            "flow_run_id": "github_77",
        }
    assert json.dumps(extra).count("s3cr3t") == 0
