"""``attested``: real bundles of our own instance against real packages, each way it can end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from case_making import CLAIM
from ci_identities import GITHUB_ISSUER, GitHubRun, Person

pytest.importorskip("sigstore")
from attested_making import (
    REMOTE,
    RUN,
    V0_2,
    V1,
    WANTED,
    Certified,
    Signing,
    github_predicate,
    old_predicate,
)
from forged_bundles import (
    BROKEN,
    DIGEST,
    ELSEWHERE,
    FORGED,
    HOLDS,
    UNCHECKABLE,
    Forged,
    Workshop,
)
from sigstore_instance import Instance

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.bundles.statement_types import (
    DERIVED_BUILD_TYPE,
    DERIVED_BUILDER,
    PUBLISH_TYPE,
)
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.expectations import Expectations
from conda_provenance.verify.attested.given import Given
from conda_provenance.verify.attested.places import find_bundles
from conda_provenance.verify.attested.signers import why_not_expected
from conda_provenance.verify.attested.verifying import Bundles
from conda_provenance.verify.checks.attested import CHECK
from conda_provenance.verify.outcome import Outcome, Result

PASS, FAIL = Outcome.PASS, Outcome.FAIL
UNAVAILABLE, NOT_APPLICABLE = Outcome.UNAVAILABLE, Outcome.NOT_APPLICABLE

MALLORY = GitHubRun("mallory/demo-feedstock", sha=RUN.sha, run_id="123")
SHARED = "conda-forge/shared/.github/workflows/sign.yml@refs/tags/v1"


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    return Signing(tmp_path)


def holds(result: Result, outcome: Outcome, says: str = "", **facts: Any) -> None:
    assert result.outcome is outcome, result
    assert says in result.message, result.message
    for key, value in facts.items():
        assert result.facts.get(key) == value, result.facts


# --- pass ----------------------------------------------------------------------------------------


def test_a_statement_of_the_build_that_agrees_passes(signing: Signing) -> None:
    result = signing.check(signing.built())
    holds(
        result, PASS, "names this file's digest and agrees with the package in", statement="build"
    )
    assert result.facts["agrees"] == ["remote_url", "sha", "flow_run_id"]
    assert result.facts["signer"] == RUN.san
    assert RUN.san in result.message
    assert not result.facts.keys() & {"differs", "not_compared"}


def test_an_old_predicate_of_slsa_is_read_too(signing: Signing) -> None:
    bundle = signing.signed(RUN, signing.statement(V0_2, old_predicate(RUN)))
    holds(signing.check(bundle), PASS, statement="build")


def test_a_shared_workflow_signs_for_its_caller(signing: Signing) -> None:
    """Its identity is another repository's, at another commit."""
    run = RUN._replace(signer=SHARED, signer_sha="f" * 40)
    holds(signing.check(signing.built(run)), PASS, SHARED, statement="build")


def test_a_later_attempt_may_sign_what_an_earlier_one_built(tmp_path: Path) -> None:
    claim = {**CLAIM, "flow_run_url": f"{RUN.remote_url}/actions/runs/123/attempts/2"}
    signing = Signing(tmp_path, claim)
    holds(signing.check(signing.built(RUN._replace(attempt="3"))), PASS, "a later attempt")
    holds(signing.check(signing.built(RUN._replace(attempt="2"))), PASS)
    earlier = signing.check(signing.built(RUN._replace(attempt="1")))
    holds(earlier, FAIL, "flow_run_url differs")


@pytest.mark.parametrize("issuer", [GITHUB_ISSUER, f"{GITHUB_ISSUER}/ACME-Corp"])
def test_the_forge_of_the_repository_vouches(signing: Signing, issuer: str) -> None:
    holds(signing.check(signing.built(RUN._replace(issuer=issuer))), PASS, statement="build")


@pytest.mark.parametrize(
    "address",
    [REMOTE, f"git@github.com:{RUN.repository}", f"ssh://git@github.com/{RUN.repository}"],
)
@pytest.mark.parametrize("issuers", [(), ("https://ci.example.org",)])
def test_another_issuer_does_not_vouch_for_a_public_forge(
    signing: Signing, address: str, issuers: tuple[str, ...]
) -> None:
    """However its repository is written."""
    expected = Expectations(repositories=(RepositoryPattern.parse(REMOTE),), issuers=issuers)
    who = Certificate("x", issuer="https://ci.example.org", repository=address)
    why = why_not_expected(who, expected, is_packages=True)
    assert why.endswith("which is not github.com"), why
    ours = who._replace(issuer=GITHUB_ISSUER)
    assert bool(why_not_expected(ours, expected, is_packages=True)) is bool(issuers)


