"""``well-formed``: what the package says has the right form. It does not ask whether it is true."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conda_provenance.keys import KEYS
from conda_provenance.packages.about import ABOUT
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.file_names import name_version_build
from conda_provenance.packages.read import INDEX
from conda_provenance.text import show_sentence, show_value
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.subject import Subject

_MAX_SHOWN = 1500
_SSH = "remote-not-http"
_BARE = "run-bare"
_IDENTITY = ("name", "version", "build")


class WellFormed(Check):
    """Nothing is wrong with the claim's form, and the package is the one that it is called."""

    id = "well-formed"
    summary = (
        "Does the package name a commit and a repository in the right form, and do the names in it "
        "agree?"
    )
    proves = "that there is something to check"

    def check(self, case: Case, _world: World) -> Result:
        subject = case.subject
        claim = subject.package.claim
        if not claim:
            return self.not_applicable("The package claims nothing about where it comes from.")

        codes = [problem.code for problem in claim.problems]
        faults = [
            problem.message.rstrip(".")
            for problem in claim.problems
            # An ssh address is one that leads to a certain place on the web. That a run's id begins
            # with the name of a CI is a custom only: Anaconda's packages have a bare UUID.
            if problem.code != _BARE and (problem.code != _SSH or subject.remote is None)
        ]
        faults += _missing(subject, codes)
        faults += _said_twice(subject.contents)
        faults += [each.rstrip(".") for each in subject.contents.oddities]
        index, why_not = _index(subject.contents)
        faults += _differences(subject, index)
        facts: dict[str, Any] = {"problems": codes, "oddities": list(subject.contents.oddities)}
        if faults:
            message = f"The package is not well-formed: {'; '.join(dict.fromkeys(faults))}."
            return self.failed(show_sentence(message, _MAX_SHOWN), **facts)

        if why_not:
            return self.unavailable(why_not, **facts)
        bare = "; its flow_run_id names no CI system" if _BARE in codes else ""
        return self.passed(
            "The package names a commit and a repository, and is the package that its file's name "
            f"says{bare}.",
            **facts,
        )


def _missing(subject: Subject, codes: list[str]) -> Iterator[str]:
    """What has to be there and is not. What is there and is wrong has a code."""
    claim = subject.package.claim
    if not claim.sha and "sha-empty" not in codes:
        yield "it names no commit (sha)"

    if not claim.remote_url:
        yield "it names no repository (remote_url)"
    elif subject.remote is None and not any(code.startswith("remote-") for code in codes):
        yield "remote_url is no address of a repository that can be asked"


def _said_twice(contents: PackageContents) -> list[str]:
    """Keys of the claim that about.json has twice: readers differ in which of two they take."""
    faults: list[str] = []

    def see(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice = [key for key in ("extra", *KEYS) if keys.count(key) > 1]
        faults.extend(f"{ABOUT} says its {key} twice" for key in twice)
        return dict(pairs)

    file = contents.files.get(ABOUT)
    try:
        json.loads(file.data.decode() if file else "{}", object_pairs_hook=see)
    except (ValueError, RecursionError):
        return []  # Then there is no claim.
    return faults


def _index(contents: PackageContents) -> tuple[Mapping[str, Any], str]:
    """What index.json says the package is, and why that is not known."""
    file = contents.files.get(INDEX)
    if file is None:
        gone = f"{INDEX} is too large" if INDEX in contents.left_out else f"There is no {INDEX}"
        return {}, f"{gone}, so which package this is was not checked."

    try:
        record = json.loads(file.data.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return {}, f"{INDEX} cannot be read, so which package this is was not checked."

    if not isinstance(record, dict):
        return {}, f"{INDEX} is no JSON object, so which package this is was not checked."
    return record, ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, of which each key is there once: readers differ in which of two they take."""
    read = dict(pairs)
    twice = [key for key in (*_IDENTITY, "subdir") if sum(each == key for each, _ in pairs) > 1]
    return {**read, **dict.fromkeys(twice, _TWICE)}


_TWICE = object()


def _differences(subject: Subject, index: Mapping[str, Any]) -> Iterator[str]:
    """Where index.json and what the package is called do not agree."""
    artifact = subject.artifact
    by_name = name_version_build(artifact.file_name)
    by_record = (artifact.name, artifact.version, artifact.build)
    for key, *others in zip(_IDENTITY, by_name, by_record, strict=True) if index else ():
        value = index.get(key)
        if value is _TWICE:
            yield f"{INDEX} says its {key} twice"
        elif not isinstance(value, str):
            yield f"{INDEX} does not say its {key}"
        else:
            yield from (_two(key, value, each) for each in others if each and each != value)

    subdir = index.get("subdir")
    if subdir is _TWICE:
        yield f"{INDEX} says its subdir twice"
    if artifact.subdir and isinstance(subdir, str) and subdir != artifact.subdir:
        yield _two("subdir", subdir, artifact.subdir)


def _two(key: str, said: str, other: str) -> str:
    shown, called = show_value(said, 100), show_value(other, 100)
    return f"by its {INDEX} its {key} is {shown}, and by its name or place {called}"


CHECK = WellFormed()
