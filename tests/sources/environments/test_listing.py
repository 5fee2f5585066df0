"""What is installed: everything, or the packages of some names. pip's are counted."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from environments_making import SHA, SHAPES, add_record, make_cached, record_of

from conda_provenance.errors import PackageError, UnavailableError, UsageError
from conda_provenance.packages import PackageClaim, read_package
from conda_provenance.sources import Artifact, NotConda, Unreadable
from conda_provenance.sources.environments import Record, installed
from conda_provenance.sources.environments.contents import address_of


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Three packages, of which two have one name."""
    for name in ("Numpy", "numpy-base", "demo"):
        record = record_of(make_cached(tmp_path / "pkgs", name=name))
        add_record(tmp_path / "env", record)
    other = {"version": "1.0.1", "build": "py_0", "fn": "demo-1.0.1-py_0.conda"}
    add_record(tmp_path / "env", {**record, **other})
    return tmp_path / "env"


def found(prefix: Path, *names: str, **options: Any) -> list[Any]:
    return list(installed(str(prefix), names, caches=(), environ={}, **options))


def named(prefix: Path, *names: str) -> list[str]:
    return [f"{each.name}-{each.version}-{each.build}" for each in found(prefix, *names)]


def test_everything_in_order(prefix: Path) -> None:
    assert named(prefix) == ["Numpy-1.0-0", "demo-1.0-0", "demo-1.0.1-py_0", "numpy-base-1.0-0"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_channel_is_the_same_whoever_installed_its_package(prefix: Path, shape: str) -> None:
    add_record(prefix, record_of(make_cached(prefix.parent / "pkgs"), shape))
    (artifact,) = found(prefix, "demo=1.0=0")
    assert isinstance(artifact, Artifact)
    assert artifact.channel == "https://conda.example.org/forge"


def test_an_artifact_is_what_its_record_says(prefix: Path) -> None:
    record = json.loads((prefix / "conda-meta" / "demo-1.0-0.json").read_text())

    (artifact,) = found(prefix, "demo=1.0=0")

    assert isinstance(artifact, Artifact)
    assert artifact.file_name == "demo-1.0-0.conda"
    assert artifact.location == str(prefix / "conda-meta" / "demo-1.0-0.json")
    assert artifact.channel == "https://conda.example.org/forge"
    assert (artifact.subdir, artifact.timestamp) == ("noarch", 1700000000000)
    assert (artifact.sha256, artifact.md5, artifact.size) == (
        record["sha256"],
        record["md5"],
        record["size"],
    )
    assert artifact.contents.claim().claim.sha == SHA
    assert list(artifact.contents.files(["info/index.json"])) == ["info/index.json"]


def test_nothing_is_read_before_it_is_asked_for(prefix: Path, tmp_path: Path) -> None:
    import shutil

    artifacts = found(prefix)
    shutil.rmtree(tmp_path / "pkgs")

    for artifact in artifacts:
        with pytest.raises(PackageError, match="--remote reads it from its channel"):
            artifact.contents.claim()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("numpy", ["Numpy-1.0-0"]),
        ("NUMPY", ["Numpy-1.0-0"]),
        ("numpy-base", ["numpy-base-1.0-0"]),
        ("demo", ["demo-1.0-0", "demo-1.0.1-py_0"]),
        ("demo=1", ["demo-1.0-0", "demo-1.0.1-py_0"]),
        ("demo=1.0", ["demo-1.0-0", "demo-1.0.1-py_0"]),
        ("demo==1.0", ["demo-1.0-0"]),
        ("demo=1.0.1", ["demo-1.0.1-py_0"]),
        ("demo=1.0.*", ["demo-1.0-0", "demo-1.0.1-py_0"]),
        ("demo = 1.0.1", ["demo-1.0.1-py_0"]),
        ("demo=1.0=0", ["demo-1.0-0"]),
    ],
)
def test_a_name(prefix: Path, name: str, expected: list[str]) -> None:
    assert named(prefix, name) == expected


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nunpy", "did you mean Numpy?"),
        ("demo=2", "it has demo-1.0-0, demo-1.0.1-py_0."),
        ("demo=1.0=1", "it has demo-1.0-0, demo-1.0.1-py_0."),
        ("demo==1", "it has demo-1.0-0, demo-1.0.1-py_0."),
        ("xyz\x1b", "'conda list' shows what is."),
    ],
)
def test_a_name_that_is_not_installed(prefix: Path, name: str, why: str) -> None:
    (unreadable,) = found(prefix, name)

    shown = name.replace("\x1b", r"\x1b")
    assert unreadable == Unreadable(
        name,
        str(prefix),
        f"No package {shown} is installed in {prefix} (looked for in {prefix}/conda-meta): {why}",
    )


