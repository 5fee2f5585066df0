"""Who may use a stamped file is who might use the old one: ACLs, attributes, owners."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packages_bytes import files
from packages_making import make_conda, make_tar_bz2

from conda_provenance.errors import PackageError, RefusedError
from conda_provenance.packages import corrected_once, read_about, stamp_package
from conda_provenance.packages.files import replace as replacing_module

STAMP = {"sha": "b" * 40}
ABOUT = {"extra": {"final": True}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])

ACL, DEFAULT_ACL = "system.posix_acl_access", "system.posix_acl_default"
_NOBODY = 2**32 - 1
OWNER, USER, GROUP, MASK, OTHER = 1, 2, 4, 16, 32


def acl(*entries: tuple[int, int, int]) -> bytes:
    """An ACL as the kernel has it: tag, permissions and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


FOR_ONE_USER = acl(
    (OWNER, 6, _NOBODY),
    (USER, 4, 1234),
    (GROUP, 0, _NOBODY),
    (MASK, 4, _NOBODY),
    (OTHER, 0, _NOBODY),
)
"""One more user may read. The group may not, although the mode says so: the mask stands there."""

FOR_EVERYBODY = acl(
    (OWNER, 7, _NOBODY),
    (USER, 7, 1234),
    (GROUP, 7, _NOBODY),
    (MASK, 7, _NOBODY),
    (OTHER, 7, _NOBODY),
)


def _has_attributes() -> bool:
    if not hasattr(os, "setxattr"):
        return False
    with tempfile.NamedTemporaryFile() as file:
        try:
            os.setxattr(file.name, ACL, FOR_ONE_USER)
            os.setxattr(file.name, "user.test", b"")
        except OSError:
            return False
    return True


needs_attributes = pytest.mark.skipif(
    not _has_attributes(), reason="the file system has no ACLs or attributes"
)
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becoming another user needs root"
)


def attributes(path: Path) -> dict[str, bytes]:
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


def with_index(package: Path) -> Path:
    section = "packages.conda" if package.suffix == ".conda" else "packages"
    index = package.parent / "repodata.json"
    index.write_text(json.dumps({section: {package.name: {"sha256": "0"}}}))
    return index


@pytest.fixture(params=["without a name", "named", "copied"])
def any_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways in which a new file comes into being."""
    if request.param == "named":
        monkeypatch.delattr(replacing_module.os, "O_TMPFILE", raising=False)
    elif request.param == "copied":
        link = os.link

        def no_link(source: str, *args: object, **options: object) -> None:
            if str(source).startswith("/proc"):
                raise OSError(errno.EXDEV, "cross-device")
            link(source, *args, **options)

        monkeypatch.setattr(replacing_module.os, "link", no_link)


@needs_attributes
@pytest.mark.usefixtures("any_system")
@pytest.mark.parametrize("mode", [0o640, 0o440])
@BOTH
def test_a_stamp_keeps_acl_and_attributes_of_package_and_index(tmp_path, make, mode):
    package = make(tmp_path, ABOUT)
    index = with_index(package)
    for path in (package, index):
        path.chmod(mode)
        os.setxattr(path, ACL, FOR_ONE_USER)
        os.setxattr(path, "user.note", b"\0\xff")
        os.setxattr(path, "user.empty", b"")
    before = {path: (attributes(path), path.stat().st_mode) for path in (package, index)}
    assert stamp_package(package, STAMP)
    assert {path: (attributes(path), path.stat().st_mode) for path in before} == before
    assert read_about(package)["extra"]["sha"] == STAMP["sha"]
    assert json.loads(index.read_text()) != {}


@needs_attributes
@pytest.mark.usefixtures("any_system")
@BOTH
def test_the_folders_default_acl_does_not_open_the_new_file(tmp_path, make):
    package = make(tmp_path, ABOUT)
    index = with_index(package)
    package.chmod(0o640)
    before = attributes(package), package.stat().st_mode
    os.setxattr(tmp_path, DEFAULT_ACL, FOR_EVERYBODY)
    assert stamp_package(package, STAMP)
    assert (attributes(package), package.stat().st_mode) == before
    assert ACL not in attributes(index)


@needs_attributes
def test_a_copy_is_readable_for_whom_the_package_is(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    os.setxattr(package, ACL, FOR_ONE_USER)
    (tmp_path / "out").mkdir()
    os.setxattr(tmp_path / "out", DEFAULT_ACL, FOR_EVERYBODY)
    for changes in (STAMP, {"never": None}):
        target = tmp_path / "out" / package.name
        stamp_package(package, changes, target=target)
        assert attributes(target)[ACL] == FOR_ONE_USER
        assert target.stat().st_mode == package.stat().st_mode


@needs_attributes
@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (ACL, FOR_ONE_USER, r"its access control list cannot be kept \(.*\); .* setfacl -b\."),
        ("user.note", b"n", r"its attribute user\.note cannot be kept \(.*\); .* setfattr -x\."),
    ],
)
def test_what_cannot_be_kept_refuses_the_stamp(
    tmp_path, monkeypatch, name, value, message, dry_run
):
    package = make_conda(tmp_path, ABOUT)
    os.setxattr(package, name, value)
    before = files(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", fail)
    with pytest.raises(RefusedError, match=message):
        stamp_package(package, STAMP, dry_run=dry_run)
    monkeypatch.undo()
    assert files(tmp_path) == before
    assert attributes(package) == {name: value}


@needs_attributes
def test_an_acl_from_the_folder_that_stays_refuses_the_stamp(tmp_path, monkeypatch):
    package = make_conda(tmp_path, ABOUT)
    os.setxattr(tmp_path, DEFAULT_ACL, FOR_EVERYBODY)

    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "removexattr", fail)
    with pytest.raises(RefusedError, match="access control list"):
        stamp_package(package, STAMP)


@needs_attributes
def test_a_label_is_kept_where_the_system_lets_us(tmp_path, monkeypatch):
    """SELinux decides which labels a user may give. A signature over the old bytes is not kept."""
    package = make_conda(tmp_path, ABOUT)
    given: list[str] = []
    labels = {"security.selinux": b"l", "security.ima": b"i", "trusted.x": b"t"}
    real = os.listxattr, os.getxattr

    def listed(file: int | str) -> list[str]:
        return [*real[0](file), *(labels if isinstance(file, str) else ())]

    def setxattr(_: object, name: str, value: bytes) -> None:
        given.append(name)
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "listxattr", listed)
    monkeypatch.setattr(os, "getxattr", lambda file, name: labels.get(name) or real[1](file, name))
    monkeypatch.setattr(os, "setxattr", setxattr)
    assert stamp_package(package, STAMP)
    assert sorted(set(given)) == ["security.selinux", "trusted.x"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that another user may write to: pytest's own folders are closed."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


AS_ANOTHER_USER = """
import os, sys
from conda_provenance.errors import PackageError
from conda_provenance.packages import stamp_package
warm, package, groups = sys.argv[1], sys.argv[2], [int(n) for n in sys.argv[3].split(",") if n]
stamp_package(warm, {"sha": ""})  # Everything is loaded while it may be read.
os.setgroups(groups)
os.setgid(1000)
os.setuid(1000)
for dry_run in (True, False):
    try:
        print(stamp_package(package, {"sha": "b" * 40}, dry_run=dry_run).status)
    except PackageError as error:
        print(error)
