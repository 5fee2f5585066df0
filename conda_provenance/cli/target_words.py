"""Says which packages a command was about, in the words of its command line or in fewer."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.text import redact_location

_MAX_TITLE = 80
"""Characters that two targets may have together in a title."""

_NARROWING = {
    "--subdir": "subdirs",
    "--newest": "newest",
    "--since": "since",
    "--match": "match",
    "--all": "every",
    "--environment": "lock_environment",
    "--platform": "platform",
}
"""Options that say which packages of a whole are meant."""


def words_of(arguments: Namespace) -> str:
    """What was looked at, in the words of the command line. The parts of one whole say the same."""
    given = vars(arguments)
    narrowed = []
    for flag, name in _NARROWING.items():
        value = given[name]
        if value is True:
            narrowed.append(flag)
        elif value:
            values = value if isinstance(value, list) else [value]
            narrowed += [f"{flag} {redact_location(each)}" for each in values]
    return " ".join([places_of(arguments), *narrowed])


def title_of(arguments: Namespace) -> str:
    """Where packages were looked for, short enough for the title of a page."""
    counted = [
        _counted(arguments.targets, "package file" if _are_files(arguments.targets) else "target"),
        _counted(arguments.channels or (), "channel"),
        _counted(arguments.lockfiles or (), "lockfile"),
        _counted(arguments.merge or (), "joined result"),
    ]
    place = arguments.environment or arguments.prefix
    if place and arguments.targets:
        counted.append(f"of {place}")
    return ", ".join(filter(None, counted)) or place or "the active environment"


def _counted(given: Sequence[str], what: str) -> str:
    """What was given, or how many there are if they are more than a line can name."""
    from conda_provenance.sources.channels import clean_channel

    shown = ", ".join(map(clean_channel, given))
    is_short = len(given) == 1 or (len(given) == 2 and len(shown) <= _MAX_TITLE)
    return shown if is_short else f"{len(given):,} {what}s" if given else ""


def _are_files(targets: Sequence[str]) -> bool:
    return all(target.endswith(ENDINGS) for target in targets)


def places_of(arguments: Namespace) -> str:
    """Where packages were looked for, in the words of the command line."""
    from conda_provenance.sources.channels import clean_channel

    given = [
        *arguments.targets,
        *(arguments.channels or ()),
        *(arguments.lockfiles or ()),
        *(arguments.merge or ()),
    ]
    place = arguments.environment or arguments.prefix
    return ", ".join(map(clean_channel, given)) or place or "the active environment"
