"""``show``: what package files say, to people and to programs."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_running import answer, run_command, run_on_terminal, screen_lines
from packages_making import info_files, make_conda, make_folder, make_tar_bz2, tar, zst

from conda_provenance.sources.kinds import TAKEN
from conda_provenance.values import KEYS

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
REAL = {
    "sha": SHA,
    "remote_url": "https://github.com/conda-forge/python-feedstock",
    "flow_run_id": "azure_20250217.3.1",
}
GITHUB = REAL | {"flow_run_id": "github_13381204511"}


def show(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_command("show", *arguments)


def to_json(path: Path) -> dict[str, Any]:
    done = show("--json", path)
    (entry,) = answer(done)["packages"]
    return entry


def fields(text: str) -> list[tuple[str, str]]:
    """The lines of a chain: each label with its value. A page has the label of the line before."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith(" " * 16):
            found.append((f"{found[-1][0]} page", line.strip()))
        elif line.startswith(("←", "  ")):
            label, _, value = line.strip("← ").partition(":")
            found.append((label, value.strip()))
    return found


def rows(text: str) -> list[list[str]]:
    """The cells of a list's lines. No value of these tests has two spaces in it."""
    lines = text.splitlines()
    count = next(number for number, line in enumerate(lines) if re.match(r"\d+ packages?:", line))
    return [re.split(r" {2,}", line.rstrip()) for line in lines[1:count]]


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_every_kind_of_package(tmp_path, make):
    package = make(tmp_path, {"extra": REAL})
    assert to_json(package) == {
        "package": package.name,
        "location": str(package),
        "name": "demo",
        "version": "1.0",
        "build": "0",
        "subdir": None,
        "channel": None,
        "timestamp": None,
        "read_from": "folder" if package.is_dir() else "file",
        "place": None,
        "sha256": None,
        "sha256_from": None,
        **REAL,
        "flow_run_url": None,
        "commit_url": f"{REAL['remote_url']}/commit/{SHA}",
        "run_url": None,
        "problems": [],
        "error": None,
    }
    done = show(package)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == str(package)
    assert fields(done.stdout) == [
        ("commit", SHA),
        ("commit page", f"{REAL['remote_url']}/commit/{SHA}"),
        ("repository", REAL["remote_url"]),
        ("run", REAL["flow_run_id"]),
    ]


def test_a_run_is_linked_where_its_id_or_url_leads_to_it(tmp_path):
    page = "https://github.com/conda-forge/python-feedstock/actions/runs/13381204511"
    done = show(make_conda(tmp_path, {"extra": GITHUB}))
    assert ("run page", page) in fields(done.stdout)
    azure = "https://dev.azure.com/conda-forge/feedstock-builds/_build/results?buildId=1157462"
    done = show(make_conda(tmp_path, {"extra": REAL | {"flow_run_url": azure}}))
    assert ("run page", azure) in fields(done.stdout)


def test_a_run_page_keeps_its_number_and_nothing_else(tmp_path):
    package = make_conda(
        tmp_path, {"extra": {"flow_run_url": "https://u:s3cr3t@ci.example/a?tok=s3cr3t&buildId=5"}}
    )
    assert to_json(package)["flow_run_url"] == "https://ci.example/a?buildId=5"
    assert ("run", "https://ci.example/a?buildId=5") in fields(show(package).stdout)


def test_several_packages_in_their_order(tmp_path):
    first, second = (
        make_conda(tmp_path, {"extra": REAL}, name="b"),
        make_conda(tmp_path, {"extra": GITHUB}, name="a"),
    )
    entries = answer(show("--json", first, second))["packages"]
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


def test_a_broken_package_cannot_be_told_and_the_others_are_shown(tmp_path):
    good = make_conda(tmp_path, {"extra": REAL})
    bad = tmp_path / "bad\x1b[31m-1-0.conda"
    bad.write_bytes(b"PK no zip")
    done = show(bad, good)
    assert done.returncode == 3
    assert done.stderr == (
        f"conda-provenance: {tmp_path}/bad\\x1b[31m-1-0.conda cannot be read: "
        "it is cut short or no zip; fetch or build it again.\n"
    )
    assert SHA in done.stdout


