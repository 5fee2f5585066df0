"""Says which packages a command was about, in the words of its command line."""

from __future__ import annotations

from argparse import Namespace

from conda_provenance.text import redact_location

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
