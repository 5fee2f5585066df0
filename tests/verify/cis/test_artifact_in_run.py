"""``artifact-in-run``: each outcome, at each CI whose logs can be asked for, and the traps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from ci_cases import SERVERS, CiSetting, at_those, serve
from ci_model import FILE, OTHER, SHA256, CiJob, block, line
from forge_server import LIMITS, Answer, hidden_from_strangers
from histories import History

from conda_provenance.patterns import RepositoryPattern
from conda_provenance.verify.outcome import Outcome

PASS, FAIL, UNAVAILABLE = Outcome.PASS, Outcome.FAIL, Outcome.UNAVAILABLE
WINDOWS = FILE.replace("/", "\\").replace("linux-64", "win-64")
NOARCH = FILE.replace("linux-64", "noarch")
NOISE = "".join(f"compiling {number} of 900\n" for number in range(900))

DOWNLOADS = (
    f"The following packages will be downloaded: {FILE} sha256={SHA256}\n"
    f"https://conda.anaconda.org/conda-forge/{FILE}#{SHA256}\n"
    f"{SHA256}  {FILE}\n"
    f"  -- SHA256: {SHA256}\n"
)
"""A digest that stands near a name, as downloads and checksum files do."""


@pytest.fixture(params=[name for name, server in SERVERS.items() if server.has_logs])
def ci(request: pytest.FixtureRequest, everyday_history: History) -> Iterator[CiSetting]:
    with serve(request.param, everyday_history) as setting:
        yield setting


def logs(setting: CiSetting, *given: str | None, attempts: tuple[int, ...] = ()) -> None:
    """The run has jobs with these logs, each of its own attempt if wanted."""
    numbers = attempts or (1,) * len(given)
    jobs = tuple(
        CiJob(f"job{at}", log, attempt=attempt)
        for at, (log, attempt) in enumerate(zip(given, numbers, strict=True))
    )
    setting.knows(replace(setting.run, jobs=jobs, attempt=max(numbers)))


@pytest.mark.parametrize(
    "log",
    [
        block(),
        block(size=False),
        line(),
        NOISE + block() + NOISE,
        f"\x1b[32m{line().rstrip()}\x1b[0m\n",
        block() + line(),
    ],
    ids=["block", "old block", "line", "among others", "colours", "both"],
)
def test_file_and_digest_together_pass(ci: CiSetting, log: str) -> None:
    logs(ci, log)
    result = ci.in_run()
    assert result.outcome is PASS, (result.message, result.facts)
    assert "by a log that the build itself writes" in result.message
    assert result.facts["sha256"] == SHA256


def test_another_digest_in_a_whole_log_contradicts_the_package(ci: CiSetting) -> None:
    logs(ci, block(sha256=OTHER))
    result = ci.in_run()
    if ci.server.keeps_attempts or ci.server.provider in ("gitea",):
        assert (result.outcome, result.contradicts) == (FAIL, True), result.message
    else:
        assert result.outcome is UNAVAILABLE, "an earlier attempt may have made it"


@at_those(lambda server: server.has_logs and server.has_jobs)
def test_another_digest_does_not_fail_while_one_log_is_unread(ci: CiSetting) -> None:
    logs(ci, block(sha256=OTHER), None)
    result = ci.in_run()
    assert result.outcome is UNAVAILABLE
    assert "not every job and attempt could be read" in result.message


def test_two_digests_are_unavailable(ci: CiSetting) -> None:
    logs(ci, block() + block(sha256=OTHER))
    result = ci.in_run()
    assert result.outcome is UNAVAILABLE
    assert "the log contradicts itself" in result.message.lower()
    assert ci.in_run(sha256="a" * 64).outcome is UNAVAILABLE


def test_a_file_that_is_never_named_is_unavailable(ci: CiSetting) -> None:
    logs(ci, NOISE + block(FILE.replace("hello", "other")))
    result = ci.in_run()
    assert result.outcome is UNAVAILABLE
    assert "names linux-64/hello-1.0-h1_0.conda with a digest" in result.message


def test_a_log_that_is_gone_is_unavailable(ci: CiSetting) -> None:
    logs(ci, None)
    result = ci.in_run()
    assert result.outcome is UNAVAILABLE
    assert "gone" in result.message


_LOG = {"Content-Type": "text/plain"}
RUN_AGAIN = ("github", "azure")
"""CIs that keep the logs of every attempt in one run. Elsewhere the job or the run is a new one."""

BAD = {
    **LIMITS,
    "gone": Answer({"message": "Gone"}, 410),
    "error": Answer({}, 500),
    "dropped": Answer(block().encode() * 100, headers=_LOG, is_dropped=True),
    "silent": Answer(is_silent=True),
    "login": Answer(b"<html>Sign in</html>", 302, {"Location": "https://login.example/"}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_log_that_is_refused_is_unavailable(ci: CiSetting, name: str) -> None:
    logs(ci, block())
    words = ("/logs", "/trace", "/log", "/log.txt", "/output/")
    ci.server.moods.append(
        lambda asked: BAD[name] if any(each in asked.path for each in words) else None
    )
    assert ci.in_run().outcome is UNAVAILABLE


def test_downloaded_packages_digests_count_for_nothing(ci: CiSetting) -> None:
    logs(ci, DOWNLOADS)
    assert ci.in_run().outcome is UNAVAILABLE


@pytest.mark.parametrize(
    ("path", "printed"),
    [("win-64/hello-1.0-h1_0.conda", WINDOWS), (NOARCH, NOARCH.replace("/", "\\"))],
)
def test_windows_writes_paths_with_backslashes(github: CiSetting, path: str, printed: str) -> None:
    logs(github, block(printed))
    assert github.in_run(file=path).outcome is PASS


@pytest.mark.parametrize(
    "log",
    [
        block().replace("-- SHA256: ", "-- SHA256:"),
        block().replace("-- SHA256", " -- SHA256"),
        block().replace(SHA256, SHA256.upper()),
        block().replace(SHA256, SHA256 + "0"),
        block().replace(SHA256, SHA256[:-1]),
        block().replace(f"{'-' * len(FILE)}\n-- Size", "-- Size"),
        block().replace(f"{'-' * len(FILE)}\n-- Size", f"{'-' * 5}\n-- Size"),
        block().replace("-- Size: 31.6MB\n", "-- Size: 31.6MB\nx\ny\nz\n"),
        "\nx\n".join(block().splitlines()),
        block().replace(FILE, f" {FILE}"),
        block().replace(FILE, FILE.partition("/")[2]),
        block().replace(FILE, f"x/{FILE}"),
        line().replace("conda-provenance: ", "conda-provenance:  "),
        f"$ echo '{line().rstrip()}'\n",
        f"+ {line()}",
        f"lib/{FILE}\n-- SHA256: {SHA256}\n",
    ],
)
def test_almost_the_form_is_not_it(github: CiSetting, log: str) -> None:
    logs(github, log)
    assert github.in_run().outcome is UNAVAILABLE


def test_names_that_a_package_chose_are_no_second_block(github: CiSetting) -> None:
    """The list of its files follows the digest. They can be named like a digest, or a package."""
    rule = "-" * len(FILE)
    log = block(FILE.replace("hello", "other"), OTHER) + f"{FILE}\n-- SHA256: {SHA256}\n"
    logs(github, log)
    assert github.in_run().outcome is UNAVAILABLE
    logs(github, log + f"{rule}\nlib/x\n{rule}\n-- SHA256: {SHA256}\n")
    assert github.in_run().outcome is UNAVAILABLE


@at_those(lambda server: server.provider in RUN_AGAIN)
def test_a_run_again_whose_upload_was_skipped_does_not_refute(ci: CiSetting) -> None:
    """The channel has the first attempt's file, and the last attempt made another."""
    logs(ci, block(), block(sha256=OTHER), attempts=(1, 2))
    result = ci.in_run()
    assert result.outcome is PASS, (result.message, result.facts)
    assert ci.in_run(sha256=OTHER).outcome is PASS
    third = ci.in_run(sha256="a" * 64)
    assert (third.outcome, third.contradicts) == (FAIL, True)


