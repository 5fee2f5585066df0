"""What the gate asks of a package and what it says, without conda: caches are made by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from channel import SHA, STAMP
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.audit import install_gate
from conda_provenance.audit.incoming import Incoming
from conda_provenance.audit.install_gate import Verdict, check
from conda_provenance.audit.install_policy import (
    Exemption,
    InstallPolicy,
    load_install_policy,
    read_install_policy,
)
from conda_provenance.audit.install_rules import Place
from conda_provenance.claim import Claim
from conda_provenance.condarc import INSTALL, INSTALL_REQUIRE
from conda_provenance.errors import SettingsError
from conda_provenance.policy.channels import channel_address
from conda_provenance.settings import wrong_value
from conda_provenance.sources.environments import Record

CHANNEL = "https://conda.example/main"
REFUSE = InstallPolicy("refuse")
PLACE = Place("a", CHANNEL)


def incoming(name: str = "a", **fields: Any) -> Incoming:
    number = sum(map(ord, name)) + int.from_bytes(name[-3:].encode(), "big")
    plain = {
        "file_name": f"{name}-1.0-0.conda",
        "subdir": "noarch",
        "channel": CHANNEL,
        "sha256": f"{number:064x}",
        "url": f"{CHANNEL}/noarch/{name}-1.0-0.conda",
    }
    return Incoming(Record(name, "1.0", "0", **{**plain, **fields}))


def extracted(
    cache: Path, package: Incoming, extra: object = STAMP, about: str | None = None, **noted: Any
) -> Path:
    """Make the folder that conda would: a stand-in, of the shape that conda 26.7 leaves."""
    folder = cache / package.record.full_name / "info"
    folder.mkdir(parents=True)
    record = package.record
    index = {"name": record.name, "version": record.version, "build": record.build}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "about.json").write_text(json.dumps({"extra": extra}) if about is None else about)
    text = json.dumps({**index, "sha256": record.sha256, "url": record.url, **noted})
    (folder / "repodata_record.json").write_text(text)
    return folder


def compile_spec(text: str) -> Any:
    """A stand-in for conda's specs: a name."""
    if text == "wrong":
        raise ValueError

    def matches(record: Any) -> bool:
        return bool(record == text)

    return matches


def judge(
    policy: InstallPolicy, packages: Iterable[Incoming], *caches: Path, present: Iterable[str] = ()
) -> Verdict:
    return check(policy, packages, set(present), map(str, caches), compile_spec)


# --- What is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "require", "lacks"),
    [
        (STAMP, None, ()),
        ({}, None, ("it says nothing of where it comes from",)),
        (dict.fromkeys(STAMP, ""), None, ("it says nothing of where it comes from",)),
        ({"sha": SHA}, None, ("it lacks remote_url, flow_run_id",)),
        ({**STAMP, "sha": ""}, None, ("it lacks sha",)),
        ({"sha": SHA}, ("sha",), ()),
        ({"sha": SHA}, (), ()),
        ({}, (), ("it says nothing of where it comes from",)),
        ({**STAMP, "sha": 5}, None, ("sha is not a string",)),
        ({**STAMP, "flow_run_id": "17"}, ("sha",), ()),
        ({**STAMP, "flow_run_url": "x"}, None, ()),
    ],
)
def test_what_a_package_lacks(
    extra: dict[str, Any], require: tuple[str, ...] | None, lacks: tuple[str, ...]
) -> None:
    policy = REFUSE if require is None else InstallPolicy("refuse", require)
    assert policy.shortcomings(Claim.from_extra(extra), PLACE) == lacks


@pytest.mark.parametrize(
    ("remote", "allowed"),
    [
        ("https://github.com/conda-forge/x-feedstock", True),
        ("https://github.com/conda-forge/x-feedstock.git", True),
        ("https://github.com/conda-forge", False),
        ("https://github.com/conda-forge-evil/x", False),
        ("https://github.com/conda-forge/x/y", False),
        ("https://github.com/conda-forge/../evil/x", False),
        ("https://github.com@evil.example/conda-forge/x", False),
        ("https://github.com.evil.example/conda-forge/x", False),
        ("http://github.com/conda-forge/x", False),
        ("https://evil.example/https://github.com/conda-forge/x", False),
        ("", False),
    ],
)
def test_repositories_are_compared_part_by_part(remote: str, allowed: bool) -> None:
    values = {
        INSTALL.name: "refuse",
        "provenance_install_repos": ["https://github.com/conda-forge/*"],
    }
    policy = read_install_policy(values)
    found = policy.shortcomings(Claim.from_extra({**STAMP, "remote_url": remote}), PLACE)
    assert (not found) is allowed
    if not remote:
        assert "it names no repository" in found


