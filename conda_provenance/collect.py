"""Joins what the user, git and the CI say into one :class:`Finding`, in which every value knows where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conda_provenance.ci import Adapter, CIRun, detect, lies_in
from conda_provenance.errors import ProvenanceError, RequirementError
from conda_provenance.git import GitFacts, read_git, read_parents
from conda_provenance.provenance import KEYS, Provenance, check
from conda_provenance.remotes import RemoteUrl, RemoteUrlError, clean_page_url, clean_run_id
from conda_provenance.settings import Settings

ENVIRONMENT = {key: f"CONDA_PROVENANCE_{key.upper()}" for key in KEYS}
"""The variables by which a user gives a value, by key."""

EXTRA_META, RECIPE, VARIABLE, GIT, CI = "extra-meta", "recipe", "environment", "git", "ci"
"""Where a value may come from, in the order of precedence."""

SOURCE_NAMES = {
    EXTRA_META: "--extra-meta",
    RECIPE: "the recipe's extra",
    VARIABLE: "a variable of yours",
    GIT: "git",
    CI: "the CI",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a recipe's origin. Values are clean: no credentials, no control characters."""

    provenance: Provenance
    sources: Mapping[str, str] = field(default_factory=dict)
    """For each key with a value: ``extra-meta``, ``recipe``, ``environment``, ``git`` or ``ci``."""
    ci: CIRun | None = None
    dirty: bool | None = None
    warnings: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    """For each key without a value: why."""
    commit: str = ""
    """Which commit ``sha`` is and why, in words; empty where a person gave it or there is none."""

    def stamp(self, fields: Iterable[str]) -> dict[str, str]:
        """The values to write: those of ``fields``, and those the user gave to the builder, which it writes anyway."""
        values = self.provenance.to_extra()
        wanted = set(fields)
        return {
            key: value
            for key, value in values.items()
            if key in wanted or self.sources.get(key) in (EXTRA_META, RECIPE)
        }

    def require(self, settings: Settings) -> None:
        """Raise :class:`RequirementError` if the settings do not let a build go on from here."""
        stamped = self.stamp(settings.fields)
        for key in settings.required:
            if not stamped.get(key):
                why = self.missing.get(key) or "provenance_fields leaves it out"
                raise RequirementError(
                    f"{key} is required (plugins.provenance_required) but missing: {why}; "
                    f"give it with {ENVIRONMENT[key]} or the builder's --extra-meta {key}=VALUE."
                )
        self.require_clean(settings)

    def require_clean(self, settings: Settings) -> None:
        """The part of :meth:`require` that no flag can mend."""
        if settings.dirty == "error" and self.dirty:
            raise RequirementError(
                "The recipe's folder has uncommitted changes (plugins.provenance_dirty is error): commit or remove them."
            )


class _Collector:
    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.warnings: list[str] = []

    def offer(self, key: str, value: str | None, source: str) -> None:
        """Take ``value`` unless a source of higher precedence gave one."""
        if value is not None and key not in self.values:
            self.values[key], self.sources[key] = value, source

    def offer_given(self, key: str, value: object, source: str) -> None:
        """Take what the user said, cleaned; what could hold a secret or an escape is left out without being repeated."""
        if key in self.values:
            return
        name = ENVIRONMENT[key] if source == VARIABLE else f"{key} of {SOURCE_NAMES[source]}"
        if not isinstance(value, str):
            self.warnings.append(f"{name} is no string and is left out.")
            return
        try:
            self.offer(key, clean_value(key, value), source)
        except RemoteUrlError as error:
            self.warnings.append(f"{name} is left out: {error}.")
        except ProvenanceError as error:
            if source == VARIABLE or not value.isprintable():
                self.warnings.append(f"{name} is left out: {error}")
            else:
                # The builder writes it with or without us; replacing it would overrule the user.
                self.warnings.append(f"{name} is kept as it was given, but {error}")
                self.offer(key, value, source)


