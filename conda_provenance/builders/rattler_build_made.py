"""Finds out from rattler-build's engine which packages a build has made.

It is not enough that a file in the output folder has changed: other processes build there, too.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from conda_provenance.errors import PackageError
from conda_provenance.packages.file_names import ENDINGS

FileState: TypeAlias = tuple[int, int, int]
"""A file's inode, time and size: they change when the file is written again."""

Packages: TypeAlias = Mapping[str, "FileState | None"]
"""The packages in a folder, by real path."""

Render: TypeAlias = Callable[..., object]
"""``build_recipes``, which also renders."""

_RECIPE = "info/recipe/recipe.yaml"
_WRITTEN = re.compile(r"Archive written to '(.*)'\s*")
_SKIPPED = "Skipping build for "


def packages_in(folder: Path) -> Packages:
    """The packages in the folder of a channel, whatever their platform."""
    found = [package for ending in ENDINGS for package in folder.glob(f"*/*{ending}")]
    return {os.path.realpath(package): file_state(package) for package in found}


def file_state(package: Path) -> FileState | None:
    """The state of this file. ``None``: it is not there."""
    try:
        status = package.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def made_by_log(log: Sequence[str], possible: Iterable[Path], before: Packages) -> list[Path]:
    """Those of the ``possible`` packages that a build has written, as its log says.

    With ``skip_existing`` the engine also names packages of earlier builds. If the log names no
    package as written or skipped, the engine is of another version. Then a package counts if it has
    changed since ``before``.
    """
    possible = list(possible)
    matches = [_WRITTEN.fullmatch(line) for line in log]
    written = {os.path.realpath(match[1]) for match in matches if match}
    if written or any(line.startswith(_SKIPPED) for line in log):
        return [package for package in possible if os.path.realpath(package) in written]

    return [package for package in possible if has_changed(package, before)]


def has_changed(package: Path, before: Packages) -> bool:
    """Has this file changed since ``before``?"""
    return file_state(package) != before.get(os.path.realpath(package))


class ExpectedPackages:
    """The packages that a call of ``build_recipes`` makes if nothing fails.

    That function neither returns nor logs what it makes. But it can render the recipes beforehand.
    """

    def __init__(self, names: Iterable[str], recipes: Sequence[Path]) -> None:
        """
        :param names: ``name-version-build`` of each package.
        :param recipes: their recipes' files.
        """
        self._names = set(names)
        self._recipes = recipes
        self._texts = set(self._read_recipes())

    @classmethod
    def ask(
        cls, build_recipes: Render, recipes: Sequence[Path], options: Mapping[str, object]
    ) -> ExpectedPackages:
        """Render with the options of the build. Raises what the engine raises.

        Raises ``ValueError`` if its answer is not understood.
        """
        options = {**options, "render_only": True, "with_solve": False}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            printed = _printed_by(lambda: build_recipes(recipes, **options))
        try:
            return cls([_full_name(output) for output in json.loads(printed)], recipes)
        except (LookupError, TypeError) as error:
            raise ValueError("the engine's answer has another form") from error

    def made(self, folder: Path, before: Packages) -> list[Path]:
        """Those packages in ``folder`` that this build has made, since ``before``."""
        self._texts.update(self._read_recipes())
        changed = [path for path in map(Path, packages_in(folder)) if has_changed(path, before)]
        return [path for path in changed if self._is_expected(path)]

    def _is_expected(self, package: Path) -> bool:
        ending = next(ending for ending in ENDINGS if package.name.endswith(ending))
        if package.name.removesuffix(ending) not in self._names:
            return False

        # Another recipe may make a package of the same name. The package holds its recipe, unless
        # that is not wanted.
        recipe = _packaged_recipe(package)
        return recipe is None or recipe in self._texts

    def _read_recipes(self) -> list[bytes]:
        """The texts of the recipes. It copies them late, so they are read before and after."""
        texts = []
        for recipe in self._recipes:
            try:
                texts.append(recipe.read_bytes())
            except OSError:
                continue
        return texts


def _packaged_recipe(package: Path) -> bytes | None:
    from conda_provenance.packages import read_info_files

    try:
        return read_info_files(package, (_RECIPE,)).get(_RECIPE)
    except PackageError:
        return None


def _full_name(output: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str:
    """``name-version-build`` of a rendered output."""
    package, build = output["recipe"]["package"], output["recipe"]["build"]
    return f"{str(package['name']).lower()}-{package['version']}-{build['string']}"


def _printed_by(call: Callable[[], object]) -> bytes:
    """What ``call`` prints from Rust, which knows nothing of ``sys.stdout``."""
    sys.stdout.flush()
    with tempfile.TemporaryFile() as file:
        stdout = os.dup(1)
        try:
            os.dup2(file.fileno(), 1)
            call()
        finally:
            os.dup2(stdout, 1)
            os.close(stdout)
        file.seek(0)
        return file.read()
