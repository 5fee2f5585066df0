"""The names of the commands, and what each is for in a line.

Conda loads this whenever it runs any command. So the rest of a command is loaded when it is looked
at: ``NAME_options`` describes it to argparse, and ``NAME`` does its work.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conda_provenance.cli.options import Command

SUMMARIES = {
    "detect": "show what would be stamped into a package built here",
    "build": "build recipe.yaml recipes with rattler-build's engine, stamped",
    "run": "run a builder's command so that its packages are stamped",
    "stamp": "write provenance into finished package files",
    "show": "show where packages come from",
    "audit": "say how many packages of a whole say where they come from",
    "verify": "check what packages say about their origin against the repository they name",
    "attest": "write what packages say of their origin as statements for the tools of others",
    "policy": "say whether a policy is valid, or what one expects of a package",
    "cache": "show or clear what audits have kept",
}
"""All commands, in the order of the help."""


def command_of(name: str) -> Command:
    """The command of this name, with its options."""
    command: Command = import_module(f"conda_provenance.cli.{name}_options").COMMAND
    return command
