"""Prints what a command says: results on stdout, all else on stderr, strangers' text escaped.

The rules for ``--json``, ``--quiet``, ``--verbose`` and ``--color`` are here, for all commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, TypeAlias

from conda_provenance.cli import color
from conda_provenance.cli.color import BOLD, RED, YELLOW
from conda_provenance.text import (
    escape,
    escape_commands,
    json_text,
    redact_addresses,
    show_sentence,
)

if TYPE_CHECKING:
    from conda_provenance.cli.bar import Progress, RequestsLeft

Part: TypeAlias = str | tuple[str, str]
"""A text of a line, or a text and its style."""

JSON_VERSION = 1
"""The form of what ``--json`` prints. It grows when a key is removed or changes its meaning."""

MAX_VALUE = 2100
"""Longer values are cut. A value that we stamp is never that long (see ``values``)."""

MAX_SENTENCE = 4000
"""Characters of an error or a warning that are printed."""

_LABEL_WIDTH = 14

_MIN_SENTENCE = 24
"""Columns of a sentence on the narrowest terminal."""


class Output:
    """The output of one command."""

    def __init__(
        self,
        program: str,
        command: str,
        *,
        json: bool = False,
        quiet: bool = False,
        verbose: bool = False,
        color_choice: str = "auto",
    ) -> None:
        self.program = program
        self.command = command
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        self._colored = {
            stream: color.is_wanted(color_choice, stream, os.environ)
            for stream in (sys.stdout, sys.stderr)
        }
        self._bar: Progress | None = None

    def line(self, *parts: Part) -> None:
        """Print a line of the result. It is never wrapped, so that a value is copied whole."""
        self._print(sys.stdout, parts)

    def sentence(self, label: Sequence[Part], sentence: str, style: str = "") -> None:
        """Print a sentence beside its label. A terminal has it wrapped between words, in a column
        of its own; elsewhere it is one line."""
        lines, indent = [sentence], sum(len(text) for text, _style in map(_pair, label))
        columns = self.columns()
        if columns is not None:
            from textwrap import wrap

            room = max(columns - indent, _MIN_SENTENCE)
            lines = wrap(sentence, room, break_long_words=False, break_on_hyphens=False) or [""]
        self.line(*label, (lines[0], style))
        for line in lines[1:]:
            self.line(" " * indent, (line, style))

    def field(self, key: str, *value: Part, indent: int = 0) -> None:
        """Print ``key: value``."""
        label = f"{key}:"
        self.line(" " * indent, (label, BOLD), " " * max(1, _LABEL_WIDTH - len(label)), *value)

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table. Its columns are as wide as their values; no value is wrapped or cut."""
        lines = [tuple(titles), *map(tuple, rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for number, cells in enumerate(lines):
            padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
            self.line(("   ".join(padded).rstrip(), BOLD if number == 0 else ""))

    def words(self, names: Iterable[str], style: str = "") -> None:
        """Print a list of names, wrapped between them at the terminal's width."""
        from shutil import get_terminal_size
        from textwrap import wrap

        # A terminal may be narrower than any word, or say that it has one column.
        width = max(get_terminal_size((100, 24)).columns - 2, 20)
        for line in wrap(", ".join(names), width, break_long_words=False, break_on_hyphens=False):
            self.line("  ", (line, style))

    def warning_line(self, warning: str) -> None:
        """Print a warning that is part of a report. Print nothing with ``--quiet``."""
        if not self.quiet:
            self.line(("warning: ", YELLOW), show_sentence(warning, MAX_SENTENCE))

    def object(self, **body: object) -> None:
        """Print the one object of ``--json``."""
        print(json_text({"version": JSON_VERSION, "command": self.command, **body}, 2))

    def object_with(self, key: str) -> ListOfObjects:
        """The one object of ``--json``, whose list ``key`` is printed while it is made."""
        return ListOfObjects(self.command, key)

    def log_line(self, *parts: Part) -> None:
        """Print a line of another program's log. An object of ours must have stdout to itself."""
        # At once, since a long build must be seen to go on, in a CI's log too. That program may
        # fold its own log there.
        stream = sys.stderr if self.json else sys.stdout
        self._print(stream, parts, flush=True, may_command=True)

    def note(self, sentence: str) -> None:
        """Say on stderr what is being done. Print nothing with ``--quiet``."""
        if not self.quiet:
            self._print(sys.stderr, (f"{self.program}: {show_sentence(sentence, MAX_SENTENCE)}",))

    def warn(self, warning: str) -> None:
        """Warn on stderr. Print nothing with ``--quiet``."""
        if not self.quiet:
            text = show_sentence(warning, MAX_SENTENCE)
            self._print(sys.stderr, (f"{self.program}: ", ("warning: ", YELLOW), text))

    def error(self, sentence: str) -> None:
        """Say on stderr what went wrong."""
        text = escape(redact_addresses(sentence), MAX_SENTENCE)
        self._print(sys.stderr, ((f"{self.program}: ", RED), text))

    def fail(self, sentence: str) -> None:
        """Say that the command as a whole failed, to people and to programs."""
        self.fail_for_programs(sentence)
        self.error(sentence)

    def fail_for_programs(self, sentence: str) -> None:
        """With ``--json``, print the object of a command that failed as a whole."""
        if self.json:
            self.object(error=escape(redact_addresses(sentence), MAX_SENTENCE))

    def columns(self) -> int | None:
        """The width of the terminal that results go to. ``None``: they go somewhere else."""
        if not sys.stdout.isatty():
            return None

        from shutil import get_terminal_size

        return get_terminal_size((100, 24)).columns

    def can_print(self, text: str) -> bool:
        """Has the encoding of the results these characters?"""
        return _encodable(text, sys.stdout) == text

    @contextmanager
    def bar(
        self,
        total: int | None,
        *,
        what: str = "",
        in_log: bool = False,
        requests_left: RequestsLeft | None = None,
    ) -> Iterator[None]:
        """Show progress on a terminal if there is more than one thing to wait for.

        ``total`` is ``None`` if it is not known. ``in_log``: where there is no terminal, say on
        stderr how far it is, every half minute.
        """
        on_terminal = color.obeys_escapes(sys.stderr, os.environ)
        if (total is not None and total < 2) or self.quiet or not (on_terminal or in_log):
            yield
            return

        from conda_provenance.cli.bar import Bar, LogLines, Pace

        pace = Pace(total, what, requests_left)
        self._bar = Bar(sys.stderr, pace) if on_terminal else LogLines(self.note, pace)
        try:
            yield
        finally:
            self._bar.erase()
            self._bar = None

    def advance(self) -> None:
        """Tell the bar that one more is done."""
        if self._bar:
            self._bar.advance()

    def expect(self, more: int) -> None:
        """Tell the bar that so many more are known to come. The total grows by them."""
        if self._bar:
            self._bar.expect(more)

    def tick(self) -> None:
        """Tell the bar that time has passed."""
        if self._bar:
            self._bar.tick()

    def _print(
        self,
        stream: TextIO,
        parts: Iterable[Part],
        *,
        flush: bool = False,
        may_command: bool = False,
    ) -> None:
        # The last guard before the terminal: no escape sequence but ours gets out, and no command
        # to a CI system.
        colored = self._colored.get(stream, False)
        texts = [(escape(text), style) for text, style in map(_pair, parts)]
        line = "".join(color.paint(text, style) if colored else text for text, style in texts)
        line = _encodable(line if may_command else escape_commands(line), stream)
        if not self._bar:
            print(line, file=stream, flush=flush)
            return

        self._bar.erase()
        print(line, file=stream, flush=True)
        self._bar.draw()


_FEW = 20
"""Entries that are printed without the library that many of them are worth."""


class ListOfObjects:
    """Prints an object with a long list, an entry at a time. It looks as :meth:`Output.object`."""

    def __init__(self, command: str, key: str) -> None:
        self._command = command
        self._key = key
        self.is_begun = False
        self._added = 0

    def add(self, entry: object) -> None:
        """Print one more entry of the list."""
        before = "," if self.is_begun else self._head()
        self.is_begun = True
        self._added += 1
        text = json_text(entry, 2, is_one_of_many=self._added > _FEW).replace("\n", "\n    ")
        sys.stdout.write(f"{before}\n    {text}")

    def end(self, **rest: object) -> None:
        """Print what stands after the list."""
        ending = "\n  ]" if self.is_begun else f"{self._head()}]"
        sys.stdout.write(ending)
        for key, value in rest.items():
            text = json_text(value, 2).replace("\n", "\n  ")
            sys.stdout.write(f',\n  "{key}": {text}')
        sys.stdout.write("\n}\n")

    def _head(self) -> str:
        return (
            f'{{\n  "version": {JSON_VERSION},\n  "command": "{self._command}",\n  "{self._key}": ['
        )


def _encodable(line: str, stream: TextIO) -> str:
    """``line`` with an escape for each character that the encoding of ``stream`` lacks.

    ``conda provenance`` prints on conda's streams, which raise an error for those.
    """
    encoding = getattr(stream, "encoding", None)
    return line.encode(encoding, "backslashreplace").decode(encoding) if encoding else line


def _pair(part: Part) -> tuple[str, str]:
    return (part, "") if isinstance(part, str) else part
