"""``show`` of channels, specs and lockfiles: real packages and indexes, on disk and on a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from channel import SECRET, SHA, Channel, channel, packages_folder
from cli_running import answer, run_command

__all__ = ["channel", "packages_folder"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The channel on a server, which sends whole files only."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    handler = partial(_Quiet, directory=str(channel.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, channel: Channel) -> str:
    """The channel, as a folder and on a server."""
    if request.param == "folder":
        return str(channel.folder)

    found: str = request.getfixturevalue("address")
    return found


def names(*words: str | Path, status: int = 0) -> list[str]:
    done = run_command("show", "--json", *words)
    assert done.returncode == status, done.stderr
    return [entry["package"] for entry in answer(done)["packages"]]


def test_a_whole_channel(place):
    done = run_command("show", "--channel", place, "--subdir", "noarch")
    assert done.returncode == 0, "nobody expects that all of it is stamped"
    assert "hello  " in done.stdout
    assert SECRET not in done.stdout + done.stderr
    found = names("--channel", place, "--subdir", "noarch", "--newest", "--match", "hello")
    assert found == ["hello-0.10-a1_1.conda"]


def test_a_spec_finds_the_newest_build_or_all(place):
    assert names(f"{place}::hello") == ["hello-0.10-a1_1.conda"]
    assert names(f"{place}/noarch::hello=0.9") == ["hello-0.9-h0_0.conda"]
    every = names(f"{place}::hello", "--all")
    assert {"hello-0.10-a1_1.conda", "hello-0.9-h0_0.conda"} < set(every)
    done = run_command("show", f"{place}::hello")
    assert f"← commit:       {SHA}" in done.stdout
    assert "(by the index, not checked)" in done.stdout


def test_a_spec_is_named_so_what_says_nothing_is_a_no(place):
    assert run_command("show", f"{place}::silent").returncode == 1


def test_a_spec_that_matches_nothing_is_reported_and_the_rest_goes_on(place):
    done = run_command("show", f"{place}::nothing", f"{place}::hello")
    assert done.returncode == 3
    assert "nothing matches no package in" in done.stderr
    assert SHA in done.stdout


def test_the_json_says_what_the_index_says(address):
    done = run_command("show", "--json", f"{address}::hello")
    (entry,) = answer(done)["packages"]
    assert (entry["subdir"], entry["channel"]) == ("noarch", address)
    assert (entry["read_from"], entry["sha256_from"]) == ("remote", "index")
    assert entry["timestamp"] > 1_700_000_000_000
    assert entry["location"] == f"{address}/noarch/hello-0.10-a1_1.conda"


def test_in_a_folder_an_index_is_used_and_not_needed(channel, tmp_path):
    folder = channel.copy(tmp_path / "copy").folder
    with_index = answer(run_command("show", "--json", folder))["packages"]
    hello = next(each for each in with_index if each["package"] == "hello-0.9-h0_0.conda")
    assert (hello["subdir"], hello["sha256_from"]) == ("noarch", "index")
    assert hello["timestamp"]

    for index in folder.rglob("repodata*"):
        index.unlink()
    without = answer(run_command("show", "--json", folder))["packages"]
    assert [each["package"] for each in without] == [each["package"] for each in with_index]
    hello = next(each for each in without if each["package"] == "hello-0.9-h0_0.conda")
    assert (hello["subdir"], hello["sha256"], hello["timestamp"]) == (None, None, None)
    assert hello["sha"] == SHA


def test_a_file_that_is_not_the_indexs_is_found_where_that_is_asked_for(channel, tmp_path):
    folder = channel.copy(tmp_path / "copy").folder
    package = folder / "noarch" / "hello-0.9-h0_0.conda"
    package.write_bytes((folder / "noarch" / "world-2.1-h0_0.conda").read_bytes())
    assert run_command("show", folder).returncode == 0
    done = run_command("show", "--check", folder)
    assert done.returncode == 3
    assert "hello-0.9-h0_0.conda is not the package that the index beside it lists" in done.stderr


def test_a_lockfile(address, tmp_path):
    lockfile = tmp_path / "explicit.txt"
    lines = [f"{address}/noarch/{name}.conda" for name in ("hello-0.9-h0_0", "silent-1.0-h0_0")]
    lockfile.write_text("\n".join(["# platform: linux-64", "@EXPLICIT", *lines]) + "\n")
    assert names("--lockfile", lockfile) == ["hello-0.9-h0_0.conda", "silent-1.0-h0_0.conda"]
    done = run_command("show", "--lockfile", lockfile)
    assert "2 packages: 1 stamped, 1 without provenance" in done.stdout


def test_two_lockfiles_are_compared(address, tmp_path):
    for name, version in (("old", "0.9-h0_0"), ("new", "0.10-h0_0")):
        url = f"{address}/noarch/hello-{version}.conda"
        (tmp_path / name).write_text(f"@EXPLICIT\n{url}\n")
    words = ["--diff", "--lockfile", tmp_path / "old", "--lockfile", tmp_path / "new"]
    done = run_command("show", *words)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == ["hello", "  version:      0.9 -> 0.10"]


def test_of_several_with_one_name_the_newest_is_compared(channel):
    done = run_command("show", "--diff", channel.folder, f"{channel.folder}::hello")
    assert "hello\n" not in done.stdout, "it is 0.10 on both sides, and not 0.9"


def test_a_channel_that_cannot_be_asked_is_unreadable_and_named(tmp_path):
    for words in (["--channel", "http://127.0.0.1:9/chan"], ["http://127.0.0.1:9/chan::hello"]):
        done = run_command("show", "--offline", *words)
        assert (done.returncode, done.stdout) == (3, "")
        assert "127.0.0.1:9/chan" in done.stderr
        assert "--offline" in done.stderr
