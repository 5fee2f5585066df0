"""Statements of packages that were really built: rattler-build, conda-build, and both together.

Channels and sources have logins and tokens in their addresses, as private ones do.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attest_samples import HASH_INPUT, META, RENDERED, require_accepted
from builders_recipes import V0, V1
from conda_builds import RUN, build

from conda_provenance.attest.package_statement import PackageStatement, statement_of
from conda_provenance.bundles.statement_types import DERIVED_BUILDER
from conda_provenance.packages import read_claim, read_info_files, stamp_package

REMOTE = "https://github.com/example/hello-feedstock"
SECRET = "s3cr3t"
TOKEN = "tk-0123456789abcdef-s3cr3t0123456"

_RATTLER = """
import sys, warnings
warnings.simplefilter("ignore")
import conda_provenance
recipe, out, is_stamped, *channels = sys.argv[1:]
if is_stamped == "stamped":
    conda_provenance.activate()
from pathlib import Path
import rattler_build
variants = Path(recipe).with_name("variants.yaml")
config = rattler_build.VariantConfig()
if variants.exists():
    config = rattler_build.VariantConfig.from_file(variants)
for each in rattler_build.Stage0Recipe.from_file(Path(recipe)).render(config):
    each.run_build(output_dir=out, channels=channels)
"""

needs_rattler_build = pytest.mark.skipif(
    importlib.util.find_spec("rattler_build") is None, reason="py-rattler-build is not here"
)


@pytest.fixture
def archive() -> bytes:
    """The source of a release."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        file.addfile(tarfile.TarInfo("source.txt"), io.BytesIO())
    return buffer.getvalue()


@pytest.fixture
def site(tmp_path: Path, archive: bytes) -> Iterator[str]:
    """A host with a private channel, which anybody may read here, and a release."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            file = tmp_path / "channel" / path.removeprefix(f"/t/{TOKEN}/private/")
            data = archive if path == "/releases/demo-1.0.tar.gz" else None
            if path.startswith(f"/t/{TOKEN}/private/") and file.is_file():
                data = file.read_bytes()
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def rattler(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Builds a recipe with rattler-build's engine."""
    monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def build(recipe: Path, out: Path, *channels: str, stamped: bool = True) -> None:
        words = [recipe / "recipe.yaml", out, "stamped" if stamped else "plain", *channels]
        run(sys.executable, "-c", _RATTLER, *words, **RUN)

    return build


def packages(out: Path) -> list[Path]:
    return sorted([*out.glob("*/*.conda"), *out.glob("*/*.tar.bz2")])


def stated(package: Path) -> PackageStatement:
    """The statement, which holds no secret and no path of this machine."""
    done = statement_of(str(package))
    assert done.note == ""
    assert done.sha256 == hashlib.sha256(package.read_bytes()).hexdigest()
    text = done.statement.decode()
    for unwanted in (SECRET, "user", str(package.parent.parent), os.getcwd(), "feedstock/recipe"):
        assert unwanted not in text
    assert done.predicate["runDetails"]["builder"]["id"] == DERIVED_BUILDER
    if importlib.util.find_spec("sigstore"):  # conda's environment has no such reader.
        require_accepted(done.statement)
    return done


def dependencies(done: PackageStatement) -> dict[str, list[dict[str, Any]]]:
    """By their roles, without them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in done.predicate["buildDefinition"].get("resolvedDependencies", []):
        rest = {key: value for key, value in each.items() if key != "annotations"}
        found.setdefault(each["annotations"]["role"], []).append(rest)
    return found


def recipe_of(git: Any, folder: Path) -> dict[str, Any]:
    sha = git(folder, "rev-parse", "HEAD")
    return {"uri": f"git+{REMOTE}@{sha}", "digest": {"gitCommit": sha}}


def tool(tmp_path: Path, rattler: Callable[..., None]) -> Path:
    """A package that the others need, in the private channel."""
    folder = tmp_path / "tool"
    folder.mkdir()
    (folder / "recipe.yaml").write_text(V1.replace("name: hello", "name: tool"))
    rattler(folder, tmp_path / "channel")
    (package,) = packages(tmp_path / "channel")
    return package


def require_reported(package: Path) -> None:
    """The statement leaves the secrets out; ``audit`` and ``show`` say that they are there."""
    assert "recipe-credentials" in {each.code for each in read_claim(package).problems}


def stamp_afterwards(package: Path, sha: str) -> None:
    """A build that we stamp loses its secrets. One without us keeps them."""
    stamp_package(package, {"sha": sha, "remote_url": REMOTE, "flow_run_id": "github_77"})


@needs_rattler_build
@pytest.mark.parametrize("by_the_build", [True, False])
def test_rattler_build(write_feedstock, rattler, git, tmp_path, site, archive, by_the_build):
    needed = tool(tmp_path, rattler)
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q", "-b", "main")
    git(library, "commit", "-q", "--allow-empty", "-m", "first")
    git(library, "tag", "v1")
    digest = hashlib.sha256(archive).hexdigest()
    recipe = write_feedstock(
        variants_yaml=f"flavour: [sweet]\nAPI_TOKEN: [{SECRET}]\nroot: [{tmp_path}]\n",
        local_txt="local",
        recipe_yaml=f"""\
