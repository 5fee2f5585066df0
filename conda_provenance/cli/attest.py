"""``attest``: what packages say of their origin, as statements for the tools of others."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from conda_provenance.attest.package_statement import (
    NotStated,
    PackageStatement,
    statement_of,
    statements,
)
from conda_provenance.attest.statement import compact
from conda_provenance.cli.attest_files import require_own_places, write_statement
from conda_provenance.cli.attest_options import DECIDING_OPTIONS
from conda_provenance.cli.output import Output
from conda_provenance.cli.status import Status, of_all, of_error
from conda_provenance.cli.target_lists import expand_lists
from conda_provenance.errors import ProvenanceError, UsageError
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.files import shown
from conda_provenance.sources.kinds import path_of, scheme_of


def run(arguments: Namespace, output: Output) -> Status:
    """State what each package says, and say of each that has no statement why."""
    paths = _paths(arguments.packages)
    _require_sense(arguments, paths)
    stated = _stated(paths, arguments, output)
    if arguments.sign:
        from conda_provenance.cli.attest_signing import sign_each

        return sign_each(stated, len(paths), arguments, output)
    return of_all({_deliver(each, arguments, output) for each in stated})


def _stated(
    paths: Sequence[str], arguments: Namespace, output: Output
) -> Iterable[PackageStatement | NotStated]:
    make = _maker(arguments.publish_to)
    if not arguments.verified:
        return statements(paths, make)

    from conda_provenance.cli.attest_verified import verified_statements

    return verified_statements(paths, make, arguments, output)


def _maker(channel: str | None) -> Callable[[str], PackageStatement]:
    """What makes the statement about a package: where it comes from, or where it is published."""
    if channel is None:
        return statement_of

    from conda_provenance.attest.publication import publish_statement, target_channel

    return partial(publish_statement, channel=target_channel(channel))


def _deliver(stated: PackageStatement | NotStated, arguments: Namespace, output: Output) -> Status:
    """Print or write a statement."""
    if isinstance(stated, NotStated):
        output.error(str(stated.error))
        return of_error(stated.error)

    if stated.note:
        output.warn(stated.note)
    if arguments.output is None:
        _print(compact(stated.predicate) if arguments.predicate_only else stated.statement)
        return Status.YES

    try:
        written = write_statement(arguments.output, stated)
    except ProvenanceError as error:
        output.error(str(error))
        return of_error(error)

    output.note(f"{shown(written)} is written.")
    return Status.YES


def _print(line: bytes) -> None:
    """Print a line of JSON as it is: a digest may be made of it."""
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # Somebody has replaced it by a stream for text.
        sys.stdout.write(f"{line.decode()}\n")
    else:
        stream.write(line + b"\n")
        stream.flush()


def _paths(given: Sequence[str]) -> tuple[str, ...]:
    """The package files that were given. A file that cannot be read is told later."""
    return tuple(map(_path, expand_lists(given)))


def _path(text: str) -> str:
    path = path_of(text)
    kind = None
    if scheme_of(text) not in ("", "file"):
        kind = "an address"
    elif os.path.isdir(path):
        kind = "a folder"
    elif not os.path.lexists(path) and not path.endswith(ENDINGS):
        kind = "no file"  # but the name of an installed package, or CHANNEL::SPEC

    if kind is not None:
        raise UsageError(
            f"{shown(text)} is {kind}, but 'attest' takes package files: the digest is of bytes "
            "that we read; give a .conda or .tar.bz2 file."
        )
    return path


def _require_sense(arguments: Namespace, paths: Sequence[str]) -> None:
    """Raise an error for options that contradict each other."""
    if arguments.trust_config is not None and not arguments.sign:
        raise UsageError("--trust-config means nothing without --sign: give both or neither.")

    if arguments.predicate_only and arguments.sign:
        raise UsageError("--sign signs whole statements: leave out --predicate-only.")

    if arguments.output is not None:
        if arguments.predicate_only:
            raise UsageError(
                "--predicate-only prints one object to standard output: leave out -o, and "
                "redirect it to a file."
            )
        require_own_places(arguments.output, paths)

    if arguments.predicate_only and len(paths) != 1:
        raise UsageError(
            f"--predicate-only takes exactly one package, not {len(paths)}: a predicate does not "
            "say which package it is about."
        )

    lonely = next(_deciding(arguments), None)
    if lonely and not arguments.verified:
        raise UsageError(f"{lonely} means nothing without --verified: give both or neither.")


def _deciding(arguments: Namespace) -> Iterator[str]:
    """Those options for ``verify`` that were given."""
    given = vars(arguments)
    for option in DECIDING_OPTIONS:
        if given[option.name] not in (None, option.default):
            yield option.flags[-1]