def test_a_named_signer_passes(signing: Signing) -> None:
    for named in (RUN.san, f"{REMOTE}/.github/workflows/*@refs/heads/main"):
        result = signing.check(signing.built(), repositories=(), signers=(named,))
        holds(result, PASS, statement="build")


def test_a_person_who_is_named_may_sign_what_names_repository_and_commit(signing: Signing) -> None:
    """The certificate has neither, so what the person says counts."""
    someone = Person()
    named: dict[str, Any] = {
        "repositories": (), "signers": (someone.email,), "issuers": (someone.issuer,),
    }  # fmt: skip
    bundle = signing.signed(someone, signing.statement(V1, github_predicate(RUN)))
    holds(signing.check(bundle, **named), PASS, statement="build")

    bare = signing.signed(someone, signing.statement(V1, {"buildDefinition": {"buildType": "x"}}))
    holds(signing.check(bare, **named), UNAVAILABLE, "remote_url cannot be held against it")


# --- a publication -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        RUN,
        RUN._replace(run_id="999"),
        RUN._replace(sha="e" * 40, workflow=".github/workflows/upload.yml"),
        RUN._replace(event="workflow_dispatch", ref="refs/heads/other"),
    ],
    ids=["the run", "another run", "another commit", "another branch"],
)
def test_a_publication_passes_and_says_nothing_of_the_build(
    signing: Signing, run: GitHubRun
) -> None:
    result = signing.check(signing.published(run))
    holds(result, PASS, "not that it was built there", statement="publication")
    assert result.facts["channel"] == "https://prefix.dev/channels/demo"


def test_another_repository_may_publish_if_it_is_named(signing: Signing) -> None:
    other = GitHubRun("conda-forge/uploader", sha="d" * 40, run_id="5")
    result = signing.check(signing.published(other), signers=(other.san,))
    holds(result, PASS, statement="publication")
    holds(signing.check(signing.published(other)), UNAVAILABLE, "it signed for")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ({"name": "other-1.0-0.conda"}, "was published as other-1.0-0.conda"),
        ({"predicate": {"targetChannel": 7}}, "another form than CEP 27"),
        ({"predicate": {"targetChannel": "https://x.org/c", "more": 1}}, "another form"),
    ],
)
def test_what_is_not_of_cep_27s_form_is_no_publication(
    signing: Signing, statement: dict[str, Any], says: str
) -> None:
    bundle = signing.signed(RUN, signing.statement(PUBLISH_TYPE, **statement))
    holds(signing.check(bundle), UNAVAILABLE, says)


# --- a contradiction -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "key"),
    [
        (RUN._replace(sha="e" * 40), "sha"),
        (RUN._replace(run_id="124"), "flow_run_id"),
        (RUN._replace(repository="conda-forge/other-feedstock"), "remote_url"),
    ],
    ids=["another commit", "another run", "another expected repository"],
)
def test_an_expected_statement_of_another_build_contradicts(
    signing: Signing, run: GitHubRun, key: str
) -> None:
    expected = {"repositories": ("https://github.com/conda-forge/*",)}
    result = signing.check(signing.built(run), **expected)
    holds(result, FAIL, f"contradicts the package: {key} differs: its certificate says")
    assert result.contradicts
    assert key in result.facts["differs"]

    # Whatever lies beside it.
    both = signing.check(signing.built(), signing.built(run), signing.published(), **expected)
    holds(both, FAIL, f"{key} differs")
    assert both.contradicts


@pytest.mark.parametrize(
    ("run", "key"),
    [
        (RUN._replace(sha="e" * 40), "sha"),
        (RUN._replace(run_id="124"), "flow_run_id"),
        (RUN._replace(repository="conda-forge/other-feedstock"), "remote_url"),
    ],
)
@pytest.mark.parametrize(("kind", "made"), [(V1, github_predicate), (V0_2, old_predicate)])
def test_so_does_a_predicate(
    signing: Signing, run: GitHubRun, key: str, kind: str, made: Callable[[GitHubRun], Any]
) -> None:
    bundle = signing.signed(RUN, signing.statement(kind, made(run)))
    result = signing.check(bundle)
    holds(result, FAIL, f"{key} differs: its predicate says")
    assert result.contradicts


