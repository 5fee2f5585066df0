"""Channels, whole and by spec: real packages and real indexes, in every form that there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from channel import PACKAGES, Channel, needs_rattler, this_platform
from channel_web import FilesWeb, served

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.sources import Artifact, NotConda, Request, Unreadable
from conda_provenance.sources.channels import Channels, records_of_folder
from conda_provenance.web import WebError

needs_rattler()

ADDRESS = "https://user:s3cr3t-pw@host.example/t/s3cr3t-token/chan"
CLEAN = "https://host.example/chan"


def no_web() -> Any:
    raise AssertionError("nothing is to be fetched")


class Recorder:
    """Takes note of which contents are made."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}

    def __call__(self, url: str, listed: Any, /, *, file_name: str) -> Any:
        self.made[url] = listed
        return object()


def local(**options: Any) -> Channels:
    return Channels(Request(**options), no_web, Recorder())


def remote(web: FilesWeb, recorder: Recorder | None = None, **options: Any) -> Channels:
    return Channels(Request(**options), lambda: web, recorder or Recorder())


def names(found: Any) -> list[str]:
    every = list(found)
    assert all(isinstance(each, Artifact) for each in every), every
    return sorted(each.file_name for each in every)


CLIENT_SEES = sorted(
    each.file_name for each in PACKAGES if each.file_name != "hello-0.10-h0_0.tar.bz2"
)
"""Clients take the ``.conda`` of two files of one build."""

NEWEST = {"hello": ("0.10", "a1_1"), "world": ("2.1", "h0_0")}

