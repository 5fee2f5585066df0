"""``audit`` of environments and of packages on a server, and that it keeps their secrets."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_running import answer, run_command, validator
from environments_making import STAMP, add_record, make_cached, record_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving import LOGIN, SECRETS, Server
from packages_making import make_conda
from remote_packages import NAME, SHA, conda

from conda_provenance.cli.main import main

DATA = conda()
SECRET = "s3cr3tpassw0rd"
FORMS = ("csv", "html", "markdown", "junit")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CONDA_PROVENANCE_CACHE_DIR", str(tmp_path / "kept"))


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    started.files = {NAME: DATA}
    yield started
    started.stop()


@pytest.fixture
def prefix(tmp_path) -> Path:
    """An environment: a complete package, one that says nothing, and one that pip installed."""
    place = tmp_path / "env"
    add_record(place, record_of(make_cached(tmp_path / "pkgs", {"extra": STAMP}, name="numpy")))
    add_record(place, record_of(make_cached(tmp_path / "pkgs", {}, name="zlib")))
    (place / "conda-meta" / "history").write_text("")
    info = place / "lib" / "python3.12" / "site-packages" / "rich-13.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rich\nVersion: 13.0\n")
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("")
    return place


def audit(*arguments: str | Path, **variables: str):
    return run_command("audit", *arguments, **variables)


def test_an_environment_is_judged_by_its_records_and_pips_packages_are_set_apart(prefix):
    done = audit("-p", prefix)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == (
        "50 % complete: 1 of 2 (not counted: 1 not conda packages)"
    )
    assert audit(CONDA_PREFIX=str(prefix)).stdout == done.stdout

    found = answer(audit("--json", "-p", prefix))
    assert [(row["name"], row["state"]) for row in found["packages"]] == [
        ("numpy", "complete"), ("zlib", "absent"),
    ]  # fmt: skip
    assert (found["summary"]["not_conda"], found["summary"]["total"]) == (1, 2)
    assert list(found["summary"]["by_channel"]) == ["https://conda.example.org/forge"]


def test_what_is_gone_from_the_disk_is_unreadable_and_not_absent(prefix, tmp_path):
    for path in (tmp_path / "pkgs").glob("numpy-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = answer(audit("--json", "-p", prefix, "--require", "sha", "--exclude", "zlib"))
    assert [row["state"] for row in found["packages"]] == ["unreadable"]
    assert found["failures"] == []
    assert audit("-p", prefix, "--require", "sha", "--exclude", "zlib").returncode == 3


def test_a_record_that_cannot_be_read_is_excluded_by_its_files_name(prefix):
    (prefix / "conda-meta" / "odd-1.0-0.json").write_text("{")
    assert audit("-p", prefix, "--require", "sha", "--exclude", "zlib").returncode == 3
    gate = ("--require", "sha", "--exclude", "zlib", "--exclude", "odd")
    assert audit("-p", prefix, *gate).returncode == 0
    assert audit("-p", prefix, *gate[:-1], "odd=2").returncode == 3


def test_names_and_versions_are_the_records(prefix):
    assert audit("-p", prefix, "--exclude", "zlib=1.0", "--require", "sha").returncode == 0
    assert audit("-p", prefix, "--exclude", "zlib=2.0", "--require", "sha").returncode == 1
    assert audit("-p", prefix, "numpy", "--require", "sha").returncode == 0


def test_a_second_audit_asks_the_server_for_nothing(server):
    url = f"{server.url('well', NAME)}#sha256:{hashlib.sha256(DATA).hexdigest()}"
    first = answer(audit("--json", url))
    assert [row["sha"] for row in first["packages"]] == [SHA]
    asked = len(server.asked)
    assert asked

    assert answer(audit("--json", url)) == first
    assert len(server.asked) == asked
    audit(url, "--no-cache")
    assert len(server.asked) > asked


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT")
def test_a_ctrl_c_loses_nothing_that_was_read(server, tmp_path):
    url = f"{server.url('well', NAME)}#sha256:{hashlib.sha256(DATA).hexdigest()}"
    command = [sys.executable, "-m", "conda_provenance", "audit", url, server.url("silent", NAME)]
    page = tmp_path / "audit.html"
    with subprocess.Popen([*command, "--html", page], stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while len(server.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert not page.exists()

    asked = len(server.asked)
    assert [row["sha"] for row in answer(audit("--json", url))["packages"]] == [SHA]
    assert len(server.asked) == asked


def test_a_whole_file_is_read_only_if_that_is_wanted(server):
    url = server.url("no-ranges", NAME)
    done = audit(url, "--require", "sha")
    assert done.returncode == 3
    assert "unreadable" in done.stdout
    assert audit(url, "--require", "sha", "--full-download").returncode == 0


def test_what_a_server_does_not_give_is_unreadable(server):
    found = answer(audit("--json", server.url("well", "gone-1-0.conda"), server.url("well", NAME)))
    assert [row["state"] for row in found["packages"]] == ["unreadable", "complete"]
    offline = audit("--offline", server.url("well", NAME), "--require", "sha")
    assert offline.returncode == 3


def _every_form(tmp_path: Path, *arguments: str | Path) -> list[str]:
    """What each form of a report holds, and what was printed."""
    files = [tmp_path / f"report.{name}" for name in FORMS]
    options = [each for path in files for each in (f"--{path.suffix[1:]}", path)]
    gate = ("--require", "sha,remote_url,flow_run_id,flow_run_url", "--provider", "azure")
    gate += ("--repo", "https://github.com/o/*")
    printed = [audit(*arguments, *gate, "-v", *options), audit(*arguments, *gate, "--json")]
    assert not [done for done in printed if "Traceback" in done.stderr]
    texts = [text for done in printed for text in (done.stdout, done.stderr)]
    return texts + [path.read_text() for path in files if path.exists()]


def test_no_secret_of_a_record_or_package_is_in_any_form(tmp_path):
    address = f"https://user:{SECRET}@h.example/t/{SECRET}/chan"
    extra = {
        "remote_url": f"https://user:{SECRET}@github.com/o/r?token={SECRET}",
        "flow_run_id": f"https://{SECRET}@ci.example/1?sig={SECRET}",
        "flow_run_url": f"https://ci.example/1?sig={SECRET}",
    }
    prefix = tmp_path / "env"
    here = make_cached(tmp_path / "pkgs", {"extra": extra}, name="here", channel=address)
    gone = make_cached(tmp_path / "elsewhere", name="gone", channel=address)
    for cached in (here, gone):
        url = f"{address}/noarch/{cached.file.name}"
        add_record(prefix, record_of(cached, "mamba") | {"url": url})
    shutil.rmtree(gone.folder)
    gone.file.unlink()
    add_record(prefix, b"{" + SECRET.encode(), "broken-1-0.json")

    texts = _every_form(tmp_path, "-p", prefix)
    assert len(texts) == 8
    assert not [text for text in texts if SECRET in text]
    assert all("here" in text for text in texts if "audited" in text or '"packages"' in text)


def test_a_login_and_a_token_are_used_and_are_in_no_form(server, tmp_path):
    address = server.url("login", NAME).replace("://", f"://{LOGIN}@")
    texts = _every_form(tmp_path, f"{address}#sha256:{hashlib.sha256(DATA).hexdigest()}")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file())
    for secret in SECRETS:
        assert not [text for text in texts if secret in text]
        assert secret.encode() not in kept


logins = st.sampled_from([f"user:{SECRET}@", f"{SECRET}:x@", f"user%3A{SECRET}@", ""])
tokens = st.sampled_from([f"t/{SECRET}/", f"t/ab-01234567-{SECRET}/", ""])
queries = st.sampled_from([f"?token={SECRET}", f"?X-Amz-Signature={SECRET}&x=1", f"#{SECRET}", ""])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_secret_of_the_command_line_is_shown(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    login, token, query = data.draw(st.tuples(logins, tokens, queries))
    odd = data.draw(st.sampled_from(["", "a b/"]))
    address = f"https://{login}h.example/{token}{odd}chan/noarch/x-1-0.conda{query}"
    words = data.draw(
        st.sampled_from([
            [address], ["--channel", address], ["--lockfile", address], ["-p", address],
            ["x", "--repo", address], ["x", "--provider", address], ["x", "--require", address],
            ["x", "--baseline", address], ["--merge", address], ["x", "--exclude", address],
            ["x", "--csv", address], ["x", "--fail-under", address], ["x", "--shard", address],
        ])
    )  # fmt: skip
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["audit", "--offline", "--json", *words])
    assert status in (1, 2, 3)
    assert SECRET not in out.getvalue() + err.getvalue()
    if out.getvalue():
        validator().validate(json.loads(out.getvalue()))


@settings(max_examples=60)
@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=60)
)
def test_a_strangers_file_name_is_harmless(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("odd")
    make_conda(folder, {"extra": STAMP}, name="plain")
    try:
        (folder / f"{name}.conda").write_bytes(b"PK")
    except OSError:
        return

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["audit", str(folder)])
    assert status == 3
    assert all(char.isprintable() or char == "\n" for char in out.getvalue())
