"""``show`` of packages on a server: by address, and installed ones with ``--remote``."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_running import answer, run_command
from environments_making import add_record, make_cached, record_of
from misbehaving import LOGIN, SECRETS, Server
from packages_making import make_tar_bz2
from remote_packages import ABOUT, NAME, SHA, conda

DATA = conda()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    started = Server()
    started.files = {NAME: DATA}
    yield started
    started.stop()


def test_a_package_by_its_address(server):
    url = server.url("well", NAME)
    done = run_command("show", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        url,
        f"← commit:       {SHA}",
        f"                https://github.com/o/r/commit/{SHA}",
        "← repository:   https://github.com/o/r",
        "← run:          github_1",
        "                https://github.com/o/r/actions/runs/1",
        "claimed by the package; not verified",
    ]
    assert server.sent < len(DATA) / 2, "only the part that is needed is read"
    (entry,) = answer(run_command("show", "--json", url))["packages"]
    assert (entry["name"], entry["version"], entry["build"]) == ("demo", "1.0", "0")
    assert (entry["read_from"], entry["location"], entry["error"]) == ("remote", url, None)


def test_a_tar_bz2_by_its_address(server, tmp_path):
    path = make_tar_bz2(tmp_path, ABOUT)
    server.files[path.name] = path.read_bytes()
    done = run_command("show", server.url("well", path.name))
    assert done.returncode == 0
    assert SHA in done.stdout


def test_several_addresses_keep_their_order_and_one_that_is_gone_is_reported(server):
    urls = [server.url("well", NAME), server.url("well", "gone-1-0.conda")]
    urls.append(f"{server.url('well', NAME)}#{hashlib.md5(DATA).hexdigest()}")
    done = run_command("show", "--json", *urls)
    assert done.returncode == 3
    entries = answer(done)["packages"]
    assert [entry["sha"] for entry in entries] == [SHA, None, SHA]
    assert entries[1]["error"]
    assert len(done.stderr.splitlines()) == 1


def test_offline_nothing_is_asked_and_the_reason_is_said(server):
    done = run_command("show", "--offline", server.url("well", NAME))
    assert (done.returncode, done.stdout) == (3, "")
    assert "offline" in done.stderr
    assert not server.asked


def test_a_checksum_in_the_address_is_compared_where_that_is_asked_for(server):
    wrong, right = "0" * 64, hashlib.sha256(DATA).hexdigest()
    url = server.url("well", NAME)
    assert run_command("show", "--check", f"{url}#sha256:{right}").returncode == 0
    done = run_command("show", "--check", f"{url}#sha256:{wrong}")
    assert done.returncode == 3
    assert run_command("show", f"{url}#sha256:{wrong}").returncode == 0


def test_no_more_is_read_than_is_allowed_where_a_server_sends_no_part(server):
    url = server.url("no-ranges", NAME)
    done = run_command("show", "--max-download", "100kB", url)
    assert done.returncode == 3
    assert "--max-download" in done.stderr
    assert run_command("show", url).returncode == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("s3://bucket/noarch/a-1-0.conda", "addresses begin with https, http, oci or file"),
        ("https://h.example/chan", "a channel is given with --channel"),
        ("https://h.example/chan/noarch/a-1-0.whl", "which ends in .conda or .tar.bz2"),
    ],
)
def test_an_address_that_is_no_packages_says_what_to_give(text, why):
    done = run_command("show", text)
    assert (done.returncode, done.stdout) == (3, "")
    assert why in done.stderr


def test_a_login_and_a_token_are_used_and_never_shown(server):
    address = server.url("login", NAME).replace("://", f"://{LOGIN}@")
    for form in ([], ["-v"], ["--json"]):
        done = run_command("show", *form, address, address)
        assert not any(secret in done.stdout + done.stderr for secret in SECRETS)


def test_with_remote_an_installed_package_is_read_from_its_channel(server, tmp_path):
    channel = f"{server.root}/well"
    cached = make_cached(tmp_path / "pkgs", ABOUT, channel=channel)
    server.files[cached.file.name] = cached.file.read_bytes()
    prefix = tmp_path / "env"
    add_record(prefix, record_of(cached))
    shutil.rmtree(cached.folder)
    cached.file.unlink()

    local = run_command("show", "-p", prefix, "demo")
    assert local.returncode == 3
    assert "--remote" in local.stderr
    assert not server.asked

    done = run_command("show", "--json", "--remote", "-p", prefix, "demo")
    assert done.returncode == 0
    (entry,) = answer(done)["packages"]
    assert (entry["sha"], entry["read_from"]) == (SHA, "remote")
    assert entry["place"] == f"{channel}/noarch/{cached.file.name}"
    assert entry["sha256_from"] == "record"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_ctrl_c_shows_what_was_read_by_then(server, form):
    urls = [server.url("well", NAME), server.url("silent", NAME)]
    command = [sys.executable, "-m", "conda_provenance", "show", *form, *urls]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 20
        while len(server.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert SHA in out
    assert "was interrupted" in err
    assert "Traceback" not in err
    if form:
        printed = json.loads(out)
        assert len(printed["packages"]) == 1
        assert "was interrupted" in printed["error"]
