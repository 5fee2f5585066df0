"""Joins what the user, git and the CI say into one :class:`~conda_provenance.origin.Origin`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conda_provenance.checkout import Checkout
from conda_provenance.git import GitFacts
from conda_provenance.origin import (
    CI,
    ENVIRONMENT,
    EXTRA_META,
    GIT,
    RECIPE,
    SOURCE_NAMES,
    VARIABLE,
    Origin,
    named,
)
from conda_provenance.plugins import candidates, provider_names
from conda_provenance.provenance import Provenance
from conda_provenance.recipes import find_recipe, read_extra
from conda_provenance.settings import Settings, load_settings
from conda_provenance.snapshot import Snapshot, take_snapshot
from conda_provenance.values import KEYS, ImproperValue, InvalidValue, clean

if TYPE_CHECKING:
    from conda_provenance.ci import Adapter, CIRun


_MAX_VARIABLES = 4
"""How many variables are named that should say something and do not."""


def collect(
    recipe: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    environ: Mapping[str, str] | None = None,
    adapters: Iterable[Adapter] | None = None,
    extra_meta: Mapping[str, Any] | None = None,
    recipe_extra: Mapping[str, Any] | None = None,
) -> Origin:
    """Find out where a package that is built from ``recipe`` comes from.

    :param recipe: the recipe's file, or a folder.
    :param settings: the user's settings; by default those of condarc and the environment.
    :param environ: environment variables; by default this process's.
    :param adapters: CI systems to recognise; by default all that are known.
    :param extra_meta: what the user gave to the builder with ``--extra-meta``.
    :param recipe_extra: the recipe's own ``extra`` as the builder rendered it; by default what can
        be read from the recipe's file.

    It does not raise for what it finds: :meth:`Origin.require` applies the user's requirements. It
    raises :class:`~conda_provenance.errors.SettingsError` for settings that cannot be read, and
    :class:`~conda_provenance.errors.ProvenanceError` where there is no recipe.
    """
    place = find_recipe(Path(recipe)) if recipe_extra is None else Path(recipe)
    environ = os.environ if environ is None else environ
    settings = load_settings(environ, provider_names) if settings is None else settings
    recipe_extra = read_extra(place, KEYS).values if recipe_extra is None else recipe_extra

    snapshot = take_snapshot(place, settings, environ, adapters)
    return collect_from(
        snapshot,
        settings=settings,
        environ=environ,
        extra_meta=extra_meta or {},
        recipe_extra=recipe_extra,
    )


def collect_from(
    snapshot: Snapshot,
    *,
    settings: Settings,
    environ: Mapping[str, str] | None = None,
    extra_meta: Mapping[str, Any],
    recipe_extra: Mapping[str, Any],
) -> Origin:
    """The same as :func:`collect`, for a recipe as it was at an earlier moment."""
    environ = os.environ if environ is None else environ
    checkout = snapshot.checkout
    own = {} if snapshot.is_packaged else recipe_extra

    draft = _Draft()
    draft.warnings += snapshot.doubts
    draft.take_given(extra_meta, own, environ)
    draft.take_git(checkout.git)
    if checkout.run is not None:
        draft.take_run(checkout.run, checkout)
    draft.take_absence(checkout)

    if snapshot.is_packaged:
        draft.warn_of_old_stamp(recipe_extra)
    if checkout.git.dirty and settings.dirty == "warn":
        changed = checkout.git.changed
        files = f" ({named(changed)})" if changed else ""
        draft.warnings.append(
            f"The recipe's folder has changes that are not committed{files}: "
            "what is built is not exactly the commit."
        )

    return draft.origin(checkout, settings)


class _Draft:
    """Values as they are collected: the first source that gives one for a key wins."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.kept: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.environ: Mapping[str, str] = {}
        self.warnings: list[str] = []
        self.is_named = False
        """Did a person name a commit or a repository in a form that may not be written?"""

    def take_given(
        self,
        extra_meta: Mapping[str, Any],
        recipe_extra: Mapping[str, Any],
        environ: Mapping[str, str],
    ) -> None:
        """What a person said: to the builder, in the recipe, or in an environment variable."""
        self.environ = environ
        for key in KEYS:
            for source, given in ((EXTRA_META, extra_meta), (RECIPE, recipe_extra)):
                if given.get(key) is not None:
                    self._offer_given(key, given[key], source)

            if environ.get(ENVIRONMENT[key]):
                self._offer_given(key, environ[ENVIRONMENT[key]], VARIABLE)

        if self.says_none() and self.values.get("remote_url"):
            self.warnings.append(
                "sha is empty, which says that the recipe is not under version control, "
                "and yet remote_url names a repository: give the commit's full hash."
            )

    def says_none(self) -> bool:
        """Did a person say, by an empty ``sha``, that there is no version control?"""
        return self.values.get("sha") == "" and self.sources["sha"] in (EXTRA_META, RECIPE)

    def take_git(self, git: GitFacts) -> None:
        """The commit and the remote of the repository that tracks the recipe."""
        self.warnings += git.warnings
        self._warn_of_other_repository(git)
        if git.sha != "":
            self._offer("sha", git.sha, GIT)
        self._offer("remote_url", git.remote_url, GIT)

    def take_run(self, run: CIRun, checkout: Checkout) -> None:
        """The CI run's id and page; its commit and repository only where git has none."""
        if run.rivals:
            *others, last = (run.name, *run.rivals)
            self.warnings.append(
                f"{', '.join(others)} and {last} each say that this is a run of theirs: "
                f"{run.name} is believed; plugins.provenance_ci chooses one."
            )

        self.warnings += checkout.disagreements()

        if checkout.replaces_git():
            self._offer("sha", run.sha, CI)
            self._offer("remote_url", run.remote_url, CI)
        elif checkout.is_of_same_commit():
            # Git knows the commit but no remote, as in a clone of a local mirror.
            self._offer("remote_url", run.remote_url, CI)

        self._offer("flow_run_id", run.flow_run_id, CI)
        if self.values.get("flow_run_id") == run.flow_run_id:
            self._offer("flow_run_url", run.flow_run_url, CI)

        if self.sources.get("sha") in (GIT, CI) and checkout.is_merge(self.values["sha"]):
            self.warnings.append(checkout.merge_warning())

    def take_absence(self, checkout: Checkout) -> None:
        """CEP 31: an empty ``sha`` says that the recipe is not under version control.

        Where anybody named a commit or a repository, there is one. ``sha`` is then left out.
        """
        if "sha" in self.sources:
            return

        if checkout.hides_commit():
            if checkout.run is not None and not checkout.git.unreadable:
                self.warnings.append(_why_hidden(checkout.run))
        elif not self.is_named and not self.values.get("remote_url"):
            self._offer("sha", "", GIT)

    def warn_of_old_stamp(self, recipe_extra: Mapping[str, Any]) -> None:
        """Warn that a recipe out of a package has values of that package which are not ours."""
        old = [
            key
            for key in KEYS
            if recipe_extra.get(key) and recipe_extra[key] != self.values.get(key)
        ]
        if old:
            self.warnings.append(
                f"The recipe comes out of a package, and its extra has that package's "
                f"{', '.join(old)}: this is not taken over."
            )

    def _warn_of_other_repository(self, git: GitFacts) -> None:
        for key, value in (("sha", git.sha), ("remote_url", git.remote_url)):
            given = self.values.get(key)
            is_other = bool(value and given) and str(given).lower() != str(value).lower()
            if is_other and self.sources[key] == RECIPE:
                self.warnings.append(
                    f"{key} of the recipe's extra is not that of its git repository; "
                    "the recipe's is stamped."
                )

    def origin(self, checkout: Checkout, settings: Settings) -> Origin:
        """What was collected."""
        is_found = self.sources.get("sha") in (GIT, CI)
        known = self.values | self.kept
        return Origin(
            provenance=Provenance(**self.values),
            kept=self.kept,
            sources=self.sources,
            ci=checkout.run,
            dirty=checkout.git.dirty,
            warnings=tuple(dict.fromkeys(self.warnings)),
            missing={
                key: self._why_missing(key, checkout, settings.ci)
                for key in KEYS
                if not known.get(key)
            },
            commit=checkout.describe(self.values["sha"]) if is_found else "",
            changed=checkout.git.changed,
        )

    def _why_missing(self, key: str, checkout: Checkout, chosen: str) -> str:
        if key == "remote_url" and self.says_none():
            return "an empty sha was given, which says that there is no version control"

        return _why_missing(key, checkout, chosen, self.environ)

    def _offer(self, key: str, value: str | None, source: str) -> None:
        """Take ``value`` unless a source of higher precedence gave one."""
        if key == "remote_url" and source in (VARIABLE, GIT, CI) and self.says_none():
            return  # somebody said that there is no version control

        if value is not None and key not in self.sources:
            self.values[key], self.sources[key] = value, source

    def _offer_given(self, key: str, value: object, source: str) -> None:
        """Take what a person said, cleaned. A value that may hold a secret is left out."""
        if key in self.sources:
            return

        is_variable = source == VARIABLE
        name = ENVIRONMENT[key] if is_variable else f"{key} of {SOURCE_NAMES[source]}"
        try:
            self._offer(key, clean(key, value), source)
        except ImproperValue as error:
            if is_variable:
                self._leave_out(key, name, error)
                return

            # The builder writes it with or without us. To replace it would overrule the user.
            self.warnings.append(f"{name} is kept as it was given, but {error}.")
            self.kept[key], self.sources[key] = str(value), source
        except InvalidValue as error:
            self._leave_out(key, name, error)

    def _leave_out(self, key: str, name: str, why: InvalidValue) -> None:
        self.warnings.append(f"{name} is left out: {why}.")
        self.is_named = self.is_named or key in ("sha", "remote_url")


