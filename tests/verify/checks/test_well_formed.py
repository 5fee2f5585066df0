"""Check 1, with packages that are read from files."""

from __future__ import annotations

import packages_making
import pytest
from case_making import CLAIM, SHA, WorldStandIn, case_of, subject_at, subject_of
from packages_making import make_conda, make_folder, member, tar, zst

from conda_provenance.sources.files import package_at
from conda_provenance.verify.checks.well_formed import CHECK
from conda_provenance.verify.outcome import Outcome, Result

WORLD = WorldStandIn().world


def run(tmp_path, claim=None, **made) -> Result:
    return CHECK.run(case_of(subject_of(tmp_path, claim, **made)), WORLD)


def test_a_claim_without_faults_passes(tmp_path):
    result = run(tmp_path)
    assert result.outcome is Outcome.PASS
    assert result.facts == {"problems": [], "oddities": []}


@pytest.mark.parametrize(
    "remote",
    [
        "git@github.com:conda-forge/demo-feedstock.git",
        "https://git.example.org/o/n",
        "https://dev.azure.com/o/p/_git/n",
    ],
)
def test_other_forms_of_an_address_are_right(tmp_path, remote):
    # AnacondaRecipes stamps ssh addresses. They lead to one certain place on the web.
    assert run(tmp_path, {**CLAIM, "remote_url": remote}).outcome is Outcome.PASS


def test_a_run_without_the_name_of_a_ci_is_no_fault(tmp_path):
    # Anaconda stamps a bare UUID. The standard's form of it is a custom.
    result = run(tmp_path, {**CLAIM, "flow_run_id": "1d1f0b8e-6b0e-4a57-9d4c-0c8f6d6a9a11"})
    assert result.outcome is Outcome.PASS
    assert "its flow_run_id names no CI system" in result.message
    assert result.facts["problems"] == ["run-bare"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"sha": "abc1234"}, "sha is shorter than a full commit hash"),
        ({"sha": ""}, "sha is empty"),
        ({"sha": None}, "it names no commit (sha)"),
        ({"sha": "0" * 40}, "sha is all zeros"),
        ({"sha": 5}, "sha is not a string"),
        ({"remote_url": None}, "it names no repository (remote_url)"),
        ({"remote_url": ""}, "it names no repository (remote_url)"),
        ({"remote_url": "/home/me/x"}, "remote_url is a path on the machine"),
        ({"remote_url": "git@evil:8:o/n"}, "remote_url "),
        ({"remote_url": "svn://h.org/o/n"}, "remote_url is neither"),
        ({"remote_url": "https://u:hunter2@h.org/o/n"}, "remote_url holds a user name"),
        ({"remote_url": "https://h.org/o/n?token=hunter2"}, "remote_url has a query"),
        ({"flow_run_id": "a\x1b[31m_1"}, "holds a control character"),
    ],
)
def test_each_fault_of_a_claim_fails_and_is_said(tmp_path, changed, why):
    result = run(tmp_path, {**CLAIM, **changed})
    assert result.outcome is Outcome.FAIL
    assert why in result.message
    assert result.message.isprintable()
    assert "hunter2" not in f"{result}"


def test_all_faults_are_said_at_once(tmp_path):
    result = run(tmp_path, {"sha": "abc", "remote_url": "/x"})
    assert result.facts["problems"] == ["sha-short", "remote-local"]
    assert "shorter" in result.message
    assert "a path on the machine" in result.message


@pytest.mark.parametrize("claim", [{}, {"sha": "", "remote_url": "", "flow_run_id": ""}, {"x": 1}])
def test_a_package_that_claims_nothing_is_no_failure(tmp_path, claim):
    result = run(tmp_path, claim)
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.message == "The package claims nothing about where it comes from."