@at_those(lambda server: server.has_logs and server.has_jobs)
def test_a_noarch_name_in_several_jobs_does_not_refute(ci: CiSetting) -> None:
    logs(ci, block(NOARCH), block(NOARCH, OTHER))
    for sha256 in (SHA256, OTHER):
        result = ci.in_run(file=NOARCH, sha256=sha256)
        assert result.outcome is UNAVAILABLE
        assert "contradicts itself" in result.message


def test_the_same_digest_in_several_jobs_passes(ci: CiSetting) -> None:
    logs(ci, block(NOARCH), block(NOARCH) + line(NOARCH))
    if ci.server.has_jobs:
        assert ci.in_run(file=NOARCH).facts["jobs_read"] == 2
    assert ci.in_run(file=NOARCH).outcome is PASS


def test_the_last_of_our_lines_in_a_job_counts(github: CiSetting) -> None:
    """A package that is stamped again has another digest, and another line."""
    logs(github, line() + NOISE + line(sha256=OTHER))
    assert github.in_run(sha256=OTHER).outcome is PASS
    result = github.in_run(sha256=SHA256)
    assert result.outcome is UNAVAILABLE, "an earlier file is not refuted"
    assert not result.contradicts


def test_our_line_counts_in_the_job_that_printed_it_last(github: CiSetting) -> None:
    early = CiJob("build", line(), started="2026-02-26T13:00:00Z", finished="2026-02-26T13:30:00Z")
    late = CiJob(
        "stamp", line(sha256=OTHER), started="2026-02-26T13:31:00Z", finished="2026-02-26T13:32:00Z"
    )
    github.knows(replace(github.run, jobs=(late, early)))
    assert github.in_run(sha256=OTHER).outcome is PASS
    assert github.in_run(sha256=SHA256).outcome is UNAVAILABLE

    beside = replace(late, started="2026-02-26T13:10:00Z")
    github.knows(replace(github.run, jobs=(early, beside)))
    for sha256 in (SHA256, OTHER):
        assert github.in_run(sha256=sha256).outcome is UNAVAILABLE, "they ran side by side"