def test_the_certificate_is_named_before_the_predicate(signing: Signing) -> None:
    run = RUN._replace(sha="e" * 40)
    bundle = signing.signed(run, signing.statement(V1, github_predicate(RUN._replace(run_id="9"))))
    holds(signing.check(bundle), FAIL, "sha differs: its certificate says")


def test_a_run_of_another_ci_contradicts(tmp_path: Path) -> None:
    signing = Signing(tmp_path, {**CLAIM, "flow_run_id": "azure_20260226.1.1"})
    result = signing.check(signing.built())
    holds(result, FAIL, "flow_run_id differs")
    assert result.contradicts


# --- what started it -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        RUN._replace(event="pull_request", ref="refs/pull/7/merge"),
        RUN._replace(event="pull_request_target"),
        RUN._replace(ref="refs/pull/7/merge"),
        # Its commit is a merge that nobody else has.
        RUN._replace(event="pull_request", sha="e" * 40),
    ],
)
def test_a_build_of_a_pull_request_fails(signing: Signing, run: GitHubRun) -> None:
    result = signing.check(signing.built(run))
    holds(result, FAIL, "it is of a pull request")
    assert not result.contradicts
    holds(signing.check(signing.built(run), signing.built()), PASS, "counts for nothing beside it")


@pytest.mark.parametrize("event", ["workflow_run", "issue_comment", "repository_dispatch", "new"])
def test_what_an_unknown_event_started_is_open(signing: Signing, event: str) -> None:
    result = signing.check(signing.built(RUN._replace(event=event)))
    holds(result, UNAVAILABLE, f"its run was started by {event}")

    # Who knows what it was made to sign: it refutes nothing.
    other = signing.check(signing.built(RUN._replace(event=event, sha="e" * 40)))
    holds(other, UNAVAILABLE, f"its run was started by {event}")


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch", "release"])
def test_these_events_pass(signing: Signing, event: str) -> None:
    holds(signing.check(signing.built(RUN._replace(event=event))), PASS)


@pytest.mark.parametrize(
    ("refs", "outcome"),
    [
        (("main",), UNAVAILABLE),
        (("refs/tags/*",), PASS),
        (("main", "refs/tags/v1.0"), PASS),
        ((), PASS),
    ],
)
def test_another_branch_than_the_expected_one_is_open(
    signing: Signing, refs: tuple[str, ...], outcome: Outcome
) -> None:
    """A tag's run builds a commit of the branch: nothing contradicts the package."""
    result = signing.check(signing.built(RUN._replace(ref="refs/tags/v1.0")), refs=refs)
    holds(result, outcome, "refs/tags/v1.0, and main is expected" if outcome is not PASS else "")


# --- whom nobody expects -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "expected", "says"),
    [
        (RUN, {"repositories": ()}, "nobody said that this signer may sign"),
        (MALLORY, {}, "it signed for https://github.com/mallory/demo-feedstock"),
        (Person(), {}, "its certificate names no repository"),
        (RUN._replace(issuer="https://evil.example"), {}, "which is not github.com"),
        (RUN._replace(issuer=f"{GITHUB_ISSUER}/a/b"), {}, "which is not github.com"),
        (RUN._replace(issuer=f"{GITHUB_ISSUER}.evil.example"), {}, "which is not github.com"),
        (RUN, {"issuers": ("https://gitlab.com",)}, "only https://gitlab.com may"),
        (RUN, {"signers": (f"{REMOTE}/.github/workflows/x.yml@refs/heads/main",)}, "may sign"),
        (
            GitHubRun("o/n", server="https://git.example.com", issuer="https://git.example.com"),
            {"repositories": ("https://git.example.com/o/n",)},
            "name it with --cert-oidc-issuer",
        ),
        (RUN, {"repository_id": "4711"}, "the number of its repository is 1001, not 4711"),
        (RUN, {"owner_id": "99"}, "the number of its owner is 2002, not 99"),
    ],
    ids=range(11),
)
def test_a_signer_whom_nobody_expects_is_neither(
    signing: Signing, who: Any, expected: dict[str, Any], says: str
) -> None:
    statement = signing.statement(V1, github_predicate(RUN))
    result = signing.check(signing.signed(who, statement), **expected)
    holds(result, UNAVAILABLE, says)
    assert who.san.replace("@example", " at example") in result.message
    assert not result.contradicts

    required = signing.check(signing.signed(who, statement), required=WANTED, **expected)
    assert required.outcome is UNAVAILABLE


