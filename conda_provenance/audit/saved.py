"""Reads the JSON of an earlier ``audit``. What follows from it is not known here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from conda_provenance.audit.row import Row
from conda_provenance.audit.state import State
from conda_provenance.errors import UsageError
from conda_provenance.keys import KEYS
from conda_provenance.text import escape, redact_location

VERSION = 1
"""Of the JSON."""

IDENTITY = ("package", "location", "name", "version", "build", "subdir", "channel")
"""What is kept about an excluded package."""

_MAX_SHOWN = 300
_TEXTS = ("name", "version", "build", "subdir", "channel", "place", "read_from", "sha256", "error")
_STATES = [each.value for each in State]
_FORMS = {
    "read_from": re.compile(r"file|folder|cache|archive|remote"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "sha256_from": re.compile(r"file|record|index"),
    "commit_url": re.compile(r"https?://.*", re.DOTALL),
    "run_url": re.compile(r"https?://.*", re.DOTALL),
}
"""What is written again must have the form that the JSON's schema gives it."""

_CODE = re.compile(r"[a-z][a-z0-9-]*")
_FURTHER = (*_TEXTS, "sha256_from", "commit_url", "run_url", *KEYS)


class SavedAudit(NamedTuple):
    """What an earlier audit found."""

    rows: list[Row]
    excluded: list[Mapping[str, Any]]
    not_conda: int
    shard: str | None
    missing: str | None = None
    """What was missing when it was joined from parts."""
    audited: str | None = None
    """What was audited, in the words of the command line."""


def read_audit(path: str) -> SavedAudit:
    """Read the file. Raises :class:`~conda_provenance.errors.UsageError` if it is none."""
    try:
        with open(path, "rb") as file:
            document = json.load(file)
    except OSError as error:
        raise _unusable(
            path, f"cannot be read ({error.strerror or type(error).__name__})"
        ) from None
    except (ValueError, RecursionError):
        raise _unusable(path, "is not JSON") from None

    try:
        return _audit(document)
    except _Malformed as error:
        raise _unusable(path, f"is not what 'audit --json' prints: {error}") from None


class _Malformed(Exception):
    """What is wrong with the document, as the end of a sentence."""


def _audit(document: Any) -> SavedAudit:
    if not isinstance(document, dict) or document.get("command") != "audit":
        raise _Malformed("it is no object of that command")
    if document.get("version") != VERSION:
        raise _Malformed("it is of another version")

    packages = document.get("packages")
    excluded = document.get("excluded", [])
    summary = document.get("summary")
    if not (
        isinstance(packages, list) and isinstance(excluded, list) and isinstance(summary, dict)
    ):
        raise _Malformed("it has no packages and summary, as if the audit had failed")

    shard = document.get("shard")
    not_conda = summary.get("not_conda", 0)
    missing = document.get("missing")
    audited = document.get("audited")
    if (
        type(not_conda) is not int
        or not_conda < 0
        or not all(isinstance(each, str | None) for each in (shard, missing, audited))
    ):
        raise _Malformed("its summary is malformed")

    rows = [_row(each) for each in packages]
    left_out = [_excluded(each) for each in excluded]
    return SavedAudit(rows, left_out, not_conda, shard, missing, audited)


def _excluded(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not _has_texts(value, ("package", "location")):
        raise _Malformed("what was excluded is malformed")

    known = {key: value.get(key) for key in IDENTITY}
    if not all(text is None or isinstance(text, str) for text in known.values()):
        raise _Malformed("what was excluded is malformed")
    return known


def _row(value: Any) -> Row:
    """The row, with ``None`` for what an older version did not write yet."""
    if not isinstance(value, dict):
        raise _Malformed("a package is no object")

    row = {**dict.fromkeys(_FURTHER), "problems": [], "timestamp": None, **value}
    if not all(row[key] is None or isinstance(row[key], str) for key in _FURTHER):
        raise _Malformed("a value of a package is not a text")
    if not _has_texts(row, ("package", "location")):
        raise _Malformed("a package has no name or location")
    row["name"] = row["name"] or row["package"]
    if row.get("state") not in _STATES:
        raise _Malformed("a package has no state")
    if not all(row[key] is None or form.fullmatch(row[key]) for key, form in _FORMS.items()):
        raise _Malformed("a value of a package has another form")
    if not isinstance(row["timestamp"], int | None) or isinstance(row["timestamp"], bool):
        raise _Malformed("the time of a package is not a number")
    if not isinstance(row["problems"], list) or not all(map(_is_problem, row["problems"])):
        raise _Malformed("the problems of a package are malformed")
    return row


def _is_problem(value: Any) -> bool:
    is_one = isinstance(value, dict) and _has_texts(value, ("code", "message"))
    return is_one and _CODE.fullmatch(value["code"]) is not None


def _has_texts(value: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    return all(isinstance(value.get(key), str) for key in keys)


def _unusable(path: str, why: str) -> UsageError:
    shown = escape(redact_location(path), _MAX_SHOWN)
    return UsageError(f"{shown} {why}: give a file that 'audit --json' has written whole.")