def test_without_requirements_the_repository_is_still_needed() -> None:
    values = {
        INSTALL.name: "refuse",
        INSTALL_REQUIRE.name: [],
        "provenance_install_repos": ["https://github.com/a/b"],
    }
    policy = read_install_policy(values)
    assert policy.shortcomings(Claim.from_extra({"sha": SHA}), PLACE) == ("it names no repository",)


def test_a_password_in_a_repository_is_not_repeated() -> None:
    values = {INSTALL.name: "refuse", "provenance_install_repos": ["https://github.com/a/b"]}
    claim = Claim.from_extra({**STAMP, "remote_url": "https://me:s3cr3t@github.com/a/b"})
    text = str(read_install_policy(values).shortcomings(claim, PLACE))
    assert "its repository is not allowed" in text
    assert "s3cr3t" not in text


# --- The keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["ignore", "IGNORE ", None, "", " "])
def test_nothing_is_asked_by_default(value: str | None) -> None:
    assert read_install_policy({INSTALL.name: value}) == InstallPolicy()


@pytest.mark.parametrize("value", ["refus", "true", "false", "0", "['refuse']", 5])
def test_a_wrong_value_means_refuse(value: object) -> None:
    policy = read_install_policy({INSTALL.name: value})
    assert policy.action == "refuse"
    assert policy.error == str(wrong_value(INSTALL))


def test_what_conda_cannot_read_means_refuse_or_is_said() -> None:
    def read(word: str, wrong: str) -> InstallPolicy:
        def values(settings: Any) -> dict[str, object]:
            for setting in settings:
                if setting.name == wrong:
                    raise SettingsError("It is a list.")
            return {INSTALL.name: word}

        return load_install_policy(values)

    assert read("warn", INSTALL.name).action == "refuse"
    assert read("warn", INSTALL_REQUIRE.name) == InstallPolicy("warn", error="It is a list.")
    assert read("refuse", INSTALL_REQUIRE.name).error == "It is a list."
    assert read("ignore", INSTALL_REQUIRE.name) == InstallPolicy("ignore")


@pytest.mark.parametrize(
    ("item", "exemption"),
    [
        (
            "https://conda.anaconda.org/conda-forge",
            ("https://conda.anaconda.org/conda-forge", None),
        ),
        ("HTTPS://Conda.Anaconda.org:443/a//b/", ("https://conda.anaconda.org/a/b", None)),
        ("http://host:8080/a", ("http://host:8080/a", None)),
        ("file:///srv/channel", ("file:///srv/channel", None)),
        ("https://[::1]:8443/a::numpy", ("https://[::1]:8443/a", "numpy")),
        ("https://host/a::numpy[version='>=1']", ("https://host/a", "numpy[version='>=1']")),
        ("https://host/a/noarch::numpy", ("https://host/a/noarch", "numpy")),
    ],
)
def test_an_exemption_is_a_channels_address_and_may_have_a_spec(
    item: str, exemption: tuple[str, str | None]
) -> None:
    values = {INSTALL.name: "refuse", "provenance_install_exempt": [item]}
    assert read_install_policy(values).exemptions == (Exemption(*exemption),)


@pytest.mark.parametrize(
    "item",
    [
        *("numpy", "conda-forge", "conda-forge::numpy", "*", "https://", "https://host", "::numpy"),
        *("https://user:s3cr3t@host/a", "https://host/t/s3cr3t/a", "https://host/a?b=s3cr3t"),
        *("https://host/../a", "https://host\\@evil/a", "https://host./a", "https://h ost/a"),
        *("https://host/a::", "https://host/a::b::c", "https://höst/a", "https://host:x/a"),
    ],
)
def test_nothing_else_exempts(item: str) -> None:
    policy = read_install_policy({INSTALL.name: "refuse", "provenance_install_exempt": [item]})
    assert policy.error is not None
    assert "provenance_install_exempt" in policy.error
    assert "s3cr3t" not in policy.error


@given(st.text(max_size=30))
def test_a_channels_address_is_read_alike_twice(text: str) -> None:
    once = channel_address(f"https://host/{text}")
    assert once is None or channel_address(once) == once


# --- What is read ---------------------------------------------------------------------------------


def test_stamped_and_silent_packages(tmp_path: Path) -> None:
    a, b, c = incoming("a"), incoming("b"), incoming("c")
    extracted(tmp_path, a)
    extracted(tmp_path, b, extra={})
    extracted(tmp_path, c, extra={"sha": SHA})
    verdict = judge(REFUSE, [a, b, c], tmp_path)
    assert [each.package.record.name for each in verdict.shortfalls] == ["b", "c"]
    assert verdict.refuses
    assert not judge(InstallPolicy("warn"), [a, b, c], tmp_path).refuses
    assert not judge(REFUSE, [a], tmp_path).has_news
    assert not judge(InstallPolicy(), [b], tmp_path).has_news