def clean_value(key: str, value: str) -> str:
    """``value`` as it may be written under ``key``: URLs without credentials, query and fragment.

    Raises :class:`ProvenanceError` (for URLs :class:`RemoteUrlError`); no message repeats the value.
    """
    if key == "remote_url" and value:
        value = str(RemoteUrl.parse(value))
    elif key == "flow_run_url" and value:
        value = clean_page_url(value)
    elif key == "flow_run_id":
        value = clean_run_id(
            value
        )  # some farms give a page as the id; it must not carry a login either
    elif key == "sha" and not re.fullmatch(r"[\w.+-]*", value):
        raise RemoteUrlError("it holds characters that no commit hash has")
    check(key, value)
    return value


def collect(
    recipe: Path,
    *,
    environ: Mapping[str, str],
    settings: Settings,
    adapters: Iterable[Adapter],
    extra_meta: Mapping[str, Any] | None = None,
    recipe_extra: Mapping[str, Any] | None = None,
) -> Finding:
    """Find out where a package made from ``recipe`` (its file, or a folder) comes from.

    ``extra_meta`` is what the user gave to the builder, ``recipe_extra`` the recipe's own ``extra``.
    Never raises for what it finds; :meth:`Finding.require` applies the user's requirements.
    """
    found = _Collector()
    for key in KEYS:
        for source, given in ((EXTRA_META, extra_meta), (RECIPE, recipe_extra)):
            if given and given.get(key) is not None:
                found.offer_given(key, given[key], source)
        if environ.get(ENVIRONMENT[key]):
            found.offer_given(key, environ[ENVIRONMENT[key]], VARIABLE)

    git = read_git(recipe)
    found.warnings += git.warnings
    ci = detect(environ, adapters, settings.ci, recipe)
    inside = ci is not None and lies_in(recipe, ci.workspace)
    found.offer("sha", git.sha, GIT)
    found.offer("remote_url", git.remote_url, GIT)
    parents: tuple[str, ...] = ()
    if ci is not None:
        if ci.rivals:
            found.warnings.append(
                f"{_and((ci.name, *ci.rivals))} each say that this is a run of theirs: {ci.name} is believed; "
                "plugins.provenance_ci chooses one."
            )
        if (
            ci.pull_request
            and git.sha
            and git.sha != ci.head_sha
            and not (ci.merge and git.sha == ci.sha)
        ):
            parents = read_parents(
                recipe
            )  # many a CI merges in the checkout, or leaves that to a step
        if inside or not ci.workspace:
            found.warnings += _disagreements(git, ci, parents)
        if (
            inside
            and git.sha is None
            and (not git.unreadable or lies_in(Path(ci.workspace or ""), git.unreadable))
        ):
            # One that cannot be read within the checkout is not the checkout's, whose commit is no answer for it.
            found.offer("sha", ci.sha, CI)
            found.offer("remote_url", ci.remote_url, CI)
        elif inside and git.sha and git.sha == ci.sha:
            # The same commit in the same checkout: only the remote is one that git cannot tell, such as a local mirror.
            found.offer("remote_url", ci.remote_url, CI)
        found.offer("flow_run_id", ci.flow_run_id, CI)
        if found.values.get("flow_run_id") == ci.flow_run_id:
            found.offer("flow_run_url", ci.flow_run_url, CI)
        if found.sources.get("sha") in (GIT, CI) and _is_merge(found.values["sha"], ci, parents):
            found.warnings.append(
                f"The commit is a merge commit of {_pull_request(ci)}: it may not be found later"
                + (f"; the pull request's own is {ci.head_sha}." if ci.head_sha else ".")
            )
    if not git.unreadable:
        # CEP 31: an empty string says that the recipe is not under version control.
        found.offer("sha", "", GIT)
    if git.dirty and settings.dirty == "warn":
        found.warnings.append(
            "The recipe's folder has changes that are not committed: the commit is not quite what is built."
        )
    return Finding(
        provenance=Provenance.from_extra(found.values),
        sources=found.sources,
        ci=ci,
        dirty=git.dirty,
        warnings=tuple(dict.fromkeys(found.warnings)),
        missing={
            key: _why_missing(key, git, ci, inside, settings.ci)
            for key in KEYS
            if not found.values.get(key)
        },
        commit=_which_commit(found.values["sha"], ci, parents)
        if found.sources.get("sha") in (GIT, CI)
        else "",
    )