package: {{name: demo, version: "1.0"}}
source:
  - url: http://user:{SECRET}@{site}/releases/demo-1.0.tar.gz?token={SECRET}
    sha256: {digest}
  - git: {library.as_uri()}
    tag: v1
    target_directory: library
  - path: local.txt
build:
  script: echo ${{{{ flavour }}}} ${{{{ API_TOKEN }}}} ${{{{ root }}}} > $PREFIX/demo.txt
requirements:
  build: [tool]
  host: [tool]
""",
    )
    out = tmp_path / "out"
    channel = f"http://user:{SECRET}@{site}/t/{TOKEN}/private"
    rattler(recipe, out, channel, stamped=by_the_build)
    (package,) = packages(out)
    if not by_the_build:
        stamp_afterwards(package, git(recipe, "rev-parse", "HEAD"))
        (rendered,) = read_info_files(package, [RENDERED]).values()
        assert rendered.count(SECRET.encode()) > 3, "rattler-build leaves no secrets there any more"
        require_reported(package)
    done = stated(package)
    needed_entry = {
        "uri": f"http://{site}/private/noarch/{needed.name}",
        "digest": {"sha256": hashlib.sha256(needed.read_bytes()).hexdigest()},
    }
    assert dependencies(done) == {
        "recipe": [recipe_of(git, recipe)],
        "source": [
            {
                "uri": f"http://{site}/releases/demo-1.0.tar.gz",
                "digest": {"sha256": digest},
            },
            {"digest": {"gitCommit": git(library, "rev-parse", "HEAD")}},
        ],
        "build": [needed_entry],
        "host": [needed_entry],
    }
    parameters = done.predicate["buildDefinition"]["externalParameters"]
    assert parameters["repository"] == REMOTE
    assert parameters["variant"]["flavour"] == "sweet"
    assert not {"API_TOKEN", "root"} & parameters["variant"].keys()
    assert done.predicate["runDetails"]["builder"]["version"].keys() == {"rattler-build"}
    metadata = done.predicate["runDetails"]["metadata"]
    assert metadata["invocationId"] == "github_77"
    assert metadata["startedOn"].endswith("Z")


@needs_rattler_build
def test_the_build_can_be_started_again_from_the_statement(write_feedstock, rattler, git, tmp_path):
    """As the page of the build type says it."""
    recipe = write_feedstock(
        variants_yaml="flavour: [sweet, sour]\n",
        recipe_yaml=V1.replace("echo hi", "echo ${{ flavour }}"),
    )
    rattler(recipe, tmp_path / "out")
    first, second = packages(tmp_path / "out")
    assert first.name != second.name
    for number, package in enumerate((first, second)):
        done = stated(package)
        again = tmp_path / f"again{number}"
        git(tmp_path, "clone", "-q", recipe.parent, again)
        (commit,) = dependencies(done)["recipe"]
        git(again, "checkout", "-q", commit["digest"]["gitCommit"])
        variant = done.predicate["buildDefinition"]["externalParameters"]["variant"]
        lists = {key: [value] for key, value in variant.items()}
        (again / "recipe" / "variants.yaml").write_text(json.dumps(lists))
        rattler(again / "recipe", tmp_path / f"out{number}")
        assert [each.name for each in packages(tmp_path / f"out{number}")] == [package.name]


# --- conda-build ---------------------------------------------------------------------------------

conda_build = pytest.mark.usefixtures("conda_build_environment")


def conda_channel(tmp_path: Path, run: Any, name: str = "tool") -> str:
    """A package in the channel that conda-build looks at. Returns its version and build string."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "meta.yaml").write_text(V0.replace("name: hello", f"name: {name}"))
    build(run, "conda-build", folder, tmp_path / "tools")
    return "1.0", "0"