def test_a_folder_of_another_channel_does_not_count(tmp_path: Path) -> None:
    package = incoming()
    extracted(tmp_path / "one", package, sha256="f" * 64, url="https://other.example/noarch/x")
    verdict = judge(REFUSE, [package], tmp_path / "one")
    assert verdict.shortfalls[0].is_unreadable
    assert "holds another package of this name" in str(verdict)

    extracted(tmp_path / "two", package)
    assert not judge(REFUSE, [package], tmp_path / "one", tmp_path / "two").has_news


def test_a_folder_that_conda_would_take_before_the_right_one(tmp_path: Path) -> None:
    """conda links the first folder of the same channel, whatever its checksum is."""
    package = incoming()
    url = f"https://user:s3cr3t@conda.example/t/t0ken/main/noarch/{package.record.file_name}"
    extracted(tmp_path / "one", package, sha256="f" * 64, url=url)
    extracted(tmp_path / "two", package)
    verdict = judge(REFUSE, [package], tmp_path / "one", tmp_path / "two")
    assert verdict.refuses
    assert f"{tmp_path / 'one' / 'a-1.0-0'} holds another package of this name" in str(verdict)
    assert "s3cr3t" not in str(verdict)
    assert not judge(REFUSE, [package], tmp_path / "two", tmp_path / "one").has_news


def test_a_conda_that_was_extracted_from_its_tar_bz2(tmp_path: Path) -> None:
    package = incoming()._replace(legacy_md5="d" * 32)
    extracted(tmp_path, package, sha256=None, md5="d" * 32)
    assert not judge(REFUSE, [package], tmp_path).has_news


@pytest.mark.parametrize(
    "about", ["", "{", "[]", "{}" + " " * (1 << 20), '{"extra": ' + "[" * 100_000, "\0", "{}" * 9]
)
def test_an_about_json_that_cannot_be_read_is_refused(tmp_path: Path, about: str) -> None:
    package = incoming()
    extracted(tmp_path, package, about=about)
    verdict = judge(REFUSE, [package], tmp_path)
    assert verdict.refuses
    assert verdict.shortfalls[0].is_unreadable


@pytest.mark.parametrize("extra", [None, [], "text", 5, {"sha": None}])
def test_an_extra_of_another_kind_says_nothing(tmp_path: Path, extra: object) -> None:
    package = incoming()
    extracted(tmp_path, package, extra=extra)
    assert "it says nothing" in str(judge(REFUSE, [package], tmp_path))


def test_a_package_without_about_json_says_nothing(tmp_path: Path) -> None:
    package = incoming()
    (extracted(tmp_path, package) / "about.json").unlink()
    assert "it says nothing" in str(judge(REFUSE, [package], tmp_path))


@pytest.mark.parametrize("name", ["../a", "a/b", "..", "a\0b", "a\x1b[31m"])
def test_a_name_leads_to_no_other_folder(tmp_path: Path, name: str) -> None:
    extracted(tmp_path / "cache" / "sub", incoming())
    verdict = judge(REFUSE, [incoming(name)], tmp_path / "cache" / "sub")
    assert verdict.refuses
    assert "\x1b" not in str(verdict)


def test_the_identical_package_that_is_there_is_not_judged(tmp_path: Path) -> None:
    package = incoming()
    present = [package.record.sha256 or ""]
    extracted(tmp_path, package, about="no JSON")
    assert judge(REFUSE, [package], tmp_path).refuses
    assert not judge(REFUSE, [package], tmp_path, present=present).has_news
    without = incoming(sha256=None)
    assert judge(REFUSE, [without], tmp_path, present=[""]).refuses


def test_what_cannot_be_read_is_not_said_to_lack_anything(tmp_path: Path) -> None:
    silent, torn = incoming("silent"), incoming("torn")
    extracted(tmp_path, silent, extra={})
    extracted(tmp_path, torn, about="no JSON")

    text = str(judge(REFUSE, [torn], tmp_path))
    assert "(plugins.provenance_install): 1 of 1 package to install could not be read.\n" in text
    assert "do not say" not in text
    assert "does not say" not in text
    assert "remove the folder from the package cache" in text
    assert "Ask those who build" not in text

    text = str(judge(REFUSE, [silent, torn], tmp_path))
    assert "1 of 2 packages to install does not say what is asked of it, and 1 could not" in text
    assert "Ask those who build" in text


