"""``audit``: the summary of a whole, its gate, and the forms of its report."""

from __future__ import annotations

import csv
import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from audit_samples import complete, document
from cli_running import answer, run_command, validator
from packages_making import INDEX, make_conda, make_folder, tar, zst

from conda_provenance.claim import PROBLEMS

WHOLE = complete(1)


def make(folder: Path, name: str, extra: Any = None, **about: Any) -> Path:
    """A package whose index.json agrees with its file's name."""
    files = {
        "info/index.json": json.dumps(INDEX | {"name": name}).encode(),
        "info/about.json": json.dumps({"extra": extra or {}, **about}).encode(),
    }
    return make_conda(folder, name=name, info=zst(tar(files)))


@pytest.fixture
def packages(tmp_path) -> Path:
    """A folder with a package of each state."""
    folder = tmp_path / "packages"
    folder.mkdir()
    make(folder, "good", WHOLE)
    make(folder, "none")
    make(folder, "odd", WHOLE | {"sha": "abc"})
    make(folder, "some", {"sha": ""})
    make(folder, "old", conda_build_version="3.18.11")
    (folder / "broken-1.0-0.conda").write_bytes(b"no package")
    return folder


def audit(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_command("audit", *arguments, **variables)


def as_json(*arguments: str | Path) -> dict[str, Any]:
    return answer(audit("--json", *arguments))


LAST = "audited 6: 1 complete, 1 partial, 1 without, 1 malformed, 1 too old, 1 unreadable"


def test_the_text_has_the_summary_the_worst_first_and_one_last_line(packages):
    done = audit(packages)
    lines = done.stdout.splitlines()
    assert lines[0] == "25 % complete: 1 of 4 (not counted: 1 too old, 1 unreadable)"
    assert lines[-1] == LAST
    assert lines[-2] == "claimed by the packages; not verified"

    start = lines.index("not complete, the worst first:") + 1
    listed = [line.split()[1 if "old" not in line else 2] for line in lines[start : start + 5]]
    assert listed == [f"{name}-1.0-0.conda" for name in ("odd", "none", "some", "broken", "old")]
    assert "github.com/conda-forge" in done.stdout


def test_without_a_gate_only_what_cannot_be_read_counts(packages):
    assert audit(packages).returncode == 3
    (packages / "broken-1.0-0.conda").unlink()
    assert audit(packages).returncode == 0


def test_quiet_output_says_why_a_package_cannot_be_read(packages):
    done = audit(packages, "-q")
    assert (done.returncode, done.stdout) == (3, f"{LAST}\n")
    (error,) = done.stderr.splitlines()
    assert "broken-1.0-0.conda" in error


def test_a_problem_of_two_values_is_listed_once_and_no_column_of_zeros(tmp_path):
    folder = tmp_path / "packages"
    folder.mkdir()
    make(folder, "odd", WHOLE | {"sha": 1, "remote_url": 2})
    text = audit(folder).stdout
    assert "odd-1.0-0.conda  value-not-string\n" in text
    assert "CI system   packages   malformed   % complete\n" in text


def test_the_json_has_the_documented_form(packages):
    found = as_json(packages)
    states = {row["name"]: row["state"] for row in found["packages"]}
    assert states == {
        "good": "complete", "none": "absent", "odd": "malformed", "some": "partial",
        "old": "too-old", "broken": "unreadable",
    }  # fmt: skip
    assert found["summary"]["total"] == 6
    assert found["summary"]["percent"] == 25.0
    assert found["failures"] == []


def test_the_sample_for_tests_has_the_documented_form():
    validator().validate(document(100))


def test_a_gate_names_each_package_and_what_it_falls_short_of(packages):
    done = audit(packages, "--require", "sha,flow_run_id", "-q")
    assert done.returncode == 1
    without, without_run = "sha is missing", "flow_run_id is missing"
    too_old = "the package was made before conda-build could write it."
    short = PROBLEMS["sha-short"]
    assert done.stdout.splitlines() == [
        "requirements not met: 7",
        f"  none-1.0-0.conda  sha: {without}.",
        f"  none-1.0-0.conda  flow_run_id: {without_run}.",
        f"  odd-1.0-0.conda   sha: {short}",
        f"  old-1.0-0.conda   sha: {without}: {too_old}",
        f"  old-1.0-0.conda   flow_run_id: {without_run}: {too_old}",
        f"  some-1.0-0.conda  sha: {without}.",
        f"  some-1.0-0.conda  flow_run_id: {without_run}.",
        LAST,
    ]
    failures = as_json(packages, "--require", "sha", "--require", "flow_run_id")["failures"]
    assert len(failures) == 7
    assert failures[0]["package"] == "none-1.0-0.conda"
    assert failures[0]["requirement"] == "sha"


def test_the_setting_is_what_is_required_by_default(packages):
    variable = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "sha"}
    assert audit(packages, **variable).returncode == 1
    assert audit(packages, "--require", "", **variable).returncode == 3