@conda_build
def test_conda_build(write_feedstock, run, git, tmp_path, site, archive):
    conda_channel(tmp_path, run)
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q", "-b", "main")
    git(library, "commit", "-q", "--allow-empty", "-m", "first")
    git(library, "tag", "v1")
    digest = hashlib.sha256(archive).hexdigest()
    recipe = write_feedstock(
        local_txt="local",
        meta_yaml=f"""\
package:
  name: demo
  version: "1.0"
source:
  - url: http://user:{SECRET}@{site}/releases/demo-1.0.tar.gz
    sha256: {digest}
  - git_url: {library.as_uri()}
    git_rev: v1
    folder: library
  - path: local.txt
build:
  script: echo demo > $PREFIX/demo.txt
requirements:
  build:
    - tool
  host:
    - tool
""",
    )
    more = ["-c", (tmp_path / "tools").as_uri()]
    build(run, "conda-build", recipe, tmp_path / "out", *more)
    (package,) = packages(tmp_path / "out")
    done = stated(package)
    found = dependencies(done)
    assert found["recipe"] == [recipe_of(git, recipe)]
    # Of a git source it records the tag, which is no digest, and this one's address is local.
    assert found["source"] == [
        {"uri": f"http://{site}/releases/demo-1.0.tar.gz", "digest": {"sha256": digest}},
    ]
    for role in ("build", "host"):
        (entry,) = found[role]
        assert entry["uri"].startswith("pkg:conda/tool@1.0?build=")
        assert "digest" not in entry
    details = done.predicate["runDetails"]
    assert details["builder"]["version"].keys() == {"conda", "conda-build"}
    assert details["metadata"] == {"invocationId": "github_77"}


@conda_build
def test_conda_builds_variant(write_feedstock, run, tmp_path):
    recipe = write_feedstock(
        meta_yaml=V0.replace("script:", "string: s{{ flavour }}\n  script:"),
        conda_build_config_yaml="flavour:\n  - sweet\n",
    )
    build(run, "conda-build", recipe, tmp_path / "out")
    (package,) = packages(tmp_path / "out")
    assert json.loads(read_info_files(package, [HASH_INPUT])[HASH_INPUT]) == {"flavour": "sweet"}
    parameters = stated(package).predicate["buildDefinition"]["externalParameters"]
    assert parameters == {"repository": REMOTE, "variant": {"flavour": "sweet"}}


@conda_build
def test_a_recipe_at_the_top_of_its_repository_leaves_its_address_in_a_comment(run, git, tmp_path):
    folder = tmp_path / "feedstock"
    folder.mkdir()
    (folder / "meta.yaml").write_text(V0)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", f"https://user:{SECRET}@github.com/example/hello.git")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    build(run, "conda-build", folder, tmp_path / "out", CONDA_NO_PLUGINS="true")
    (package,) = packages(tmp_path / "out")
    stamp_afterwards(package, git(folder, "rev-parse", "HEAD"))
    (rendered,) = read_info_files(package, [META]).values()
    assert SECRET.encode() in rendered, "conda-build leaves no secret there any more"
    require_reported(package)
    assert dependencies(stated(package)) == {"recipe": [recipe_of(git, folder)]}


@conda_build
@needs_rattler_build
def test_a_recipe_yaml_that_conda_build_builds(write_feedstock, run, git, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    build(run, "conda-build", recipe, tmp_path / "out")
    (package,) = packages(tmp_path / "out")
    done = stated(package)
    assert dependencies(done)["recipe"] == [recipe_of(git, recipe)]
    details = done.predicate["runDetails"]
    assert "rattler-build" in details["builder"]["version"]
    assert details["metadata"]["startedOn"].endswith("Z")


@conda_build
def test_a_package_without_its_recipe_has_the_stamp_alone(write_feedstock, run, git, tmp_path):
    recipe = write_feedstock(meta_yaml=V0.replace("build:", "build:\n  include_recipe: false"))
    build(run, "conda-build", recipe, tmp_path / "out")
    (package,) = packages(tmp_path / "out")
    done = stated(package)
    assert dependencies(done) == {"recipe": [recipe_of(git, recipe)]}


@conda_build
def test_an_output_has_its_own_dependencies(write_feedstock, run, git, tmp_path):
    conda_channel(tmp_path, run)
    recipe = write_feedstock(
        meta_yaml="""\
package:
  name: split
  version: "1.0"
outputs:
  - name: split-one
    script: one.sh
    requirements:
      host:
        - tool
  - name: split-two
    script: one.sh
""",
        one_sh="echo one > $PREFIX/$PKG_NAME.txt\n",
    )
    build(run, "conda-build", recipe, tmp_path / "out", "-c", (tmp_path / "tools").as_uri())
    one, two = map(stated, packages(tmp_path / "out"))
    assert [each["uri"].partition("?")[0] for each in dependencies(one)["host"]] == [
        "pkg:conda/tool@1.0"
    ]
    assert dependencies(two).keys() == {"recipe"}
