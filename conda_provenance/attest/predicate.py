"""The predicate of SLSA provenance v1, made of what a package says and what its builder recorded.

It is derived afterwards and authenticates nothing. No level of SLSA is claimed, and what is not
known is left out. docs/buildtypes/metadata/v1.md describes it for those who read one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conda_provenance.attest import publishable
from conda_provenance.attest.recorded.build import Dependency, RecordedBuild
from conda_provenance.bundles.statement_types import DERIVED_BUILD_TYPE, DERIVED_BUILDER
from conda_provenance.claim import Claim
from conda_provenance.errors import ProvenanceError
from conda_provenance.values import clean_or_none, is_full_sha, is_run

_RUN_ID = re.compile(r"[A-Za-z][A-Za-z0-9-]*_(?![/~]).")
"""A CI system, and a run of it. What begins like a path may be one."""


class NothingToState(ProvenanceError):
    """The package says too little of its origin.

    The message is the second half of a sentence, such as "it names no repository".
    """


def predicate_of(claim: Claim, build: RecordedBuild, *, ref: str | None = None) -> dict[str, Any]:
    """The predicate. The keys have one order, so that the same package gives the same bytes.

    ``ref``: from which branch or tag it was built, for a caller inside the run that built it, such
    as ``refs/heads/main``. No package records it.
    Raises :class:`NothingToState`.
    """
    if not claim:
        raise NothingToState("it says nothing about where it comes from")

    remote = publishable.repository(claim.remote_url)
    if remote is None:
        raise NothingToState("it names no repository that others can reach")

    parameters: dict[str, Any] = {"repository": str(remote)}
    if ref and ref.startswith("refs/") and publishable.revision(ref):
        parameters["ref"] = ref
    if build.variant:
        parameters["variant"] = dict(build.variant)

    definition: dict[str, Any] = {"buildType": DERIVED_BUILD_TYPE, "externalParameters": parameters}
    dependencies = [*_recipe(claim, str(remote)), *map(_descriptor, build.dependencies)]
    if dependencies:
        definition["resolvedDependencies"] = dependencies

    builder: dict[str, Any] = {"id": DERIVED_BUILDER}
    if build.tools:
        builder["version"] = dict(build.tools)
    details: dict[str, Any] = {"builder": builder}
    metadata = {"invocationId": _invocation(claim), "startedOn": build.started}
    known = {key: value for key, value in metadata.items() if value}
    if known:
        details["metadata"] = known
    return {"buildDefinition": definition, "runDetails": details}


def _recipe(claim: Claim, remote: str) -> Iterator[dict[str, Any]]:
    """The repository at the commit. Without a whole hash there is no such thing."""
    sha = clean_or_none("sha", claim.sha)
    if sha and is_full_sha(sha):
        yield _described("recipe", f"git+{remote}@{sha}", ("gitCommit", sha))


def _descriptor(dependency: Dependency) -> dict[str, Any]:
    return _described(dependency.role, dependency.uri, dependency.digest)


def _described(role: str, uri: str | None, digest: tuple[str, str] | None) -> dict[str, Any]:
    """A ResourceDescriptor."""
    descriptor: dict[str, Any] = {}
    if uri:
        descriptor["uri"] = uri
    if digest:
        descriptor["digest"] = dict([digest])
    return {**descriptor, "annotations": {"role": role}}


def _invocation(claim: Claim) -> str | None:
    """The run's page, or else its id as it stands. Nothing is put together or guessed."""
    page = publishable.run(clean_or_none("flow_run_url", claim.flow_run_url))
    if page:
        return page

    run = publishable.run(clean_or_none("flow_run_id", claim.flow_run_id))
    # Without its CI system, an id names nothing.
    is_id = run is not None and _RUN_ID.match(run) is not None and is_run(run)
    return run if is_id and run == claim.flow_run_id else None