def test_a_strangers_statement_of_another_build_refutes_nothing(signing: Signing) -> None:
    other = MALLORY._replace(sha="e" * 40)
    holds(signing.check(signing.built(other)), UNAVAILABLE)
    holds(signing.check(signing.built(other), signing.built()), PASS, statement="build")


# --- a workflow that anybody can call -------------------------------------------------------------

CALLED = RUN._replace(signer=SHARED, signer_sha="f" * 40)
CALLED_BY_MALLORY = MALLORY._replace(
    signer=SHARED, signer_sha="f" * 40, repository_id="666", owner_id="66"
)
BY_SHARED: dict[str, Any] = {"signers": (CALLED.san,)}


@pytest.mark.parametrize("repositories", [(REMOTE,), ()], ids=["expected", "not expected"])
def test_a_stranger_who_calls_a_shared_workflow_neither_passes_nor_refutes(
    signing: Signing, repositories: tuple[str, ...]
) -> None:
    """He states what he likes of anybody's file, signed by the workflow that is named."""
    expected = {**BY_SHARED, "repositories": repositories}
    lying = signing.statement(V1, github_predicate(RUN))
    mine = signing.statement(V1, github_predicate(CALLED_BY_MALLORY))
    strange = [signing.signed(CALLED_BY_MALLORY, each) for each in (lying, mine)]
    strange.append(signing.published(CALLED_BY_MALLORY))
    for each in strange:
        result = signing.check(each, **expected)
        assert result.outcome is UNAVAILABLE, result
        assert not result.contradicts
        assert signing.check(each, required=WANTED, **expected).outcome is UNAVAILABLE

    holds(signing.check(*strange, signing.built(CALLED), **expected), PASS, statement="build")


def test_whose_run_called_it_is_said(signing: Signing) -> None:
    result = signing.check(signing.built(CALLED_BY_MALLORY), **BY_SHARED)
    holds(result, UNAVAILABLE, "it signed for https://github.com/mallory/demo-feedstock, which")


def test_the_named_repositorys_own_statement_of_another_build_contradicts(
    signing: Signing,
) -> None:
    """Nobody else can call its workflow in its name."""
    own = GitHubRun("conda-forge/other-feedstock", sha=RUN.sha, run_id="123")
    result = signing.check(signing.built(own), signers=(own.san,))
    holds(result, FAIL, "remote_url differs")
    assert result.contradicts


@pytest.mark.parametrize("run", [RUN, CALLED], ids=["its own", "a shared one"])
@pytest.mark.parametrize("pinned", [{"repository_id": "4711"}, {"owner_id": "99"}])
def test_a_name_that_was_registered_again_does_not_sign_by_the_named_workflow(
    signing: Signing, run: GitHubRun, pinned: dict[str, Any]
) -> None:
    for bundle in (signing.built(run), signing.published(run)):
        result = signing.check(bundle, signers=(run.san,), **pinned)
        holds(result, UNAVAILABLE, "may have been registered again by another")


@pytest.mark.parametrize(
    "event", ["pull_request_target", "pull_request", "workflow_run", "issue_comment"]
)
def test_what_strangers_can_start_contradicts_nothing(signing: Signing, event: str) -> None:
    """A pull request may have the honest file in it, and the run that it starts signs that."""
    run = RUN._replace(event=event, sha="e" * 40, run_id="999")
    result = signing.check(signing.built(run))
    assert result.outcome is UNAVAILABLE, result
    assert signing.check(signing.built(run), required=WANTED).outcome is UNAVAILABLE
    holds(signing.check(signing.built(run), signing.built()), PASS, statement="build")


def test_a_pull_requests_run_publishes_nothing(signing: Signing) -> None:
    run = RUN._replace(event="pull_request_target")
    holds(signing.check(signing.published(run)), UNAVAILABLE, "it is of a pull request")


