"""A stamped file is whole at every instant, and keeps its owner and mode."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from packages_bytes import files, raw_members, without_about
from packages_making import make_conda, make_tar_bz2

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, stamp_package
from conda_provenance.packages.files import replace as replacing_module

STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
ABOUT = {"home": "https://example.org", "extra": {"final": True, "recipe-maintainers": ["a"]}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])


@pytest.mark.skipif(os.name == "nt", reason="Windows has other modes and owners")
@BOTH
def test_mode_and_owner_are_kept(tmp_path, make):
    package = make(tmp_path, ABOUT)
    package.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(package, 1234, 5678)
    before = package.stat()
    stamp_package(package, STAMP)
    after = package.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_symbolic_link_stays_one_and_its_file_is_stamped(tmp_path):
    (tmp_path / "store").mkdir()
    real = make_conda(tmp_path / "store", ABOUT)
    link = tmp_path / "demo-1.0-0.conda"
    link.symlink_to(real)
    stamp_package(link, STAMP)
    assert link.is_symlink()
    assert read_about(real)["extra"]["sha"] == STAMP["sha"]


@pytest.mark.parametrize("failing", ["fsync", "replace", "fchmod", "link"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@BOTH
def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, make, failing, error
):
    package = make(tmp_path, ABOUT)
    section = "packages.conda" if make is make_conda else "packages"
    (tmp_path / "repodata.json").write_text(json.dumps({section: {package.name: {"sha256": "0"}}}))
    before = files(tmp_path)

    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(replacing_module.os, failing, fail)
    with pytest.raises((PackageError, KeyboardInterrupt)) as caught:
        stamp_package(package, STAMP)
    monkeypatch.undo()
    assert files(tmp_path) == before
    if isinstance(error, OSError):
        assert str(caught.value) == f"{package} cannot be stamped: No space left on device."


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(PackageError, match="Permission denied"):
            stamp_package(package, STAMP)
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_is_replaced_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    package = make_conda(tmp_path, ABOUT)
    other = make_conda(tmp_path, {"extra": {"other": 1}}, name="other").read_bytes()
    original = replacing_module.Replacement.seal

    def seal(self: replacing_module.Replacement) -> None:
        original(self)
        package.with_suffix(".new").write_bytes(other)
        os.replace(package.with_suffix(".new"), package)

    monkeypatch.setattr(replacing_module.Replacement, "seal", seal)
    with pytest.raises(PackageError, match="another program changed it meanwhile; try again"):
        stamp_package(package, STAMP)
    assert package.read_bytes() == other


@BOTH
def test_two_stamps_of_one_file_at_once(tmp_path, make):
    package = make(tmp_path, ABOUT)
    problems: list[BaseException] = []

    def stamp(number: int) -> None:
        for turn in range(10):
            try:
                stamp_package(package, {"sha": f"{number}{turn}" * 20})
            except PackageError as error:
                if "meanwhile" not in str(error):
                    problems.append(error)
            except BaseException as error:
                problems.append(error)

    threads = [threading.Thread(target=stamp, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(read_about(package)["extra"]["sha"]) == 40
    assert os.listdir(tmp_path) == [package.name]


WORKER = """
import sys
from conda_provenance.packages import stamp_package
for turn in range(15):
    stamp_package(sys.argv[1], {sys.argv[2]: str(turn)})
