"""Turns the commands' data into an argparse parser: our own, or the one that conda gives us.

Conda does this whenever it runs any command. So nothing heavy is imported here, and no command.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from conda_provenance import __version__
from conda_provenance.cli.commands import SUMMARIES, command_of

if TYPE_CHECKING:
    from conda_provenance.cli.options import Option

PREFIX = "provenance_"
"""Begins every name that we put into the Namespace.

Conda takes its own configuration from the Namespace: a plain ``json``, ``quiet`` or ``channels`` of
ours would change conda's settings.
"""

EPILOG = "Exit status: 0 yes or done, 1 the answer is no, 2 used wrongly, 3 it could not be told."


class _Formatter(argparse.HelpFormatter):
    """Wraps the description at words and keeps the lines of the examples."""

    def __init__(self, prog: str, columns: int | None = None) -> None:
        # To find out the width, argparse would import shutil and three compression libraries.
        super().__init__(prog, width=(columns or _columns()) - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = text.splitlines() if "\n" in text else self._split_lines(text, width)
        return "".join(f"{indent}{line}\n" for line in lines)

    def _split_lines(self, text: str, width: int) -> list[str]:
        # argparse would break "rattler-build" and "--extra-meta" at their hyphens.
        from textwrap import wrap

        return wrap(text, width, break_on_hyphens=False)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors hide the logins in addresses that were given by mistake."""

    def error(self, message: str) -> NoReturn:
        from conda_provenance.text import escape, redact_addresses

        super().error(escape(redact_addresses(message)))


class _ListParser(_Parser):
    """A parser whose list of words may be divided by options, as in "show a --json b"."""

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown and self._takes(parsed, unknown):
            return parsed, []

        if unknown:
            # argparse would leave it to the parser above, whose usage lists no options.
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def _takes(self, parsed: Any, words: list[str]) -> bool:
        """Are these further words of a list that options have divided, as in "show a --json b"?

        argparse takes the first part of such a list only.
        """
        lists = [action for action in self._get_positional_actions() if action.nargs in ("*", "+")]
        if not lists or any(word.startswith("-") for word in words):
            return False

        setattr(parsed, lists[0].dest, [*getattr(parsed, lists[0].dest), *words])
        return True


class _WrongWords(Exception):
    """Raised by a :class:`_FewParser`."""


class _FewParser(_ListParser):
    """A parser with few of a command's options. It does not know what to say of an error."""

    def error(self, message: str) -> NoReturn:
        raise _WrongWords(message)


class _CommandParser(_ListParser):
    """The parser of one command. It is set up when somebody first looks at it.

    Conda has us describe our commands whenever it runs any command, and hardly ever looks at them.
    """

    def __init__(self, *, command: str, program: str, prog: str) -> None:
        self._waiting = (command, program, prog)

    def __getattr__(self, name: str) -> Any:
        # Only what is not there yet is asked for here.
        if "_waiting" not in vars(self):
            raise AttributeError(name)

        command, program, prog = self._waiting
        del self._waiting
        described = command_of(command)
        super().__init__(
            prog=prog,
            description=described.description,
            epilog="examples:\n" + _indented(described.examples.replace("{program}", program)),
            # argparse makes a formatter for every option.
            formatter_class=partial(_Formatter, columns=_columns()),
            allow_abbrev=False,
        )
        _add_options(self, described.options)
        return getattr(self, name)


def make_parser(program: str = "conda-provenance") -> argparse.ArgumentParser:
    """The parser of the ``conda-provenance`` program."""
    parser = _Parser(
        prog=program,
        description="Stamp conda packages with where they come from when they are built, and show "
        "it afterwards (CEP 31).",
        epilog=EPILOG,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    _add_commands(parser, program)
    return parser


def parse(given: Sequence[str], program: str) -> argparse.Namespace:
    """As the parser of the program reads it. Where a command comes first, its own is enough."""
    if not given or given[0] not in SUMMARIES:
        return make_parser(program).parse_args(given)

    name, *words = given
    parsed = _parsed_by_few(name, words)
    if parsed is None:
        parser = _CommandParser(command=name, program=program, prog=f"{program} {name}")
        parsed = parser.parse_args(words)
    setattr(parsed, f"{PREFIX}command", name)
    return parsed


def _parsed_by_few(command: str, words: Sequence[str]) -> argparse.Namespace | None:
    """As the command's parser reads it, by those options only that ``words`` name.

    argparse takes half a millisecond to set up all of them. ``None``: the words ask for help, are
    wrong, or are in another form, such as "-qv". The whole parser knows what to say.
    """
    options = command_of(command).options
    flags = {flag: option.name for option in options for flag in option.flags}
    given = [word.partition("=")[0] for word in words if word.startswith("-")]
    if not flags.keys() >= set(given):
        return None

    named = {flags[flag] for flag in given}
    parser = _FewParser(add_help=False, allow_abbrev=False)
    _add_options(parser, (each for each in options if not each.flags or each.name in named))
    # The first option of a name says its default.
    others = {PREFIX + each.name: each.default for each in reversed(options) if each.flags}
    try:
        return parser.parse_args(words, argparse.Namespace(**others))
    except _WrongWords:
        return None


def configure(parser: argparse.ArgumentParser, program: str = "conda provenance") -> None:
    """Add our commands to ``parser``, which conda made for ``conda provenance``."""
    parser.epilog = EPILOG
    _add_commands(parser, program)


def _add_commands(parser: argparse.ArgumentParser, program: str) -> None:
    parser.add_argument("--version", action="version", version=f"conda-provenance {__version__}")

    # If "prog" is not given, argparse formats the usage of the whole parser to make one.
    subparsers = parser.add_subparsers(
        dest=f"{PREFIX}command",
        metavar="COMMAND",
        required=True,
        prog=program,
        parser_class=_CommandParser,
    )
    for name, summary in SUMMARIES.items():
        subparsers.add_parser(name, help=summary, command=name, program=program)


def _add_options(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    headings: dict[str, argparse._ArgumentGroup] = {}
    groups: dict[str, argparse._MutuallyExclusiveGroup] = {}
    for option in options:
        place: argparse._ActionsContainer = parser
        if option.heading:
            if option.heading not in headings:
                headings[option.heading] = parser.add_argument_group(option.heading)
            place = headings[option.heading]

        if option.group:
            if option.group not in groups:
                groups[option.group] = place.add_mutually_exclusive_group()
            place = groups[option.group]

        _add_option(place, option)


def _add_option(place: argparse._ActionsContainer, option: Option) -> None:
    given = {name: getattr(option, name) for name in ("metavar", "const", "choices", "nargs")}
    further = {name: value for name, value in given.items() if value is not None}
    if option.flags:
        further["dest"] = PREFIX + option.name

    place.add_argument(
        *(option.flags or (PREFIX + option.name,)),
        action=option.action,
        default=option.default,
        help=option.help,
        **further,
    )


def _columns() -> int:
    """The terminal's width, as ``shutil.get_terminal_size`` finds it. A width of 0 is unknown."""
    with suppress(KeyError, ValueError):
        columns = int(os.environ["COLUMNS"])
        if columns > 0:
            return columns

    with suppress(OSError):
        return os.get_terminal_size().columns or 80
    return 80


def _indented(lines: str) -> str:
    return "".join(f"  {line}\n" for line in lines.splitlines())