def test_an_attempt_that_is_no_number_of_one_is_not_compared(tmp_path: Path) -> None:
    """Python makes no number of more than 4300 digits."""
    page = f"{RUN.remote_url}/actions/runs/123/attempts/{'9' * 5000}"
    signing = Signing(tmp_path, {**CLAIM, "flow_run_url": page})
    assert signing.check(signing.built()).outcome is PASS


def test_numbers_that_are_pinned_are_those_of_the_certificate(signing: Signing) -> None:
    result = signing.check(signing.built(), repository_id="1001", owner_id="2002")
    holds(result, PASS)


def test_a_forge_of_ones_own_is_named_by_its_issuer(tmp_path: Path) -> None:
    server = "https://git.example.com"
    run = GitHubRun("o/n", sha=RUN.sha, run_id="123", server=server, issuer=server)
    claim = {"sha": RUN.sha, "remote_url": f"{server}/o/n", "flow_run_id": "github_123"}
    signing = Signing(tmp_path, claim)
    expected = {"repositories": (f"{server}/o/n",), "issuers": (server,)}
    holds(signing.check(signing.built(run), **expected), PASS, statement="build")

    # It vouches for nobody at a public forge.
    forged = signing.signed(RUN._replace(issuer=server), signing.statement(V1))
    named = {"repositories": (REMOTE,), "issuers": (server,)}
    holds(signing.check(forged, **named), UNAVAILABLE, "which is not github.com")


# --- what cannot be compared ---------------------------------------------------------------------


def test_gitlabs_job_is_not_held_against_its_pipeline(tmp_path: Path) -> None:
    claim = {"sha": RUN.sha, "remote_url": "https://gitlab.com/o/n", "flow_run_id": "gitlab_77"}
    signing = Signing(tmp_path, claim)

    job = Certified(
        "https://gitlab.com/o/n//.gitlab-ci.yml@refs/heads/main",
        {
            8: "https://gitlab.com", 12: "https://gitlab.com/o/n", 13: RUN.sha,
            14: "refs/heads/main", 20: "push", 21: "https://gitlab.com/o/n/-/jobs/4242",
        },
    )  # fmt: skip
    statement = signing.statement(V1, {"buildDefinition": {"buildType": "x"}})
    bundle = signing.signed(job, statement)
    result = signing.check(bundle, repositories=("https://gitlab.com/o/n",))
    holds(result, PASS, statement="build")
    assert "names the job" in result.facts["not_compared"]["flow_run_id by the certificate"]

    signer = "https://gitlab.com/*/n//.gitlab-ci.yml@refs/heads/*"
    holds(signing.check(bundle, repositories=(), signers=(signer,)), PASS)


def _without(run: GitHubRun, *numbers: int) -> Certified:
    """A run whose certificate leaves something out, as old ones do."""
    extensions = {n: text for n, text in run.extensions.items() if n not in numbers}
    return Certified(run.san, extensions)


def test_a_missing_extension_is_no_fail(signing: Signing) -> None:
    statement = signing.statement(V1, {"buildDefinition": {"buildType": "x"}})
    result = signing.check(signing.signed(_without(RUN, 21), statement))
    holds(result, PASS, statement="build")
    assert result.facts["not_compared"]["flow_run_id by the certificate"] == "it names no run"


@pytest.mark.parametrize(
    ("missing", "expected", "says"),
    [
        ((12,), {"signers": (RUN.san,)}, "its certificate names no repository"),
        ((12, 13), {"signers": (RUN.san,)}, "its certificate names no repository"),
        ((13,), {}, "sha cannot be held against it: it names no commit"),
        ((20,), {}, "does not say what started its run"),
        ((14,), {"refs": ("main",)}, "does not say on which ref it ran, and main is expected"),
    ],
)
def test_what_the_job_says_does_not_replace_what_its_certificate_leaves_out(
    signing: Signing, missing: tuple[int, ...], expected: dict[str, Any], says: str
) -> None:
    """Whoever makes the job writes the predicate: it may name anybody's repository and commit."""
    statement = signing.statement(V1, github_predicate(RUN))
    result = signing.check(signing.signed(_without(RUN, *missing), statement), **expected)
    holds(result, UNAVAILABLE, says)
    assert not result.contradicts


