from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from pathlib import Path

import pytest
from misbehaving import LOGIN, SIGNATURE, TOKEN, Server
from remote_packages import (
    NAME,
    NEW,
    OLD,
    SHA,
    conda,
    ranges,
    read,
    serve,
    tar_bz2,
)

from conda_provenance.errors import PackageError
from conda_provenance.sources import Request
from conda_provenance.sources.remote import Listed, Remote
from conda_provenance.web import Web, WebError

KIB64 = 1 << 16


def listed(data: bytes, timestamp: int = NEW) -> Listed:
    sha256 = hashlib.sha256(data).hexdigest()
    return Listed(sha256=sha256, size=len(data), timestamp=timestamp)


def test_the_end_of_a_package_is_enough(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda())
    claim = read(web, misbehaving.url("well", NAME), listed(data))
    assert claim.claim.sha == SHA
    assert claim.read_from == "remote"
    assert (claim.sha256, claim.sha256_from) == (hashlib.sha256(data).hexdigest(), "index")
    assert ranges(misbehaving) == [f"bytes={len(data) - KIB64}-{len(data) - 1}"]


def test_of_a_small_package_all_is_asked_for(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(payload=100))
    assert read(web, misbehaving.url("well", NAME), listed(data)).claim.sha == SHA
    assert ranges(misbehaving) == [f"bytes=0-{len(data) - 1}"]


@pytest.mark.parametrize("thorough", [False, True])
def test_of_large_metadata_only_the_missing_part_is_asked_for(
    web: Web, misbehaving: Server, thorough: bool
) -> None:
    data = serve(misbehaving, conda(info=200_000))
    claim = read(web, misbehaving.url("well", NAME), listed(data), thorough=thorough)
    assert claim.claim.sha == SHA
    first = data.index(b"info-demo") - 30
    assert ranges(misbehaving)[1:] == [f"bytes={first}-{len(data) - KIB64 - 1}"]


def test_reading_stops_at_about_json(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(info=30 << 20))
    assert read(web, misbehaving.url("well", NAME), listed(data)).claim.sha == SHA
    assert len(misbehaving.asked) == 2
    assert misbehaving.sent < 12 << 20


@pytest.mark.parametrize("order", ["info pkg metadata", "metadata info pkg"])
@pytest.mark.parametrize("info", [0, 100_000])
def test_of_an_old_package_the_beginning_is_read(
    web: Web, misbehaving: Server, order: str, info: int
) -> None:
    data = serve(misbehaving, conda(order, info))
    claim = read(web, misbehaving.url("well", NAME), listed(data, OLD), thorough=True)
    assert claim.claim.sha == SHA
    assert ranges(misbehaving)[0] == "bytes=0-65535"
    assert len(misbehaving.asked) == (2 if info else 1)


@pytest.mark.parametrize("info", [0, 200_000])
def test_an_old_package_of_the_new_order_takes_two_requests(
    web: Web, misbehaving: Server, info: int
) -> None:
    data = serve(misbehaving, conda(info=info))
    claim = read(web, misbehaving.url("well", NAME), listed(data, OLD), thorough=True)
    assert claim.claim.sha == SHA
    assert len(misbehaving.asked) == 2


@pytest.mark.parametrize("order", ["info pkg metadata", "metadata info pkg"])
def test_a_new_package_of_the_old_order_takes_two_requests(
    web: Web, misbehaving: Server, order: str
) -> None:
    data = serve(misbehaving, conda(order))
    assert read(web, misbehaving.url("well", NAME), listed(data)).claim.sha == SHA
    assert len(misbehaving.asked) == 2


def test_without_a_size_the_end_is_asked_for_by_its_length(web: Web, misbehaving: Server) -> None:
    serve(misbehaving, conda())
    assert read(web, misbehaving.url("well", NAME)).claim.sha == SHA
    assert ranges(misbehaving) == ["bytes=-65536"]