def test_a_file_that_is_not_there_cannot_be_told_and_the_others_are_shown(tmp_path):
    good = make_conda(tmp_path, {"extra": REAL})
    done = show("--json", tmp_path / "gone.conda", good)
    assert done.returncode == 3
    gone, shown = answer(done)["packages"]
    error = f"{tmp_path / 'gone.conda'} does not exist: {TAKEN}."
    assert gone == {
        "package": "gone.conda",
        "location": str(tmp_path / "gone.conda"),
        "name": "gone",
        **dict.fromkeys(("version", "build", "subdir", "channel", "timestamp")),
        "read_from": None,
        "place": None,
        "sha256": None,
        "sha256_from": None,
        **dict.fromkeys(KEYS),
        "commit_url": None,
        "run_url": None,
        "problems": [],
        "error": error,
    }
    assert shown["sha"] == SHA
    assert done.stderr == f"conda-provenance: {error}\n"


def test_an_empty_hash_is_told_from_nothing_said(tmp_path):
    done = show(make_conda(tmp_path, {"extra": {"sha": ""}}))
    assert (done.returncode, done.stdout.splitlines()[1].strip()) == (
        1,
        "no provenance: an empty sha says that the recipe is not under version control",
    )


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_a_package_without_about_json_is_unstamped_and_says_why(tmp_path, make):
    package = make(tmp_path, None)
    done = show(package)
    assert done.returncode == 1
    assert "no provenance: the package has no info/about.json" in done.stdout
    assert not done.stderr
    entry = to_json(package)
    assert (entry["sha"], entry["problems"], entry["error"]) == (None, [], None)


def test_used_wrongly():
    done = run_command("show", CONDA_PREFIX="")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"conda-provenance: Nothing is given, and no environment is active: {TAKEN}.\n"
    )


@pytest.mark.parametrize("given", ["gone/x", "numpy>=2", "."])
def test_what_is_no_package_is_said_to_be_none_and_what_is_taken(tmp_path, given):
    done = run_command("show", given, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"conda-provenance: {given} ")
    assert TAKEN in done.stderr


def test_of_several_answers_a_no_counts_before_what_cannot_be_told(tmp_path):
    stamped = make_conda(tmp_path, {"extra": REAL}, name="a")
    unstamped = make_conda(tmp_path, {}, name="b")
    assert show(stamped).returncode == 0
    assert show(stamped, unstamped).returncode == 1
    assert show(stamped, tmp_path / "gone.conda").returncode == 3
    assert show(tmp_path / "gone.conda", unstamped, stamped).returncode == 1


def test_packages_of_one_name_are_told_apart(tmp_path):
    places = []
    for subdir in ("linux-64", "osx-64"):
        (tmp_path / subdir).mkdir()
        places.append(make_conda(tmp_path / subdir, {"extra": REAL}).relative_to(tmp_path))
    done = run_command("show", *places, cwd=tmp_path)
    assert [row[:4] for row in rows(done.stdout)] == [
        ["demo", "1.0", "0", "linux-64"],
        ["demo", "1.0", "0", "osx-64"],
    ]
    entries = answer(run_command("show", "--json", *places, cwd=tmp_path))["packages"]
    assert [entry["location"] for entry in entries] == [str(place) for place in places]


def test_credentials_in_a_location_are_hidden(tmp_path):
    done = show("--offline", "https://user:s3cr3t@channel.example/x-1-0.conda")
    assert "s3cr3t" not in done.stdout + done.stderr
    done = show("--offline", "--json", "https://user:s3cr3t@channel.example/x-1-0.conda")
    assert "s3cr3t" not in done.stdout + done.stderr
    assert answer(done)["packages"][0]["location"] == "https://channel.example/x-1-0.conda"