@pytest.mark.parametrize(
    ("index", "why"),
    [
        ({"name": "other"}, "its name is other, and by its name or place demo"),
        ({"version": "1.1"}, "its version is 1.1, and by its name or place 1.0"),
        ({"build": "h1_0"}, "its build is h1_0, and by its name or place 0"),
        ({"name": None}, "info/index.json does not say its name"),
        ({"build": 0}, "info/index.json does not say its build"),
        (b'{"name":"evil","version":"1.0","build":"0","name":"demo"}', "says its name twice"),
        (
            b'{"name":"demo","version":"1.0","build":"0","subdir":"win-64","subdir":"noarch"}',
            "says its subdir twice",
        ),
    ],
)
def test_a_package_that_is_another_than_its_name_says_fails(tmp_path, index, why):
    result = run(tmp_path, index=index)
    assert result.outcome is Outcome.FAIL
    assert why in result.message


@pytest.mark.parametrize("index", [None, b"[]", b"{", b"\xff", b"[" * 100_000])
def test_without_an_index_which_package_it_is_was_not_checked(tmp_path, index):
    result = run(tmp_path, index=index)
    assert result.outcome is Outcome.UNAVAILABLE
    assert "was not checked" in result.message


def test_a_fault_counts_before_what_was_not_checked(tmp_path):
    assert run(tmp_path, {**CLAIM, "sha": "abc"}, index=None).outcome is Outcome.FAIL


def test_the_subdir_that_a_channel_says_must_be_its_own(tmp_path):
    subject = subject_of(tmp_path)
    other = subject._replace(artifact=subject.artifact._replace(subdir="linux-64"))
    result = CHECK.run(case_of(other), WORLD)
    assert result.outcome is Outcome.FAIL
    assert "its subdir is noarch, and by its name or place linux-64" in result.message

    same = subject._replace(artifact=subject.artifact._replace(subdir="noarch"))
    assert CHECK.run(case_of(same), WORLD).outcome is Outcome.PASS


def test_a_record_of_another_version_fails(tmp_path):
    subject = subject_of(tmp_path)
    other = subject._replace(artifact=subject.artifact._replace(version="2.0"))
    assert CHECK.run(case_of(other), WORLD).outcome is Outcome.FAIL


def test_a_name_that_comes_twice_fails(tmp_path):
    about = b'{"extra": {"sha": "%s", "remote_url": "https://h.org/o/n"}}' % SHA.encode()
    index = b'{"name": "demo", "version": "1.0", "build": "0", "subdir": "noarch"}'
    members = [
        (member("info/index.json", size=len(index)), index),
        (member("info/about.json", size=len(about)), about),
        (member("info/recipe/meta.yaml", size=1), b"a"),
        (member("info/recipe/meta.yaml", size=1), b"b"),
    ]
    path = make_conda(tmp_path, None, info=zst(tar(members)))
    result = CHECK.run(case_of(subject_at(package_at(str(path)))), WORLD)
    assert result.outcome is Outcome.FAIL
    assert "info/recipe/meta.yaml" in result.message


def test_an_extracted_folder_is_held_against_its_own_name(tmp_path):
    folder = make_folder(tmp_path, {"extra": CLAIM})
    assert CHECK.run(case_of(subject_at(package_at(str(folder)))), WORLD).outcome is Outcome.PASS
    other = folder.rename(tmp_path / "demo-1.1-0")
    assert CHECK.run(case_of(subject_at(package_at(str(other)))), WORLD).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "about",
    [
        '{"extra": {"sha": "SHA", "remote_url": "https://h.org/evil/n", "remote_url": "URL"}}',
        '{"extra": {"sha": "OTHER", "remote_url": "URL", "sha": "SHA"}}',
        '{"extra": {"sha": "OTHER"}, "extra": {"sha": "SHA", "remote_url": "URL"}}',
        '{"extra": {"sha": "OTHER"}, "ex\\u0074ra": {"sha": "SHA", "remote_url": "URL"}}',
    ],
)
def test_a_claim_that_is_made_twice_fails(tmp_path, about):
    """Some readers take the first, and some the last."""
    about = about.replace("SHA", SHA).replace("OTHER", "f" * 40).replace("URL", CLAIM["remote_url"])
    files = packages_making.info_files({})
    files["info/about.json"] = about.encode()
    subject = subject_at(package_at(str(make_conda(tmp_path, None, info=zst(tar(files))))))
    assert subject.sha == SHA
    result = CHECK.run(case_of(subject), WORLD)
    assert result.outcome is Outcome.FAIL
    assert "twice" in result.message
