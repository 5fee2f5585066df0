"""The table of honest packages: shapes as they are, none of which may be refuted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from acceptance_table import (
    CONSISTENT,
    FAIL,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    SILENT,
    VERIFIED,
    Row,
    expected,
    named,
    policy,
    ready,
)
from acceptance_world import World
from ci_model import CiJob
from forge_model import Opinion
from signing_rows import HONEST_SIGNED

from conda_provenance.packages.contents import PackageFile
from conda_provenance.packages.read_contents import read_contents
from conda_provenance.run_api import Trigger

ON_BRANCH, RECIPE = "commit-on-branch", "recipe-matches"
REVIEWED, RUN, ARTIFACT = "commit-reviewed", "run-matches", "artifact-in-run"

ALL = dict.fromkeys(
    (
        "well-formed", "expected", "commit-exists", ON_BRANCH, RECIPE, REVIEWED, RUN, ARTIFACT,
    ),
    PASS,
)  # fmt: skip
BY_LOG = "by a log that the build itself writes"


def squashed(world: World) -> Path:
    world.change("good", Opinion("dora"))
    return world.actions(commit="good")


def split(number: int, **given: Any) -> Any:
    def make(world: World) -> Path:
        return world.actions(
            of=world.split_built[number],
            sha=world.split["tip"],
            repository="conda-forge/split-feedstock",
            **given,
        )

    return make


def old(repository: str, **given: Any) -> Any:
    def make(world: World) -> Path:
        return world.actions(
            of=world.old_built, sha=world.old["tip"], repository=repository, **given
        )

    return make


def on_windows(world: World) -> Path:
    """What a checkout with ``* text=auto`` makes of it on Windows."""
    contents = read_contents(world.built, whole=True)
    index = json.loads(contents.files["info/index.json"].data)
    index = {**index, "subdir": "win-64", "platform": "win"}
    changes: dict[str, Any] = {"info/index.json": json.dumps(index).encode()}
    for name in ("recipe.yaml", "recipe-scripts-license.txt"):
        data = contents.files[f"info/recipe/{name}"].data
        changes[f"info/recipe/{name}"] = data.replace(b"\n", b"\r\n")
    return world.pipelines(changes=changes)


def in_a_folder_of_many(world: World) -> Path:
    """A build of recipes/old packages the folders of its older versions, too."""
    folder = "info/recipe"
    changes = {
        f"{folder}/2.9/meta.yaml": world.many.git("show", "master:recipes/old/2.9/meta.yaml") + "\n"
    }
    files = {name: PackageFile(name, data.encode()) for name, data in changes.items()}
    return world.actions(
        of=world.old_built,
        sha=world.many["tip"],
        repository="bioconda/bioconda-recipes",
        changes=files,
        log="building\n",
    )


def skipped_upload(world: World) -> Path:
    """The second attempt built the file again, and its upload was skipped: it was there."""
    return world.actions(
        jobs=(
            CiJob("linux_64_", "{block}", attempt=1),
            CiJob("linux_64_", "{other block}", attempt=2),
        ),
        run={"attempt": 2},
    )


def silent(world: World) -> Path:
    """Built without any of this."""
    import shutil

    return Path(shutil.copy(world.built, world.fresh()))


HONEST = (
    Row(
        "a change that was squashed and approved, by the strictest policy: all eight checks",
        squashed,
        ARTIFACT,
        PASS,
        BY_LOG,
        VERIFIED,
        lambda world: ("--policy", "strict", *expected(world)),
        others=ALL,
    ),
    Row(
        "conda-forge, built by Azure Pipelines",
        lambda world: world.pipelines(),
        ARTIFACT,
        PASS,
        BY_LOG,
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "conda-forge, built by GitHub Actions",
        lambda world: world.actions(),
        ARTIFACT,
        PASS,
        BY_LOG,
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "conda-forge, built by conda-build (meta.yaml)",
        old("conda-forge/old-feedstock"),
        RECIPE,
        PASS,
        "The packaged recipe is the folder recipe of that commit",
        VERIFIED,
        ready("conda-forge"),
        others={ARTIFACT: PASS},
    ),
    Row(
        "a feedstock that was rerendered: pushed by a bot, reviewed by nobody",
        lambda world: world.pipelines(commit="rerendered"),
        REVIEWED,
        FAIL,
        "No merged pull request brought this commit into any branch.",
        VERIFIED,
        ready("conda-forge"),
        others={RECIPE: PASS, ARTIFACT: PASS},
    ),
    Row(
        "several outputs of one recipe: the first",
        split(0),
        RECIPE,
        PASS,
        "The packaged recipe is the folder recipe of that commit",
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "several outputs of one recipe: the second",
        split(1),
        RECIPE,
        PASS,
        "The packaged recipe is the folder recipe of that commit",
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "Windows line endings",
        on_windows,
        RECIPE,
        PASS,
        "line endings",
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "bioconda: a folder of many, and logs without hashes",
        in_a_folder_of_many,
        RECIPE,
        PASS,
        "The packaged recipe is the folder recipes/old of that commit",
        CONSISTENT,
        ready("bioconda"),
        status=0,
    ),
    Row(
        "AnacondaRecipes: an ssh address, and a CI that nobody can ask",
        lambda world: world.package(
            of=world.old_built,
            sha=world.old["tip"],
            repository="git@github.com:AnacondaRecipes/old-feedstock.git",
            flow_run_id="1d1f0b8e-6b0e-4a57-9d4c-0c8f6d6a9a11",
        ),
        RECIPE,
        PASS,
        "The packaged recipe is the folder recipe of that commit",
        CONSISTENT,
        named("AnacondaRecipes/*"),
        others={RUN: OPEN, ARTIFACT: OPEN, "expected": PASS},
    ),
    Row(
        "AnacondaRecipes: a run that is called by a number alone",
        lambda world: world.package(
            of=world.old_built,
            sha=world.old["tip"],
            repository="git@github.com:AnacondaRecipes/old-feedstock.git",
            flow_run_id="123",
        ),
        RUN,
        OPEN,
        "without the name of a CI system in front",
        CONSISTENT,
        named("AnacondaRecipes/*"),
        others={"well-formed": PASS},
    ),
    Row(
        "a change that was merged with a merge commit",
        lambda world: world.actions(commit="merge"),
        REVIEWED,
        PASS,
        "approved by dora",
        VERIFIED,
        others=ALL,
    ),
    Row(
        "a change that was squashed",
        lambda world: world.actions(commit="squash"),
        REVIEWED,
        PASS,
        "approved by dora",
        VERIFIED,
        others=ALL,
    ),
    Row(
        "a change that was rebased",
        lambda world: world.actions(commit="rebased"),
        REVIEWED,
        PASS,
        "approved by dora",
        VERIFIED,
        others=ALL,
    ),
    Row(
        "a repository that was renamed within its organisation",
        lambda world: world.actions(
            repository="conda-forge/hallo-feedstock", at="conda-forge/hello-feedstock"
        ),
        "expected",
        PASS,
        "The repository is",
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "a maintenance branch of conda-forge, which uploads from every branch",
        lambda world: world.actions(commit="maintenance"),
        ON_BRANCH,
        PASS,
        "is on the branch 1.x",
        VERIFIED,
        ready("conda-forge"),
    ),
    Row(
        "a maintenance branch that nobody expects",
        lambda world: world.actions(commit="maintenance"),
        ON_BRANCH,
        OPEN,
        "expect that branch by --expect-ref or a policy, if it counts",
        OPEN,
    ),
    Row(
        "a tag that is expected",
        lambda world: world.actions(commit="tag-only"),
        ON_BRANCH,
        PASS,
        "is on the tag v0.9",
        VERIFIED,
        lambda world: (*expected(world), "--expect-ref", "refs/tags/v0.9"),
    ),
    Row(
        "a noarch package that several jobs made, each a little different",
        split(0, jobs=(CiJob("linux_64_", "{block}"), CiJob("win_64_", "{other block}"))),
        ARTIFACT,
        OPEN,
        "The log contradicts itself",
        CONSISTENT,
        ready("conda-forge"),
        status=0,
    ),
    Row(
        "a run that was tried again, and whose second upload was skipped",
        skipped_upload,
        ARTIFACT,
        PASS,
        BY_LOG,
        VERIFIED,
    ),
    Row(
        "a run of a schedule",
        lambda world: world.actions(run={"trigger": Trigger.SCHEDULE}),
        RUN,
        PASS,
        "started by a schedule",
        VERIFIED,
    ),
    Row(
        "a run of a release",
        lambda world: world.actions(run={"trigger": Trigger.RELEASE}),
        RUN,
        PASS,
        "started by release",
        VERIFIED,
    ),
    Row(
        "a run that failed in another job than the package's",
        lambda world: world.actions(
            run={"success": False},
            jobs=(CiJob("linux_64_", "{block}"), CiJob("osx_64_", "", success=False)),
        ),
        RUN,
        PASS,
        "of which the job linux_64_ ended well",
        VERIFIED,
    ),
    Row(
        "logs without hashes",
        lambda world: world.actions(log="building\ndone\n"),
        ARTIFACT,
        OPEN,
        "many builds print none",
        CONSISTENT,
    ),
    Row(
        "logs that are deleted by now",
        lambda world: world.actions(log=None),
        ARTIFACT,
        OPEN,
        "A log is gone",
        CONSISTENT,
    ),
    Row(
        "a run that is deleted by now",
        lambda world: world.package(flow_run_id="github_6999"),
        RUN,
        OPEN,
        "runs are deleted after a while",
        CONSISTENT,
    ),
    Row(
        "no run at all",
        lambda world: world.package(),
        RUN,
        NOT_APPLICABLE,
        "names no run",
        CONSISTENT,
        also_says="The files that get installed were not checked",
    ),
    Row(
        "no claim at all",
        silent,
        "well-formed",
        NOT_APPLICABLE,
        "The package claims nothing",
        SILENT,
    ),
    Row(
        "a policy of one's own that is content with less",
        lambda world: world.package(),
        RECIPE,
        PASS,
        "The packaged recipe is the folder recipe of that commit",
        CONSISTENT,
        policy('accept = "consistent"'),
        status=0,
    ),
    *HONEST_SIGNED,
)