@pytest.mark.parametrize("predicate", [None, {}])
def test_an_empty_statement_is_none_of_a_build(signing: Signing, predicate: Any) -> None:
    bundle = signing.signed(RUN, signing.statement(V1, predicate))
    holds(signing.check(bundle), UNAVAILABLE, "it says nothing of a build")


def test_a_statement_of_another_kind_counts_for_nothing(signing: Signing) -> None:
    bundle = signing.signed(RUN, signing.statement("https://spdx.dev/Document/v2.3", {"a": 1}))
    holds(signing.check(bundle), UNAVAILABLE, "of neither a build nor a publication")
    holds(signing.check(bundle, signing.built()), PASS)


def test_a_package_that_names_no_commit_is_bound_by_nothing(tmp_path: Path) -> None:
    signing = Signing(tmp_path, {"remote_url": REMOTE})
    holds(signing.check(signing.built()), UNAVAILABLE, "sha cannot be held against it")


def _derived(run: GitHubRun) -> dict[str, Any]:
    """As ``attest`` makes it of the package."""
    recipe = {"uri": f"git+{run.remote_url}@{run.sha}", "digest": {"gitCommit": run.sha}}
    definition = {
        "buildType": DERIVED_BUILD_TYPE,
        "externalParameters": {"repository": run.remote_url},
        "resolvedDependencies": [recipe],
    }
    metadata = {"invocationId": f"github_{run.run_id}"}
    return {
        "buildDefinition": definition,
        "runDetails": {"builder": {"id": DERIVED_BUILDER}, "metadata": metadata},
    }


def test_our_own_statement_counts_in_the_run_that_built_it_and_nowhere_else(
    signing: Signing,
) -> None:
    statement = signing.statement(V1, _derived(RUN))
    holds(signing.check(signing.signed(RUN, statement)), PASS, statement="build")
    for run in (RUN._replace(run_id="999"), RUN._replace(sha="e" * 40)):
        result = signing.check(signing.signed(run, statement))
        holds(result, UNAVAILABLE, "made from what the package says of itself")

    lying = signing.statement(V1, _derived(RUN._replace(sha="e" * 40)))
    holds(signing.check(signing.signed(RUN, lying)), FAIL, "sha differs: its predicate says")


# --- broken, of other files, and none ------------------------------------------------------------


def test_no_place_crowds_out_another(signing: Signing) -> None:
    """A file that the user gives for a whole channel, and the one bundle beside the package."""
    of_others = b"[" + b",".join([signing.built(sha256="d" * 64)] * 250) + b"]"
    signing.beside(".sigstore.json", signing.built())
    result = signing.check(of_others)
    holds(result, PASS, statement="build", found=251, looked_at=201)


def test_files_of_one_name_are_all_looked_at(signing: Signing) -> None:
    files = [b"{}", signing.built(), b"[]"]
    names = ("a.json", "a.json", "a.json (2)")
    given = [Given(name, data) for name, data in zip(names, files, strict=True)]
    bundles = Bundles(given=given, trust_root=signing.instance.root_bytes())
    world = signing.world()._replace(bundles=bundles)
    assert [found.data for found in find_bundles(signing.case(), world, DIGEST).found] == files[:2]
    assert [(each.name, each.data) for each in bundles.given.values()] == [
        (each.name, each.data) for each in given
    ]
    holds(CHECK.run(signing.case(), world), PASS)


def test_without_a_bundle_there_is_nothing_to_check(signing: Signing) -> None:
    holds(signing.check(), NOT_APPLICABLE, "No signed statement about this file was found")
    holds(signing.check(required=WANTED), UNAVAILABLE, "may have left it out")


def test_a_bundle_about_another_file_is_not_applicable(signing: Signing) -> None:
    bundle = signing.built(sha256="d" * 64)
    holds(signing.check(bundle), NOT_APPLICABLE, "what was found is about another file (")
    holds(signing.check(bundle, required=WANTED), UNAVAILABLE, "may have left it out")
    holds(signing.check(bundle, signing.built()), PASS)


def test_what_is_not_signed_is_named_beside_what_does_not_count(signing: Signing) -> None:
    strange = signing.built(RUN._replace(repository="evil/demo"))
    said = signing.check(strange, signing.statement(V1, {}))
    holds(said, UNAVAILABLE, "it is a statement without a signature")