def test_what_could_not_be_read_is_no_failure_but_no_success(tmp_path, packages):
    make(tmp_path, "fine", WHOLE)
    gate = ("--require", "sha", "--exclude", "none", "--exclude", "odd", "--exclude", "some")
    assert audit(packages, *gate, "--exclude", "old").returncode == 3
    assert audit(tmp_path / "fine-1.0-0.conda", "--require", "sha").returncode == 0


def test_repositories_and_providers_are_allowed_by_name(tmp_path):
    package = make(tmp_path, "fine", WHOLE)
    forge = "https://github.com/conda-forge/*"
    assert audit(package, "--repo", forge, "--provider", "azure").returncode == 0
    assert audit(package, "--repo", "https://github.com/other/*", "--repo", forge).returncode == 0

    done = audit(package, "--repo", "https://github.com/other/*", "--provider", "github")
    assert done.returncode == 1
    assert "repo: It names a repository that is not allowed" in done.stdout
    assert "provider: It names a CI system that is not allowed, azure." in done.stdout


def test_a_provider_that_nobody_knows_is_warned_of_and_lets_nothing_pass_by_a_slip(tmp_path):
    package = make(tmp_path, "fine", WHOLE | {"flow_run_id": "ourfarm_12"})
    done = audit(package, "--provider", "ourfarm")
    assert done.returncode == 0
    assert "No CI system called ourfarm is known" in done.stderr
    assert audit(package, "--provider", "ourfram").returncode == 1


def test_a_share_of_packages_must_be_complete(packages):
    assert audit(packages, "--fail-under", "25").returncode == 3  # one is unreadable
    done = audit(packages, "--fail-under", "25.1")
    assert done.returncode == 1
    assert "25 % of the packages are complete (1 of 4), but 25.1 % must be." in done.stdout


def test_what_is_excluded_is_listed_and_not_judged(packages):
    found = as_json(packages, "--exclude", "none", "--exclude", "broken", "--require", "sha")
    assert [row["name"] for row in found["excluded"]] == ["broken", "none"]
    assert {"none", "broken"}.isdisjoint(row["name"] for row in found["packages"])
    assert found["summary"]["total"] == 6
    assert found["summary"]["excluded"] == 2
    assert found["summary"]["percent"] == 33.3
    assert all(failure["package"] != "none-1.0-0.conda" for failure in found["failures"])


