"""No secret of a target, record or package reaches the text, the JSON or an error of ``show``."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from cli_running import run_command, validator
from environments_making import STAMP, add_record, make_cached, record_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages_making import make_conda

from conda_provenance.cli.main import main

SECRET = "s3cr3tpassw0rd"

logins = st.sampled_from(
    [f"user:{SECRET}@", f"{SECRET}:x@", f"user:a@{SECRET}@", f"user%3A{SECRET}@", f":{SECRET}@", ""]
)
tokens = st.sampled_from([f"t/{SECRET}/", f"t/ab-01234567-{SECRET}/", ""])
queries = st.sampled_from(
    [f"?token={SECRET}", f"?X-Amz-Signature={SECRET}&x=1", f"#{SECRET}", f";token={SECRET}", ""]
)
schemes = st.sampled_from(["https", "http", "oci", "s3", "ftp", "HTTPS"])
odd = st.sampled_from(["", "\x1b[31m", "\u202e", "%1b", "a b/", "\n"])


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """The address of a package, with a secret in one place at least or with none."""
    host = draw(st.sampled_from(["h.example", "localhost:1", "[::1]:1", "127.0.0.1:1"]))
    base = f"{draw(schemes)}://{draw(logins)}{host}/{draw(tokens)}{draw(odd)}chan"
    return f"{base}/noarch/x-1-0.conda{draw(queries)}"


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """A command line that holds such an address somewhere."""
    address = draw(addresses())
    channel = address.removesuffix("/noarch/x-1-0.conda")
    return draw(
        st.sampled_from(
            [
                [address],
                [f"{channel}::numpy"],
                [f"{channel}/noarch::numpy", "--all"],
                [f"{channel}::{address}"],
                ["--channel", channel],
                ["--channel", channel, "--newest", "--match", "a=1"],
                ["--lockfile", address],
                [f"@{address}"],
                ["numpy", "-p", address],
                ["-n", address],
                ["--diff", address, channel],
                ["x", "--channel", channel],
                ["--max-download", address],
                ["--channel", "x", "--since", address],
            ]
        )
    )


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["show", *arguments])
    return status, out.getvalue(), err.getvalue()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=words(), form=st.sampled_from([[], ["-v"], ["--json"]]))
def test_no_secret_of_a_target_is_shown(tmp_path, monkeypatch, words, form):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    status, out, err = run("--offline", *form, *words)
    assert status in (1, 2, 3)
    shown = out + err
    assert SECRET not in shown
    assert "Traceback" not in shown
    assert not any(char in shown for char in "\x1b\u202e\r")
    if form == ["--json"] and out:
        validator().validate(json.loads(out))


def test_an_address_with_a_space_in_it_is_one_value(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = f"https://h.example/t/{SECRET}/a b/chan/noarch/x-1-0.conda#{SECRET}"
    _, out, err = run("--offline", f"{address}::{address}")
    assert SECRET not in out + err


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment whose records, cache and packages are full of secrets."""
    prefix = tmp_path / "env"
    address = f"https://user:{SECRET}@h.example/t/{SECRET}/chan"
    extra = {
        "sha": SECRET,
        "remote_url": f"https://user:{SECRET}@github.com/o/r?token={SECRET}",
        "flow_run_id": f"https://{SECRET}@ci.example/1?sig={SECRET}",
        "flow_run_url": f"https://ci.example/1?sig={SECRET}",
    }
    del extra["sha"]
    here = make_cached(tmp_path / "pkgs", {"extra": extra}, name="here", channel=address)
    gone = make_cached(tmp_path / "elsewhere", name="gone", channel=address)
    for cached in (here, gone):
        record = record_of(cached, "mamba") | {"url": f"{address}/noarch/{cached.file.name}"}
        add_record(prefix, record)
    (gone.folder / "info" / "about.json").unlink()
    gone.file.unlink()
    add_record(prefix, b"{" + SECRET.encode(), f"broken-{SECRET[:0]}1-0.json")
    return prefix


@pytest.mark.parametrize("form", [[], ["-v"], ["--json"], ["--diff"]])
def test_no_secret_of_a_record_or_package_is_shown(environment, form):
    more = [environment] if form == ["--diff"] else ["--offline"]
    done = run_command("show", *form, environment, *more)
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "here" in done.stdout or form == ["--diff"]


@settings(max_examples=100, deadline=None)
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
    for form in ([], ["--json"], ["-v"]):
        _, out, err = run(*form, str(folder))
        assert all(char.isprintable() or char == "\n" for char in out + err)
        assert err.count("\n") == 1
