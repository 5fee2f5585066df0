"""What is wrong in a lockfile is said: it never looks like a file that locks less, or nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.sources import Artifact, NotConda, Unreadable
from conda_provenance.sources.lockfiles import lockfile_artifacts

URL = "https://h.example/chan/noarch/demo-1.0-0.conda"


@pytest.fixture
def read_bytes(tmp_path):
    def read(data: bytes) -> list[Any]:
        path = tmp_path / "lock"
        path.write_bytes(data)
        return list(lockfile_artifacts(str(path), lambda url, listed, /, *, file_name: url))

    return read


@pytest.fixture
def read(read_bytes):
    return lambda text: read_bytes(text.encode())


def pixi(environments: Any, packages: Any = ()) -> str:
    packages = list(packages) if isinstance(packages, tuple) else packages
    return json.dumps({"version": 6, "environments": environments, "packages": packages})


def locked_in_pixi(*references: Any) -> str:
    return pixi({"default": {"packages": {"linux-64": list(references)}}}, [{"conda": URL}])


def conda_lock(*entries: Any) -> str:
    return json.dumps({"version": 1, "metadata": {}, "package": list(entries)})


@pytest.mark.parametrize(
    "text",
    [
        conda_lock({"manager": "conda", "name": "demo", "platform": "linux-64"}),
        conda_lock({"manager": "conda", "name": "demo", "url": None}),
        conda_lock({"manager": "conda", "name": "demo", "url": 5}),
        conda_lock({"manager": "conda", "name": "demo", "url": "https://h.example/get?f=x.conda"}),
        conda_lock({"manager": "conda", "name": "demo", "url": "https://h.example/demo"}),
        conda_lock(None),
        conda_lock("demo"),
        conda_lock(["demo"]),
        locked_in_pixi(None),
        locked_in_pixi("demo"),
        locked_in_pixi({"cargo": URL}),
        locked_in_pixi({"conda": {"url": URL}}),
        "@EXPLICIT\nnumpy=1.2\n",
        "@EXPLICIT\nfile:///etc/passwd\n",
        "@EXPLICIT\nhttps://user:s3cr3t@h.example\n",
        "@EXPLICIT\nhttps://h.example/" + "s3cr3t" * 2000 + ".conda\n",
    ],
)
def test_a_package_without_an_address_is_unreadable(read, text) -> None:
    [found] = read(text)
    assert isinstance(found, Unreadable)
    assert "gives no address" in found.why
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        pixi([], [{"conda": URL}]),
        pixi("default", [{"conda": URL}]),
        pixi({"default": [{"conda": URL}]}),
        pixi({"default": {"packages": [{"conda": URL}]}}),
        pixi({"default": {"packages": {"linux-64": URL}}}),
        pixi({"default": {"packages": {"linux-64": {"conda": URL}}}}),
        pixi({"default": {"packages": {"linux-64": [{"conda": URL}]}}}, {"conda": URL}),
    ],
)
def test_a_list_that_is_none_does_not_look_empty(read, text) -> None:
    with pytest.raises(UnavailableError, match="damaged"):
        read(text)


@pytest.mark.parametrize(
    "environments", [{}, {"default": None}, {"default": {"packages": None}}, {"default": {}}]
)
def test_an_empty_pixi_lock_is_one(read, environments) -> None:
    assert read(pixi(environments, [{"conda": URL}])) == []


def test_a_plain_address_in_pixi_is_taken_for_one(read) -> None:
    [found] = read(locked_in_pixi(URL))
    assert isinstance(found, Artifact)
    assert found.location == URL


def test_a_folder_in_pixi_is_a_source(read) -> None:
    [found] = read(locked_in_pixi({"conda": "./demo", "name": "demo"}))
    assert isinstance(found, NotConda)
    assert found.kind == "source"


@pytest.mark.parametrize(
    "escaped",
    ["n%C3%BC%C3%A4/demo-1.0-0.conda", "c%2B%2B-1.0%2B2%2B3-0.conda", "a%20%20b-1%212.0-0.conda"],
)
def test_an_escaped_letter_is_no_variable_of_windows(read, escaped) -> None:
    [found] = read(f"@EXPLICIT\nhttps://h.example/noarch/{escaped}\n")
    assert isinstance(found, Artifact)


@pytest.mark.parametrize("variable", ["%HOST%", "%ADDRESS%", "%A%", "%BEEF%", "$HOST", "${HOST}"])
def test_a_variable_is_still_found(read, variable) -> None:
    [found] = read(f"@EXPLICIT\nhttps://{variable}/noarch/demo-1.0-0.conda\n")
    assert isinstance(found, Unreadable)
    assert "has a variable" in found.why


@pytest.mark.parametrize("letter", ["a", "$", "%", "/", "@", "a:", "%41"])
def test_a_long_address_takes_no_long_time(read, letter) -> None:
    start = time.process_time()
    read(f"@EXPLICIT\nhttps://h.example/{letter * 300_000}/demo-1.0-0.conda\n")
    read("@EXPLICIT\n" + f"https://h.example/{letter * 3_000}/demo-1.0-0.conda\n" * 20)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")],
)
@pytest.mark.parametrize(
    "text",
    [
        f"# platform: noarch\r\n@EXPLICIT\r\n{URL}\r\n",
        conda_lock({"manager": "conda", "name": "demo", "url": URL}),
        locked_in_pixi({"conda": URL}),
    ],
)
def test_powershell_may_have_written_it(read_bytes, encoding, mark, text) -> None:
    [found] = read_bytes(mark + text.encode(encoding))
    assert isinstance(found, Artifact)
    assert found.location == URL


@pytest.mark.parametrize("data", [b"\xff\xfea", b"\xff\xfe\x00\xd8", b"\x80", b"PK\x03\x04\xff"])
def test_what_is_no_text_is_no_lockfile(read_bytes, data) -> None:
    with pytest.raises(UsageError, match="is no text in UTF-8 or UTF-16"):
        read_bytes(data)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b" \r\n\n", b"# platform: linux-64\n"])
def test_an_empty_file_is_said_to_be_one(read_bytes, data) -> None:
    with pytest.raises(UsageError, match="there is nothing in it; lock it again"):
        read_bytes(data)


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"# mine\n{URL}#{'a' * 32}\n\n{URL.replace('demo', 'other')}\n",
        "./demo-1.0-0.tar.bz2\n",
        r"C:\pkgs\demo-1.0-0.conda",
    ],
)
def test_a_list_of_addresses_is_said_to_be_one(read, text) -> None:
    with pytest.raises(
        UsageError, match=r"is a list of packages.* a line @EXPLICIT .* an @ before"
    ):
        read(text)


def test_an_explicit_file_without_packages_locks_none(read) -> None:
    assert read("@EXPLICIT\n") == []
