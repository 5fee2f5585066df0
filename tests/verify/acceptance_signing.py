"""Signed statements about packages of the acceptance test's world, and where they lie.

The bundles are real, by an instance of Sigstore of the tests' own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acceptance_world import HELLO, World, digest_of
from attested_making import V1, github_predicate
from ci_identities import GitHubRun, Person
from sigstore_instance import Instance

from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles.statement_types import PUBLISH_TYPE
from conda_provenance.packages.read_contents import read_contents

SIGNER = f"https://github.com/{HELLO}/.github/workflows/build.yml@refs/heads/main"


def run_of(package: Path, **changed: Any) -> GitHubRun:
    """The run that a package names, or one that differs from it."""
    claim = read_contents(package).package.claim
    repository = str(claim.remote_url).removeprefix("https://github.com/")
    number = str(claim.flow_run_id).removeprefix("github_")
    run = GitHubRun(
        repository, sha=str(claim.sha), run_id=number, repository_id="4711", owner_id="99"
    )
    return run._replace(**changed)


def built(
    world: World,
    package: Path,
    by: GitHubRun | Person | None = None,
    *,
    kind: str = V1,
    predicate: Any = None,
    instance: Instance | None = None,
    of: Path | None = None,
) -> bytes:
    """A bundle with a statement of the package's build, or of another kind. ``of``: that file's."""
    by = by or run_of(package)
    file = of or package
    if predicate is None:
        predicate = github_predicate(by if isinstance(by, GitHubRun) else run_of(package))
    statement = statement_bytes(file.name, digest_of(file), kind, predicate)
    made = (instance or world.sigstore).bundle(statement, by.san, by.extensions)
    return json.dumps(made).encode()


def published(world: World, package: Path, run: GitHubRun | None = None) -> bytes:
    """A bundle with a statement of the package's publication."""
    channel = {"targetChannel": "https://conda.anaconda.org/conda-forge"}
    return built(world, package, run, kind=PUBLISH_TYPE, predicate=channel)


def beside(package: Path, *bundles: bytes, ending: str = ".sigstore.json") -> Path:
    """The package, with a file beside it: a bundle, or a list of several."""
    is_one = len(bundles) == 1 and ending != ".v0.sigs"
    data = bundles[0] if is_one else b"[" + b",".join(bundles) + b"]"
    (package.parent / f"{package.name}{ending}").write_bytes(data)
    return package


def listed(
    world: World, package: Path, *bundles: bytes, repository: str = HELLO, is_inline: bool = False
) -> Path:
    """The package, whose repository's forge lists these bundles."""
    github = world.github.repositories[repository]
    github.attested[digest_of(package)] = list(bundles)
    github.is_inline = is_inline
    return package


def quiet(world: World, **given: Any) -> Path:
    """An honest package, whose log names no digest: nothing but a signature binds it."""
    return world.actions(log="building\n", **given)


def forged(world: World) -> Path:
    """Another payload, with the stamp of an honest package whose log names no digest."""
    about = read_contents(quiet(world)).files["info/about.json"].data
    run = json.loads(about)["extra"]["flow_run_id"]
    return world.package(payload={"hi": b"ho\n"}, flow_run_id=run)


def edited(bundle: bytes) -> bytes:
    """The bundle with a signature that does not hold."""
    document = json.loads(bundle)
    signature = document["dsseEnvelope"]["signatures"][0]
    signature["sig"] = ("A" if signature["sig"][10] != "A" else "B").join(
        (signature["sig"][:10], signature["sig"][11:])
    )
    return json.dumps(document).encode()


def of_githubs_own(bundle: bytes) -> bytes:
    """In the form of GitHub's own authority, for private repositories: a time stamp, and no log."""
    document: dict[str, Any] = json.loads(bundle)
    material = document["verificationMaterial"]
    material["tlogEntries"] = []
    material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": "MAA="}]}
    return json.dumps(document).encode()


def requiring(**keys: Any) -> str:
    """The lines of a policy that requires a signed statement."""
    lines: Mapping[str, Any] = {"checks": ["attested"], **keys}
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in lines.items())
