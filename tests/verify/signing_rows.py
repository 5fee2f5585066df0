"""The tables of signed statements: what an attacker may sign, post or leave out, and what an honest
package may have beside it.
"""

from __future__ import annotations

from pathlib import Path

from acceptance_signing import (
    SIGNER,
    beside,
    built,
    edited,
    forged,
    listed,
    of_githubs_own,
    published,
    quiet,
    requiring,
    run_of,
)
from acceptance_table import (
    CONSISTENT,
    FAIL,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    REFUTED,
    VERIFIED,
    Row,
    named,
    nobody_named,
    policy,
)
from acceptance_world import FORK, HELLO, World
from attested_making import github_predicate
from ci_identities import GITHUB_ISSUER, Person
from sigstore_instance import Instance

ATTESTED = "attested"
_NOT_THE_BUILD = "not that it was built there"


def by_its_author(world: World) -> Path:
    """All is true but the repository that the package names."""
    package = forged(world)
    run = run_of(package, repository=FORK, repository_id="666", owner_id="66")
    return beside(package, built(world, package, run))


def by_nobody_knows_whom(world: World) -> Path:
    package = forged(world)
    return beside(package, built(world, package))


def of_another_file(world: World) -> Path:
    package = forged(world)
    return beside(package, built(world, package, of=quiet(world)))


def of_another_commit(world: World) -> Path:
    package = quiet(world)
    return beside(package, built(world, package, run_of(package, sha=world.hello["closed"])))


def of_another_run(world: World) -> Path:
    package = quiet(world)
    return beside(package, built(world, package, run_of(package, run_id="1")))


def of_a_pull_request(world: World) -> Path:
    package = quiet(world)
    run = run_of(package, event="pull_request", ref="refs/pull/3/merge")
    return beside(package, built(world, package, run))


def of_a_name_that_was_registered_again(world: World) -> Path:
    package = quiet(world)
    return beside(package, built(world, package, run_of(package, repository_id="666")))


def posted_by_a_writer(world: World) -> Path:
    """He may run a workflow on a branch of his, and it signs what he likes."""
    package = forged(world)
    run = run_of(package, sha=world.hello["unmerged"], ref="refs/heads/his")
    return listed(world, package, built(world, package, run))


def junk_posted_by_a_writer(world: World) -> Path:
    package = quiet(world)
    return listed(world, package, edited(built(world, package)))


def contradicting_beside_agreeing(world: World) -> Path:
    package = quiet(world)
    other = built(world, package, run_of(package, sha=world.hello["second"]))
    return beside(package, built(world, package), other, ending=".v0.sigs")


def with_another_predicate(world: World) -> Path:
    """The job writes the predicate: it may name another commit than its certificate."""
    package = quiet(world)
    said = github_predicate(run_of(package, sha=world.hello["second"]))
    return beside(package, built(world, package, predicate=said))


def by_another_root(world: World) -> Path:
    package = forged(world)
    return beside(package, built(world, package, instance=Instance()))


def by_another_issuer(world: World) -> Path:
    package = forged(world)
    run = run_of(package, issuer=f"{GITHUB_ISSUER}.mallory.example")
    return beside(package, built(world, package, run))


def published_forgery(world: World) -> Path:
    """Who may publish in the repository's name has published another file."""
    package = forged(world)
    return beside(package, published(world, package))


def by_a_person(world: World) -> Path:
    package = forged(world)
    return beside(package, built(world, package, Person("mallory@example.org")))


SHARED = "conda-forge/shared/.github/workflows/sign.yml@refs/tags/v1"
_BY_SHARED = f'signers = ["https://github.com/{SHARED}"]'


def _called_by_mallory(world: World, package: Path) -> bytes:
    """Whoever likes calls the shared workflow, and names the digest of any file."""
    numbers = {"repository_id": "666", "owner_id": "66"}
    run = run_of(package, repository=FORK, signer=SHARED, signer_sha="f" * 40, **numbers)
    return built(world, package, run, predicate=github_predicate(run_of(package)))


def by_a_called_workflow(world: World) -> Path:
    package = forged(world)
    return beside(package, _called_by_mallory(world, package))


def by_a_reused_name(world: World) -> Path:
    package = quiet(world)
    run = run_of(package, repository_id="666", signer=SHARED, signer_sha="f" * 40)
    return beside(package, built(world, package, run))


