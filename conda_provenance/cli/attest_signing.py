"""Signs statements, and writes each signature to a file of its own.

What is signed, and by whom, is decided elsewhere: a build only by the run that did it.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable
from contextlib import ExitStack

from conda_provenance.attest.own_run import (
    require_certificate_of_run,
    require_own_run,
    require_token_of_run,
)
from conda_provenance.attest.package_statement import (
    NotStated,
    PackageStatement,
    statement_of,
)
from conda_provenance.attest.signing import SigstoreSigner, open_signer, require_trust_config
from conda_provenance.ci import detect
from conda_provenance.cli.output import Output
from conda_provenance.cli.status import Status, of_all, of_error
from conda_provenance.cli.termination import ended_in_order
from conda_provenance.errors import PackageError, ProvenanceError, UnavailableError
from conda_provenance.packages.files.once import plain_bytes, require_writable, write_once
from conda_provenance.plugins import candidates
from conda_provenance.sources.files import shown
from conda_provenance.text import listed
from conda_provenance.verify.attested.triggers import doubt_of

ENDING = ".sigstore.json"
"""What is put after a package's name: sigstore-python's name for one bundle."""

_MAX_BUNDLE = 4 << 20
_MAX_LISTED = 20


def sign_each(
    stated: Iterable[PackageStatement | NotStated],
    total: int,
    arguments: Namespace,
    output: Output,
) -> Status:
    """Sign the statements. Where one may not be signed, the others still are.

    If the signing itself does not work, it ends there. What was signed before stays.
    """
    if arguments.trust_config is not None:
        require_trust_config(arguments.trust_config)

    with ExitStack() as stack:
        stack.enter_context(ended_in_order())
        signatures = Signatures(arguments, output, stack)
        try:
            statuses = {signatures.add(each) for each in stated}
        except UnavailableError as error:
            output.error(str(error))
            signatures.say_what_is_signed(total)
            return of_error(error)
        except KeyboardInterrupt:
            signatures.say_what_is_signed(total)
            raise
    return of_all(statuses)


class Signatures:
    """The signatures of one run of the command, by one signer."""

    def __init__(self, arguments: Namespace, output: Output, opened: ExitStack) -> None:
        self._folder = arguments.output
        self._trust_config = arguments.trust_config
        self._is_about_build = arguments.publish_to is None
        self._output = output
        self._opened = opened
        self._signer: SigstoreSigner | None = None
        self._signed: list[str] = []

    def add(self, stated: PackageStatement | NotStated) -> Status:
        """Sign one statement. Raises :class:`UnavailableError` if nothing can be signed now."""
        if isinstance(stated, NotStated):
            return self._refused(stated.error)

        if stated.note:
            self._output.warn(stated.note)
        try:
            self._require_here(stated)
            place = self._place(stated)
        except ProvenanceError as error:
            return self._refused(error)

        signer = self._open()
        try:
            self._require_by(signer, stated)
            self._write(place, signer, self._with_ref(signer, stated))
        except UnavailableError:
            raise
        except ProvenanceError as error:
            return self._refused(error)

        self._signed.append(stated.file_name)
        self._output.line(place)
        sys.stdout.flush()  # The log has it: it must be known here too, whatever comes.
        return Status.YES

    def say_what_is_signed(self, total: int) -> None:
        """What is done already, where not all of several is."""
        if total > 1:
            names = listed(self._signed, "and", _MAX_LISTED) or "none"
            self._output.error(
                f"{len(self._signed)} of {total} packages were signed: {names}; run the command "
                "again for the rest."
            )

    def _refused(self, error: ProvenanceError) -> Status:
        self._output.error(str(error))
        return of_error(error)

    def _require_here(self, stated: PackageStatement) -> None:
        if self._is_about_build:
            run = detect(os.environ, candidates(os.environ))
            require_own_run(shown(stated.path), stated.claim, run)

    def _require_by(self, signer: SigstoreSigner, stated: PackageStatement) -> None:
        """Ask before it is signed: what the log has once got, it keeps."""
        if self._is_about_build:
            name = shown(stated.path)
            require_token_of_run(name, stated.claim, signer.run)
            require_certificate_of_run(name, stated.claim, signer.certificate)

    def _with_ref(self, signer: SigstoreSigner, stated: PackageStatement) -> PackageStatement:
        """The statement with the branch or tag of this run, as the certificate says it.

        No package records that, so it is known only here.
        """
        ref = signer.certificate.ref
        if not self._is_about_build or not ref:
            return stated

        again = statement_of(stated.path, ref=ref)
        if again.sha256 != stated.sha256:
            raise PackageError(f"{shown(stated.path)} has changed meanwhile: it is not signed.")
        return again

    def _place(self, stated: PackageStatement) -> str:
        """Where the signature will be. Raises an error if nothing can be written there."""
        folder = os.path.dirname(stated.path) if self._folder is None else self._folder
        try:
            require_writable(folder)
        except OSError as error:
            raise PackageError(
                f"{shown(folder or '.')} cannot be written to, so {shown(stated.path)} is not "
                f"signed: {error.strerror or type(error).__name__}; -o DIR names another folder."
            ) from None
        return os.path.join(folder, stated.file_name + ENDING)

    def _open(self) -> SigstoreSigner:
        if self._signer is None:
            opening = open_signer(self._trust_config, os.environ, self._output.note)
            self._signer = self._opened.enter_context(opening)
            self._output.note(f"signing as {self._signer.certificate.signer}")
            self._warn_of(self._signer)
        return self._signer

    def _warn_of(self, signer: SigstoreSigner) -> None:
        """Say it now: what the log has once got, it keeps."""
        doubt = doubt_of(signer.certificate) if self._is_about_build else None
        if doubt is not None:
            self._output.warn(f"verify will not count what is signed here: {doubt.why}.")

    def _write(self, place: str, signer: SigstoreSigner, stated: PackageStatement) -> None:
        if os.path.lexists(place):
            _require_same(place, signer, stated)
            self._output.note(f"{shown(place)} is there already, and says the same.")
            return

        bundle = signer.sign(stated.statement)
        try:
            write_once(place, f"{bundle}\n".encode())
        except FileExistsError:
            raise _is_taken(place) from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise PackageError(f"{shown(place)} cannot be written: {why}.") from None


def _require_same(place: str, signer: SigstoreSigner, stated: PackageStatement) -> None:
    """Raise an error unless the file is a signature of the same by the same signer."""
    try:
        data = plain_bytes(place, _MAX_BUNDLE)
        if signer.certificate_in(data, stated.statement) == signer.certificate:
            return
    except (OSError, UnavailableError):
        pass
    raise _is_taken(place)


def _is_taken(place: str) -> ProvenanceError:
    return ProvenanceError(
        f"{shown(place)} is there already, and is not this signature: remove it, or name another "
        "folder with -o DIR."
    )