def test_only_what_is_new_fails(tmp_path, packages):
    before = tmp_path / "before.json"
    before.write_text(audit("--json", packages).stdout)
    (packages / "broken-1.0-0.conda").unlink()
    gate = ("--require", "sha", "--baseline", before)
    assert audit(packages, *gate).returncode == 0

    make(packages, "new")
    done = audit(packages, *gate, "-q")
    assert done.returncode == 1
    assert "requirements not met: 1" in done.stdout
    # A baseline alone asks that nothing new is incomplete.
    alone = as_json(packages, "--baseline", before)
    assert alone["gate"] == {
        "require": [], "repo": [], "provider": [], "complete": True, "fail_under": None,
        "baseline": str(before),
    }  # fmt: skip
    assert [(each["package"], each["requirement"]) for each in alone["failures"]] == [
        ("new-1.0-0.conda", "complete")
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--require", "commit"), "no key that can be required"),
        (("--repo", "github.com/conda-forge"), "write it like https://"),
        (("--repo", "https://u:s3cr3t@github.com/x/*"), "names a user"),
        (("--provider", "git hub"), "cannot be the name of a CI system"),
        (("--fail-under", "101"), "0 to 100"),
        (("--exclude", ""), "no spec"),
        (("--baseline", "none.json"), "cannot be read"),
        (("--csv", "none/x.csv"), "does not exist"),
        (("--csv", "-", "--json"), "both print to standard output"),
    ],
)
def test_what_cannot_be_asked_is_said_before_the_work(packages, arguments, why):
    done = audit(packages, *arguments)
    assert done.returncode == 2
    assert why in done.stderr
    assert "s3cr3t" not in done.stderr + done.stdout


def test_nothing_to_judge_is_not_a_success(tmp_path, packages):
    gate = ("--exclude", "*", "--require", "sha")
    done = audit(packages, *gate)
    assert done.returncode == 3
    assert "no package that could be judged" in done.stderr
    assert done.stdout.splitlines()[-1].startswith("audited 0: ")
    # Nothing was asked, and all that was found is left out on purpose.
    assert audit(packages, "--exclude", "*").returncode == 0

    old = make(tmp_path, "old", conda_build_version="3.1.0")
    assert audit(old, "--fail-under", "0").returncode == 3
    assert "nothing to judge" in audit(old).stdout


def test_an_empty_folder_says_so(tmp_path):
    done = audit(tmp_path)
    assert done.returncode == 3
    assert "without any package" in done.stdout + done.stderr


def test_every_form_in_one_run(tmp_path, packages):
    files = {name: tmp_path / f"audit.{name}" for name in ("csv", "html", "markdown", "junit")}
    options = [each for name, path in files.items() for each in (f"--{name}", path)]
    found = as_json(packages, "--require", "sha", *options)
    assert len(found["packages"]) == 6

    with files["csv"].open(newline="") as file:
        assert [line["state"] for line in csv.DictReader(file)] == [
            row["state"] for row in found["packages"]
        ]
    root = ET.parse(files["junit"]).getroot()
    assert root.get("failures") == "4"
    assert root.get("errors") == "1"
    assert files["markdown"].read_text().endswith(f"{LAST}\n")
    assert files["html"].read_text().startswith("<!doctype html>")
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) == [
        ".csv", ".html", ".junit", ".markdown",
    ]  # fmt: skip


def test_a_form_can_go_to_standard_output_instead_of_the_text(packages):
    done = audit(packages, "--markdown", "-")
    assert done.stdout.startswith("## Provenance audit\n")
    assert done.stdout.count("audited 6:") == 1


