"""Which files of a commit a builder does not copy into a package.

The rules are those of conda-build's ``filter_files`` and of rattler-build's
``write_recipe_folder``, and were tried with both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from conda_provenance.ignore_rules import Rule, decide, parse_rules
from conda_provenance.verify.recipes.tree import LINK, Tree
from conda_provenance.verify.repository import Entry

IGNORE_FILES = (".condapackageignore", ".gitignore")
"""Files with the rules of what rattler-build leaves out. The first one counts more."""

_NOT_COPIED = re.compile(
    r"(?:.*/)?\.git(?:/.*)?|.*\.DS_Store.*|.*\.la|conda-meta.*|.*\.conda_trash(?:_\d+)*"
)
"""What conda-build never copies."""


def ignore_files(folder: Mapping[str, Entry]) -> dict[str, str]:
    """The ids of the files with rules in a recipe's folder, by their paths there."""
    return {
        path: entry.id
        for path, entry in folder.items()
        if path.rpartition("/")[2] in IGNORE_FILES and entry.mode.startswith("100")
    }


class Ignored:
    """What rattler-build leaves out of a recipe's folder."""

    def __init__(self, rules: Mapping[str, bytes]) -> None:
        """``rules``: the contents of the files with rules, by their paths in the folder."""
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}
        for path, data in rules.items():
            folder, _, name = path.rpartition("/")
            self._rules[folder, name] = parse_rules(data)

    def __call__(self, path: str) -> bool:
        """Is the file left out, or a folder that it is in?"""
        parts = path.split("/")
        return any(
            self._is_left_out(parts[:end], is_folder=end < len(parts))
            for end in range(1, len(parts) + 1)
        )

    def _is_left_out(self, parts: list[str], *, is_folder: bool) -> bool:
        for name in IGNORE_FILES:
            for depth in range(len(parts) - 1, -1, -1):
                rules = self._rules.get(("/".join(parts[:depth]), name), ())
                decision = decide(rules, parts[depth:], is_folder=is_folder)
                if decision is not None:
                    return decision
        return parts[-1].startswith(".")


def not_copied_by_conda_build(
    folder: str, tree: Tree, targets: Mapping[str, bytes]
) -> Callable[[str], bool]:
    """Does conda-build leave out this file of the recipe's folder?

    Links to folders vanish, and so do links that lead nowhere. Where a link leads that leaves the
    repository, nobody can tell.
    """

    def is_left_out(path: str) -> bool:
        if _NOT_COPIED.fullmatch(path):
            return True

        place = f"{folder}/{path}" if folder else path
        entry = tree.files[place]
        if entry.mode != LINK:
            return False
        target = tree.target(place, targets)
        return target is None or target not in tree.files

    return is_left_out
