"""Packages with the files that builders leave, and readers of statements that are not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from packages_making import Files, info_files, make_conda, make_tar_bz2, tar, zst

SHA = "a" * 40
REMOTE = "https://github.com/example/hello-feedstock"
STAMP = {"sha": SHA, "remote_url": REMOTE, "flow_run_id": "github_77"}
DIGEST = "5" * 64
CHANNEL = "https://conda.anaconda.org/conda-forge"

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


def require_accepted(statement: bytes | str) -> None:
    """Raise an error unless in-toto-attestation and sigstore take the statement as it is."""
    for library in ("in_toto_attestation", "sigstore"):
        pytest.importorskip(library, reason=f"{library} is not installed: pip install '.[test]'")

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


def package(**changes: Any) -> dict[str, Any]:
    record = {
        "name": "zlib",
        "version": "1.3.1",
        "build": "h1_0",
        "subdir": "linux-64",
        "fn": "zlib-1.3.1-h1_0.conda",
        "url": f"{CHANNEL}/linux-64/zlib-1.3.1-h1_0.conda",
        "channel": f"{CHANNEL}/",
        "sha256": DIGEST,
        "md5": "0" * 32,
    }
    return {**record, **changes}


def rendered(**changes: Any) -> dict[str, Any]:
    """A rendered recipe, parsed."""
    document = {
        "build_configuration": {
            "variant": {"target_platform": "linux-64", "python": "3.12.* *_cpython"},
            "timestamp": "2026-11-26T05:55:57.635964163Z",
            "channels": [CHANNEL],
            "directories": {"work_dir": "/home/jane/bld/work"},
        },
        "finalized_dependencies": {
            "build": {"resolved": [package(name="gcc")]},
            "host": {"resolved": [package()]},
        },
        "finalized_sources": [
            {"url": "https://example.org/a.tar.gz", "sha256": DIGEST},
            {"git": "https://github.com/o/lib.git", "rev": SHA},
            {"path": "../local"},
        ],
        "system_tools": {"rattler-build": "0.73.0", "git": "2.39"},
    }
    return {**document, **changes}


def meta(**changes: Any) -> dict[str, Any]:
    document = {
        "package": {"name": "demo", "version": "1.0"},
        "source": [
            {"url": "https://example.org/a.tar.gz", "sha256": DIGEST},
            {"git_url": "https://github.com/o/lib.git", "git_rev": "v1.0"},
            {"path": "/home/jane/feedstock/local"},
        ],
        "requirements": {
            "build": ["gcc 14.2.0 h1_0", "ld >=2"],
            "host": ["zlib 1.3.1 h1_0"],
            "run": ["zlib >=1.3"],
        },
        "extra": {"final": "true"},
    }
    return {**document, **changes}


HEADER = """\
# This file created by conda-build 26.7.1
# meta.yaml template originally from:
# Origin b'https://jane:s3cr3t@github.com/o/n', commit b'abc'
# /home/jane/feedstock/recipe, last modified Thu Nov 26 05:55:44 2026
# ------------------------------------------------

"""
"""How conda-build's rendered recipe begins."""