def test_a_step_summary_keeps_what_others_wrote(tmp_path, packages):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    audit(packages, "--markdown", summary, GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text().startswith("before\n## Provenance audit\n")


def test_a_file_that_cannot_be_written_is_said(tmp_path, packages):
    (tmp_path / "full").symlink_to("/dev/full")
    done = audit(packages, "--csv", tmp_path / "full")
    assert done.returncode == 3
    assert "No space left" in done.stderr


def test_long_lists_are_cut_unless_all_is_wanted(tmp_path):
    for number in range(25):
        make(tmp_path, f"none{number}")
    text = audit(tmp_path).stdout
    assert "and 5 more (-v lists all)" in text
    assert "none9-1.0-0.conda" in audit(tmp_path, "-v").stdout


def test_a_folder_of_an_extracted_package_counts_too(tmp_path):
    make_folder(tmp_path, {"extra": WHOLE})
    found = as_json(tmp_path / "demo-1.0-0")
    assert [row["state"] for row in found["packages"]] == ["complete"]


def test_no_text_is_a_command_to_a_ci_system(tmp_path):
    extra = WHOLE | {"flow_run_id": "##vso[task.setvariable variable=x]y_1"}
    package = make(tmp_path, "##[error]x", extra)
    done = audit(package, "--require", "flow_run_id", "--provider", "github", "-v")
    assert "##" not in done.stdout + done.stderr
    assert "##" not in audit(package, "--json").stdout


def test_no_secret_is_in_any_form(tmp_path):
    secrets = {
        "sha": "https://u:s3cr3t-1@h/x", "remote_url": "https://me:s3cr3t-2@github.com/o/r?token=s3cr3t-3",
        "flow_run_id": "farm_https://u:s3cr3t-4@h/1", "flow_run_url": "https://u:s3cr3t-5@h/1?x=s3cr3t-6",
    }  # fmt: skip
    folder = tmp_path / "packages"
    folder.mkdir()
    make(folder, "leaky", secrets)
    files = [tmp_path / f"audit.{name}" for name in ("csv", "html", "markdown", "junit")]
    options = [each for path in files for each in (f"--{path.suffix[1:]}", path)]
    gate = ("--require", "sha,remote_url,flow_run_id,flow_run_url", "--provider", "azure")
    gate += ("--repo", "https://github.com/o/*")
    done = audit(folder, "-v", *gate, *options)
    everything = [done.stdout, done.stderr, audit(folder, "--json", *gate).stdout]
    everything += [path.read_text() for path in files]
    assert not [text for text in everything if "s3cr3t" in text]
    assert done.returncode == 1


def test_the_parts_of_an_audit_make_the_whole(tmp_path, packages):
    whole = as_json(packages, "--exclude", "none")
    files = []
    for number in (1, 2, 3):
        files.append(tmp_path / f"part-{number}.json")
        part = as_json(packages, "--exclude", "none", "--shard", f"{number}/3")
        assert part["shard"] == f"{number}/3"
        files[-1].write_text(json.dumps(part))

    merged = as_json("--merge", *files)
    assert merged["summary"] == whole["summary"]
    assert merged["missing"] is None
    by_name = {row["name"]: row for row in merged["packages"]}
    assert by_name == {row["name"]: row for row in whole["packages"]}
    assert merged["excluded"] == whole["excluded"]

    # The gate is that of the call that joins them.
    assert audit("--merge", *files, "--require", "sha").returncode == 1
    assert as_json("--merge", *files, "--exclude", "odd")["summary"]["excluded"] == 2


def test_a_part_that_is_missing_is_not_taken_for_nothing(tmp_path):
    package = make(tmp_path, "fine", WHOLE)
    files = []
    for number in (1, 2):
        files.append(tmp_path / f"part-{number}.json")
        files[-1].write_text(audit(package, "--json", "--shard", f"{number}/3").stdout)

    done = audit("--merge", *files, "--require", "sha")
    assert done.returncode == 3
    assert "3/3 is missing" in done.stderr
    merged = as_json("--merge", *files)
    assert "3/3 is missing" in merged["missing"]

    # Nor is it when the joined file is read again.
    again = tmp_path / "again.json"
    again.write_text(json.dumps(merged))
    assert audit("--merge", again, "--require", "sha").returncode == 3


@pytest.mark.parametrize("flag", ["--baseline", "--shard", "--dask", "--merge"])
def test_an_empty_text_is_not_the_same_as_no_option(tmp_path, flag):
    """It is a variable that is not set: nothing would be held against the baseline."""
    package = make(tmp_path, "fine", WHOLE)
    done = audit(package, flag, "")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{flag} is given an empty text" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--shard", "4/3"), "1/3 to 3/3"),
        (("--shard", "1/3", "--dask", "tcp://127.0.0.1:1"), "cannot be combined"),
        (("--merge", "none.json"), "cannot be read"),
        (("x.conda", "--merge", "none.json"), "reads no package"),
        (("-n", "e", "--merge", "none.json"), "reads no package"),
        (("--merge", "none.json", "--shard", "1/2"), "cannot be combined"),
    ],
)
def test_parts_that_make_no_sense_are_refused(arguments, why):
    done = audit(*arguments)
    assert done.returncode == 2
    assert why in done.stderr
