"""The values that all recipes of one command line share. Knows no builder's options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conda_provenance.builders.plan import Plan
from conda_provenance.collector import collect
from conda_provenance.errors import ProvenanceError
from conda_provenance.origin import EXTRA_META, RECIPE, Origin
from conda_provenance.recipes import NAMES, RecipeExtra, find_recipe, read_extra
from conda_provenance.settings import Settings
from conda_provenance.values import KEYS


@dataclass(frozen=True, slots=True)
class CommonStamp:
    """What a command line says to the builder about all its recipes."""

    recipes: tuple[Path, ...] = ()
    origins: tuple[Origin, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    """The values to give to the builder."""
    silenced: tuple[str, ...] = ()
    """Keys that the user or a recipe gives, but whose value must not be written."""
    provided: frozenset[str] = frozenset()
    """Keys that every recipe sets itself."""
    warnings: tuple[str, ...] = ()

    def plan(self, command: Sequence[str], leave_out: Iterable[str] = ()) -> Plan:
        """The plan to run ``command``, which holds all values except those of ``leave_out``."""
        return Plan(
            tuple(command),
            added={key: value for key, value in self.values.items() if key not in leave_out},
            provided=self.provided,
            origins=self.origins,
            warnings=self.warnings,
            uncertain=self._why_uncertain(),
        )

    def _why_uncertain(self) -> str:
        if not self.origins:
            return "the recipe is not found from here"
        if len(self.origins) > 1:
            return "the recipes have different values for it: build them one by one"
        return "the command line cannot carry it"


def collect_common(
    places: Sequence[Path], given: Mapping[str, str], settings: Settings
) -> CommonStamp:
    """Find out where the recipes at ``places`` come from, and what they have in common.

    ``given`` is the user's ``--extra-meta``. Raises
    :class:`~conda_provenance.errors.RequirementError` where a recipe's folder must be clean and is
    not: no flag of a builder can mend that.
    """
    stamps = []
    for place in places:
        recipe = _find_file(place)
        if recipe is None:
            # It may be a path in a container, or a mistake that the builder will report. In a
            # container, the files here are not those that are built. So no recipe gets a value.
            warning = (
                f"There is no recipe at {str(place)!r} that can be read from here: "
                "nothing is added for it."
            )
            return CommonStamp(warnings=(warning,))

        stamps.append(_RecipeStamp.collected(recipe, given, settings))
    return _join(stamps)


def recipes_among(words: Sequence[str]) -> list[Path]:
    """Those words of a command line that are recipes, or folders with one.

    An option's value is no recipe unless it is named like one.
    """
    paths = [Path(word) for word in words if not word.startswith("-")]
    return [path for path in paths if _is_recipe(path)]


def _is_recipe(place: Path) -> bool:
    recipe = _find_file(place)
    return recipe is not None and recipe.name in NAMES


def _find_file(place: Path) -> Path | None:
    try:
        recipe = find_recipe(place)
        return recipe if recipe.is_file() else None
    except (ProvenanceError, OSError):
        # An OSError, for example, where a word is longer than a file's name can be.
        return None


@dataclass(frozen=True, slots=True)
class _RecipeStamp:
    """What the command line should say to the builder about one recipe."""

    recipe: Path
    origin: Origin
    values: Mapping[str, str]
    """The values to give to the builder."""
    silenced: frozenset[str]
    """Keys that the user or the recipe gives, but whose value must not be written."""
    provided: frozenset[str]
    """Keys that the recipe sets itself."""
    templated: frozenset[str]
    """Keys that the recipe gives by a template, which only the builder can evaluate."""

    @classmethod
    def collected(cls, recipe: Path, given: Mapping[str, str], settings: Settings) -> _RecipeStamp:
        """Find out where ``recipe`` comes from, and which values its builder needs."""
        extra = read_extra(recipe, KEYS)
        origin = collect(recipe, settings=settings, extra_meta=given, recipe_extra=extra.values)
        origin.require_clean(settings)

        stamp = origin.stamp(settings.fields)
        own = _own_keys(origin, stamp, extra)
        return cls(
            recipe=recipe,
            origin=origin,
            values={key: value for key, value in stamp.items() if key not in own},
            silenced=frozenset(
                key for key in KEYS if key not in stamp and (key in given or key in extra.values)
            ),
            provided=frozenset(key for key in own if stamp[key]) | (extra.templated - given.keys()),
            templated=extra.templated,
        )


def _own_keys(origin: Origin, stamp: Mapping[str, str], extra: RecipeExtra) -> set[str]:
    """Keys whose value is in the recipe already, exactly as we would write it. Need no flag."""
    return {
        key
        for key, value in stamp.items()
        if origin.sources.get(key) == RECIPE and extra.values.get(key) == value
    }


def _join(stamps: Sequence[_RecipeStamp]) -> CommonStamp:
    if not stamps:
        return CommonStamp()

    values, differing = _shared_values(stamps)
    values = _without_templated(values, stamps)
    silenced = {key for stamp in stamps for key in stamp.silenced}
    warnings = [warning for stamp in stamps for warning in stamp.origin.warnings]
    if differing:
        warnings.append(
            f"The recipes have different values for {', '.join(differing)}, "
            "and one command line cannot hold them all: build them one by one."
        )
    return CommonStamp(
        recipes=tuple(stamp.recipe for stamp in stamps),
        origins=tuple(stamp.origin for stamp in stamps),
        values=values,
        silenced=tuple(sorted(silenced - values.keys())),
        provided=frozenset.intersection(*(stamp.provided for stamp in stamps)),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _shared_values(stamps: Sequence[_RecipeStamp]) -> tuple[dict[str, str], list[str]]:
    """The values that all recipes share, and the keys in which they differ."""
    shared = {
        key: value
        for key, value in stamps[0].values.items()
        if all(other.values.get(key) == value for other in stamps)
    }
    differing = sorted({key for stamp in stamps for key in stamp.values} - shared.keys())

    # A commit and a repository go together or not at all.
    if {"sha", "remote_url"} & set(differing):
        shared = {key: shared[key] for key in shared if key not in ("sha", "remote_url")}
    return shared, differing


def _without_templated(values: Mapping[str, str], stamps: Sequence[_RecipeStamp]) -> dict[str, str]:
    """Leave out the keys that a recipe sets by a template: a recipe wins over git and CI.

    The user's ``--extra-meta`` stays, since it wins over the recipe.
    """
    templated = {key for stamp in stamps for key in stamp.templated}
    sources = stamps[0].origin.sources
    return {
        key: value
        for key, value in values.items()
        if key not in templated or sources.get(key) == EXTRA_META
    }
