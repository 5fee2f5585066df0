"""``Origin``: where a recipe comes from, and which source gave each value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from conda_provenance.errors import RequirementError
from conda_provenance.provenance import Provenance
from conda_provenance.settings import Settings
from conda_provenance.text import escape
from conda_provenance.values import KEYS

if TYPE_CHECKING:
    from conda_provenance.ci import CIRun

ENVIRONMENT = {key: f"CONDA_PROVENANCE_{key.upper()}" for key in KEYS}
"""The environment variables by which a user gives a value, by key."""

EXTRA_META, RECIPE, VARIABLE, GIT, CI = "extra-meta", "recipe", "environment", "git", "ci"
"""Where a value may come from, in the order of precedence."""

_MAX_FILES = 3
"""How many changed files are named."""

_MAX_FILE_NAME = 200

SOURCE_NAMES = {
    EXTRA_META: "--extra-meta",
    RECIPE: "the recipe's extra",
    VARIABLE: "an environment variable",
    GIT: "git",
    CI: "the CI",
}


_NOTHING: Mapping[str, str] = MappingProxyType({})


class Origin(NamedTuple):
    """What is known of a recipe's origin, and from which source. Nothing in it is guessed."""

    provenance: Provenance
    """The values that were found, cleaned."""
    kept: Mapping[str, str] = _NOTHING
    """Values that the user gave to the builder and that break a rule, such as a shortened hash.

    The builder writes them with or without us, so they stay as they were given.
    """
    sources: Mapping[str, str] = _NOTHING
    """For each key with a value: ``extra-meta``, ``recipe``, ``environment``, ``git`` or ``ci``."""
    ci: CIRun | None = None
    """The CI run we are in."""
    dirty: bool | None = None
    """Does the recipe's folder differ from the commit? ``None`` when that is not known."""
    warnings: tuple[str, ...] = ()
    missing: Mapping[str, str] = _NOTHING
    """For each key without a value: why."""
    commit: str = ""
    """Which commit ``sha`` is, in words. Empty where a person gave it, or where there is none."""
    changed: tuple[str, ...] = ()
    """The files that make the recipe's folder dirty, named from the top of its repository on."""

    @property
    def values(self) -> dict[str, str]:
        """Every value, by key in the order of :data:`~conda_provenance.values.KEYS`."""
        values = {**self.provenance.to_extra(), **self.kept}
        return {key: values[key] for key in KEYS if key in values}

    def stamp(self, fields: Iterable[str]) -> dict[str, str]:
        """The entries to write into a package: those of ``fields``.

        Values that the user gave to the builder are included: the builder writes them anyway.
        """
        wanted = set(fields)
        return {
            key: value
            for key, value in self.values.items()
            if key in wanted or self.sources.get(key) in (EXTRA_META, RECIPE)
        }

    def require(self, settings: Settings) -> None:
        """Raise :class:`RequirementError` if the settings do not let a build go on from here."""
        stamped = self.stamp(settings.fields)
        for key in settings.required:
            if stamped.get(key):
                continue

            given = f"the builder's --extra-meta {key}=VALUE"
            if key in self.missing:
                why, remedy = self.missing[key], f"give it with {ENVIRONMENT[key]} or {given}"
            else:
                why = "plugins.provenance_fields leaves it out"
                remedy = f"add it there, or give it with {given}"
            raise RequirementError(
                f"{key} is required (plugins.provenance_required) but missing: {why}; {remedy}."
            )

        self.require_clean(settings)

    def require_clean(self, settings: Settings) -> None:
        """Raise :class:`RequirementError` for uncommitted changes, if the settings say so.

        This is the part of :meth:`require` that no option of a builder can satisfy.
        """
        if settings.dirty == "error" and self.dirty:
            raise RequirementError(
                "The recipe's folder has uncommitted changes (plugins.provenance_dirty is error): "
                f"commit or remove {named(self.changed) or 'them'}."
            )


def named(files: tuple[str, ...]) -> str:
    """The first of these files, and how many more there are. Empty if there are none."""
    first = [escape(file, _MAX_FILE_NAME) for file in files[:_MAX_FILES]]
    rest = len(files) - len(first)
    return ", ".join(first) + (f" and {rest} more" if rest else "")