def test_an_at_sign_in_a_path_is_no_login(tmp_path):
    (tmp_path / "a@1.0").mkdir()
    package = make_conda(tmp_path / "a@1.0", {"extra": REAL})
    assert show(package).stdout.startswith(f"{package}\n")
    assert to_json(package)["location"] == str(package)
    gone = tmp_path / "a@1.0" / "gone.conda"
    assert show(gone).stderr.startswith(f"conda-provenance: {gone} does not exist")


def test_problems_have_a_code_and_a_sentence(tmp_path):
    package = make_conda(tmp_path, {"extra": REAL | {"sha": "50a4e2d"}})
    (problem,) = to_json(package)["problems"]
    assert problem["code"] == "sha-short"
    assert ("problem", f"{problem['code']}: {problem['message']}") in fields(show(package).stdout)


def test_an_empty_value_is_not_shown_as_none(tmp_path):
    package = make_conda(tmp_path, {"extra": REAL | {"flow_run_id": ""}})
    assert ("run", "(empty)") in fields(show(package).stdout)
    assert to_json(package)["flow_run_id"] == ""
    package = make_conda(tmp_path, {"extra": {"sha": SHA}}, name="b")
    assert ("run", "-") in fields(show(package).stdout)
    assert to_json(package)["flow_run_id"] is None


def test_what_is_claimed_is_said_to_be_a_claim_once(tmp_path):
    packages = [make_conda(tmp_path, {"extra": REAL}, name=name) for name in "ab"]
    output = show(*packages).stdout
    assert output.count("claimed by the package; not verified") == 1
    assert output.endswith("claimed by the package; not verified\n")
    assert "not verified" not in show(make_conda(tmp_path, {}, name="c")).stdout


def test_more_details_are_the_files_checksum(tmp_path):
    package = make_conda(tmp_path, {"extra": REAL})
    checksum = hashlib.sha256(package.read_bytes()).hexdigest()
    assert ("sha256", checksum) in fields(show("-v", package).stdout)
    assert answer(show("-v", "--json", package))["packages"][0]["sha256"] == checksum
    assert "sha256" not in show(package).stdout


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_on_a_terminal_of_80_columns_a_long_value_is_in_one_piece(tmp_path):
    remote = "https://github.example.org/" + "/".join(f"group{number}" for number in range(30))
    extra = {"sha": SHA, "remote_url": remote, "flow_run_id": "github_" + "1" * 200}
    package = make_conda(tmp_path, {"extra": extra})
    status, written = run_on_terminal("show", package)
    assert status == 0
    assert "\x1b[1m" in written, "it is coloured"
    assert "\x1b[32m" not in written, "green is kept for what was verified"
    shown = fields("\n".join(screen_lines(written)))
    assert shown == fields(show(package).stdout)
    assert [value for key, value in shown if key in ("commit", "repository", "run")] == list(
        extra.values()
    )
    assert f"\x1b]8;;{remote}/commit/{SHA}\x1b\\" in written, "people can open it"

    status, written = run_on_terminal("show", "--color", "never", package)
    assert (status, "\x1b" in written) == (0, False)


def test_a_value_that_is_cut_says_so(tmp_path):
    package = make_conda(tmp_path, {"extra": {"flow_run_id": "github_" + "1" * 3000}})
    done = run_command("show", package)
    (line,) = (line for line in done.stdout.splitlines() if "run:" in line)
    assert line.endswith(" (cut: 3007 characters)")
    (entry,) = answer(run_command("show", "--json", package))["packages"]
    assert len(entry["flow_run_id"]) == 3007


@pytest.mark.parametrize("form", [[], ["-v"], ["--json"]])
def test_a_token_in_the_packages_metadata_is_named(tmp_path, form):
    files = info_files({"extra": REAL})
    address = b"https://conda.anaconda.org/t/s3cr3t/acme/noarch/a-1-0.conda"
    files["info/recipe/rendered_recipe.yaml"] = b"resolved:\n- url: " + address + b"\n"
    done = show(*form, make_conda(tmp_path, info=zst(tar(files))))
    assert done.returncode == 0
    assert "recipe-credentials" in done.stdout
    assert "info/recipe/rendered_recipe.yaml of the package holds what may be" in done.stdout
    assert "s3cr3t" not in done.stdout + done.stderr
