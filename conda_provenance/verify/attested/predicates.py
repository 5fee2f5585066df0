"""What a SLSA provenance predicate says of a build: repository, commit and run.

The job that made the statement wrote it: it may say anything.

Sources: https://slsa.dev/spec/v1.2/provenance, https://slsa.dev/spec/v0.2/provenance,
https://github.com/actions/buildtypes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from conda_provenance.bundles.signed import Statement
from conda_provenance.bundles.statement_types import (
    DERIVED_BUILD_TYPE,
    DERIVED_BUILDER,
    SLSA_V0_2,
    SLSA_V1,
)

_GITHUB_BUILD_TYPES = (
    "https://actions.github.io/buildtypes/workflow/v1",
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
)
_GIT = re.compile(r"git\+(?P<url>(?:https?|ssh)://[^@\s]+)(?:@(?P<ref>\S+))?")
_MAX_LENGTH = 2000


class StatedBuild(NamedTuple):
    """What a predicate says of a build. Strangers' texts; ``None`` where it says nothing of it."""

    repository: str | None = None
    commit: str | None = None
    run: str | None = None
    is_derived: bool = False
    """Was it made from what the package says of itself?"""


def stated_build(statement: Statement) -> StatedBuild:
    """What a statement says of a build. Empty: it is not about one, or of a form unknown here."""
    if statement.predicate_type == SLSA_V1:
        return _v1(statement.predicate or {})
    if statement.predicate_type == SLSA_V0_2:
        return _v0_2(statement.predicate or {})
    return StatedBuild()


def _v1(predicate: Mapping[str, Any]) -> StatedBuild:
    definition, details = predicate.get("buildDefinition"), predicate.get("runDetails")
    build_type = _text(definition, "buildType")
    builder = _text(details, "builder", "id")
    is_derived = build_type == DERIVED_BUILD_TYPE or builder == DERIVED_BUILDER
    parameters = _at(definition, "externalParameters")
    repository = _text(parameters, "repository") if is_derived else None
    if build_type in _GITHUB_BUILD_TYPES:
        repository = _text(parameters, "workflow", "repository")

    commit = None
    if is_derived or build_type in _GITHUB_BUILD_TYPES:
        # Both put the repository first. Of another build type's entries nobody knows which it is.
        first = _first(_at(definition, "resolvedDependencies"))
        place = _repository(_text(first, "uri"))
        repository = repository or place
        commit = _text(first, "digest", "gitCommit") if place == repository else None

    run = _text(details, "metadata", "invocationId")
    return StatedBuild(repository, commit, run, is_derived)


def _v0_2(predicate: Mapping[str, Any]) -> StatedBuild:
    source = _at(predicate, "invocation", "configSource")
    return StatedBuild(
        _repository(_text(source, "uri")),
        _text(source, "digest", "sha1") or _text(source, "digest", "gitCommit"),
        _text(predicate, "metadata", "buildInvocationId"),
    )


def _repository(uri: str | None) -> str | None:
    match = _GIT.fullmatch(uri or "")
    return match["url"] if match else None


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any, *path: str) -> str | None:
    found = _at(value, *path)
    return found if isinstance(found, str) and 0 < len(found) <= _MAX_LENGTH else None
