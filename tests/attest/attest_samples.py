"""Packages with the files that builders leave, and readers of statements that are not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from packages_making import INDEX, Files, info_files, make_conda, make_tar_bz2, tar, zst

SHA = "a" * 40
REMOTE = "https://github.com/example/hello-feedstock"
STAMP = {"sha": SHA, "remote_url": REMOTE, "flow_run_id": "github_77"}
DIGEST = "5" * 64

RENDERED = "info/recipe/rendered_recipe.yaml"
META = "info/recipe/meta.yaml"
HASH_INPUT = "info/hash_input.json"


def make_package(folder: Path, further: Files | None = None, **extra: Any) -> Path:
    """A ``.conda`` with this stamp, or the usual one, and further files of its metadata."""
    about = {"extra": extra or STAMP}
    files = {**info_files(about), **(further or {})}
    return make_conda(folder, info=zst(tar(files)))


def make_old_package(folder: Path, further: Files | None = None, **extra: Any) -> Path:
    """The same as a ``.tar.bz2``."""
    files = {**info_files({"extra": extra or STAMP}), **(further or {}), "share/a": b"a"}
    return make_tar_bz2(folder, data=tar(files))


def predicate_in(statement: bytes | str) -> dict[str, Any]:
    predicate: dict[str, Any] = json.loads(statement)["predicate"]
    return predicate


def require_accepted(statement: bytes | str) -> None:
    """Raise an error unless in-toto-attestation and sigstore take the statement as it is."""
    from google.protobuf.json_format import ParseDict
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement
    from sigstore.dsse import Statement as SigstoreStatement
    from sigstore.dsse._predicate import SLSAPredicateV1_0

    data = json.loads(statement)
    Statement.copy_from_pb(ParseDict(data, statement_pb2.Statement())).validate()
    ParseDict(data["predicate"], provenance_pb2.Provenance())
    SLSAPredicateV1_0.model_validate(data["predicate"])
    SigstoreStatement(statement if isinstance(statement, bytes) else statement.encode())


__all__ = [
    "DIGEST",
    "HASH_INPUT",
    "INDEX",
    "META",
    "REMOTE",
    "RENDERED",
    "SHA",
    "STAMP",
    "make_old_package",
    "make_package",
    "predicate_in",
    "require_accepted",
]
