"""``conda doctor``'s check of installed packages."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from channel import STAMP
from conda_gate import Conda, tree

from conda_provenance.audit.doctor import NAME, Findings, find

SHA256 = "a" * 64


def installed(folder: Path, name: str, extra: object = STAMP, **noted: Any) -> Path:
    """A record and its folder in a package cache, made by hand in the shape of conda 26.7."""
    full = f"{name}-1.0-0"
    cached = folder / "pkgs" / full
    (cached / "info").mkdir(parents=True)
    index = {"name": name, "version": "1.0", "build": "0"}
    (cached / "info" / "index.json").write_text(json.dumps(index))
    (cached / "info" / "about.json").write_text(json.dumps({"extra": extra}))
    own = {**index, "sha256": SHA256, "url": f"https://a.example/noarch/{full}.conda"}
    (cached / "info" / "repodata_record.json").write_text(json.dumps({**own, **noted}))

    meta = folder / "env" / "conda-meta"
    meta.mkdir(parents=True, exist_ok=True)
    (meta / "history").touch()
    record = {**own, "fn": f"{full}.conda", "extracted_package_dir": str(cached), "files": []}
    (meta / f"{full}.json").write_text(json.dumps(record))
    return cached


def test_it_tells_the_silent_from_those_that_cannot_be_read(tmp_path: Path) -> None:
    installed(tmp_path, "stamped")
    installed(tmp_path, "partial", {"sha": STAMP["sha"]})
    installed(tmp_path, "silent", {})
    installed(tmp_path, "empty", dict.fromkeys(STAMP, ""))
    installed(tmp_path, "others", {}, sha256="b" * 64)
    gone = installed(tmp_path, "gone", {})
    gone.rename(tmp_path / "elsewhere")
    meta = tmp_path / "env" / "conda-meta"
    (meta / "cut-1.0-0.json").write_text('{"name": "cut", "versi')
    (meta / "latin-1.0-0.json").write_bytes(b'{"name": "\xe9"}')
    (meta / "._stamped-1.0-0.json").write_bytes(b"\0\5\x16\7")

    findings = find(str(tmp_path / "env"), [str(tmp_path / "pkgs")])
    assert findings.total == 8
    assert findings.silent == ("empty-1.0-0", "silent-1.0-0")
    assert len(findings.unreadable) == 4
    text = "\n".join(findings.unreadable)
    for name in ("cut", "latin", "gone", "others"):
        assert name in text


def test_a_wheel_that_conda_installed_is_no_package_of_condas(tmp_path: Path) -> None:
    installed(tmp_path, "stamped")
    meta = tmp_path / "env" / "conda-meta"
    wheel = {"name": "wheel", "version": "1.0", "build": "0", "url": "https://a.example/w-1.whl"}
    (meta / "wheel-1.0-0.json").write_text(json.dumps(wheel))
    assert find(str(tmp_path / "env"), [str(tmp_path / "pkgs")]) == Findings(1)


def test_an_environment_without_packages(tmp_path: Path) -> None:
    (tmp_path / "conda-meta").mkdir()
    assert find(str(tmp_path), []) == Findings(0)


# --- With real conda ------------------------------------------------------------------------------


def check(conda: Conda, *words: str | Path, **options: Any) -> str:
    done = conda("doctor", "-p", *words, NAME, **options)
    assert done.status == 0
    return done.out.partition("\n\n")[2]


def test_conda_doctor_counts_and_lists(conda: Conda) -> None:
    prefix = conda.made("silent", "partial", "stamped", "stamped-old")
    counted = check(conda, prefix)
    assert "❌ 1 of 4 packages does not say where it comes from (CEP 31).\n" in counted
    assert f"'conda doctor -v {NAME}' lists them." in counted
    assert "silent-1.0" not in counted

    listed = check(conda, prefix, "-v")
    assert "\n  silent-1.0-h0_0\n" in listed
    assert "stamped" not in listed


def test_what_is_only_claimed_gets_no_check_mark(conda: Conda) -> None:
    said = check(conda, conda.made("stamped", "stamped-meta"))
    assert "2 packages say where they come from (claimed, not verified)." in said
    assert "✅" not in said


def test_what_another_package_took_the_place_of_is_unreadable(conda: Conda) -> None:
    prefix = conda.made("silent", "stamped")
    words = ("create", "-y", "-p", conda.prefix("two"), "silent")
    assert conda(*words, CONDA_CHANNELS=conda.channel("other")).status == 0
    said = check(conda, prefix, "-v")
    assert "1 could not be read, so what they say is not known." in said
    assert "silent-1.0-h0_0 cannot be read: " in said
    assert "not say where" not in said


WATCH = """
import socket, sys, atexit
def audit(event, arguments):
    if event.startswith(('socket.connect', 'socket.getaddrinfo')):
        sys.stderr.write(f'network: {event}\\n')
sys.addaudithook(audit)
def report():
    from conda.core.package_cache_data import PackageCacheData
    print('caches:', sorted(PackageCacheData._cache_), file=sys.stderr)
atexit.register(report)
"""


def test_nothing_is_written_fetched_or_deleted(conda: Conda) -> None:
    prefix = conda.made("silent", "stamped")
    damaged = conda.cache / "stamped-1.0-h0_0"
    (damaged / "info" / "index.json").unlink()  # conda's own classes delete such a folder
    before = tree(conda.folder)
    done = conda("doctor", "-v", "-p", prefix, NAME, prelude=WATCH)
    assert "silent-1.0-h0_0" in done.out
    assert "network:" not in done.err
    assert "caches: []" in done.err
    after = tree(conda.folder)
    ours = {path for path in after.keys() | before.keys() if not path.startswith("home/")}
    assert {path: after.get(path) for path in ours} == {path: before.get(path) for path in ours}


def test_a_fault_of_ours_is_one_line_of_warning(conda: Conda) -> None:
    prefix = conda.made("stamped")
    fault = (
        "import conda_provenance.audit.doctor as doctor\n"
        "def find(*_): raise KeyError('s3cr3t')\n"
        "doctor.find = find\n"
    )
    done = conda("doctor", "-p", prefix, NAME, prelude=fault)
    assert done.status == 0
    (line,) = done.err.strip().splitlines()
    assert "conda-provenance failed: KeyError" in line
    assert "s3cr3t" not in done.said


@pytest.mark.skipif(find_spec("conda") is None, reason="conda is not installed here")
def test_conda_before_26_1_takes_a_name_and_an_action_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in: the class as it was from 23.11 to 25.11."""
    from collections import namedtuple

    from conda.plugins import types

    from conda_provenance.audit.doctor import health_check

    monkeypatch.setattr(types, "CondaHealthCheck", namedtuple("CondaHealthCheck", "name action"))
    assert health_check().name == NAME


def test_the_check_can_be_made_without_conda(tmp_path: Path) -> None:
    """Finding is ours alone. Only the marks in the report are conda's."""
    import subprocess

    installed(tmp_path, "silent", {})
    code = (
        "import sys\n"
        "sys.modules['conda'] = None\n"
        "from conda_provenance.audit.doctor import find\n"
        "print(find(sys.argv[1], [sys.argv[2]]).silent)\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "env"), str(tmp_path / "pkgs")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.strip() == "('silent-1.0-0',)"
