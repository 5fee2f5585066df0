"""Writes the forms of a report to their files: each whole or not at all.

What is in them is not known here.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, TextIO

from conda_provenance.errors import UsageError
from conda_provenance.text import escape, redact_location

STDOUT = "-"
"""Stands for standard output where a file's path may stand."""

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub names the file of a step's summary. Several programs write to it."""

_MAX_SHOWN = 300


class Form(NamedTuple):
    """A form of the report, and where it goes."""

    flag: str
    path: str
    write: Callable[[TextIO], None]
    appends: bool = False


def require_places(places: Sequence[tuple[str, str]], *, stdout_is_taken: bool) -> None:
    """Raise :class:`UsageError` if the files can surely not be written. ``places``: flag and path.

    An audit may take an hour, so this is asked before it begins.
    """
    to_stdout = [flag for flag, path in places if path == STDOUT]
    if len(to_stdout) + stdout_is_taken > 1:
        other = to_stdout[1] if len(to_stdout) > 1 else "--json"
        raise UsageError(
            f"{to_stdout[0]} - and {other} both print to standard output: give one of them a file."
        )

    seen: dict[str, str] = {}
    for flag, path in places:
        if path == STDOUT:
            continue

        shown = escape(redact_location(path), _MAX_SHOWN)
        real = os.path.realpath(path)
        if real in seen:
            raise UsageError(f"{seen[real]} and {flag} both name {shown}: give each its own file.")
        seen[real] = flag
        if not path or os.path.isdir(real):
            raise UsageError(f"{flag} takes a file, but {shown or 'an empty text'} is none.")
        if not os.path.isdir(os.path.dirname(real)):
            raise UsageError(f"The folder of {shown} ({flag}) does not exist: make it first.")


def is_step_summary(path: str, environ: Mapping[str, str]) -> bool:
    """Is this the file to which the steps of a GitHub job append?"""
    summary = environ.get(STEP_SUMMARY)
    return bool(summary) and os.path.realpath(path) == os.path.realpath(summary or "")


def write_forms(forms: Iterable[Form]) -> None:
    """Write all of them. A file is in its place only when every form was made."""
    with ExitStack() as waiting:
        replacements, streams = [], []
        for form in forms:
            if form.path != STDOUT and not form.appends and _is_replaceable(form.path):
                replacements.append(waiting.enter_context(_written_beside(form)))
            else:
                streams.append((form.path, _bytes(form)))

        for temporary, path, given in replacements:
            with _naming(given):
                os.replace(temporary, path)
        for path, data in streams:
            _send(path, data)


def _is_replaceable(path: str) -> bool:
    """Is it a plain file, or nothing yet? A pipe or ``/dev/stdout`` must stay what it is."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return True


def _bytes(form: Form) -> bytes:
    import io

    text = io.StringIO(newline="")
    form.write(text)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _send(path: str, data: bytes) -> None:
    """Print it, or append it to what cannot be replaced."""
    if path != STDOUT:
        with _naming(path), open(path, "ab") as file:
            file.write(data)
        return

    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # Somebody has replaced it by a stream for text.
        sys.stdout.write(data.decode())
    else:
        stream.write(data)
        stream.flush()


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """What the system refuses is said of the file that was given, not of one beside it."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = path, None
        raise


@contextmanager
def _written_beside(form: Form) -> Iterator[tuple[str, str, str]]:
    """Write to a new file beside it. Gives its path, the one to replace, and the one given."""
    # A link stays a link; the file that it leads to is replaced.
    path = os.path.realpath(form.path)
    temporary = os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}.tmp")
    try:
        # As "open" makes a file, but never one that is there.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with _naming(form.path):
            descriptor = os.open(temporary, flags, 0o666)
            with open(
                descriptor, "w", encoding="utf-8", errors="backslashreplace", newline=""
            ) as file:
                form.write(file)
        with contextlib.suppress(OSError):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        yield temporary, path, form.path
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