@pytest.mark.parametrize("way", ["suffix-404", "suffix-501"])
def test_where_that_is_refused_the_first_byte_tells_the_size(
    web: Web, misbehaving: Server, way: str
) -> None:
    data = serve(misbehaving, conda())
    url = misbehaving.url(way, NAME)
    end = f"bytes={len(data) - KIB64}-{len(data) - 1}"
    assert read(web, url).claim.sha == SHA
    assert ranges(misbehaving) == ["bytes=-65536", "bytes=0-0", end]

    misbehaving.forget()
    assert read(web, url).claim.sha == SHA
    assert ranges(misbehaving) == ["bytes=0-0", end]  # It is remembered.


def test_a_server_that_tells_the_size_in_its_refusal(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda())
    assert read(web, misbehaving.url("suffix-416", NAME)).claim.sha == SHA
    assert len(misbehaving.asked) == 3  # This one does not.

    misbehaving.forget()
    said = Listed(size=len(data) + (10 << 20))
    assert read(web, misbehaving.url("well", NAME), said).claim.sha == SHA
    assert len(misbehaving.asked) == 2


def test_a_file_that_is_not_there(web: Web, misbehaving: Server) -> None:
    for said in (None, Listed(size=100)):
        with pytest.raises(WebError, match="has no such file") as caught:
            read(web, misbehaving.url("well", NAME), said)
        assert caught.value.kind == "missing"


def test_a_missing_file_says_nothing_about_the_server(web: Web, misbehaving: Server) -> None:
    with pytest.raises(WebError):
        read(web, misbehaving.url("well", NAME))
    serve(misbehaving, conda())
    misbehaving.forget()
    assert read(web, misbehaving.url("well", NAME)).claim.sha == SHA
    assert len(misbehaving.asked) == 1


@pytest.mark.parametrize("said", [None, Listed(size=0), Listed(size=5000)])
def test_an_empty_file(web: Web, misbehaving: Server, said: Listed | None) -> None:
    serve(misbehaving, b"")
    with pytest.raises(WebError, match="has an empty file"):
        read(web, misbehaving.url("well", NAME), said)


@pytest.mark.parametrize("payload", [300_000, 100])
def test_a_file_of_another_size_than_the_record_says(
    web: Web, misbehaving: Server, payload: int
) -> None:
    """Hot-fixed, or replaced: the record's checksum says nothing about this one."""
    data = serve(misbehaving, conda(payload=payload))
    for size in (len(data) - 5, len(data) + 5):
        misbehaving.forget()
        said = Listed(sha256="0" * 64, size=size)
        claim = read(web, misbehaving.url("well", NAME), said)
        assert claim.claim.sha == SHA
        assert claim.sha256 is None
        assert len(misbehaving.asked) == 2


@pytest.mark.parametrize("way", ["no-ranges", "no-ranges-chunked", "gzip"])
def test_a_server_without_ranges(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda(payload=3_000_000))
    url = misbehaving.url(way, NAME)
    with pytest.raises(WebError, match="cannot send a part of a file: --full-download") as caught:
        read(web, url, listed(data))
    assert caught.value.kind == "unavailable"
    assert len(misbehaving.asked) == 1

    with pytest.raises(WebError):  # It is remembered.
        read(web, url, listed(data))
    assert len(misbehaving.asked) == 1

    claim = read(web, url, listed(data), full_download=True)
    assert claim.claim.sha == SHA
    assert ranges(misbehaving)[1:] == [None]

    with pytest.raises(WebError, match="--max-download allows"):
        read(web, url, listed(data), full_download=True, max_download=1 << 20)


def test_it_is_read_on_in_the_same_answer(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda())
    claim = read(web, misbehaving.url("no-ranges", NAME), listed(data), full_download=True)
    assert claim.claim.sha == SHA
    assert len(misbehaving.asked) == 1


def test_a_small_file_is_read_whole(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(payload=100_000))
    for _ in range(2):
        assert read(web, misbehaving.url("no-ranges", NAME), listed(data)).claim.sha == SHA