def test_what_another_conda_is_extracting_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = incoming()
    about = extracted(tmp_path, package, about="") / "about.json"
    text = json.dumps({"extra": STAMP})
    monkeypatch.setattr(install_gate.time, "sleep", lambda _seconds: about.write_text(text))
    assert not judge(REFUSE, [package], tmp_path).has_news


def test_an_index_that_lists_the_checksum_of_what_is_there_lets_nothing_pass(
    tmp_path: Path,
) -> None:
    package = incoming()
    present = [package.record.sha256 or ""]
    extracted(tmp_path, package, extra={}, sha256="f" * 64)
    assert judge(REFUSE, [package], tmp_path, present=present).refuses
    assert judge(REFUSE, [package], tmp_path / "none", present=present).refuses


def test_exempt_packages_are_not_read(tmp_path: Path) -> None:
    a = incoming("a")._replace(original="a")
    b = incoming("b")._replace(original="b")
    everything = REFUSE._replace(exemptions=(Exemption(CHANNEL),))
    assert not judge(everything, [a, b], tmp_path).has_news

    some = REFUSE._replace(exemptions=(Exemption(f"{CHANNEL}/noarch", "a"),))
    verdict = judge(some, [a, b], tmp_path)
    assert [each.package.record.name for each in verdict.shortfalls] == ["b"]

    wrong = REFUSE._replace(exemptions=(Exemption(CHANNEL, "wrong"),))
    assert "provenance_install_exempt" in (judge(wrong, [a], tmp_path).fault or "")
    for channel in (None, "<unknown>", "main", "https://conda.example@evil.example/main"):
        assert judge(everything, [incoming(channel=channel)], tmp_path).refuses


def test_every_package_of_many_is_named(tmp_path: Path) -> None:
    packages = [incoming(f"package-{number}") for number in range(400)]
    for package in packages:
        extracted(tmp_path, package, extra={})
    text = str(judge(REFUSE, packages, tmp_path))
    assert "400 of 400 packages to install do not say what is asked of them" in text
    assert all(f"- package-{number}-1.0-0 of " in text for number in range(400))
    assert len(text) < 100_000


def test_secrets_and_escapes_of_a_channel_are_not_shown(tmp_path: Path) -> None:
    channel = "https://me:s3cr3t@host/t/to-0a1b2c3d-s3cr3t/\x1b[31m"
    text = str(judge(REFUSE, [incoming(channel=channel)], tmp_path))
    assert "s3cr3t" not in text
    assert "\x1b" not in text


# --- Faults and time ------------------------------------------------------------------------------


def test_reading_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a disk that hangs."""
    packages = [incoming("a"), incoming("b")]
    extracted(tmp_path, packages[0], extra={})
    real = install_gate.claim_of

    def claim_of(package: Incoming, caches: Any) -> Claim:
        if package.record.name == "b":
            time.sleep(30)
        return real(package, caches)

    monkeypatch.setattr(install_gate, "claim_of", claim_of)
    start = time.monotonic()
    verdict = check(REFUSE, packages, (), [str(tmp_path)], compile_spec, seconds=0.3)
    assert time.monotonic() - start < 5
    assert verdict.refuses
    assert len(verdict.shortfalls) == 1
    assert verdict.fault == "1 package could not be checked: reading took longer than 0.3 seconds."


@pytest.mark.parametrize("kind", [KeyError, MemoryError, RecursionError, UnicodeDecodeError])
def test_a_fault_is_never_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def claim_of(*_: object) -> Claim:
        raise kind("utf-8", b"", 0, 1, "s3cr3t") if kind is UnicodeDecodeError else kind("s3cr3t")

    monkeypatch.setattr(install_gate, "claim_of", claim_of)
    for action in ("warn", "refuse"):
        verdict = judge(InstallPolicy(action), [incoming()], tmp_path)
        assert verdict.refuses is (action == "refuse")
        assert f"conda-provenance failed ({kind.__name__})" in str(verdict)
        assert "s3cr3t" not in str(verdict)


def test_what_the_text_promises() -> None:
    policy = InstallPolicy("refuse", error="A key is wrong.")
    refused = str(judge(policy, [incoming()]))
    assert "refuses to go on (plugins.provenance_install)" in refused
    assert "A key is wrong." in refused
    assert "Nothing was installed or removed." in refused
    assert "CONDA_PLUGINS_PROVENANCE_INSTALL=ignore" in refused
    assert "hygiene, not protection" in refused
    for round_it in ("mamba", "pixi", "pip", "--no-plugins", "#!final", "another base", "cache"):
        assert round_it in refused

    warned = str(judge(policy._replace(action="warn"), [incoming()]))
    assert "warns" in warned
    assert "Nothing was installed" not in warned