"""


def as_another_user(tmp_path: Path, package: Path, groups: str = "") -> list[str]:
    """What a dry run says to user 1000, and then the stamp."""
    make = make_conda if package.suffix == ".conda" else make_tar_bz2
    warm = make(tmp_path, ABOUT, name="warm")
    with_index(warm)
    command = [sys.executable, "-c", AS_ANOTHER_USER, str(warm), str(package), groups]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@needs_root
@pytest.mark.parametrize(
    ("owner", "index_owner", "groups", "works"),
    [
        ((1000, 1000), (1000, 1000), "", True),
        ((1000, 2000), (1000, 1000), "2000", True),
        ((1000, 2000), (1000, 1000), "", False),
        ((1000, 1000), (1000, 2000), "", False),
        ((1000, 1000), (1000, 2000), "2000", True),
        ((3000, 1000), (1000, 1000), "", False),
        ((1000, 1000), (3000, 1000), "", False),
        ((0, 1000), (1000, 1000), "0", False),
    ],
)
@BOTH
def test_a_dry_run_says_what_the_stamp_does(
    tmp_path, open_folder, make, owner, index_owner, groups, works
):
    package = make(open_folder, ABOUT)
    index = with_index(package)
    for path, (user, group) in ((package, owner), (index, index_owner)):
        os.chown(path, user, group)
        path.chmod(0o664)
    before = files(open_folder)
    dry, real = as_another_user(tmp_path, package, groups)
    if works:
        assert (dry, real) == ("would stamp", "stamped")
        status = package.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (*owner, 0o664)
    else:
        assert dry == real
        assert "it belongs to another user or group, which would be lost" in real
        assert files(open_folder) == before


@needs_root
@needs_attributes
def test_the_acl_and_attributes_of_ones_own_file_are_kept_without_being_root(tmp_path, open_folder):
    package = make_conda(open_folder, ABOUT)
    os.chown(package, 1000, 1000)
    os.setxattr(package, ACL, FOR_ONE_USER)
    os.setxattr(package, "user.note", b"n")
    package.chmod(0o440)
    before = attributes(package)
    assert as_another_user(tmp_path, package) == ["would stamp", "stamped"]
    assert attributes(package) == before


@needs_root
def test_a_folder_that_may_not_be_written_refuses_the_dry_run_too(tmp_path, open_folder):
    package = make_conda(open_folder, ABOUT)
    os.chown(package, 1000, 1000)
    open_folder.chmod(0o755)
    dry, real = as_another_user(tmp_path, package)
    assert dry == real
    assert "Permission denied" in real


@needs_root
def test_a_file_of_ones_own_in_a_folder_like_tmp(tmp_path, open_folder):
    package = make_conda(open_folder, ABOUT)
    os.chown(package, 1000, 1000)
    open_folder.chmod(0o1777)
    assert as_another_user(tmp_path, package) == ["would stamp", "stamped"]


@needs_root
@pytest.mark.skipif(not shutil.which("chattr"), reason="chattr is not installed here")
@pytest.mark.parametrize("flag", ["i", "a"])
@pytest.mark.parametrize("place", ["package", "index", "folder"])
def test_what_is_immutable_refuses_the_dry_run_too(tmp_path, flag, place):
    package = make_conda(tmp_path, ABOUT)
    target = {"package": package, "index": with_index(package), "folder": tmp_path}[place]
    before = files(tmp_path)
    if subprocess.run(["chattr", f"+{flag}", target], check=False).returncode:
        pytest.skip("the file system has no such flags")
    try:
        for dry_run in (True, False):
            with pytest.raises(PackageError, match=r"immutable|not permitted"):
                stamp_package(package, STAMP, dry_run=dry_run)
            with (
                pytest.raises(PackageError, match=r"immutable|not permitted"),
                corrected_once([package], dry_run=dry_run) as indexes,
            ):
                stamp_package(package, STAMP, dry_run=dry_run, indexes=indexes)
        assert files(tmp_path) == before
    finally:
        subprocess.run(["chattr", f"-{flag}", target], check=True)