FORMS = {
    "zst": ["repodata.json.zst"],
    "json": ["repodata.json"],
    "all": ["repodata.json.zst", "repodata.json", "repodata_shards.msgpack.zst"],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", ["channel", "channel_v3"])
def test_a_whole_channel(request, tmp_path, version, form) -> None:
    made = request.getfixturevalue(version).copy(tmp_path / "test").keep_indexes(*FORMS[form])
    found = list(local().whole(str(made.folder)))
    assert sorted(each.file_name for each in found) == CLIENT_SEES

    for each in found:
        assert Path(each.location).is_file()
        assert each.contents.claim().package == each.file_name
        assert each.channel == str(made.folder)
        assert each.subdir == Path(each.location).parent.name
        assert each.size == Path(each.location).stat().st_size
        assert each.sha256 is not None
        assert each.timestamp > 1_700_000_000_000


@pytest.mark.parametrize("version", ["channel", "channel_v3"])
def test_the_newest_of_each_name_over_the_subdirs(request, version) -> None:
    made = request.getfixturevalue(version)
    found = {each.name: each for each in local(newest=True).whole(str(made.folder))}
    assert set(found) == {each.name for each in PACKAGES}
    assert {name: (found[name].version, found[name].build) for name in NEWEST} == NEWEST


@pytest.mark.parametrize(
    "options",
    [("--zst",), ("--bz2",), ("--write-shards", "--no-write-monolithic"), ("--repodata-next",)],
)
def test_indexes_of_conda_index(packages_folder, tmp_path, options) -> None:
    made = Channel(packages_folder).copy(tmp_path / "test")
    made.index_by_conda("--no-channeldata", *options)
    assert names(local(match=("hello", "world")).whole(str(made.folder))) == [
        name for name in CLIENT_SEES if name.startswith(("hello-0", "world"))
    ]


def test_an_index_in_bz2_alone(packages_folder, tmp_path) -> None:
    made = Channel(packages_folder).copy(tmp_path / "test").index_by_conda("--bz2")
    made.keep_indexes("repodata.json.bz2")
    assert names(local().whole(str(made.folder))) == CLIENT_SEES


def test_only_the_subdirs_that_are_asked_for(channel) -> None:
    found = list(local(subdirs=(this_platform(),)).whole(str(channel.folder)))
    assert {each.subdir for each in found} == {this_platform()}


@pytest.mark.parametrize(
    "spec",
    ["hello", "hello=0.10", "hello=0.10=a1_1", "hello==0.10", "hel*o", "hello>=0.9,<1"],
)
@pytest.mark.parametrize("version", ["channel", "channel_v3"])
def test_a_spec_is_the_newest_build_that_matches(request, version, spec) -> None:
    made = request.getfixturevalue(version)
    assert names(local().spec(f"{made.folder}::{spec}")) == ["hello-0.10-a1_1.conda"]


def test_a_spec_looks_into_all_subdirs(channel) -> None:
    assert names(local().spec(f"{channel.uri}::world")) == ["world-2.1-h0_0.conda"]
    in_subdir = f"{channel.uri}/{this_platform()}::world"
    assert names(local().spec(in_subdir)) == ["world-2.0-h0_0.conda"]


def test_all_builds_that_a_spec_matches(channel) -> None:
    found = local(every=True).spec(f"{channel.uri}::hello=0.10")
    assert names(found) == [
        "hello-0.10-a1_1.conda",
        "hello-0.10-h0_0.conda",
        "hello-0.10rc1-h0_0.conda",
    ]


@pytest.mark.parametrize("forms", [FORMS["json"], ["repodata_shards.msgpack.zst"]])
def test_what_nothing_matches_is_said_with_what_there_is(channel, tmp_path, forms) -> None:
    made = channel.copy(tmp_path / "test").keep_indexes(*forms)
    with pytest.raises(
        UsageError, match=r"hallo matches no package in .*noarch; there is hello\.$"
    ):
        list(local().spec(f"{made.folder}::hallo"))
    with pytest.raises(
        UsageError, match=r"hello=3 .* there are the versions 0\.10, 0\.10rc1, 0\.9"
    ):
        list(local().spec(f"{made.folder}::hello=3"))
    with pytest.raises(UsageError, match="nothing-like-it or other matches no package"):
        list(local(match=("nothing-like-it", "other")).whole(str(made.folder)))


def test_one_name_needs_the_shards_only(channel) -> None:
    web = served(channel.folder, ADDRESS)
    assert names(remote(web).spec(f"{ADDRESS}::hello")) == ["hello-0.10-a1_1.conda"]
    assert len(web.asked) == 3  # two lists of shards, and one shard
    assert not [url for url in web.asked if "repodata.json" in url]


def test_a_whole_channel_needs_no_shards(channel) -> None:
    web = served(channel.folder, ADDRESS)
    assert names(remote(web).whole(ADDRESS)) == CLIENT_SEES
    assert web.asked == [
        f"{ADDRESS}/{subdir}/repodata.json.zst" for subdir in (this_platform(), "noarch")
    ]


def test_a_second_spec_asks_for_no_index_again(channel, tmp_path) -> None:
    made = channel.copy(tmp_path / "test").keep_indexes("repodata.json")
    web = served(made.folder, ADDRESS)
    channels = remote(web)
    list(channels.spec(f"{ADDRESS}::hello"))
    asked = len(web.asked)
    list(channels.spec(f"{ADDRESS}::world"))
    assert len(web.asked) == asked


def test_credentials_are_for_fetching_only(channel) -> None:
    recorder = Recorder()
    web = served(channel.folder, ADDRESS)
    found = list(remote(web, recorder).whole(ADDRESS))
    assert all(url.startswith(f"{ADDRESS}/") for url in recorder.made)
    assert {each.channel for each in found} == {CLEAN}
    for each in found:
        assert each.location == f"{CLEAN}/{each.subdir}/{each.file_name}"
        assert "s3cr3t" not in repr(each._replace(contents=None))


@pytest.mark.parametrize("kind", ["missing", "refused"])
def test_the_next_form_is_tried_where_one_is_missing(channel, kind) -> None:
    """S3 refuses what it does not have."""
    web = served(channel.folder, ADDRESS)
    web.errors = {
        f"{ADDRESS}/{subdir}/{name}": WebError(kind, "no such file.")
        for subdir in (this_platform(), "noarch")
        for name in ("repodata.json.zst", "repodata_shards.msgpack.zst")
    }
    assert names(remote(web).whole(ADDRESS)) == CLIENT_SEES
    assert names(remote(web).spec(f"{ADDRESS}::hello")) == ["hello-0.10-a1_1.conda"]


def test_a_word_is_no_folder_and_that_is_said(tmp_path, monkeypatch, caplog) -> None:
    (tmp_path / "chan" / "noarch").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnavailableError):
        list(remote(FilesWeb({})).whole("chan"))
    assert "chan is the name of a channel; the folder of that name is ./chan." in caplog.text

    caplog.clear()
    with pytest.raises(UnavailableError):
        list(local().whole("./chan"))
    assert "is the name of a channel" not in caplog.text