SIGNED = (
    Row(
        "a shared workflow that the policy names, called from the attacker's repository",
        by_a_called_workflow,
        ATTESTED,
        OPEN,
        f"it signed for https://github.com/{FORK}, which nobody expects",
        OPEN,
        policy(_BY_SHARED),
    ),
    Row(
        "the same workflow, called from a repository whose name was registered again",
        by_a_reused_name,
        ATTESTED,
        OPEN,
        "the number of its repository is 666, not 4711",
        OPEN,
        policy(f"{_BY_SHARED}\nrepository_id = 4711"),
    ),
    Row(
        "a valid statement by the package's own author, in a repository of his",
        by_its_author,
        ATTESTED,
        OPEN,
        f"it signed for https://github.com/{FORK}",
        CONSISTENT,
    ),
    Row(
        "the same, where the fork would be allowed too",
        by_its_author,
        ATTESTED,
        FAIL,
        "remote_url differs: its certificate says",
        REFUTED,
        named("*/hello-feedstock"),
    ),
    Row(
        "a valid statement, and nobody named a repository or a signer",
        by_nobody_knows_whom,
        ATTESTED,
        OPEN,
        "nobody said that this signer may sign",
        CONSISTENT,
        nobody_named,
    ),
    Row(
        "a valid statement about another file, the honest one",
        of_another_file,
        ATTESTED,
        NOT_APPLICABLE,
        "what was found is about another file",
        CONSISTENT,
    ),
    Row(
        "an expected workflow's statement of another commit",
        of_another_commit,
        ATTESTED,
        FAIL,
        "sha differs: its certificate says",
        REFUTED,
    ),
    Row(
        "an expected workflow's statement of another run",
        of_another_run,
        ATTESTED,
        FAIL,
        "flow_run_id differs: its certificate says",
        REFUTED,
    ),
    Row(
        "an expected workflow's statement whose predicate names another commit",
        with_another_predicate,
        ATTESTED,
        FAIL,
        "sha differs: its predicate says",
        REFUTED,
    ),
    Row(
        "one that contradicts the package, beside one that agrees",
        contradicting_beside_agreeing,
        ATTESTED,
        FAIL,
        "sha differs: its certificate says",
        REFUTED,
    ),
    Row(
        "a statement of a pull request's build",
        of_a_pull_request,
        ATTESTED,
        FAIL,
        "it is of a pull request",
        CONSISTENT,
    ),
    Row(
        "the same, under a policy that requires a signature",
        of_a_pull_request,
        ATTESTED,
        FAIL,
        "it is of a pull request",
        REFUTED,
        policy(requiring()),
    ),
    Row(
        "a repository's name that was registered again by another, who signs",
        of_a_name_that_was_registered_again,
        ATTESTED,
        OPEN,
        "the number of its repository is 666, not 4711",
        CONSISTENT,
        policy("repository_id = 4711"),
    ),
    Row(
        "a statement that a writer posted, signed by a workflow on his own branch",
        posted_by_a_writer,
        ATTESTED,
        FAIL,
        "sha differs: its certificate says",
        REFUTED,
    ),
    Row(
        "an authority of the attacker's own",
        by_another_root,
        ATTESTED,
        OPEN,
        "No signed statement about this file counts",
        CONSISTENT,
    ),
    Row(
        "a look-alike of GitHub vouches for the signer",
        by_another_issuer,
        ATTESTED,
        OPEN,
        "which is not github.com",
        CONSISTENT,
    ),
    Row(
        "another person than the one who may sign",
        by_a_person,
        ATTESTED,
        OPEN,
        "it is signed by mallory at example.org",
        OPEN,
        policy('signers = ["alice@example.org"]\nissuers = ["https://github.com/login/oauth"]'),
    ),
    Row(
        "a forgery that was published in the repository's name",
        published_forgery,
        ATTESTED,
        PASS,
        _NOT_THE_BUILD,
        CONSISTENT,
    ),
    Row(
        "a signature that was taken away, where the policy requires one",
        forged,
        ATTESTED,
        OPEN,
        "may have left it out",
        OPEN,
        policy(requiring()),
    ),
    Row(
        "a broken one in its place, where the policy requires one",
        junk_posted_by_a_writer,
        ATTESTED,
        OPEN,
        "No signed statement about this file counts",
        OPEN,
        policy(requiring()),
    ),
)


# --- honest --------------------------------------------------------------------------------------


def signed(world: World) -> Path:
    package = quiet(world)
    return beside(package, built(world, package))


def by_a_shared_workflow(world: World) -> Path:
    package = quiet(world)
    run = run_of(package, signer=SHARED, signer_sha="f" * 40)
    return beside(package, built(world, package, run))


