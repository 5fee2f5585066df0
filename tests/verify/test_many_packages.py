"""Many packages of few repositories: each repository is asked once, whatever the packages are."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_running import answer, run_command
from git_servers import GitServer
from histories import History, empty
from packages_making import INDEX, make_conda, tar, zst

REPOSITORIES = 5
PACKAGES = 6
"""Of each repository, each of another commit."""


def recipe(name: str) -> dict[str, bytes]:
    """A recipe, as it is in the commit and in the package."""
    text = f"package:\n  name: {name}\n  version: '1.0'\nbuild:\n  noarch: generic\n"
    return {"recipe.yaml": text.encode(), "build.sh": f"echo {name}\n".encode()}


def package(folder: Path, name: str, sha: str, remote_url: str) -> None:
    """A package with the metadata of rattler-build, made by hand: there are many."""
    files = {
        "info/index.json": json.dumps({**INDEX, "name": name}).encode(),
        "info/about.json": json.dumps({"extra": {"sha": sha, "remote_url": remote_url}}).encode(),
        "info/recipe/rendered_recipe.yaml": b"recipe: {}\n",
        "info/recipe/variant_config.yaml": b"{}\n",
        **{f"info/recipe/{file}": data for file, data in recipe(name).items()},
    }
    make_conda(folder, name=name, info=zst(tar(files)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    server = GitServer(tmp_path_factory.mktemp("served"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def packages(server: GitServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    for number in range(REPOSITORIES):
        history: History = empty(folder.parent / f"history-{folder.name}-{number}")
        url = f"{server.url(f'o/r{number}')}"
        shas = {}
        for which in range(PACKAGES):
            name = f"p{number}x{which}"
            files = {f"recipe/{file}": data for file, data in recipe(name).items()}
            shas[name] = history.commit(name, {**files, "count": str(which)})
        server.publish(history, f"o/r{number}")
        for name, sha in shas.items():
            package(folder, name, sha, url)
    return folder


def verify(server: GitServer, *options: str | Path, **variables: str) -> dict[str, object]:
    repo = f"http://127.0.0.1:{server.port}/o/*"
    allow = ("--allow", "http,private", "--expect-repo", repo)
    only = ("--only", "well-formed,expected,commit-exists,commit-on-branch,recipe-matches")
    return answer(run_command("verify", *options, *allow, *only, "--json", **variables))


def test_each_repository_is_asked_once_for_all_its_packages(server, packages):
    server.forget()
    printed = verify(server, packages)
    assert printed["summary"]["consistent"] == REPOSITORIES * PACKAGES, printed["packages"][0]

    counted = Counter(
        (asked.path.split("/info/")[0].split("/git-")[0], asked.service) for asked in server.asked
    )
    for number in range(REPOSITORIES):
        of_one = {
            service: count
            for (path, service), count in counted.items()
            if path.startswith(f"/o/r{number}")
        }
        # One connection says which protocol there is, and each command begins with one.
        assert of_one.get("ls-refs", 0) <= 3, of_one
        assert of_one.get("fetch", 0) <= 2 * 2, of_one


def test_a_second_run_asks_nobody_if_the_answers_are_young_enough(server, packages, tmp_path):
    cache = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    verify(server, packages, "--max-age", "1d", **cache)
    server.forget()
    begun = time.monotonic()
    printed = verify(server, packages, "--max-age", "1d", **cache)
    assert printed["summary"]["consistent"] == REPOSITORIES * PACKAGES
    assert server.asked == []
    assert time.monotonic() - begun < 30

    server.forget()
    verify(server, packages)
    assert server.asked, "without --max-age everything is asked again"


def test_a_second_run_loads_nothing_that_asks(server, packages, tmp_path):
    cache = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    verify(server, packages, "--max-age", "1d", **cache)
    done = run_command(
        *("verify", packages, "--max-age", "1d", "--only", "expected,recipe-matches", "--json"),
        *("--allow", "http,private", "--expect-repo", f"http://127.0.0.1:{server.port}/o/*"),
        **cache,
        PYTHONVERBOSE="1",
    )
    assert answer(done)["summary"]["consistent"] == REPOSITORIES * PACKAGES
    loaded = set(re.findall(r"^import '([\w.]+)'", done.stderr, re.M))
    assert "conda_provenance.verify.verifier" in loaded
    heavy = {"urllib.request", "http.client", "urllib3", "requests", "ssl", "logging"}
    assert not loaded & heavy


def test_evidence_of_each_package_says_the_same_offline(server, packages, tmp_path):
    online = verify(server, packages, "--evidence", tmp_path)
    server.forget()
    offline = verify(server, packages, "--evidence", tmp_path, "--offline")
    assert server.asked == []
    rows = [
        [{check["id"]: check["outcome"] for check in row["checks"]} for row in printed["packages"]]
        for printed in (online, offline)
    ]
    assert rows[0] == rows[1]
    assert all(not row["evidence"]["missing"] for row in offline["packages"])