def test_a_subdir_without_an_index_is_left_out_and_said(channel, caplog) -> None:
    web = served(channel.folder, ADDRESS)
    web.files = {url: data for url, data in web.files.items() if "/noarch/" in url}
    assert {each.subdir for each in remote(web).whole(ADDRESS)} == {"noarch"}
    assert f"{CLEAN}/{this_platform()} has no index" in caplog.text
    assert "s3cr3t" not in caplog.text


def test_a_channel_without_any_index_is_an_error_with_the_remedy(tmp_path) -> None:
    with pytest.raises(UnavailableError, match=rf"{CLEAN} has no index for .* or noarch: check"):
        list(remote(FilesWeb()).whole(ADDRESS))
    with pytest.raises(UnavailableError, match="run an indexer on it"):
        list(local().whole(str(tmp_path)))


def test_a_folder_with_the_name_of_a_channel_is_told(tmp_path, monkeypatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnavailableError, match=r"for the folder of that name write \./mine"):
        list(remote(FilesWeb()).whole("mine"))


def test_a_subdir_that_cannot_be_asked_does_not_hide_the_others(channel) -> None:
    web = served(channel.folder, ADDRESS)
    address = f"{ADDRESS}/{this_platform()}/repodata.json.zst"
    web.errors = {address: WebError("unavailable", "host.example does not answer.")}
    found = list(remote(web).whole(ADDRESS))
    [fault] = [each for each in found if isinstance(each, Unreadable)]
    assert (fault.name, fault.why) == (this_platform(), "host.example does not answer.")
    assert {each.subdir for each in found if isinstance(each, Artifact)} == {"noarch"}


def test_no_match_is_not_concluded_from_half_a_channel(channel) -> None:
    web = served(channel.folder, ADDRESS)
    address = f"{ADDRESS}/{this_platform()}/repodata_shards.msgpack.zst"
    web.errors = {address: WebError("unavailable", "host.example does not answer.")}
    with pytest.raises(UnavailableError, match="does not answer"):
        list(remote(web).spec(f"{ADDRESS}::silent-extra"))


def test_since_a_date(channel) -> None:
    assert names(local(since="2020-01-01").whole(channel.uri)) == CLIENT_SEES
    assert names(local(since="2999-01-01").whole(channel.uri)) == []


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2024-13-01", "2024-1-1", "20240101", "٢٠٢٤-01-01"]
)
def test_what_is_no_date(channel, date) -> None:
    with pytest.raises(UsageError, match=r"is no date: write it as 2024-12-31|^$"):
        list(local(since=date or "x").whole(channel.uri))


def test_wheels_are_counted_as_not_condas(tmp_path) -> None:
    (tmp_path / "noarch").mkdir()
    (tmp_path / "noarch" / "repodata.json").write_text(
        '{"v3": {"whl": {"flask-3.0-py3_none_any_0": {"name": "flask", "version": "3.0",'
        ' "url": "https://files.example/flask-3.0-py3-none-any.whl"}}}}'
    )
    [found] = local(subdirs=("noarch",)).whole(str(tmp_path))
    assert found == NotConda("flask", "3.0", str(tmp_path / "noarch"), "wheel")


def test_the_index_of_a_folder_is_used_not_needed(channel, tmp_path) -> None:
    folder = channel.folder / "noarch"
    records = records_of_folder(str(folder))
    assert set(records) == {
        path.name for path in folder.iterdir() if path.suffix in (".conda", ".bz2")
    }
    assert all(record.sha256 and record.size for record in records.values())
    assert records_of_folder(str(tmp_path)) == {}
    (tmp_path / "repodata.json").write_text("{")
    assert records_of_folder(str(tmp_path)) == {}


@pytest.mark.parametrize("files", ["none", "broken", "sound"])
def test_no_error_shows_a_login_or_a_token(channel, files) -> None:
    web = served(channel.folder, ADDRESS) if files == "sound" else FilesWeb()
    if files == "broken":
        web.files = {f"{ADDRESS}/noarch/repodata.json.zst": b"no zstd"}
    for look in (
        lambda: remote(web).spec(f"{ADDRESS}::nothing"),
        lambda: remote(web).whole(ADDRESS),
    ):
        try:
            shown = repr([each for each in look() if isinstance(each, Unreadable)])
        except (UnavailableError, UsageError) as error:
            shown = str(error)
            assert CLEAN in shown
        assert "s3cr3t" not in shown