"""


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked on Windows")
def test_processes_that_stamp_one_file_lose_nothing_and_leave_the_index_right(tmp_path):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in "ab"]
    records = {
        package.name: {"name": "x", "sha256": "0", "md5": "0", "size": 0} for package in packages
    }
    (tmp_path / "repodata.json").write_text(json.dumps({"packages.conda": records}))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(package), f"key{number}"], stderr=subprocess.PIPE
        )
        for number in range(3)
        for package in packages
    ]
    for worker in workers:
        assert worker.communicate()[1] == b""
    index = json.loads((tmp_path / "repodata.json").read_text())["packages.conda"]
    for package in packages:
        assert read_about(package)["extra"] == ABOUT["extra"] | {
            f"key{number}": "14" for number in range(3)
        }
        data = package.read_bytes()
        assert index[package.name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert index[package.name]["size"] == len(data)
    assert len(os.listdir(tmp_path)) == 3


KILLS = int(os.environ.get("KILLS", "8"))
INTERRUPTED = """
import sys
from conda_provenance.packages import stamp_package
# Python itself swallows a Ctrl-C that comes while it releases the lock of a module's import.
stamp_package(sys.argv[1], {"sha": f"{0:040d}"})
turn = 0
try:
    print("ready", flush=True)
    while True:
        turn += 1
        stamp_package(sys.argv[1], {"sha": f"{turn:040d}"})
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@BOTH
def test_stopped_at_any_instant_the_package_is_whole(tmp_path, make, number):
    """A Ctrl-C leaves package and index in step as well.

    A kill may come between the two. The same stamp again mends that.
    """
    package = make(tmp_path, ABOUT)
    section = "packages.conda" if make is make_conda else "packages"
    (tmp_path / "repodata.json").write_text(
        json.dumps({section: {package.name: {"sha256": "0", "md5": "0", "size": 0}}})
    )
    chance = random.Random(7)
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, str(package)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.01 + chance.random() * 0.05)
            process.send_signal(number)
            try:
                said = process.communicate(timeout=30)[0]
            except subprocess.TimeoutExpired:
                process.kill()
                pytest.fail("the Ctrl-C was swallowed")
        sha = read_about(package)["extra"].get("sha")
        assert without_about(raw_members(package))
        if number == signal.SIGKILL:
            if sha:
                stamp_package(package, {"sha": sha})
        else:
            assert said == "interrupted\n"
            assert sorted(os.listdir(tmp_path)) == sorted([package.name, "repodata.json"])
        record = json.loads((tmp_path / "repodata.json").read_text())[section][package.name]
        if sha:
            assert record["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


AS_ANOTHER_USER = """
import os, sys
from conda_provenance.packages import stamp_package
# Everything is loaded first: another user may not read where Python is installed. A stamp that
# changes nothing would not load everything.
stamp_package(sys.argv[1], {"sha": str(os.getpid())})
os.setgroups([2000])
os.setgid(2000)
os.setuid(1000)
print(stamp_package(sys.argv[2], eval(sys.argv[3]), dry_run=sys.argv[4] == "dry").status)
"""


@pytest.fixture
def open_folder():
    """A folder that every user may write, which no folder of pytest's is."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becoming another user needs root"
)
def test_the_owner_is_never_lost(tmp_path, open_folder):
    preloaded = make_conda(tmp_path, ABOUT, name="preloaded")
    package = make_conda(open_folder, ABOUT)

    def stamp(changes: object, mode: str = "real") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", AS_ANOTHER_USER, preloaded, package, repr(changes), mode]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)

    os.chown(package, 3000, 2000)
    package.chmod(0o664)
    before = package.read_bytes()
    for mode in ("real", "dry"):
        refused = stamp({"sha": ""}, mode)
        assert "it belongs to another user or group, which would be lost" in refused.stderr
        assert package.read_bytes() == before
    assert stamp({"never": None}).stdout == "unchanged\n"

    os.chown(package, 1000, 2000)
    assert stamp({"sha": ""}).stdout == "stamped\n"
    status = package.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1000, 2000, 0o664)
    assert read_about(package)["extra"]["sha"] == ""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becoming another user needs root"
)
def test_an_index_of_another_owner_is_refused_by_a_dry_run_too(tmp_path, open_folder):
    preloaded = make_conda(tmp_path, ABOUT, name="preloaded")
    package = make_conda(open_folder, ABOUT)
    index = open_folder / "repodata.json"
    for each in (preloaded, package):
        (each.parent / "repodata.json").write_text(
            json.dumps({"packages.conda": {each.name: {"sha256": "0"}}})
        )
    os.chown(package, 1000, 2000)
    os.chown(index, 3000, 3000)
    index.chmod(0o644)
    before = files(open_folder)
    for mode in ("dry", "real"):
        command = [sys.executable, "-c", AS_ANOTHER_USER, preloaded, package, "{'sha': ''}", mode]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert f"{index} cannot be corrected: it belongs to another user" in done.stderr
        assert files(open_folder) == before


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name are Linux's")
@pytest.mark.parametrize("missing", ["O_TMPFILE", "link"])
@BOTH
def test_without_what_only_some_systems_have(tmp_path, monkeypatch, make, missing):
    package = make(tmp_path, ABOUT)
    if missing == "link":
        monkeypatch.setattr(
            replacing_module.os,
            "link",
            lambda *_, **__: (_ for _ in ()).throw(OSError(18, "cross-device")),
        )
    else:
        monkeypatch.delattr(replacing_module.os, "O_TMPFILE")
        monkeypatch.delattr(replacing_module.os, "copy_file_range")
    package.chmod(0o604)
    assert stamp_package(package, STAMP)
    assert read_about(package)["extra"]["sha"] == STAMP["sha"]
    assert package.stat().st_mode & 0o777 == 0o604
    assert os.listdir(tmp_path) == [package.name]