def test_the_other_names_are_found(prefix: Path) -> None:
    first, second = found(prefix, "nothing", "numpy")

    assert isinstance(first, Unreadable)
    assert second.name == "Numpy"


@pytest.mark.parametrize(
    "name",
    ["", " ", "=", "=1", "demo=", "a=b=c=d", "demo>=1", "demo[x]", "d*", "a b", "a/b", "a:b"],
)
def test_a_text_that_is_no_name(prefix: Path, name: str) -> None:
    with pytest.raises(UsageError, match="NAME, NAME=VERSION or NAME=VERSION=BUILD"):
        found(prefix, name)


def test_a_damaged_record_is_found_by_its_name(prefix: Path) -> None:
    add_record(prefix, b"{", "broken-1.0-0.json")

    (unreadable,) = found(prefix, "broken")

    assert unreadable.why == "The record of broken-1.0-0 is damaged or was cut off: it is no JSON."
    assert len(found(prefix)) == 5


def test_an_environment_that_goes_away(prefix: Path) -> None:
    import shutil

    shutil.rmtree(prefix)

    (unreadable,) = found(prefix)
    assert unreadable.why == f"{prefix}/conda-meta cannot be read (no such file or directory)."


def test_an_empty_environment(tmp_path: Path) -> None:
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta" / "history").write_text("")

    assert found(tmp_path) == []


# pip


def add_dist_info(
    site: Path, name: str, version: str, installer: str | None, metadata: str | None = ...
) -> Path:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    if metadata is ...:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: no\n"
    if metadata is not None:
        (folder / "METADATA").write_text(metadata)
    if installer is not None:
        (folder / "INSTALLER").write_text(installer)
    return folder


@pytest.fixture
def site(prefix: Path) -> Path:
    return prefix / "lib" / "python3.12" / "site-packages"


def pips(prefix: Path, *names: str) -> list[tuple[str, str]]:
    return [each[:2] for each in found(prefix, *names) if isinstance(each, NotConda)]


def test_pips_packages_are_no_packages_of_conda(prefix: Path, site: Path) -> None:
    folder = add_dist_info(site, "Flask_Login", "0.6.3", "pip\n")
    add_dist_info(site, "uv_made", "1.0", "uv")
    add_dist_info(site, "nobody_s", "1.0", None)
    (site / "editable-0.1.egg-info").mkdir()
    (site / "editable-0.1.egg-info" / "PKG-INFO").write_text("Name: editable\nVersion: 0.1\n")
    (site / "old-2.0-py3.12.egg-info").write_text("Metadata-Version: 1.0\n")
    (site / "hatched-3.0-py2.7.egg" / "EGG-INFO").mkdir(parents=True)
    (site / "hatched-3.0-py2.7.egg" / "EGG-INFO" / "PKG-INFO").write_text("Name: hatched\n")

    assert pips(prefix) == [
        ("Flask_Login", "0.6.3"),
        ("editable", "0.1"),
        ("hatched", "3.0"),
        ("nobody_s", "1.0"),
        ("old", "2.0"),
        ("uv_made", "1.0"),
    ]
    assert found(prefix, "flask-login") == [
        NotConda("Flask_Login", "0.6.3", str(folder), "pip"),
    ]


def test_condas_own_python_packages_are_not_counted(prefix: Path, site: Path) -> None:
    """Most say so themselves. Of the others a record lists the files."""
    add_dist_info(site, "numpy", "1.0", "conda\n")
    add_dist_info(site, "certifi", "2024.1", "pip\n")
    add_dist_info(site, "wheelless", "1.0", None)
    (site / "ancient-1.0-py2.7.egg-info").write_text("Name: ancient\nVersion: 1.0\n")
    (site / "egg-1.0-py2.7.egg" / "EGG-INFO").mkdir(parents=True)
    (site / "egg-1.0-py2.7.egg" / "EGG-INFO" / "PKG-INFO").write_text("Name: egg\n")
    files = [
        "lib/python3.12/site-packages/certifi-2024.1.dist-info/METADATA",
        "lib/python3.12/site-packages/wheelless-1.0.dist-info/METADATA",
        "lib/python3.12/site-packages/ancient-1.0-py2.7.egg-info",
        "lib/python3.12/site-packages/egg-1.0-py2.7.egg/EGG-INFO/PKG-INFO",
    ]
    record = record_of(make_cached(prefix.parent / "pkgs", name="py-certifi"))
    add_record(prefix, {**record, "files": files})

    assert pips(prefix) == []


