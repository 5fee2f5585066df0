"""Forgeries at another vendor: a GitLab of one's own, at a private address without TLS, where git,
the API and the CI are at one address (:mod:`forgery_workshop`)."""

from __future__ import annotations

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
    VERIFIED,
    Row,
)
from forge_model import Opinion
from forgery_workshop import Workshop, digest_of, line_of, recipe_file

from conda_provenance.packages.read_contents import read_contents

ALLOWED = ("--allow", "http,private")
SQUASH = 2
"""The number of a change of the history."""

Options = Callable[[Workshop], Sequence[str]]


def expected(shop: Workshop) -> Sequence[str]:
    return ("--expect-repo", shop.repo)


def nobody_named(shop: Workshop) -> Sequence[str]:
    return ()


def policy(text: str) -> Options:
    """A policy that names the repository, with further lines."""

    def options(shop: Workshop) -> Sequence[str]:
        shop.number += 1
        path = shop.folder / f"policy-{shop.number}.toml"
        path.write_text(f'version = 1\n[[rules]]\nrepositories = ["{shop.repo}"]\n{text}\n')
        return ("--policy", str(path))

    return options


def run(**given: Any) -> Callable[[Workshop], Path]:
    """The honest package, and a pipeline that names it."""
    return lambda shop: shop.run(shop.copy(), **given)


def log(text: str) -> Callable[[Workshop], Path]:
    """The honest package, and a pipeline with this log."""

    def make(shop: Workshop) -> Path:
        package = shop.run(shop.copy(), names=False)
        words = {
            "{line}": line_of(package),
            "{other line}": line_of(package, sha256="f" * 64),
            "{foreign line}": line_of(package, name="other-1.0-0.conda"),
            "{name}": package.name,
            "{sha256}": digest_of(package),
        }
        filled = text
        for word, value in words.items():
            filled = filled.replace(word, value)
        shop.forge.pipelines[max(shop.forge.pipelines)].log = f"{filled}\n"
        return package

    return make


def of_another_owner(shop: Workshop) -> Path:
    return shop.stamped(remote_url=shop.copied("mallory"))


def moved_to_another_owner(shop: Workshop) -> Path:
    shop.server.moved["/gone/hello-feedstock"] = shop.copied("mallory")
    return shop.stamped(remote_url=f"{shop.server.url}/gone/hello-feedstock")


def reviewed(*said: Opinion) -> Callable[[Workshop], Path]:
    """A package of a squashed change about which people said this."""

    def make(shop: Workshop) -> Path:
        shop.forge.model.edit(SQUASH, said=said)
        return shop.at("squash")

    return make


def one_byte_changed(shop: Workshop) -> Path:
    """The honest package's stamp and log, and one byte of the payload is another."""
    honest = shop.run(shop.copy())
    about = read_contents(honest, whole=True).files["info/about.json"]
    return shop.changed({"info/about.json": about}, {"hi": b"evil\n"})


BRANCH, RUN, ARTIFACT = "commit-on-branch", "run-matches", "artifact-in-run"
REVIEWED = "commit-reviewed"
ONE_REVIEW = policy('reviews = 1\nbots = ["autobot"]')
STORED_ONLY = "none of its branches and tags has it"

GITLAB: Sequence[Row] = (
    Row("an honest package", run(), ARTIFACT, PASS, "by a log that the build itself writes",
        VERIFIED, expected),
    Row("an honest package of a pipeline that was started by hand", run(source="web"), RUN, PASS,
        "started by hand", VERIFIED, expected),
    Row("an honest package, and nobody named the repository", run(), RUN, OPEN,
        "says so of itself", CONSISTENT, nobody_named),
    Row("sha of a fork", lambda shop: shop.at("fork"), BRANCH, FAIL, STORED_ONLY, REFUTED,
        expected),
    Row("sha of an unmerged merge request", lambda shop: shop.at("closed"), BRANCH, FAIL,
        STORED_ONLY, REFUTED, expected),
    Row("side commit of a merged change", lambda shop: shop.at("side-first"), BRANCH, OPEN,
        "never was the branch itself", OPEN, expected),
    Row("another owner's copy of the repository", of_another_owner, "expected", FAIL, "mallory",
        REFUTED, expected),
    Row("another owner's copy, and nobody named a repository", of_another_owner, "expected",
        NOT_APPLICABLE, "which the package itself names", CONSISTENT, nobody_named),
    Row("a name that leads (301) to another owner", moved_to_another_owner, "expected", FAIL,
        "it answers at", REFUTED,
        lambda shop: ("--expect-repo", f"{shop.server.url}/gone/hello-feedstock")),
    Row("a name that was registered again", lambda shop: shop.copy(), "expected", FAIL,
        "the name may have been registered again by another", REFUTED,
        policy('repository_id = "1"')),
    Row("recipe edited by one byte",
        lambda shop: shop.changed(recipe_file("fix.patch", b"--- b\n+++ b\n")), "recipe-matches",
        FAIL, "of that commit: fix.patch differs", REFUTED, expected),
    Row("approved only by the author", reviewed(Opinion("bob")), REVIEWED, FAIL,
        "bob opened the change", REFUTED, ONE_REVIEW),
    Row("approved only by a bot", reviewed(Opinion("autobot")), REVIEWED, FAIL, "autobot is a bot",
        REFUTED, ONE_REVIEW),
    Row("an approval of which the forge does not say when it was given", reviewed(Opinion("dora")),
        REVIEWED, OPEN, "may have approved before the last push: the forge does not tell", OPEN,
        policy("reviews = 1\nfresh_reviews = true")),
    Row("honest package with one byte of its payload changed", one_byte_changed, ARTIFACT, FAIL,
        "with another digest, and every job and attempt was read", REFUTED, expected),
    Row("pipeline of another repository",
        run(project="mallory/hello-feedstock"), RUN, FAIL, "is of another repository", REFUTED,
        expected),
    Row("pipeline of another commit", lambda shop: shop.run(shop.copy(), sha=shop.history["first"]),
        RUN, FAIL, "built another commit", REFUTED, expected),
    Row("pipeline of a merge request", run(source="merge_request_event"), RUN, FAIL,
        "was started by a pull request", CONSISTENT, expected),
    Row("pipeline that another one started", run(source="parent_pipeline"), RUN, OPEN,
        "who wrote what it ran is not known", CONSISTENT, expected),
    Row("pipeline that failed", run(status="failed"), RUN, FAIL, "failed", CONSISTENT, expected),
    Row("hash in no log", log("building"), ARTIFACT, OPEN, "never names", CONSISTENT, expected),
    Row("hash in the line of another file", log("{foreign line}"), ARTIFACT, OPEN, "never names",
        CONSISTENT, expected),
    Row("hash in the line of a package that was downloaded",
        log("Downloading {name} sha256={sha256}"), ARTIFACT, OPEN, "never names", CONSISTENT,
        expected),
)  # fmt: skip