def _edited(bundle: bytes) -> bytes:
    document = json.loads(bundle)
    document["dsseEnvelope"]["signatures"][0]["sig"] = "MEUCIQ=="
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "break_",
    [
        _edited,
        lambda _: b"{}",
        lambda _: b"no bundle at all",
        lambda _: b"[" * 10_000,
        lambda bundle: bundle[: len(bundle) // 2],
    ],
)
def test_a_broken_bundle_neither_passes_nor_fails(
    signing: Signing, break_: Callable[[bytes], bytes]
) -> None:
    broken = break_(signing.built())
    holds(signing.check(broken), UNAVAILABLE)
    holds(signing.check(broken, required=WANTED), UNAVAILABLE)
    result = signing.check(broken, signing.built())
    holds(result, PASS, "What counts for nothing beside it", statement="build")


def test_another_root_makes_it_broken(signing: Signing) -> None:
    holds(signing.check(signing.built(), root=Instance().root_bytes()), UNAVAILABLE, "0.json")


def test_without_the_library_it_says_how_to_get_it(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [each for each in sys.modules if each.partition(".")[0] == "sigstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    result = signing.check(signing.built())
    holds(result, UNAVAILABLE, "pip install 'conda-provenance[sigstore]'")
    holds(signing.check(), NOT_APPLICABLE)


def test_a_file_that_was_not_hashed_is_not_checked(signing: Signing) -> None:
    package = replace(signing.subject.package, sha256_from="index")
    signing.subject = signing.subject._replace(
        contents=signing.subject.contents._replace(package=package)
    )
    world = signing.world(b"x")
    from conda_provenance.verify.checks.attested import CHECK

    holds(CHECK.run(signing.case(), world), UNAVAILABLE, "--check reads them")


def test_every_bundle_is_named_by_its_digest(signing: Signing) -> None:
    import hashlib

    bundles = [signing.built(), signing.published(), b"{}", signing.built(sha256="d" * 64)]
    facts = signing.check(*bundles).facts["bundles"]
    assert [each["sha256"] for each in facts] == [
        hashlib.sha256(each).hexdigest() for each in bundles
    ]
    assert [each["worth"] for each in facts] == ["build", "publication", "broken", "other-file"]


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture(scope="module")
def forged_about(tmp_path_factory: pytest.TempPathFactory) -> Signing:
    """A package with the digest that the forged bundles name, of the run that signs them."""
    run = GitHubRun()
    claim = {"sha": run.sha, "remote_url": run.remote_url, "flow_run_id": f"github_{run.run_id}"}
    signing = Signing(tmp_path_factory.mktemp("forged"), claim)
    package = replace(signing.subject.package, sha256=DIGEST)
    contents = signing.subject.contents._replace(package=package)
    signing.subject = signing.subject._replace(contents=contents)
    return signing


ENDS = {
    BROKEN: {UNAVAILABLE},
    UNCHECKABLE: {UNAVAILABLE},
    ELSEWHERE: {NOT_APPLICABLE},
    HOLDS: {PASS, UNAVAILABLE},
}


CONTAINERS = {
    "an empty array": NOT_APPLICABLE,
    "an array of one bundle": PASS,
    "two bundles": PASS,
    "a comment": PASS,
}
"""What is no bundle, but a file that holds some: a list, or lines of which others are skipped."""


@pytest.mark.parametrize("forged", FORGED, ids=lambda each: each.name)
def test_no_forged_bundle_passes_or_refutes(
    forged: Forged, workshop: Workshop, forged_about: Signing
) -> None:
    """Each ends in its one of the four outcomes, alone and where a signature is required."""
    root = workshop.trusted.root_bytes()
    expected = {"repositories": (GitHubRun().remote_url,)}
    data = forged.data(workshop)
    alone = forged_about.check(data, root=root, **expected)
    ends = {CONTAINERS[forged.name]} if forged.name in CONTAINERS else ENDS[forged.outcome]
    assert alone.outcome in ends, alone
    assert "\n" not in alone.message

    required = forged_about.check(data, root=root, required=WANTED, **expected)
    assert required.outcome in (ends - {NOT_APPLICABLE} or {UNAVAILABLE})

    good = json.dumps(workshop.signed()).encode()
    beside = forged_about.check(data, good, root=root, **expected)
    assert beside.outcome is PASS, beside
