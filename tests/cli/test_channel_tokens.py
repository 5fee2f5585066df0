"""The token at the end of a channel's address, ``https://h/t/TOKEN``, is shown nowhere."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from misbehaving import TOKEN, Server
from packages_making import make_conda

from conda_provenance.cli.main import main


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[str]:
    """A channel whose address ends in a token. Its index lists one package."""
    server = Server()
    package = make_conda(tmp_path, {"extra": {"sha": "a" * 40}})
    server.files[package.name] = package.read_bytes()
    server.files["repodata.json"] = (
        b'{"packages": {}, "packages.conda": {"demo-1.0-0.conda": '
        b'{"name": "demo", "version": "1.0", "build": "0", "build_number": 0}}}'
    )
    yield f"{server.root}/t/{TOKEN}"
    server.stop()


def run(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main(list(arguments))
    return out.getvalue() + err.getvalue()


@pytest.mark.parametrize("form", [[], ["-v"], ["--json"]])
@pytest.mark.parametrize(
    "words",
    [
        ["audit", "--no-cache", "--channel", "{}"],
        ["audit", "--no-cache", "--channel", "{}/", "--subdir", "noarch"],
        ["audit", "--no-cache", "--channel", "{}/noarch"],
        ["show", "--channel", "{}", "--newest"],
        ["show", "{}::demo"],
        ["show", "{}/noarch::demo", "--all"],
        ["show", "{}/noarch/demo-1.0-0.conda"],
    ],
)
def test_where_all_goes_well(channel, words, form):
    shown = run(*(word.format(channel) for word in words), *form)
    assert "demo" in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("form", [[], ["-v"], ["--json"]])
@pytest.mark.parametrize(
    "words",
    [
        ["audit", "--channel", "{}?x"],
        ["audit", "--channel", "{}#x"],
        ["audit", "--channel", "{}", "--match", "other"],
        ["audit", "--channel", "{}", "--subdir", "osx-64"],
        ["show", "{}::other"],
        ["show", "{}::a[b"],
        ["show", "{}"],
        ["show", "{}/noarch"],
        ["show", "{}/noarch/other-1.0-0.conda"],
    ],
)
def test_where_something_is_wrong(channel, words, form):
    assert TOKEN not in run(*(word.format(channel) for word in words), *form)


@pytest.mark.parametrize("scheme", ["oci", "s3", "ftp", "HTTPS"])
def test_in_addresses_that_are_not_asked(scheme):
    for words in (["audit", "--channel", "{}"], ["show", "{}"], ["show", "{}::x"]):
        address = f"{scheme}://h.invalid/t/{TOKEN}"
        assert TOKEN not in run(*(word.format(address) for word in words), "--offline")


@pytest.mark.parametrize("more", [["-q"], ["--offline"]])
def test_in_files(channel, tmp_path, more):
    names = ("csv", "html", "markdown", "junit")
    files = [f"--{name}={tmp_path / name}" for name in names]
    run("audit", "--no-cache", "--channel", channel, *more, *files)
    for name in names:
        assert TOKEN not in (tmp_path / name).read_text()