def _why_hidden(run: CIRun) -> str:
    """Why it is not known which commit the recipe is of, though it lies in no git repository."""
    if run.sha is None:
        why = f"{run.name} names no full commit hash, and the recipe lies in no git repository"
        return f"{why}: sha is left out."

    return (
        f"The recipe lies in no git repository, and the folder that {run.name} checked out is not "
        "known here: sha is left out; give sha and remote_url yourself."
    )


def _why_missing(key: str, checkout: Checkout, chosen: str, environ: Mapping[str, str]) -> str:
    run = checkout.run
    if key.startswith("flow_run"):
        return _why_no_run(key, run, chosen, environ)

    if key == "sha" and run is not None and not run.sha and checkout.hides_commit():
        return (
            f"{run.name} names no full commit hash, "
            "and the recipe lies in no git repository that can be read"
        )

    if checkout.git.sha is None:
        is_here = run is not None and run.workspace and os.path.isdir(run.workspace)
        is_outside = is_here and not checkout.holds_recipe
        outside = f", and it lies outside {run.name}'s checkout" if run and is_outside else ""
        return f"the recipe lies in no git repository that can be read{outside}"

    if not checkout.git.sha:
        return "the recipe's file is not under version control"

    return "the recipe's repository has no remote that others can reach"


def _why_no_run(key: str, run: CIRun | None, chosen: str, environ: Mapping[str, str]) -> str:
    if run is not None:
        reason = f"{run.name} says no {'id' if key == 'flow_run_id' else 'page'} of its run"
        variables = _faulty_variables(run, key.removeprefix("flow_"), environ)
        return f"{reason}: {variables}" if variables else reason

    if chosen == "auto":
        return "no CI run was recognised"

    reason = f"plugins.provenance_ci is {chosen}"
    return reason if chosen == "none" else f"{reason}, which does not run this"


def _faulty_variables(run: CIRun, fact: str, environ: Mapping[str, str]) -> str:
    """What is wrong with the variables that should say this fact of a run, in words."""
    from conda_provenance.ci.explain import asked_for

    adapter = next((each for each in candidates(environ) if each.provider == run.provider), None)
    asked = asked_for(environ, adapter, fact) if adapter is not None else {}
    faulty = [f"{name} is {state}" for name, state in asked.items() if state != "set"]
    others = [f"{name} has no usable value" for name in asked]
    return ", ".join((faulty or others)[:_MAX_VARIABLES])
