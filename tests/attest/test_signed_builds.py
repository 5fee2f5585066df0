"""From the build to the signature that others verify: real builder, real client, real verifiers.

The package is built inside the run, signed in it, and held against its stamp afterwards. The
instance is a stand-in. The public authority, log and keys are not exercised.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from ci_identities import GitHubRun
from cli_running import answer, run_command
from sigstore_js import SigstoreJs
from sigstore_server import SigstoreServer

pytest.importorskip("sigstore")
pytestmark = pytest.mark.skipif(
    find_spec("rattler_build") is None, reason="py-rattler-build is not installed"
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def built(sigstore_server: SigstoreServer, feedstock: Path, git: Any) -> Path:
    """A package that rattler-build's engine built in a run of GitHub's, stamped by our plugin."""
    shutil.copy(ROOT / "examples" / "hello" / "recipe.yaml", feedstock / "recipe")
    git(feedstock, "commit", "-qam", "hello")
    git(feedstock, "remote", "set-url", "origin", "https://github.com/example/hello-feedstock.git")
    sha = git(feedstock, "rev-parse", "HEAD").strip()
    sigstore_server.run = GitHubRun(sha=sha)
    environ = {**sigstore_server.environ, "GITHUB_WORKSPACE": str(feedstock)}
    output = feedstock.parent / "output"
    done = run_command("build", "recipe", "--output-dir", output, cwd=feedstock, **environ)
    assert done.returncode == 0, done.stderr
    (package,) = output.glob("*/*.conda")
    return package


def _sign(server: SigstoreServer, package: Path) -> Path:
    done = run_command(
        "attest", "--sign", "--trust-config", server.trust_config, package, **server.environ
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_what_a_run_built_it_signs_and_others_verify(
    sigstore_server: SigstoreServer, built: Path, sigstore_js: SigstoreJs
) -> None:
    """By sigstore-python's command and by npm's ``@sigstore/verify``."""
    server, run = sigstore_server, sigstore_server.run
    bundle = _sign(server, built)
    command = [
        *(sys.executable, "-m", "sigstore", "--trust-config", str(server.trust_config)),
        *("verify", "github", "--cert-identity", run.san, "--repository", run.repository),
        *("--sha", run.sha, "--bundle", str(bundle), str(built)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    content, root = json.loads(bundle.read_text()), json.loads(server.trusted_root.read_text())
    assert sigstore_js.verify(content, root, run.san, run.issuer) == {"identity": run.san}
    assert "error" in sigstore_js.verify(content, root, f"{run.san}x", run.issuer)


def test_the_signature_passes_against_the_stamp_and_fails_against_a_forged_one(
    sigstore_server: SigstoreServer, built: Path, tmp_path: Path
) -> None:
    """By our own check ``attested``, as a reader of the package runs it."""
    server, run = sigstore_server, sigstore_server.run
    bundle = _sign(server, built)

    def attested(package: Path) -> dict[str, Any]:
        done = run_command(
            "verify", "--json", "--only", "attested", "--expect-repo", run.remote_url,
            "--trust-root", server.trusted_root, "--bundle", bundle, "--offline", package,
        )  # fmt: skip
        (check,) = [
            each for each in answer(done)["packages"][0]["checks"] if each["id"] == "attested"
        ]
        return dict(check)

    assert attested(built)["outcome"] == "pass"

    forged = tmp_path / "forged" / built.name
    forged.parent.mkdir()
    shutil.copy(built, forged)
    done = run_command("stamp", "--sha", "1" * 40, "--force", forged)
    assert done.returncode == 0, done.stderr
    assert attested(forged)["outcome"] != "pass"


def test_a_second_run_does_not_sign_what_the_first_built(
    sigstore_server: SigstoreServer, built: Path
) -> None:
    sigstore_server.run = sigstore_server.run._replace(run_id="987654321")
    done = run_command(
        "attest", "--sign", "--trust-config", sigstore_server.trust_config, built,
        **sigstore_server.environ,
    )  # fmt: skip
    assert done.returncode == 1
    assert "and this is github_987654321" in done.stderr
    assert not os.path.exists(f"{built}.sigstore.json")