def beside_a_strangers(world: World) -> Path:
    package = quiet(world)
    run = run_of(package, signer=SHARED, signer_sha="f" * 40)
    strange = _called_by_mallory(world, package)
    return beside(package, strange, built(world, package, run), ending=".v0.sigs")


def in_a_strangers_pull_request(world: World) -> Path:
    """A pull request may have the finished file in it, and its run signs and posts what it says."""
    package = world.actions()
    run = run_of(package, event="pull_request_target", run_id="1", sha=world.hello["second"])
    return listed(world, package, built(world, package, run))


def by_a_later_attempt(world: World) -> Path:
    package = quiet(world)
    return beside(package, built(world, package, run_of(package, attempt="2")))


def published_by_another_run(world: World) -> Path:
    package = quiet(world)
    run = run_of(package, run_id="99", sha=world.hello["second"], event="workflow_dispatch")
    return beside(package, published(world, package, run))


def with_a_broken_one(world: World) -> Path:
    package = quiet(world)
    good = built(world, package)
    return beside(package, edited(good), good, ending=".v0.sigs")


def at_github(world: World) -> Path:
    package = quiet(world)
    return listed(world, package, built(world, package))


def in_githubs_list(world: World) -> Path:
    package = quiet(world)
    return listed(world, package, built(world, package), is_inline=True)


def of_githubs_own_authority(world: World) -> Path:
    package = quiet(world)
    return listed(world, package, of_githubs_own(built(world, package)))


def of_a_tag(world: World) -> Path:
    package = quiet(world)
    return beside(package, built(world, package, run_of(package, ref="refs/tags/v1.0")))


_BOUND = "names this file's digest and agrees with the package in"
_A_STATEMENT = "a signed statement of that repository's build names the digest"

HONEST_SIGNED = (
    Row(
        "signed by the run that built it, whose log names no digest",
        signed,
        ATTESTED,
        PASS,
        _BOUND,
        VERIFIED,
        also_says=_A_STATEMENT,
    ),
    Row(
        "the same, by a policy that names the signer",
        signed,
        ATTESTED,
        PASS,
        _BOUND,
        VERIFIED,
        policy(f'signers = ["{SIGNER.rpartition("/")[0]}/*"]'),
        also_says=_A_STATEMENT,
    ),
    Row(
        "signed by a workflow that several repositories share",
        by_a_shared_workflow,
        ATTESTED,
        PASS,
        _BOUND,
        VERIFIED,
    ),
    Row(
        "a statement by a stranger who calls that workflow, beside it",
        beside_a_strangers,
        ATTESTED,
        PASS,
        "it signed for https://github.com/mallory/hello-feedstock, which nobody expects",
        VERIFIED,
        policy(_BY_SHARED),
    ),
    Row(
        "named by its log, and also by a statement that a stranger's pull request had signed",
        in_a_strangers_pull_request,
        ATTESTED,
        OPEN,
        "it is of a pull request",
        VERIFIED,
    ),
    Row(
        "signed by a later attempt of the run",
        by_a_later_attempt,
        ATTESTED,
        PASS,
        _BOUND,
        VERIFIED,
    ),
    Row(
        "a broken bundle beside the one that holds",
        with_a_broken_one,
        ATTESTED,
        PASS,
        "What counts for nothing beside it",
        VERIFIED,
    ),
    Row(
        "listed by GitHub, which says where the bundle is",
        at_github,
        ATTESTED,
        PASS,
        _BOUND,
        VERIFIED,
    ),
    Row(
        "listed by GitHub in the older form, with the bundle in the list",
        in_githubs_list,
        ATTESTED,
        PASS,
        _BOUND,
        VERIFIED,
    ),
    Row(
        "published by another run, at another commit",
        published_by_another_run,
        ATTESTED,
        PASS,
        _NOT_THE_BUILD,
        CONSISTENT,
    ),
    Row(
        "signed by GitHub's own authority, which cannot be verified here",
        of_githubs_own_authority,
        ATTESTED,
        OPEN,
        "No signed statement about this file counts",
        CONSISTENT,
    ),
    Row(
        "signed in the run of a tag, where the branch is expected",
        of_a_tag,
        ATTESTED,
        OPEN,
        "it was signed in a run on refs/tags/v1.0, and main is expected",
        CONSISTENT,
        lambda world: ("--expect-repo", f"https://github.com/{HELLO}", "--expect-ref", "main"),
    ),
    Row(
        "a broken bundle, which a writer posted",
        junk_posted_by_a_writer,
        ATTESTED,
        OPEN,
        "No signed statement about this file counts",
        CONSISTENT,
    ),
)