def test_without_ranges_the_beginning_of_an_old_file_is_enough(
    web: Web, misbehaving: Server
) -> None:
    data = serve(misbehaving, conda("info pkg metadata", payload=60 << 20))
    assert read(web, misbehaving.url("no-ranges", NAME), listed(data, OLD)).claim.sha == SHA
    assert len(misbehaving.asked) == 1
    assert misbehaving.sent < 20 << 20


@pytest.mark.parametrize(
    ("before", "payload", "requests"),
    [(0, 50_000, 1), (0, 3_000_000, 2), (500_000, 3_000_000, 2), (1_500_000, 3_000_000, 3)],
)
def test_a_tar_bz2_is_read_from_its_beginning(
    web: Web, misbehaving: Server, before: int, payload: int, requests: int
) -> None:
    """A block of bzip2 has 900 KB, and must be there whole. What cannot be compressed takes all."""
    name = "demo-1.0-0.tar.bz2"
    data = serve(misbehaving, tar_bz2(before, payload), name)
    for said in (listed(data), None):
        misbehaving.forget()
        assert read(web, misbehaving.url("well", name), said).claim.sha == SHA
        assert ranges(misbehaving)[0] == f"bytes=0-{min(131071, len(data) - 1)}" or said is None
        assert len(misbehaving.asked) == requests


def test_a_tar_bz2_without_ranges_is_closed_when_about_json_came(
    web: Web, misbehaving: Server
) -> None:
    name = "demo-1.0-0.tar.bz2"
    data = serve(misbehaving, tar_bz2(payload=20_000_000), name)
    assert read(web, misbehaving.url("no-ranges", name), listed(data)).claim.sha == SHA
    assert misbehaving.sent < 16 << 20


@pytest.mark.parametrize("way", ["drops-once", "closes-once", "fails-once", "busy-503"])
def test_what_passes_is_asked_again(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda(info=200_000))
    assert read(web, misbehaving.url(way, NAME), listed(data), thorough=True).claim.sha == SHA


def test_a_file_that_is_replaced_while_it_is_read(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(info=200_000))
    claim = read(web, misbehaving.url("replaced", NAME), listed(data))
    assert claim.claim.sha == SHA
    assert len(misbehaving.asked) == 4

    with pytest.raises(PackageError, match="is being replaced; try again"):
        read(web, misbehaving.url("resized", NAME), listed(data))


def test_a_redirect_takes_one_exchange_more_for_a_package(
    web: Web, misbehaving: Server, other_server: Server
) -> None:
    misbehaving.elsewhere = f"{other_server.root}/well"
    misbehaving.files[NAME] = b""
    data = serve(other_server, conda(info=200_000))
    claim = read(web, misbehaving.url("redirect", NAME), listed(data))
    assert claim.claim.sha == SHA
    assert claim.location.startswith(misbehaving.root)
    assert len(misbehaving.asked) == 1
    assert len(other_server.asked) == 2


def test_an_address_that_expires_between_two_requests(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(info=200_000))
    assert read(web, misbehaving.url("presigned", NAME), listed(data)).claim.sha == SHA
    assert len(misbehaving.asked) == 5


@pytest.mark.parametrize("way", ["range-shifted", "range-missing", "gzip-part", "html"])
def test_nonsense_is_refused(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda())
    with pytest.raises((WebError, PackageError)) as caught:
        read(web, misbehaving.url(way, NAME), listed(data))
    assert NAME in str(caught.value)


def test_a_server_that_does_not_say_the_size_of_a_part(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda(info=200_000))
    assert read(web, misbehaving.url("range-star", NAME), listed(data)).claim.sha == SHA
    with pytest.raises(WebError):
        read(web, misbehaving.url("range-star", NAME))


