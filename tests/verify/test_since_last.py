"""``verify --since-last FILE``: only what is new is verified, and nothing slips through by it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from cli_running import answer, run_command
from hypothesis import given
from hypothesis import strategies as st
from matrix_rows import check, row
from packages_making import INDEX, make_conda, tar, zst

from conda_provenance.cli.output import Output
from conda_provenance.cli.verify_shown import ChecksAsText
from conda_provenance.cli.verify_since import remember
from conda_provenance.errors import UsageError
from conda_provenance.sources import Artifact
from conda_provenance.verify.remembered import Remembered, basis_of, read_remembered

GOOD = {"sha": "a" * 40, "remote_url": "https://git.example.org/o/n", "flow_run_id": "github_1"}
BAD = {**GOOD, "sha": "abc"}
FIRST_OPTIONS = ("--only", "well-formed", "--subdir", "noarch")


class Channel:
    """A channel in a folder, with an index that names the sha256 of each package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memory = folder.parent / "known.json"
        (folder / "noarch").mkdir(parents=True)
        self.index()

    def add(self, name: str, extra: dict[str, str] = GOOD, **index: Any) -> None:
        files = {
            "info/index.json": json.dumps({**INDEX, "name": name, **index}).encode(),
            "info/about.json": json.dumps({"extra": extra}).encode(),
        }
        make_conda(self.folder / "noarch", name=name, info=zst(tar(files)))
        self.index()

    def remove(self, name: str) -> None:
        (self.folder / "noarch" / f"{name}-1.0-0.conda").unlink()
        self.index()

    def index(self) -> None:
        records = {
            file.name: {
                **INDEX,
                "name": file.name.rsplit("-", 2)[0],
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "size": file.stat().st_size,
            }
            for file in (self.folder / "noarch").glob("*.conda")
        }
        text = json.dumps({"info": {"subdir": "noarch"}, "packages.conda": records})
        (self.folder / "noarch" / "repodata.json").write_text(text)

    def verify(self, *options: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        given = options if "--only" in options else (*FIRST_OPTIONS, *options)
        return run_command(
            "verify", "--channel", self.folder.as_uri(), "--since-last", self.memory,
            "--json", *given, **variables,
        )  # fmt: skip


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    made = Channel(tmp_path / "channel")
    made.add("one")
    made.add("two")
    return made


def seen(done: subprocess.CompletedProcess[str]) -> tuple[int, list[str], int]:
    printed = answer(done)
    names = sorted(each["name"] for each in printed["packages"])
    return done.returncode, names, printed["summary"]["known"]


def test_the_first_run_verifies_everything_and_the_next_only_what_is_new(channel):
    assert seen(channel.verify()) == (0, ["one", "two"], 0)
    channel.add("three")
    done = channel.verify()
    assert seen(done) == (0, ["three"], 2)
    assert "Left out, as an earlier run found them good enough: 2." in done.stderr


def test_nothing_new_is_a_yes(channel):
    channel.verify()
    done = channel.verify()
    assert seen(done) == (0, [], 2)
    assert "There is no conda package" not in done.stderr


def test_an_empty_channel_is_no_yes(tmp_path):
    assert seen(Channel(tmp_path / "channel").verify()) == (3, [], 0)


def test_another_file_under_the_same_address_is_new(channel):
    channel.verify()
    channel.add("one", {**GOOD, "flow_run_id": "github_2"})
    assert seen(channel.verify()) == (0, ["one"], 1)


def test_what_is_not_good_enough_is_asked_again_and_fails_every_time(channel):
    channel.add("bad", BAD)
    for known, names in ((0, ["bad", "one", "two"]), (2, ["bad"]), (2, ["bad"])):
        assert seen(channel.verify()) == (1, names, known)

    channel.remove("bad")
    assert seen(channel.verify()) == (0, [], 2)


def test_a_package_of_the_same_bytes_in_another_channel_is_new(channel, tmp_path):
    channel.verify()
    other = Channel(tmp_path / "other")
    other.add("one")
    other.memory = channel.memory
    assert seen(other.verify()) == (0, ["one"], 0)
    assert seen(channel.verify()) == (0, [], 2)


@pytest.mark.parametrize(
    "options",
    [
        ("--only", "well-formed,expected", "--subdir", "noarch"),
        (*FIRST_OPTIONS, "--expect-repo", "https://git.example.org/o/*"),
        (*FIRST_OPTIONS, "--policy", "conda-forge"),
        (*FIRST_OPTIONS, "--check"),
    ],
)
def test_where_something_else_decides_everything_is_new(channel, options):
    channel.verify()
    done = channel.verify(*options)
    assert seen(done)[1:] == (["one", "two"], 0)
    assert "every package is verified again" in done.stderr


def test_where_more_is_made_of_each_package_everything_is_new(channel, tmp_path):
    channel.verify()
    for number in range(2):
        done = channel.verify("--evidence", tmp_path / f"evidence-{number}")
        assert seen(done)[1:] == ([], 2) if number else (["one", "two"], 0)
    assert len(list((tmp_path / "evidence-0").iterdir())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize("form", ["--html", "--markdown", "text"])
def test_what_could_not_be_reported_is_not_remembered(channel, form):
    base = f"{sys.executable} -m conda_provenance verify --channel {channel.folder.as_uri()}"
    base += f" --since-last {channel.memory} {' '.join(FIRST_OPTIONS)}"
    to_full = "> /dev/full" if form == "text" else f"{form} /dev/full"
    # Or else each line is written at once.
    environ = {key: each for key, each in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["sh", "-c", f"{base} {to_full}"], env=environ, capture_output=True, check=False
    )
    assert done.returncode == 3
    assert not channel.memory.exists()


def test_a_memory_that_cannot_be_written_is_a_fault_of_the_run(tmp_path):
    shown = ChecksAsText(Output("x", "verify"))
    shown.remembered = Remembered("0" * 64)
    remember(Namespace(since_last=str(tmp_path / "gone" / "known.json")), shown)
    (fault,) = shown.faults
    assert fault.startswith(f"{tmp_path}/gone/known.json (--since-last) cannot be written: No such")


def test_a_pipe_is_not_waited_for(channel):
    os.mkfifo(channel.memory)
    done = channel.verify()
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_a_changed_policy_is_another_one(channel, tmp_path):
    policy = tmp_path / "policy.toml"
    text = 'version = 1\n\n[[rules]]\npackages = ["*"]\n'
    text += 'repositories = ["https://git.example.org/o/{name}"]\n'
    policy.write_text(text)
    assert channel.verify("--policy", policy).returncode in (0, 1, 3)
    before = json.loads(channel.memory.read_text())["basis"]
    policy.write_text(text + "# changed\n")
    channel.verify("--policy", policy)
    assert json.loads(channel.memory.read_text())["basis"] != before


def test_whole_packages_are_known_by_the_same_digest(channel):
    assert seen(channel.verify("--check")) == (0, ["one", "two"], 0)
    assert seen(channel.verify("--check")) == (0, [], 2)


def test_packages_without_a_sha256_in_an_index_are_always_new(channel):
    for _ in range(2):
        done = run_command(
            "verify", channel.folder / "noarch" / "one-1.0-0.conda", "--since-last",
            channel.memory, "--json", *FIRST_OPTIONS[:2],
        )  # fmt: skip
        assert seen(done) == (0, ["one"], 0)


def test_if_something_else_went_wrong_nothing_is_remembered(channel, tmp_path):
    (tmp_path / "evidence").write_text("a file, where a folder is wanted")
    channel.verify("--evidence", tmp_path / "evidence")
    assert not channel.memory.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--merge", "x.json"), "--merge and --since-last cannot be combined"),
        (("a.conda", "--since-last", "-"), "takes a file"),
        (("a.conda", "--since-last", ""), "empty text"),
        (("a.conda", "--since-last", "no/such/folder"), "does not exist"),
        (("a.conda", "--since-last", "both", "--html", "both"), "both name"),
    ],
)
def test_options_that_make_no_sense(tmp_path, options, says):
    given = ("--since-last", "known.json") if "--since-last" not in options else ()
    done = run_command("verify", *options, *given, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr


NOT_ONES = [
    b"", b"{}", b"[]", b"\0", b"\xff", b"[" * 100_000, b'{"packages": {}}',
    b'{"command":"verify","version":1,"basis":"' + b"a" * 64 + b'","packages":{}}',
    b'{"command":"verify --since-last","version":2,"basis":"' + b"a" * 64 + b'","packages":{}}',
    b'{"command":"verify --since-last","version":1,"basis":"' + b"a" * 64
    + b'","packages":{"x":"ABC"}}',
]  # fmt: skip


@pytest.mark.parametrize("data", NOT_ONES, ids=range(len(NOT_ONES)))
def test_a_file_that_is_something_else_is_refused_and_stays(channel, data):
    channel.memory.write_bytes(data)
    done = channel.verify()
    assert done.returncode == 2
    assert "delete it" in done.stderr
    assert channel.memory.read_bytes() == data


@given(st.binary(max_size=300))
def test_no_bytes_are_a_crash(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "known-by-chance.json"
    file.write_bytes(data)
    with pytest.raises(UsageError):
        read_remembered(str(file), "a" * 64)


# --- what is remembered ---------------------------------------------------------------------------


def _artifact(location: str, sha256: str | None) -> Artifact:
    return Artifact("a", "1.0", "0", "a-1.0-0.conda", location, None, sha256=sha256)


def _knows(**given: Any) -> bool:
    made = row("a", "verified", "+++", sha256="b" * 64, accepted=True, **given)
    remembered = Remembered("c" * 64)
    remembered.add(made)
    return remembered.leaves_out(_artifact(made["location"], "B" * 64))


def test_only_what_is_good_enough_for_good_is_remembered():
    assert _knows()
    assert not _knows(error="It cannot be read.")
    assert not _knows(notes=["The policy makes an exception: until it is built again."])
    for outcome in ("refuted", "unavailable", "silent", "consistent"):
        made = row("a", outcome, "+", sha256="b" * 64, checks=[check("expected", "pass")])
        remembered = Remembered("c" * 64, {made["location"]: "b" * 64})
        remembered.add(made)
        assert not remembered.leaves_out(_artifact(made["location"], "b" * 64))


def test_a_record_without_a_sha256_is_never_known():
    remembered = Remembered("c" * 64, {"x": "b" * 64})
    assert not remembered.leaves_out(_artifact("x", None))
    assert not remembered.leaves_out(_artifact("x", ""))
    assert remembered.left_out == 0


def test_an_exception_is_recognised_as_verify_words_it():
    from conda_provenance.policy.expectations import Expectations
    from conda_provenance.verify.rows import _notes, is_by_exception

    notes = list(_notes(Expectations(exception="because")))
    assert is_by_exception({"notes": notes})


def test_the_basis_is_the_same_in_every_process_and_names_all_its_parts():
    from conda_provenance.policy.options import Options
    from conda_provenance.verify.attested.given import given_bundle

    options = Options.parse(
        repositories=["https://git.example.org/o/*"], refs=["main"],
        signers=["https://github.com/o/n/.github/workflows/*@refs/heads/main"],
    )  # fmt: skip
    bundle = given_bundle("https://git.example.org/a.sigstore.json")
    assert " at 0x" not in repr((options, bundle))
    assert basis_of("1", options) == basis_of("1", options)
    assert basis_of("1", options) != basis_of("1", Options())