def test_a_job_that_was_left_out_has_no_log_to_miss(github: CiSetting) -> None:
    jobs = (CiJob("build", block(sha256=OTHER)), CiJob("upload", None, skipped=True))
    github.knows(replace(github.run, jobs=jobs))
    assert github.in_run().outcome is FAIL


def test_a_job_that_failed_did_not_make_it(github: CiSetting) -> None:
    jobs = (CiJob("build", block(), success=False),)
    github.knows(replace(github.run, jobs=jobs))
    result = github.in_run()
    assert result.outcome is FAIL
    assert "which failed" in result.message


@at_those(lambda server: server.has_logs and server.has_jobs)
def test_many_jobs_come_in_pages(ci: CiSetting) -> None:
    ci.server.size = 3
    logs(ci, *("",) * 6, block())
    assert ci.in_run().outcome is PASS


def test_only_bytes_that_were_hashed_here_count(github: CiSetting) -> None:
    logs(github, block())
    result = github.in_run(sha256=None)
    assert result.outcome is UNAVAILABLE
    assert "its digest is unknown" in result.message


def test_without_a_run_that_matched_nothing_is_read(github: CiSetting) -> None:
    github.knows(None)
    assert github.check_both()[1].outcome is UNAVAILABLE
    assert not any("/logs" in asked.path for asked in github.server.asked)
    assert github.check_both(flow_run_id=None)[1].outcome is Outcome.NOT_APPLICABLE


