"""Runs a program on a pseudo-terminal, and reads all that it shows there."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PATIENCE = 120.0
"""Seconds. A program that takes longer waits for somebody."""

_END = b"\x00 the end of the screen \x00"


class Ran(NamedTuple):
    """What came of it."""

    status: int
    shown: str
    """What it wrote to the terminal."""
    results: str
    """What it wrote to a pipe."""


def run_on_pseudo_terminal(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    columns: int = 80,
    typed: str = "",
    is_piped: bool = False,
) -> Ran:
    """Run a program on a terminal of so many columns.

    ``typed``: what somebody types. ``is_piped``: its results go to a pipe.
    """
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        screen = _Screen(ours)
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=theirs,
            stdout=subprocess.PIPE if is_piped else theirs,
            stderr=theirs,
        ) as process:
            os.write(ours, typed.encode())
            try:
                results = process.communicate(timeout=PATIENCE)[0] or b""
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"it waits for somebody: {screen.until_end(theirs)}") from None
        return Ran(process.returncode, screen.until_end(theirs), results.decode())
    finally:
        os.close(theirs)
        os.close(ours)


class _Screen:
    """Reads a terminal while a program writes to it."""

    def __init__(self, ours: int) -> None:
        self._ours = ours
        self._written = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while _END not in self._written:
            self._written += os.read(self._ours, 1 << 16)

    def until_end(self, theirs: int) -> str:
        """All that was written. The program has ended, and its terminal is still open.

        When a terminal is closed, what is on its way may be lost, and where it stops nobody can
        say. So it is written where the end is: whatever was written before comes before.
        """
        os.write(theirs, _END)
        self._thread.join(PATIENCE)
        text, end, after = self._written.partition(_END)
        assert (end, after) == (_END, b""), f"the screen could not be read to its end: {text!r}"
        return text.decode()