def _disagreements(git: GitFacts, ci: CIRun, parents: tuple[str, ...]) -> list[str]:
    said = []
    of_pull_request = git.sha == ci.head_sha or _is_merge(git.sha, ci, parents)
    if git.sha and ci.sha and git.sha != ci.sha and not of_pull_request:
        said.append(
            f"{ci.name} ran for another commit than the recipe's repository is at: the repository's is stamped."
        )
    ours = {
        url.lower()
        for url in (ci.remote_url, ci.head_remote_url if of_pull_request else None)
        if url
    }
    if git.remote_url and ci.remote_url and git.remote_url.lower() not in ours:
        said.append(
            f"{ci.name} ran for another repository than the recipe's: the recipe's is stamped."
        )
    return said


def _is_merge(sha: str | None, ci: CIRun, parents: tuple[str, ...]) -> bool:
    """Is this a merge commit that the CI, or a step of its run, made of a pull request?"""
    if sha and sha == ci.sha and ci.merge:
        return sha != ci.head_sha
    return len(parents) > 1 and bool({ci.head_sha, None if ci.merge else ci.sha} & set(parents))


def _which_commit(sha: str, ci: CIRun | None, parents: tuple[str, ...]) -> str:
    if not sha:
        return ""
    if ci is None:
        return "the commit that is checked out"
    if _is_merge(sha, ci, parents):
        return f"the merge commit of {_pull_request(ci)}" + (
            f"; its own commit is {ci.head_sha}" if ci.head_sha else ""
        )
    if ci.pull_request and sha == ci.head_sha:
        return f"the head of {_pull_request(ci)}"
    if sha != ci.sha:
        return "the commit that is checked out" + (
            f", which is not the one that {ci.name} ran for" if ci.sha else ""
        )
    if ci.tag:
        return f"tag {ci.tag}"
    if ci.pull_request:
        # Not every system says whether it builds the head or a merge of it.
        return f"the commit that {ci.name} ran for, of {_pull_request(ci)}" + (
            f", whose own is {ci.head_sha}" if ci.head_sha else ""
        )
    return (
        f"the commit of branch {ci.branch} that {ci.name} ran for"
        if ci.branch
        else f"the commit that {ci.name} ran for"
    )


def _pull_request(ci: CIRun) -> str:
    fork = (
        ci.head_remote_url and ci.remote_url and ci.head_remote_url.lower() != ci.remote_url.lower()
    )
    return (f"pull request {ci.pull_request}" if ci.pull_request else "a pull request") + (
        f" from {ci.head_remote_url}" if fork else ""
    )


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}"


def _why_missing(key: str, git: GitFacts, ci: CIRun | None, inside: bool, chosen: str) -> str:
    if key.startswith("flow_run"):
        if ci is None and chosen != "auto":
            return f"plugins.provenance_ci is {chosen}" + (
                "" if chosen == "none" else ", which does not run this"
            )
        if ci is None:
            return "no CI run was recognised"
        return f"{ci.name} says no {'id' if key == 'flow_run_id' else 'page'} of its run"
    if git.sha is None:
        elsewhere = (
            ""
            if ci is None or inside or not ci.workspace
            else f", and it lies outside {ci.name}'s checkout"
        )
        return f"the recipe lies in no git repository that can be read{elsewhere}"
    if not git.sha:
        return "the recipe's file is not under version control"
    return "the recipe's repository has no remote that others can reach"
