"""Reads the JSON of an earlier ``verify``. What follows from it is not known here."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from conda_provenance.errors import UsageError
from conda_provenance.text import escape, redact_location
from conda_provenance.verify.outcome import Outcome
from conda_provenance.verify.rows import Row
from conda_provenance.verify.verdict import Standing

MAX_FILE = 4 << 30
"""Bytes of a result that is read."""

_Sentence = Annotated[str, Meta(min_length=1)]
_Id = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z", max_length=60)]
_Page = Annotated[str, Meta(pattern=r"\Ahttps?://")]
_Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Count = Annotated[int, Meta(ge=0)]
_Time = Annotated[str, Meta(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]


class _Problem(Struct):
    code: Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]*\Z")]
    message: _Sentence


class _Check(Struct):
    id: _Id
    outcome: Outcome
    message: _Sentence
    facts: dict[str, Any]
    retry_at: _Time | None
    detail: str | None


class _Facet(Struct):
    process: Outcome
    automation: Outcome
    provenance: Outcome


class _Sentences(Struct):
    process: _Sentence
    automation: _Sentence
    provenance: _Sentence


class _Evidence(Struct):
    file: str
    digest: _Sha256 | None
    by: str | None
    believed: bool
    missing: list[str]
    error: str | None


class _Vsa(Struct):
    file: str | None
    result: Annotated[str, Meta(pattern=r"\A(?:PASSED|FAILED)\Z")] | None
    why_not: str | None


class _Package(Struct):
    """An entry of ``packages``, as docs/reference/json.md describes it. Other keys are dropped."""

    package: str
    location: str
    name: str
    version: str | None
    build: str | None
    subdir: str | None
    channel: str | None
    timestamp: int | None
    read_from: Annotated[str, Meta(pattern=r"\A(?:file|folder|cache|archive|remote)\Z")] | None
    place: str | None
    sha256: _Sha256 | None
    sha256_from: Annotated[str, Meta(pattern=r"\A(?:file|record|index)\Z")] | None
    sha: str | None
    remote_url: str | None
    flow_run_id: str | None
    flow_run_url: str | None
    commit_url: _Page | None
    run_url: _Page | None
    problems: list[_Problem]
    error: str | None
    checks: list[_Check]
    verdict: _Facet
    sentences: _Sentences
    outcome: Standing
    message: _Sentence
    accepted: bool
    notes: list[str]
    evidence: _Evidence | None
    vsa: _Vsa | None = None


class _Summary(Struct):
    not_conda: _Count


class _Document(Struct, tag_field="command", tag="verify"):
    version: Annotated[int, Meta(ge=1, le=1)]
    packages: list[_Package]
    summary: _Summary
    targets: str | None
    shard: str | None
    missing: str | None
    error: str | None = None


def checked_row(value: object) -> Row:
    """A row that somebody else has made. Raises ``ValueError`` if it has not the form of one."""
    try:
        row: Row = msgspec.to_builtins(msgspec.convert(value, _Package))
    except (msgspec.MsgspecError, RecursionError):
        raise ValueError("no row") from None
    return row


class Saved(Struct):
    """What an earlier run found."""

    rows: list[Row]
    not_conda: int
    shard: str | None
    missing: str | None
    targets: str | None


def read_results(path: str) -> Saved:
    """Read the file. Raises :class:`~conda_provenance.errors.UsageError` if it is none."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE)
    except OSError as error:
        why = f"cannot be read ({error.strerror or type(error).__name__})"
        raise _unusable(path, why) from None

    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise _unusable(path, "is not what 'verify --json' prints") from None

    if document.error is not None:
        raise _unusable(path, "is of a run that ended before its time")

    rows: list[Row] = msgspec.to_builtins(document.packages)
    return Saved(
        rows,
        document.summary.not_conda,
        document.shard,
        document.missing,
        document.targets,
    )


def _unusable(path: str, why: str) -> UsageError:
    shown = escape(redact_location(path), 300)
    return UsageError(f"{shown} {why}: give a file that 'verify --json' has written whole.")
