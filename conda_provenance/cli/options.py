"""What an option and a command are, as data, and the options that every command has.

These are named tuples: Python defines them five times as fast as dataclasses.
"""

from __future__ import annotations

from typing import NamedTuple


class Option(NamedTuple):
    """An option. If ``flags`` is empty, it is a positional argument."""

    name: str
    """The attribute of the parsed arguments that holds the value."""
    flags: tuple[str, ...]
    help: str
    metavar: str | None = None
    action: str = "store"
    default: object = None
    const: object = None
    choices: tuple[str, ...] | None = None
    nargs: str | None = None
    group: str = ""
    """Only one option of a group can be given."""
    heading: str = ""
    """The heading below which ``--help`` lists it."""


class Command(NamedTuple):
    """What the help of a command says, and what it takes."""

    description: str
    examples: str
    """One example a line; ``{program}`` is the name by which we were called."""
    options: tuple[Option, ...]


def switch(name: str, *flags: str, help: str, group: str = "") -> Option:
    """An option without a value."""
    return Option(name, flags, help, action="store_true", default=False, group=group)


def under(heading: str, *options: Option) -> tuple[Option, ...]:
    """The options, to be listed below a heading."""
    return tuple(option._replace(heading=heading) for option in options)


COMMON = (
    switch(
        "quiet", "-q", "--quiet", help="print results and errors only", group="how much is printed"
    ),
    switch("verbose", "-v", "--verbose", help="print more details", group="how much is printed"),
    Option(
        "color",
        ("--color",),
        "when to use colour (default: auto, on a terminal)",
        choices=("auto", "always", "never"),
        default="auto",
    ),
)
"""The options of every command."""

JSON = switch("json", "--json", help="print one JSON object, described in docs/reference/json.md")
"""The option of every command but ``run``, ``attest`` and ``detect``, which has other forms too."""
