"""Names, addresses and folders of channels become the places of their subdirs."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest
from channel import this_platform

from conda_provenance.errors import UsageError
from conda_provenance.sources.channels import addresses, same_channel
from conda_provenance.sources.channels.addresses import find_subdirs, this_subdir

ORG = "https://conda.anaconda.org"


@pytest.fixture
def without_conda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_addresses_by_conda", None)
    monkeypatch.setattr(addresses, "find_spec", lambda _name: None)
    monkeypatch.delitem(addresses.sys.modules, "conda.base.context", raising=False)


def places(channel: str, *subdirs: str) -> list[str]:
    return [subdir.address for subdir in find_subdirs(channel, subdirs)]


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("conda-forge", [f"{ORG}/conda-forge/linux-64", f"{ORG}/conda-forge/noarch"]),
        ("conda-forge/linux-64", [f"{ORG}/conda-forge/linux-64"]),
        (
            "conda-forge/label/rc",
            [f"{ORG}/conda-forge/label/rc/{s}" for s in ("linux-64", "noarch")],
        ),
        ("https://h.example/a/", ["https://h.example/a/linux-64", "https://h.example/a/noarch"]),
        ("https://h.example/a/noarch/", ["https://h.example/a/noarch"]),
        ("https://[::1]:80/a", ["https://[::1]:80/a/linux-64", "https://[::1]:80/a/noarch"]),
        ("/srv/a", ["/srv/a/linux-64", "/srv/a/noarch"]),
        ("file:///srv/a%20b", ["/srv/a b/linux-64", "/srv/a b/noarch"]),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="the paths are POSIX's")
def test_where_a_channel_is(without_conda, monkeypatch, channel, expected) -> None:
    monkeypatch.setenv("CONDA_SUBDIR", "linux-64")
    assert places(channel) == expected


def test_defaults_are_several_channels(without_conda) -> None:
    base = "https://repo.anaconda.com/pkgs"
    assert places("defaults", "noarch") == [f"{base}/main/noarch", f"{base}/r/noarch"]
    assert places("defaults", "win-64")[-1] == f"{base}/msys2/win-64"


def test_subdirs_that_are_asked_for_are_taken_alone(without_conda) -> None:
    assert places("bioconda", "osx-64", "osx-64") == [f"{ORG}/bioconda/osx-64"]


def test_a_folder_keeps_the_way_it_was_given(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    [subdir] = find_subdirs("./chan/", ["noarch"])
    assert subdir.shown == os.path.join("./chan", "noarch")
    assert subdir.address == str(tmp_path / "chan" / "noarch")


@pytest.mark.parametrize(
    ("channel", "subdirs"),
    [
        ("", ()),
        ("a b", ()),
        ("conda-forge/../x", ()),
        ("ftp://h.example/a", ()),
        ("oci://u:s3cr3t@ghcr.io/channel-mirrors/conda-forge", ()),
        ("https://h.example/a?token=s3cr3t", ()),
        ("https://u:s3cr3t@h.example/a#s3cr3t", ()),
        ("conda-forge", ("../x",)),
        ("conda-forge", ("linux64",)),
        ("conda-forge/linux-64", ("noarch",)),
        ("\x1b[31m", ()),
    ],
)
def test_what_can_be_no_channel(without_conda, channel, subdirs) -> None:
    with pytest.raises(UsageError) as caught:
        find_subdirs(channel, subdirs)
    assert "s3cr3t" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_credentials_are_not_shown(without_conda) -> None:
    [subdir] = find_subdirs("https://u:s3cr3t@h.example/t/s3cr3t-2/a", ["noarch"])
    assert subdir.address == "https://u:s3cr3t@h.example/t/s3cr3t-2/a/noarch"
    assert (subdir.shown, subdir.channel) == ("https://h.example/a/noarch", "https://h.example/a")


def test_the_same_channel_has_many_spellings(without_conda) -> None:
    assert same_channel("conda-forge", f"{ORG}/conda-forge")
    assert same_channel("conda-forge", "https://u:p@conda.anaconda.org/t/tk-1/conda-forge/linux-64")
    assert not same_channel("conda-forge", "https://evil.example/conda-forge")
    assert not same_channel("conda-forge", "conda-forge/label/rc")


@pytest.mark.skipif(find_spec("conda") is None, reason="conda is not installed here")
def test_names_are_condas_to_read(monkeypatch, tmp_path) -> None:
    from conda.base.context import reset_context

    (tmp_path / ".condarc").write_text(
        "channel_alias: https://u:s3cr3t@mirror.example/art\n"
        "default_channels: [https://mirror.example/main]\n"
        "custom_channels: {mine: https://own.example/x, disk: 'file:///srv/x'}\n"
        "custom_multichannels: {both: [mine, conda-forge]}\n"
    )
    monkeypatch.setenv("CONDARC", str(tmp_path / ".condarc"))
    reset_context()
    try:
        assert places("conda-forge", "noarch") == [
            "https://u:s3cr3t@mirror.example/art/conda-forge/noarch"
        ]
        assert find_subdirs("conda-forge", ["noarch"])[0].channel.endswith(
            "example/art/conda-forge"
        )
        assert places("defaults", "noarch") == ["https://mirror.example/main/noarch"]
        assert places("mine", "noarch") == ["https://own.example/x/mine/noarch"]
        assert len(places("both", "noarch")) == 2
        [on_disk] = find_subdirs("disk", ["noarch"])
        assert on_disk.is_local
        assert on_disk.address == os.path.abspath("/srv/x/disk/noarch")
    finally:
        monkeypatch.undo()
        reset_context()


@pytest.mark.skipif(find_spec("rattler") is None, reason="py-rattler is not installed here")
def test_this_platform_is_the_one_that_rattler_knows(monkeypatch) -> None:
    monkeypatch.delenv("CONDA_SUBDIR", raising=False)
    assert this_subdir() == this_platform()
