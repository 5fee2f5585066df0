"""Signed statements about a package: real bundles of our own instance, and the check."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from case_making import CLAIM, subject_of
from ci_identities import GitHubRun
from sigstore_instance import Instance

from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles.statement_types import BUILD_TYPES, PUBLISH_TYPE
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.expectations import REQUIRED, Expectations
from conda_provenance.policy.signers import SignerPattern
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.attested.given import Given
from conda_provenance.verify.attested.verifying import Bundles
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.checks.attested import CHECK
from conda_provenance.verify.outcome import Result

V1, V0_2 = BUILD_TYPES
REPOSITORY = "conda-forge/demo-feedstock"
REMOTE = f"https://github.com/{REPOSITORY}"
RUN = GitHubRun(REPOSITORY, sha=CLAIM["sha"], run_id="123")
"""The run that the stamp names."""

OF_GITHUB = "https://actions.github.io/buildtypes/workflow/v1"


class Certified(NamedTuple):
    """Whoever a certificate names."""

    san: str
    extensions: Mapping[int, str | bytes]


class NoForge:
    """A stand-in for the look-up, of a forge that lists no attestations."""

    def forge(self, remote: Any, **_: Any) -> Any:
        raise NotImplementedError


def github_predicate(run: GitHubRun, **changed: Any) -> dict[str, Any]:
    """As actions/attest writes it."""
    workflow = {"ref": run.ref, "repository": run.remote_url, "path": run.workflow}
    repository = {"uri": f"git+{run.remote_url}@{run.ref}", "digest": {"gitCommit": run.sha}}
    definition = {
        "buildType": OF_GITHUB,
        "externalParameters": {"workflow": workflow},
        "internalParameters": {"github": {"event_name": run.event}},
        "resolvedDependencies": [repository],
    }
    details = {"builder": {"id": run.san}, "metadata": {"invocationId": run.run_url}}
    return {"buildDefinition": definition, "runDetails": details, **changed}


def old_predicate(run: GitHubRun) -> dict[str, Any]:
    """As slsa-github-generator wrote it, in SLSA v0.2."""
    uri = f"git+{run.remote_url}@{run.ref}"
    source = {"uri": uri, "digest": {"sha1": run.sha}, "entryPoint": run.workflow}
    return {
        "builder": {"id": "https://github.com/slsa-framework/slsa-github-generator/x.yml@v1"},
        "buildType": "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
        "invocation": {"configSource": source},
        "metadata": {"buildInvocationId": f"{run.run_id}-{run.attempt}"},
        "materials": [{"uri": uri, "digest": {"sha1": run.sha}}],
    }


class Signing:
    """A package that was stamped, and an instance that signs statements about it."""

    def __init__(self, folder: Path, claim: Mapping[str, Any] = CLAIM) -> None:
        self.instance = Instance()
        self.folder = folder
        self.subject = subject_of(folder, claim)
        self.answers = Answers()

    @property
    def sha256(self) -> str:
        found = self.subject.computed_sha256
        assert found is not None
        return found

    @property
    def name(self) -> str:
        return self.subject.artifact.file_name

    def statement(
        self, kind: str = V1, predicate: Any = None, *, name: str = "", sha256: str = ""
    ) -> bytes:
        return statement_bytes(name or self.name, sha256 or self.sha256, kind, predicate)

    def signed(self, who: Any, statement: bytes, instance: Instance | None = None) -> bytes:
        made = (instance or self.instance).bundle(statement, who.san, who.extensions)
        # As sigstore-python's own model writes it.
        return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()

    def built(self, run: GitHubRun = RUN, **given: Any) -> bytes:
        """A statement of a build, as GitHub Actions makes it."""
        return self.signed(run, self.statement(V1, github_predicate(run), **given))

    def published(self, run: GitHubRun = RUN, **given: Any) -> bytes:
        """A statement of a publication, as CEP 27 has it."""
        channel = {"targetChannel": "https://prefix.dev/channels/demo"}
        return self.signed(run, self.statement(PUBLISH_TYPE, channel, **given))

    def beside(self, ending: str, data: bytes) -> None:
        """Put a file beside the package."""
        (self.folder / f"{self.name}{ending}").write_bytes(data)

    def case(
        self,
        *,
        repositories: Sequence[str] = (REMOTE,),
        signers: Sequence[str] = (),
        **expected: Any,
    ) -> Case:
        patterns = tuple(map(RepositoryPattern.parse, repositories))
        named = tuple(map(SignerPattern.parse, signers))
        return Case(
            self.subject, Expectations(repositories=patterns, signers=named, **expected), {}
        )

    def world(self, *bundles: bytes, root: bytes | None = None, **given: Any) -> World:
        named = [Given(f"{number}.json", data) for number, data in enumerate(bundles)]
        root = root or self.instance.root_bytes()
        return World(
            None,  # type: ignore[arg-type]
            given.pop("lookup", NoForge()),
            0.0,
            self.answers,
            Bundles(given=named, trust_root=root, **given),
        )

    def check(self, *bundles: bytes, root: bytes | None = None, **expected: Any) -> Result:
        """What the check says of the package, with these as ``--bundle``."""
        self.answers = Answers()
        return CHECK.run(self.case(**expected), self.world(*bundles, root=root))


WANTED = (*REQUIRED, "attested")
