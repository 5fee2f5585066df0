"""``show``: what package files say, to people and to programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packages_making import make_conda, make_folder, make_tar_bz2

from conda_provenance.values import KEYS

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
REAL = {
    "sha": SHA,
    "remote_url": "https://github.com/conda-forge/python-feedstock",
    "flow_run_id": "azure_20250217.3.1",
}
GITHUB = REAL | {"flow_run_id": "github_13381204511"}


def show(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conda_provenance", "show", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def to_json(path: Path) -> dict[str, Any]:
    done = show("--json", path)
    (entry,) = json.loads(done.stdout)
    return entry


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_every_kind_of_package(tmp_path, make):
    package = make(tmp_path, {"extra": REAL})
    assert to_json(package) == {
        "package": package.name,
        **REAL,
        "flow_run_url": None,
        "commit_url": f"{REAL['remote_url']}/commit/{SHA}",
    }
    done = show(package)
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["sha", SHA],
        ["remote_url", REAL["remote_url"]],
        ["flow_run_id", REAL["flow_run_id"]],
        ["commit", f"{REAL['remote_url']}/commit/{SHA}"],
    ]


def test_a_run_is_linked_where_its_id_or_url_leads_to_it(tmp_path):
    page = "https://github.com/conda-forge/python-feedstock/actions/runs/13381204511"
    done = show(make_conda(tmp_path, {"extra": GITHUB}))
    assert ["run", page] in [line.split() for line in done.stdout.splitlines()]
    azure = "https://dev.azure.com/conda-forge/feedstock-builds/_build/results?buildId=1157462"
    done = show(make_conda(tmp_path, {"extra": REAL | {"flow_run_url": azure}}))
    assert ["flow_run_url", azure] in [line.split() for line in done.stdout.splitlines()]


def test_a_run_page_keeps_its_number_and_nothing_else(tmp_path):
    package = make_conda(
        tmp_path, {"extra": {"flow_run_url": "https://u:s3cr3t@ci.example/a?tok=s3cr3t&buildId=5"}}
    )
    assert to_json(package)["flow_run_url"] == "https://ci.example/a?buildId=5"
    assert ["flow_run_url", "https://ci.example/a?buildId=5"] in [
        line.split() for line in show(package).stdout.splitlines()
    ]


def test_several_packages_in_their_order(tmp_path):
    first, second = (
        make_conda(tmp_path, {"extra": REAL}, name="b"),
        make_conda(tmp_path, {"extra": GITHUB}, name="a"),
    )
    entries = json.loads(show("--json", first, second).stdout)
    assert [(entry["package"], entry["flow_run_id"]) for entry in entries] == [
        (first.name, REAL["flow_run_id"]),
        (second.name, GITHUB["flow_run_id"]),
    ]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (
            {
                "remote_url": "git@github.com:AnacondaRecipes/numpy-feedstock.git",
                "sha": SHA,
                "flow_run_id": "17",
            },
            True,
        ),
        ({"flow_run_id": 17}, True),
        ({"sha": "", "remote_url": "", "flow_run_id": ""}, False),
        ({}, False),
        (None, False),
        ("text", False),
    ],
)
def test_what_is_found_in_the_wild(tmp_path, extra, expected):
    package = make_conda(tmp_path, {"extra": extra})
    done = show(package)
    assert done.returncode == (0 if expected else 1)
    assert ("no provenance" in done.stdout) is not expected
    entry = to_json(package)
    if expected and "sha" in extra:
        assert (
            entry["commit_url"]
            == f"https://github.com/AnacondaRecipes/numpy-feedstock/commit/{SHA}"
        )


@pytest.mark.parametrize(
    "extra",
    [
        {
            "sha": "\x1b]0;title\x07\n\u202eevil",
            "remote_url": "[bold]x[/bold]",
            "flow_run_id": "github_1\r\x9b2J",
        },
        {
            "flow_run_url": "https://user:s3cr3t@h/p?token=s3cr3t",
            "remote_url": "https://s3cr3t@h/o/r",
        },
        {"remote_url": "javascript:alert(1)", "flow_run_url": "javascript:alert(1)", "sha": SHA},
        {"flow_run_id": "x" * 1_000_000},
        {"sha": {"a": ["\x1b[31m"]}},
        {"remote_url": ":" * 400_000},
        {"remote_url": "%25" * 100_000 + "@"},
    ],
)
def test_a_strangers_values_are_harmless(tmp_path, extra):
    package = make_conda(tmp_path, {"extra": extra})
    for arguments in ([package], ["--json", package]):
        done = show(*arguments)
        assert "Traceback" not in done.stderr
        assert not any(char in done.stdout for char in "\x1b\x07\x9b\r\u202e")
        assert "s3cr3t" not in done.stdout + done.stderr
    assert len(show(package).stdout) < 5000
    entry = to_json(package)
    assert entry["commit_url"] is None


def test_a_broken_package_is_a_no_and_the_others_are_shown(tmp_path):
    good = make_conda(tmp_path, {"extra": REAL})
    bad = tmp_path / "bad\x1b[31m-1-0.conda"
    bad.write_bytes(b"PK no zip")
    done = show(bad, good)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"{tmp_path}/bad\\x1b[31m-1-0.conda cannot be read: it is cut short or no zip; fetch or build it again.\n"
    )
    assert SHA in done.stdout


def test_a_file_that_is_not_there_is_a_no_and_the_others_are_shown(tmp_path):
    good = make_conda(tmp_path, {"extra": REAL})
    done = show("--json", tmp_path / "gone.conda", good)
    assert done.returncode == 1
    gone, shown = json.loads(done.stdout)
    assert gone == {
        "package": "gone.conda",
        **dict.fromkeys(KEYS),
        "commit_url": None,
        "error": done.stderr.strip(),
    }
    assert shown["sha"] == SHA
    assert "gone.conda cannot be read: No such file" in done.stderr


def test_an_empty_hash_is_told_from_nothing_said(tmp_path):
    done = show(make_conda(tmp_path, {"extra": {"sha": ""}}))
    assert (done.returncode, done.stdout.splitlines()[1].strip()) == (
        1,
        "no provenance: its sha is empty, the recipe is under no version control",
    )


def test_used_wrongly():
    done = show()
    assert done.returncode == 2
    assert "PACKAGE" in done.stderr
    assert "Traceback" not in done.stderr
