"""The environment variables that git gets: which of ours it may see, and which we set.

git 2.25 obeys every protection here. A newer protection may be added to an old one, but never
replaces it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

_KEPT = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM"}
"""Variables that git sees: they name the files with the settings of the user and the machine.

All other variables of git are removed. In a git hook they point at the repository that the hook
runs for, and many more change what git does or prints, or name programs to run. ``GIT_EXEC_PATH``
is not needed: the git program answers each of our questions by itself.
"""

CONFIGURATIONS = {
    # Before git 2.32, only the home folder says where the user's files are.
    "user": {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": os.devnull,
        "XDG_CONFIG_HOME": os.devnull,
    },
    "machine": {"GIT_CONFIG_NOSYSTEM": "1"},
}
"""Configurations besides the repository's own, and the variables that switch them off."""


def clean_environment(
    environ: Mapping[str, str],
    git_dir: Path | None = None,
    work_tree: Path | None = None,
    ignored: Collection[str] = (),
) -> dict[str, str]:
    """The environment variables that git gets."""
    environment = {
        name: value
        for name, value in environ.items()
        if not name.upper().startswith("GIT_") or name.upper() in _KEPT
    }
    environment |= {
        "LC_ALL": "C",  # so that names in any encoding are matched
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        # Read the commit itself, not what this clone puts in its place.
        "GIT_NO_REPLACE_OBJECTS": "1",
        # A partial clone must not fetch what it lacks. The first variable is obeyed since git 2.45
        # and in fixes of older releases. The second lists the allowed protocols, and needs an entry
        # that nobody can guess: an empty list allows the address "::x", for which git runs the
        # command "remote-". A stranger's configuration may define that command as an alias, and
        # likewise the command of any entry that it knows.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": f"none-{os.urandom(16).hex()}",
    }

    for configuration in ignored:
        environment |= CONFIGURATIONS[configuration]

    if git_dir is not None:
        environment["GIT_DIR"] = os.fspath(git_dir)
    if work_tree is not None:
        environment["GIT_WORK_TREE"] = os.fspath(work_tree)

    return environment
