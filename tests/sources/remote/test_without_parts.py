"""Servers that send no usable part of a file, though they send the whole."""

from __future__ import annotations

import hashlib

import pytest
from misbehaving import Server
from remote_packages import NAME, NEW, OLD, SHA, conda, ranges, read, serve, tar_bz2

from conda_provenance.errors import PackageError
from conda_provenance.sources.remote import Listed
from conda_provenance.web import Web, WebError

NO_PARTS = [
    *("refuses-400", "refuses-416", "refuses-416-size", "refuses-501", "refuses-all-but-one-byte"),
    *("part-unsaid", "part-multipart", "part-whole", "part-whole-unsaid"),
]


def listed(data: bytes, timestamp: int = NEW) -> Listed:
    sha256 = hashlib.sha256(data).hexdigest()
    return Listed(sha256=sha256, size=len(data), timestamp=timestamp)


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("way", NO_PARTS)
def test_the_whole_file_is_read_where_that_is_allowed(
    web: Web, misbehaving: Server, way: str, is_listed: bool
) -> None:
    data = serve(misbehaving, conda())
    said = listed(data) if is_listed else None
    url = misbehaving.url(way, NAME)
    claim = read(web, url, said, full_download=True)
    assert claim.claim.sha == SHA
    assert ranges(misbehaving)[-1] is None
    assert len(misbehaving.asked) <= 4

    misbehaving.forget()  # The folder is remembered.
    assert read(web, url, said, full_download=True).claim.sha == SHA
    assert ranges(misbehaving) == [None]


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("way", NO_PARTS)
def test_otherwise_the_error_names_the_option(
    web: Web, misbehaving: Server, way: str, is_listed: bool
) -> None:
    data = serve(misbehaving, conda())
    url = misbehaving.url(way, NAME)
    for _ in range(2):
        with pytest.raises(WebError, match="cannot send a part of a file: --full-download reads"):
            read(web, url, listed(data) if is_listed else None)
    assert 1 <= len(misbehaving.asked) <= 3
    assert None not in ranges(misbehaving)


@pytest.mark.parametrize("way", NO_PARTS)
def test_no_more_is_read_than_max_download_allows(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda(payload=3_000_000))
    with pytest.raises(WebError, match="the whole is larger than --max-download"):
        read(
            web,
            misbehaving.url(way, NAME),
            listed(data),
            full_download=True,
            max_download=1 << 20,
        )


@pytest.mark.parametrize("way", NO_PARTS)
def test_a_small_file_is_read_without_the_option(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda(payload=100_000))
    assert read(web, misbehaving.url(way, NAME), listed(data)).claim.sha == SHA


@pytest.mark.parametrize("way", NO_PARTS)
def test_what_has_its_metadata_first_too(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda("info pkg metadata", payload=3_000_000))
    assert read(web, misbehaving.url(way, NAME), listed(data, OLD)).claim.sha == SHA

    name = "demo-1.0-0.tar.bz2"
    data = serve(misbehaving, tar_bz2(payload=3_000_000), name)
    assert read(web, misbehaving.url(way, name), listed(data)).claim.sha == SHA


def test_one_bad_file_says_nothing_of_a_folder_that_sends_parts(
    web: Web, misbehaving: Server
) -> None:
    data = serve(misbehaving, conda())
    assert read(web, misbehaving.url("well", NAME), listed(data)).claim.sha == SHA
    web.memory(misbehaving.url("refuses-400", NAME)).sends_parts = True
    for _ in range(2):
        with pytest.raises(WebError, match="--full-download"):
            read(web, misbehaving.url("refuses-400", NAME), listed(data))
    assert not web.memory(misbehaving.url("refuses-400", NAME)).no_ranges


def test_a_missing_file_and_a_failing_server_are_said_as_before(
    web: Web, misbehaving: Server
) -> None:
    data = serve(misbehaving, conda())
    for full in (True, False):
        with pytest.raises(WebError, match=r"has no such file \(404\)"):
            read(web, misbehaving.url("refuses-404", NAME), listed(data), full_download=full)
        with pytest.raises(WebError, match="answers 500, also after several tries"):
            read(web, misbehaving.url("refuses-500", NAME), listed(data), full_download=full)
    assert None not in ranges(misbehaving)


@pytest.mark.parametrize("way", ["refuses-400", "no-ranges"])
def test_an_empty_file_is_said_to_be_one(web: Web, misbehaving: Server, way: str) -> None:
    serve(misbehaving, b"")
    with pytest.raises(WebError, match="has an empty file"):
        read(web, misbehaving.url(way, NAME), full_download=True)


@pytest.mark.parametrize("way", ["mirrors", "replaced-always"])
def test_mirrors_that_date_a_file_differently(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda(info=200_000))
    url = misbehaving.url(way, NAME)
    claim = read(web, url, listed(data), full_download=True)
    assert claim.claim.sha == SHA
    assert ranges(misbehaving)[4:] == [None]

    with pytest.raises(WebError, match="another one in each answer: --full-download") as caught:
        read(web, url, listed(data))
    assert NAME in str(caught.value)


def test_one_answer_of_such_mirrors_may_be_enough(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda())
    assert read(web, misbehaving.url("mirrors", NAME), listed(data)).claim.sha == SHA
    assert len(misbehaving.asked) == 1


def test_a_file_of_another_size_each_time_is_being_replaced(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(info=200_000))
    with pytest.raises(PackageError, match="is being replaced; try again"):
        read(web, misbehaving.url("resized", NAME), listed(data), full_download=True)


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_server_that_sends_little_at_once_is_not_asked_for_ever(
    web: Web, misbehaving: Server, is_listed: bool
) -> None:
    data = serve(misbehaving, conda())
    said = listed(data) if is_listed else None
    url = misbehaving.url("short", NAME)
    with pytest.raises(WebError, match=r"less of a file than it is asked for.*--full-download"):
        read(web, url, said)
    assert len(misbehaving.asked) == 8

    assert read(web, url, said, full_download=True).claim.sha == SHA
    assert ranges(misbehaving)[-1] is None