def test_a_list_of_files_without_a_slash_is_searched_at_once(prefix: Path, site: Path) -> None:
    add_dist_info(site, "certifi", "2024.1", "pip\n")
    record = record_of(make_cached(prefix.parent / "pkgs", name="py-certifi"))
    files = ["x.dist-info.dist-info" * 100_000, "y/certifi-2024.1.dist-info/METADATA"]
    add_record(prefix, {**record, "files": files})
    began = time.process_time()
    assert pips(prefix) == []
    assert time.process_time() - began < 5  # It was minutes.


@pytest.mark.parametrize("keys", [("files", "paths_data"), ("paths_data", "files")])
@pytest.mark.parametrize("indent", [None, 2, 4])
def test_a_records_list_of_files_is_found_wherever_it_stands(
    prefix: Path, site: Path, keys: tuple[str, str], indent: int | None
) -> None:
    add_dist_info(site, "certifi", "2024.1", "pip\n")
    record = record_of(make_cached(prefix.parent / "pkgs", name="py-certifi"))
    others = [f"lib/{number}" for number in range(20_000)]
    lists = {
        "files": [*others, "lib/python3.12/site-packages/certifi-2024.1.dist-info/METADATA"],
        "paths_data": {"paths": [{"_path": path} for path in others], "paths_version": 1},
    }
    text = json.dumps({**record, **{key: lists[key] for key in keys}}, indent=indent)
    name = f"{record['name']}-{record['version']}-{record['build']}.json"
    (prefix / "conda-meta" / name).write_text(text)

    assert pips(prefix) == []


def test_what_pip_put_over_condas_package_is_pips(prefix: Path, site: Path) -> None:
    record = record_of(make_cached(prefix.parent / "pkgs", name="requests"))
    files = ["lib/python3.12/site-packages/requests-2.31.0.dist-info/METADATA"]
    add_record(prefix, {**record, "files": files})
    add_dist_info(site, "requests", "2.32.0", "pip\n")

    assert pips(prefix) == [("requests", "2.32.0")]
    assert len(found(prefix)) == 6


def test_what_pip_left_half_removed_is_no_package(prefix: Path, site: Path) -> None:
    add_dist_info(site, "gone", "1.0", "pip", metadata=None)
    (site / "~umpy-1.0.dist-info").mkdir()
    (site / "file.dist-info").mkdir()

    assert pips(prefix) == []


def test_metadata_of_a_stranger(prefix: Path, site: Path) -> None:
    add_dist_info(site, "a", "1.0", "pip", metadata="")
    add_dist_info(site, "b", "1.0", "pip", metadata="Name: " + "x" * 1000 + "\nVersion: \x1b[2J\n")
    add_dist_info(site, "c", "1.0", "pip", metadata="Name:\nVersion:\n")

    assert [(name[:5], version) for name, version in pips(prefix)] == [
        ("a", "1.0"),
        ("c", "1.0"),
        ("xxxxx", "\x1b[2J"),  # whoever shows it escapes it
    ]
    assert len(pips(prefix)[2][0]) == 200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in UTF-8 only")
def test_metadata_whose_name_is_not_utf_8(prefix: Path, site: Path) -> None:
    folder = os.path.join(os.fsencode(site), b"demo\xff-1.0.dist-info")
    os.makedirs(folder)
    Path(os.fsdecode(folder), "METADATA").write_text("Version: 1.0\n")

    names = [each.name for each in installed(str(prefix), caches=[]) if isinstance(each, NotConda)]

    assert "demo\udcff" in names


def test_a_name_of_pips_that_is_not_installed(prefix: Path, site: Path) -> None:
    add_dist_info(site, "flask", "3.0.1", "pip")

    assert pips(prefix, "flask=3") == [("flask", "3.0.1")]
    (unreadable,) = found(prefix, "flasq")
    assert unreadable.why.endswith("did you mean flask?")


def test_a_wheel_that_conda_installed_is_no_package_of_conda(tmp_path: Path) -> None:
    record = record_of(make_cached(tmp_path / "pkgs"))
    url = "https://files.example.org/demo-1.0-py3-none-any.whl"
    path = add_record(tmp_path / "env", {**record, "url": url, "fn": url.rpartition("/")[2]})

    assert found(tmp_path / "env") == [NotConda("demo", "1.0", str(path), "wheel")]


# From its channel


