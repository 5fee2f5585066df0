"""An in-toto statement about one package file, as bytes.

What a predicate says is not known here. The same statement always has the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conda_provenance.bundles.statement_types import STATEMENT_TYPE


def statement_bytes(
    file_name: str, sha256: str, predicate_type: str, predicate: Mapping[str, Any] | None
) -> bytes:
    """A statement about the file with this digest: one line of JSON, without a line's end.

    ``sha256``: lower-case hex, which was computed from the file's bytes.
    """
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": file_name, "digest": {"sha256": sha256}}],
        "predicateType": predicate_type,
    }
    if predicate is not None:
        statement["predicate"] = predicate
    return compact(statement)


def compact(value: Any) -> bytes:
    """JSON in one line, with the keys in the order in which they were given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