def test_a_run_of_a_pull_request_is_not_read(github: CiSetting) -> None:
    from conda_provenance.run_api import Trigger

    logs(github, block())
    github.knows(replace(github.run, trigger=Trigger.PULL_REQUEST))
    first, second = github.check_both()
    assert (first.outcome, second.outcome) == (FAIL, UNAVAILABLE)


def test_one_log_is_read_once_for_all_packages_of_its_run(github: CiSetting) -> None:
    other = FILE.replace("hello", "other")
    logs(github, block() + block(other, OTHER))
    assert github.in_run().outcome is PASS
    assert github.in_run(file=other, sha256=OTHER).outcome is PASS
    asked = [each for each in github.server.asked if each.path.endswith("/logs")]
    assert len(asked) == 1


def test_what_was_kept_of_a_log_gives_the_same_again(github: CiSetting) -> None:
    logs(github, NOISE + block() + "tokens and secrets of others\n" + NOISE)
    first = github.in_run()
    github.server.moods.append(
        lambda asked: LIMITS["primary-403"] if "/logs" in asked.path else None
    )
    assert github.in_run() == first
    kept = [
        slot.outcome
        for (question, _), slot in github.answers._slots.items()
        if question.startswith("LOG ")
    ]
    (answer,) = kept
    assert b"secrets of others" not in answer.body
    assert answer.about["log-length"].isdigit()


def test_a_listed_attestation_is_said_and_does_not_pass(azure: CiSetting) -> None:
    logs(azure, None)
    page = "https://github.com/example/hello-feedstock/attestations/1"
    azure.server.moods.append(
        lambda asked: (
            Answer({"attestations": [{"bundle_url": page}]})
            if f"/attestations/sha256:{SHA256}" in asked.path
            else None
        )
    )
    result = azure.in_run()
    assert result.outcome is UNAVAILABLE
    assert "is listed by the forge; see the check attested" in result.message
    assert result.facts["listed"]

    left_out = azure.in_run(skip=("attested",))
    assert "is listed by the forge; it was not verified here" in left_out.message


@pytest.mark.parametrize("provider", ["github", "gitlab", "gitea"])
def test_a_forge_below_the_top_of_its_server(everyday_history: History, provider: str) -> None:
    with serve(provider, everyday_history, "/git") as ci:
        logs(ci, block())
        result = ci.in_run()
        assert result.outcome is PASS, result.message


def test_what_only_a_token_reads_is_asked_for_those_who_expect_the_repository(
    ci: CiSetting,
) -> None:
    """A package may name somebody's private repository."""
    secret = CiJob("secret-job", block(), labels=("secret-machine",))
    failed = replace(secret, name="secret-test", log="", success=False)
    given = {"workflow": ".github/workflows/secret.yml", "success": False, "jobs": (secret, failed)}
    ci.knows(replace(ci.run, **given))
    ci.server.moods.append(hidden_from_strangers)
    ci.doors.token = "a token"
    first, second = ci.check_both()
    assert {first.outcome, second.outcome} == {UNAVAILABLE}
    said = repr((first, second, ci.answers._slots))
    assert "secret" not in said, said
    assert "main" not in said

    pattern = RepositoryPattern.parse(ci.server.remote)
    first, second = ci.check_both(repositories=(pattern,))
    assert first.facts["run"]
    if second.outcome is PASS:
        assert "secret-job" in second.message


def test_a_job_that_failed_beside_one_that_made_the_file_does_not_count(github: CiSetting) -> None:
    """A later job may look into the file, and fail."""
    made = CiJob("build", block(), success=True)
    failed = CiJob("inspect", block(), success=False)
    for jobs in ((made, failed), (failed, made)):
        github.knows(replace(github.run, jobs=jobs, success=False))
        result = github.in_run()
        assert result.outcome is PASS, result.message
        assert result.facts["job"] == "build"
