"""Several packages of a folder: each index is corrected once, and a killed stamp is finished."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from packages_indexes import (
    SHARDS,
    digests,
    in_bytes,
    read_index,
    read_shards,
    write_index,
    write_shards,
)
from packages_making import make_conda

from conda_provenance.errors import PackageError, RefusedError
from conda_provenance.packages import (
    corrected_once,
    read_about,
    same_folders,
    stamp_package,
)
from conda_provenance.packages.files import digests as digests_module
from conda_provenance.packages.files import journal
from conda_provenance.packages.files import replace as replace_module

STAMP = {"sha": "b" * 40}
INDEXES = ("repodata.json", "current_repodata.json", "repodata.json.zst")

posix_only = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def make_channel(folder: Path, count: int = 3) -> list[Path]:
    """Packages, and indexes of every kind that list them."""
    folder.mkdir(exist_ok=True)
    packages = [make_conda(folder, {"extra": {}}, name=f"demo{n}") for n in range(count)]
    for name in INDEXES:
        write_index(folder, packages, name)
    shards = {
        f"demo{n}": {"packages.conda": {package.name: in_bytes(digests(package))}}
        for n, package in enumerate(packages)
    }
    write_shards(folder, shards)
    return packages


def stamp_all(packages: Sequence[Path], *, dry_run: bool = False) -> None:
    with corrected_once(packages, dry_run=dry_run) as indexes:
        for package in packages:
            stamp_package(package, STAMP, dry_run=dry_run, indexes=indexes)


def wrong_records(folder: Path) -> list[str]:
    """The records that do not say what their packages are."""
    wrong = []
    for package in sorted(folder.glob("*.conda")):
        expected = digests(package)
        for name in INDEXES:
            record = read_index(folder / name)["packages.conda"][package.name]
            if {key: record[key] for key in expected} != expected:
                wrong.append(f"{name}: {package.name}")
        shard = read_shards(folder)[package.name.partition("-")[0]]
        if shard["packages.conda"][package.name] != in_bytes(expected):
            wrong.append(f"{SHARDS}: {package.name}")
    return wrong


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".msgpack.zst"))


def test_all_packages_and_all_records(tmp_path):
    packages = make_channel(tmp_path)
    names = names_in(tmp_path)
    stamp_all(packages)
    assert [read_about(package)["extra"] for package in packages] == [STAMP] * 3
    assert wrong_records(tmp_path) == []
    assert names_in(tmp_path) == names


def test_each_index_is_replaced_once(tmp_path, monkeypatch):
    packages = make_channel(tmp_path, 5)
    replaced: list[str] = []
    real = os.replace

    def replace(source: str, target: str) -> None:
        replaced.append(os.path.basename(target))
        real(source, target)

    monkeypatch.setattr(replace_module.os, "replace", replace)
    stamp_all(packages)
    for name in (*INDEXES, SHARDS):
        assert replaced.count(name) == 1


def test_a_package_is_read_once_for_its_checksums(tmp_path, monkeypatch):
    packages = make_channel(tmp_path)
    computed: list[str] = []
    original = digests_module._digest
    monkeypatch.setattr(
        digests_module, "_digest", lambda blob, name: computed.append(name) or original(blob, name)
    )
    stamp_all(packages)
    assert sorted(computed) == ["md5"] * 3 + ["sha256"] * 3


def test_packages_that_say_it_already_have_right_records_too(tmp_path):
    packages = make_channel(tmp_path)
    old = {name: (tmp_path / name).read_bytes() for name in (*INDEXES, SHARDS)}
    stamp_all(packages)
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    assert wrong_records(tmp_path)
    stamp_all(packages)
    assert wrong_records(tmp_path) == []


def test_a_dry_run_changes_nothing(tmp_path):
    packages = make_channel(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    stamp_all(packages, dry_run=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_one_package_that_is_refused_keeps_no_other_back(tmp_path):
    packages = make_channel(tmp_path)
    packages[1].write_bytes(b"no package")
    with corrected_once(packages) as indexes:
        for package in (packages[0], packages[2]):
            stamp_package(package, STAMP, indexes=indexes)
        with pytest.raises(PackageError):
            stamp_package(packages[1], STAMP, indexes=indexes)
    assert {line.partition(": ")[2] for line in wrong_records(tmp_path)} == {packages[1].name}


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, GeneratorExit])
def test_however_the_block_ends_the_indexes_are_corrected_for_what_is_done(tmp_path, error):
    packages = make_channel(tmp_path)

    def stamp_and_raise() -> None:
        with corrected_once(packages) as indexes:
            stamp_package(packages[0], STAMP, indexes=indexes)
            raise error

    with pytest.raises(error):
        stamp_and_raise()
    assert wrong_records(tmp_path) == []
    assert not (tmp_path / journal.NAME).exists()


def test_an_index_that_cannot_be_read_refuses_the_packages_that_it_may_list(tmp_path):
    packages = make_channel(tmp_path)
    broken = tmp_path / "run_exports.json"
    broken.write_text(f'{{"sha256": nothing {packages[1].name}')
    before = packages[1].read_bytes()
    for dry_run in (True, False):
        with corrected_once(packages, dry_run=dry_run) as indexes:
            stamp_package(packages[0], STAMP, indexes=indexes, dry_run=dry_run)
            with pytest.raises(PackageError, match=r"run_exports\.json cannot be .*--force"):
                stamp_package(packages[1], STAMP, indexes=indexes, dry_run=dry_run)
    assert packages[1].read_bytes() == before
    assert wrong_records(tmp_path) == []


def test_or_it_is_left_as_it_is(tmp_path, caplog):
    packages = make_channel(tmp_path)
    broken = tmp_path / "repodata_from_packages.json"
    broken.write_text("nothing demo0-1.0-0.conda")
    with corrected_once(packages, leave_broken=True) as indexes:
        for package in packages:
            stamp_package(package, STAMP, indexes=indexes)
    assert broken.read_text() == "nothing demo0-1.0-0.conda"
    assert wrong_records(tmp_path) == []
    assert caplog.text.count("is left as it is") == 1


@pytest.mark.parametrize("leave_broken", [False, True])
def test_a_shard_that_cannot_be_read_concerns_the_packages_of_its_name(tmp_path, leave_broken):
    packages = make_channel(tmp_path)
    shard = {"packages.conda": {packages[1].name: in_bytes(digests(packages[1]))}}
    (path,) = write_shards(tmp_path / "aside", {"demo1": shard}).values()
    damaged = tmp_path / path.name
    content = damaged.read_bytes()
    damaged.write_bytes(b"damaged")
    with corrected_once(packages, leave_broken=leave_broken) as indexes:
        stamp_package(packages[0], STAMP, indexes=indexes)
        if leave_broken:
            stamp_package(packages[1], STAMP, indexes=indexes)
        else:
            with pytest.raises(PackageError, match="its shard of demo1 is damaged"):
                stamp_package(packages[1], STAMP, indexes=indexes)
        stamp_package(packages[2], STAMP, indexes=indexes)

    assert damaged.read_bytes() == b"damaged"
    damaged.write_bytes(content)
    assert wrong_records(tmp_path) == [f"{SHARDS}: {packages[1].name}"] * leave_broken
    assert read_about(packages[1])["extra"] == (STAMP if leave_broken else {})


def test_an_index_that_may_not_be_replaced_refuses_before_a_package_changes(tmp_path, monkeypatch):
    from conda_provenance.packages.refusals import NotAllowed

    def give_owner(descriptor: int, old: os.stat_result) -> None:
        raise NotAllowed("it belongs to another user")

    packages = make_channel(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(replace_module, "give_owner", give_owner)
    with corrected_once(packages) as indexes:
        for package in packages:
            with pytest.raises(RefusedError, match="belongs to another user"):
                stamp_package(package, STAMP, indexes=indexes)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_index_that_cannot_be_put_into_its_place_is_corrected_by_the_next_stamp(
    tmp_path, monkeypatch, caplog
):
    packages = make_channel(tmp_path)
    real = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith("current_repodata.json") and not source.endswith(".old.tmp"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(replace_module.os, "replace", replace)
    with pytest.raises(PackageError, match="No space left on device; the next stamp"):
        stamp_all(packages)
    monkeypatch.undo()
    assert len(wrong_records(tmp_path)) == 12, "each index is whole, and what it was"
    other = make_conda(tmp_path, {"extra": {}}, name="unlisted")
    stamp_package(other, STAMP)
    other.unlink()
    assert wrong_records(tmp_path) == []
    assert "was interrupted" in caplog.text


def test_an_index_that_another_program_writes_meanwhile_is_not_lost(tmp_path, monkeypatch):
    packages = make_channel(tmp_path)
    original, once = replace_module.Replacement.is_current, []

    def is_current(self: replace_module.Replacement) -> bool:
        if self.path.endswith("current_repodata.json") and not once:
            once.append(True)
            index = read_index(Path(self.path))
            index["info"] = {"subdir": "noarch"}
            Path(self.path).write_text(json.dumps(index))
        return original(self)

    monkeypatch.setattr(replace_module.Replacement, "is_current", is_current)
    stamp_all(packages)
    assert read_index(tmp_path / "current_repodata.json")["info"] == {"subdir": "noarch"}
    assert wrong_records(tmp_path) == []


def test_copies_correct_the_indexes_where_they_go(tmp_path):
    packages = make_channel(tmp_path / "here")
    make_channel(tmp_path / "there")
    targets = [tmp_path / "there" / package.name for package in packages]
    with corrected_once(targets) as indexes:
        for package, target in zip(packages, targets, strict=True):
            stamp_package(package, STAMP, target=target, indexes=indexes)
    assert wrong_records(tmp_path / "here") == wrong_records(tmp_path / "there") == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_packages_and_indexes_that_are_links(tmp_path):
    packages = make_channel(tmp_path / "store")
    links = tmp_path / "links"
    links.mkdir()
    for path in (tmp_path / "store").glob("*.*"):
        (links / path.name).symlink_to(Path("..") / "store" / path.name)
    (links / "repodata.json").unlink()
    write_index(links, packages)
    stamp_all([links / package.name for package in packages])
    assert wrong_records(tmp_path / "store") == wrong_records(links) == []
    assert all(path.is_symlink() for path in links.glob("*.conda"))


def test_packages_of_one_folder_go_together(tmp_path):
    names = ["a/x.conda", "b/y.conda", "a/z.conda", "a/../b/x.conda", "\0"]
    assert same_folders([f"{tmp_path}/{name}" for name in names[:4]] + names[4:]) == [
        [0, 2],
        [1, 3],
        [4],
    ]


def run_until_killed(action: Callable[[], None], folder: Path, count: int) -> bool:
    """Run ``action`` in a child that is killed before its ``count``-th change in the folder.

    Returns whether it was.
    """
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])

    left = count

    def kill(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        changes = event in ("os.rename", "os.remove", "os.link")
        if changes or (event == "open" and str(arguments[0]).startswith(str(folder))):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(kill)
        action()
    finally:
        os._exit(0)


@posix_only
@pytest.mark.parametrize("together", [True, False])
def test_killed_at_every_stage_the_next_stamp_in_the_folder_finishes(tmp_path, caplog, together):
    def stamp() -> None:
        if together:
            stamp_all(packages)
        else:
            stamp_package(packages[0], STAMP)

    finished = 0
    for count in range(1, 1000):
        folder = tmp_path / str(count)
        packages = make_channel(folder, 2)
        old = [package.read_bytes() for package in packages]
        killed = run_until_killed(stamp, folder, count)

        for package, before in zip(packages, old, strict=True):
            assert package.read_bytes() == before or read_about(package)["extra"] == STAMP
        was_begun = (folder / journal.NAME).exists()
        assert was_begun or wrong_records(folder) == []

        caplog.clear()
        other = make_conda(folder, {"extra": {}}, name="unlisted")
        stamp_package(other, STAMP)
        other.unlink()
        assert wrong_records(folder) == []
        assert ("was interrupted" in caplog.text) == was_begun
        finished += was_begun
        expected = sorted([*(package.name for package in packages), *INDEXES])
        assert names_in(folder) == expected, "nothing is left over"
        shutil.rmtree(folder)
        if not killed:
            break
    assert finished > 5


def interrupted(folder: Path) -> list[Path]:
    """A channel whose first package was replaced before the stamp of all was killed."""
    packages = make_channel(folder)

    def stamp() -> None:
        with corrected_once(packages) as indexes:
            stamp_package(packages[0], STAMP, indexes=indexes)
            os.kill(os.getpid(), signal.SIGKILL)

    run_until_killed(stamp, folder, 1000)
    assert (folder / journal.NAME).exists()
    assert wrong_records(folder)
    return packages


@posix_only
def test_the_rest_is_stamped_by_the_same_call_again(tmp_path, caplog):
    packages = interrupted(tmp_path)
    stamp_all(packages)
    assert [read_about(package)["extra"] for package in packages] == [STAMP] * 3
    assert wrong_records(tmp_path) == []
    assert "indexes have changed for 1 of its 3 packages" in caplog.text


@posix_only
def test_a_stamp_that_changes_nothing_finishes_too(tmp_path):
    packages = interrupted(tmp_path)
    stamp_package(packages[2], {})
    assert wrong_records(tmp_path) == []
    assert not (tmp_path / journal.NAME).exists()


@posix_only
def test_a_dry_run_says_that_there_is_something_to_finish(tmp_path, caplog):
    packages = interrupted(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    stamp_package(packages[2], STAMP, dry_run=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert "will be finished" in caplog.text


@posix_only
def test_what_another_program_has_written_since_is_not_touched(tmp_path):
    packages = interrupted(tmp_path)
    index = read_index(tmp_path / "repodata.json")
    index["packages.conda"][packages[0].name]["sha256"] = "f" * 64
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    stamp_package(packages[1], STAMP)
    assert read_index(tmp_path / "repodata.json") == {
        **index,
        "packages.conda": {
            **index["packages.conda"],
            packages[1].name: {"name": "demo1", **digests(packages[1])},
        },
    }


@posix_only
def test_a_package_that_is_gone_since_is_nobodys(tmp_path):
    packages = interrupted(tmp_path)
    packages[0].unlink()
    stamp_package(packages[1], STAMP)
    assert not (tmp_path / journal.NAME).exists()
    assert wrong_records(tmp_path) == []


NO_JOURNALS = {
    "no JSON": "nothing",
    "no object": "[]",
    "another version": '{"version": 2, "packages": {}}',
    "no packages": '{"version": 1}',
    "a path": '{"version": 1, "packages": {"../x.conda": []}}',
    "an absolute path": '{"version": 1, "packages": {"/etc/passwd": []}}',
    "a path of Windows": '{"version": 1, "packages": {"..\\\\x.conda": []}}',
    "the folder": '{"version": 1, "packages": {"..": []}}',
    "no name": '{"version": 1, "packages": {"": []}}',
    "no records": '{"version": 1, "packages": {"x": 1}}',
    "no record": '{"version": 1, "packages": {"x": [1]}}',
    "a short record": '{"version": 1, "packages": {"x": [[1]]}}',
    "no checksum": '{"version": 1, "packages": {"x": [[1, null, null]]}}',
    "a long checksum": json.dumps({"version": 1, "packages": {"x": [["0" * 1000, None, 1]]}}),
    "no size": '{"version": 1, "packages": {"x": [[null, null, true]]}}',
    "nested too deeply": '{"version": 1, "packages": ' + "[" * 100_000,
    "not UTF-8": "\udcff",
}


@pytest.mark.parametrize("case", NO_JOURNALS)
def test_a_journal_of_somebody_elses_is_not_obeyed(tmp_path, caplog, case):
    packages = make_channel(tmp_path)
    (tmp_path / journal.NAME).write_text(NO_JOURNALS[case], "utf-8", "surrogateescape")
    stamp_package(packages[0], STAMP)
    assert wrong_records(tmp_path) == []
    assert not (tmp_path / journal.NAME).exists()
    assert "cannot be read and is removed" in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("kind", ["pipe", "link", "huge"])
def test_nor_is_what_is_no_plain_file_of_the_folder(tmp_path, kind):
    packages = make_channel(tmp_path / "channel")
    path, elsewhere = tmp_path / "channel" / journal.NAME, tmp_path / "elsewhere"
    elsewhere.write_text('{"version": 1, "packages": {}}')
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(elsewhere)
    else:
        path.write_text("")
        os.truncate(path, 1 << 40)
    stamp_all(packages)
    assert not path.exists()
    assert elsewhere.read_text() == '{"version": 1, "packages": {}}'


def test_a_stranger_cannot_have_a_changed_package_declared_right(tmp_path):
    """The records that a journal names must be those that the indexes hold."""
    packages = make_channel(tmp_path)
    write = {"version": 1, "packages": {packages[0].name: [["0" * 64, None, 1]]}}
    (tmp_path / journal.NAME).write_text(json.dumps(write))
    packages[0].write_bytes(b"tampered with")
    stamp_package(packages[1], STAMP)
    assert {line.partition(": ")[2] for line in wrong_records(tmp_path)} == {packages[0].name}


def test_no_journal_is_written_where_no_index_lists_the_package(tmp_path, monkeypatch):
    packages = [make_conda(tmp_path, {"extra": {}}, name=name) for name in ("a", "b")]
    monkeypatch.setattr(journal, "_write", lambda *_: pytest.fail("a journal was written"))
    stamp_all(packages)
    stamp_package(packages[0], {"sha": "c" * 40})


def test_two_processes_in_one_folder_wait_for_each_other(tmp_path):
    packages = make_channel(tmp_path, 12)
    command = [sys.executable, "-c", COMMAND, "stamp", "--sha", "b" * 40]
    halves = [
        subprocess.Popen([*command, *map(str, packages[start::2])], stdout=subprocess.DEVNULL)
        for start in (0, 1)
    ]
    assert [process.wait(60) for process in halves] == [0, 0]
    assert [read_about(package)["extra"] for package in packages] == [STAMP] * 12
    assert wrong_records(tmp_path) == []


COMMAND = """
import sys
from conda_provenance.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way on Windows")
def test_a_ctrl_c_between_packages_leaves_the_indexes_right(tmp_path):
    packages = make_channel(tmp_path, 150)
    command = [sys.executable, "-u", "-c", COMMAND, "stamp", "--sha", "b" * 40, *map(str, packages)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("stamped")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    stamped = [package for package in packages if read_about(package)["extra"]]
    assert 0 < len(stamped) < len(packages)
    assert wrong_records(tmp_path) == []
    assert not (tmp_path / journal.NAME).exists()
    assert not [name for name in names_in(tmp_path) if re.search(r"\.tmp$", name)]