class Reader:
    """Stands in for the reader of remote files, which has tests of its own."""

    def __init__(self, file: Path, error: Exception | None = None) -> None:
        self.file, self.error = file, error
        self.asked: list[tuple[str, Record]] = []

    def __call__(self, url: str, record: Record) -> Reader:
        self.asked.append((url, record))
        return self

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        if self.error:
            raise self.error
        from dataclasses import replace

        return replace(read_package(self.file), read_from="remote", location=self.asked[-1][0])

    def files(self, names: Any) -> dict[str, bytes]:
        return dict.fromkeys(names, b"remote")


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_not_on_this_disk_is_read_from_its_channel(tmp_path: Path, shape: str) -> None:
    cached = make_cached(tmp_path / "pkgs")
    add_record(tmp_path / "env", record_of(cached, shape))
    reader = Reader(cached.file.rename(tmp_path / "demo-1.0-0.conda"))
    make_cached(tmp_path / "pkgs", {"extra": {"sha": "b" * 40}})

    (artifact,) = found(tmp_path / "env", reader=reader)
    claim = artifact.contents.claim()

    url = "https://conda.example.org/forge/noarch/demo-1.0-0.conda"
    assert claim.claim.sha == SHA
    assert (claim.read_from, claim.place, claim.location) == ("remote", url, artifact.location)
    ((asked, record),) = reader.asked
    assert asked == url
    assert (record.sha256, record.size) == (cached.index["sha256"], cached.index["size"])
    assert artifact.contents.files(["info/index.json"]) == {"info/index.json": b"remote"}


def test_the_channel_is_not_asked_for_what_is_on_this_disk(prefix: Path) -> None:
    reader = Reader(prefix)
    for artifact in found(prefix, "demo==1.0", "numpy", reader=reader):
        assert artifact.contents.claim().claim.sha == SHA
        assert not artifact.contents.is_remote
    assert not reader.asked


@pytest.mark.parametrize("kind", [PackageError, UnavailableError])
def test_neither_here_nor_there(tmp_path: Path, kind: type[Exception]) -> None:
    cached = make_cached(tmp_path / "pkgs")
    add_record(tmp_path / "env", record_of(cached))
    (artifact,) = found(tmp_path / "env", reader=Reader(tmp_path, kind("HOST cannot be reached.")))
    import shutil

    shutil.rmtree(tmp_path / "pkgs")

    assert artifact.contents.is_remote
    with pytest.raises(kind, match=r"cannot be read: nothing .* HOST cannot be reached\."):
        artifact.contents.claim()


@pytest.mark.parametrize(
    ("channel", "url", "address"),
    [
        ("https://h.example/chan/noarch", None, "https://h.example/chan/noarch/{}"),
        ("https://h.example/chan/", None, "https://h.example/chan/noarch/{}"),
        ("https://h.example/chan", None, "https://h.example/chan/noarch/{}"),
        ("https://h.example/noarch/", None, "https://h.example/noarch/{}"),
        (
            "https://h.example/chan/noarch",
            "https://h.example/t/<TOKEN>/chan/noarch/{}",
            "https://h.example/chan/noarch/{}",
        ),
        ("https://u:s3cr3t@h.example/chan/noarch", None, "https://h.example/chan/noarch/{}"),
        ("chan", "https://h.example/t/<TOKEN>/chan/noarch/{}", "https://h.example/chan/noarch/{}"),
        (
            None,
            "https://u:s3cr3t@h.example/t/tk-s3cr3t-s3cr3t/chan/noarch/{}",
            "https://h.example/chan/noarch/{}",
        ),
        # A token in a path that is hidden leaves no address that could be fetched.
        ("https://h.example/ghp_" + "a1" * 18 + "/chan/noarch", None, None),
        ("pypi", None, None),
        (None, None, None),
        ("file:///x/noarch", "file:///x/noarch/{}", None),
        ("ftp://h.example/x", None, None),
    ],
)
def test_the_address_of_a_record(channel: str | None, url: str | None, address: str | None) -> None:
    """conda leaves the words "<TOKEN>" in the address, which cannot be fetched."""
    from conda_provenance.sources.environments.records import without_login

    file = "demo-1.0-0.conda"
    record = Record("demo", "1.0", "0", file, subdir="noarch", url=url and url.format(file))
    record = record._replace(channel=channel and without_login(channel))

    assert address_of(record) == (address and address.format(file))


def test_a_file_name_is_quoted_in_an_address() -> None:
    record = Record("a", "1!2", "0", "a-1!2+x ?#-0.conda", channel="https://h.example/c/noarch")

    assert address_of(record._replace(subdir="noarch")) == (
        "https://h.example/c/noarch/a-1!2+x%20%3F%23-0.conda"
    )
