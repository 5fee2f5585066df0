"""Makes the statement of a package file, from one reading of its bytes.

Who verifies or signs it, and where it goes, is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from conda_provenance.attest.predicate import NothingToState, predicate_of
from conda_provenance.attest.recorded.files import FILES, recorded_build
from conda_provenance.attest.statement import compact, statement_bytes
from conda_provenance.bundles.statement_types import SLSA_V1
from conda_provenance.claim import Claim
from conda_provenance.errors import ProvenanceError
from conda_provenance.packages import read_digested
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.packages.leaks import holds_secret
from conda_provenance.packages.refusals import shown_path
from conda_provenance.text import escape_commands


class PackageStatement(NamedTuple):
    """The statement about one package file, and what it was made of."""

    path: str
    """As it was given."""
    file_name: str
    """The name of its subject."""
    sha256: str
    """Of the bytes that were read, as hex."""
    statement: bytes
    """One line of JSON without a line's end. These are the bytes to sign."""
    claim: Claim
    predicate: Mapping[str, Any]
    note: str = ""
    """What the statement leaves out because it could not be read: a sentence. Mostly empty."""


class NotStated(NamedTuple):
    """A package without a statement, and why: one sentence, fit to be shown."""

    path: str
    error: ProvenanceError


def statements(
    paths: Iterable[str], make: Callable[[str], PackageStatement]
) -> Iterator[PackageStatement | NotStated]:
    """The statement of each package file, in their order. One that has none does not stop others.

    Nothing is read before the iterator asks for it. ``make`` is such as :func:`statement_of`.
    """
    for path in paths:
        try:
            yield make(path)
        except ProvenanceError as error:
            yield NotStated(path, error)


def statement_of(path: str, *, ref: str | None = None) -> PackageStatement:
    """The statement of one package file: an in-toto Statement v1 with SLSA provenance v1.

    ``ref``: see :func:`~conda_provenance.attest.predicate.predicate_of`.
    Raises :class:`~conda_provenance.errors.ProvenanceError` if the file cannot be read, or says too
    little of its origin.
    """
    package, files = read_digested(path, FILES)
    file_name = subject_name(path, package.claim)
    build = recorded_build(files)
    try:
        predicate = predicate_of(package.claim, build, ref=ref)
    except NothingToState as reason:
        raise ProvenanceError(
            f"There is nothing to state of {shown_path(path)}: {reason}; "
            "'stamp' writes that into it."
        ) from None

    sha256 = package.sha256 or ""
    statement = statement_bytes(file_name, sha256, SLSA_V1, predicate)
    _require_no_secret(path, compact(predicate).decode())
    note = f"Of {shown_path(path)}: {build.note}." if build.note else ""
    return PackageStatement(path, file_name, sha256, statement, package.claim, predicate, note)


def subject_name(path: str, claim: Claim) -> str:
    """The file's name, by which channels know the package.

    Raises :class:`~conda_provenance.errors.ProvenanceError` for a file that was renamed.
    """
    name = os.path.basename(path)
    is_known = name.endswith(ENDINGS) and name.isprintable() and escape_commands(name) == name
    if not is_known or any(problem.code == "name-differs" for problem in claim.problems):
        raise ProvenanceError(
            f"{shown_path(path)} is not named after the package in it: a statement names the file "
            "as channels do; give it its name again."
        )
    return name


def _require_no_secret(path: str, text: str) -> None:
    """The last guard: each value was checked where it was read."""
    if holds_secret(text):
        raise ProvenanceError(
            f"Nothing is stated of {shown_path(path)}: the statement would hold what may be a "
            "password or a token."
        )