@pytest.mark.parametrize("way", ["login", f"t/{TOKEN}"])
def test_credentials_in_the_address(web: Web, misbehaving: Server, way: str) -> None:
    data = serve(misbehaving, conda())
    url = misbehaving.url(way, NAME)
    if way == "login":
        with pytest.raises(WebError, match=r"refuses access \(401\)"):
            read(web, url, listed(data))
        assert len(misbehaving.asked) == 1
        url = url.replace("//", f"//{LOGIN}@")

    claim = read(web, f"{url}?X-Amz-Signature={SIGNATURE}#{'0' * 32}", listed(data))
    assert claim.claim.sha == SHA
    assert claim.package == NAME
    for secret in (*LOGIN.split(":"), TOKEN, SIGNATURE):
        assert secret not in repr(claim)


def test_names_are_decoded(web: Web, misbehaving: Server) -> None:
    name = "demo-1!2.0+a-0.conda"
    serve(misbehaving, conda(), name)
    artifact = Remote(web, Request()).package(misbehaving.url("well", "demo-1%212.0%2Ba-0.conda"))
    assert artifact.file_name == name
    assert (artifact.name, artifact.version, artifact.build) == ("demo", "1!2.0+a", "0")
    assert artifact.contents.claim().package == name


def test_files_of_the_metadata(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda())
    contents = Remote(web, Request()).contents(misbehaving.url("well", NAME), listed(data))
    files = contents.files(["info/index.json", "info/none.json"])
    assert list(files) == ["info/index.json"]


class TestCheck:
    def test_the_checksum_is_of_the_bytes(self, web: Web, misbehaving: Server) -> None:
        data = serve(misbehaving, conda())
        claim = read(web, misbehaving.url("well", NAME), listed(data), check=True)
        assert (claim.sha256, claim.sha256_from) == (hashlib.sha256(data).hexdigest(), "file")
        assert ranges(misbehaving) == [None]

    def test_another_file_than_the_index_lists(self, web: Web, misbehaving: Server) -> None:
        serve(misbehaving, conda())
        said = Listed(sha256="0" * 64, by="the index of conda-forge/noarch")
        with pytest.raises(PackageError) as caught:
            read(web, misbehaving.url("well", NAME), said, check=True)
        assert "the index of conda-forge/noarch" in str(caught.value)
        assert "127.0.0.1" in str(caught.value)

    def test_md5_where_there_is_no_sha256(self, web: Web, misbehaving: Server) -> None:
        data = serve(misbehaving, conda())
        md5 = hashlib.md5(data).hexdigest()
        url = misbehaving.url("well", NAME)
        assert read(web, url, Listed(md5=md5), check=True).sha256_from == "file"
        with pytest.raises(PackageError, match="md5"):
            read(web, url, Listed(md5="0" * 32), check=True)

    def test_no_more_than_allowed_is_downloaded(self, web: Web, misbehaving: Server) -> None:
        serve(misbehaving, conda())
        with pytest.raises(WebError, match="more than"):
            read(web, misbehaving.url("well", NAME), check=True, max_download=1000)


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / NAME
    path.parent.mkdir()
    path.write_bytes(conda())
    with Web(offline=True, use_conda=False) as offline:
        claim = read(offline, path.as_uri())
    assert claim.claim.sha == SHA
    assert claim.read_from == "file"


def test_a_full_disk_is_said_of_the_package(web: Web, misbehaving: Server, monkeypatch) -> None:
    def full(*_: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    data = serve(misbehaving, conda())
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(PackageError, match=r"demo.*cannot be read.*No space left"):
        read(web, misbehaving.url("well", NAME), listed(data), check=True)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (f"http://h.example:99999/{NAME}", "its port is no number from 1 to 65535."),
        (f"http:///{NAME}", "it names no host."),
    ],
)
def test_an_address_that_leads_nowhere(web: Web, url: str, fault: str) -> None:
    with pytest.raises(WebError) as caught:
        read(web, url)
    assert str(caught.value) == f"{url} cannot be read: {fault}"
