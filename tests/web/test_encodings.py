"""What servers say of a file's encoding, though none was asked for."""

from __future__ import annotations

import pytest

from conda_provenance.web import WebError
from conda_provenance.web.body import body_of
from conda_provenance.web.ranges import ByteRange


@pytest.mark.parametrize(
    ("encoding", "is_zst"),
    [
        # Apache's AddEncoding, Twisted and aiohttp say this of a .tar.bz2.
        *((each, False) for each in ("bzip2", "x-bzip2", "BZ2", "", "identity", "none", "binary")),
        # S3 and what is like it keep these.
        *((each, False) for each in ("utf-8", "aws-chunked", "aws-chunked,identity", ", ,")),
        ("zstd", True),
    ],
)
def test_what_says_nothing_of_the_bytes_is_not_undone(encoding, is_zst) -> None:
    headers = {"Content-Encoding": encoding, "Content-Length": "3"}
    assert body_of("h", 200, headers, None, is_zst=is_zst) == (0, 3, 3, False)

    part = {**headers, "Content-Range": "bytes 2-4/9"}
    assert body_of("h", 206, part, ByteRange(2, 3), is_zst=is_zst) == (2, 3, 9, False)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "aws-chunked, gzip"])
def test_gzip_is_undone(encoding) -> None:
    assert body_of("h", 200, {"Content-Encoding": encoding}, None).is_gzip


@pytest.mark.parametrize("encoding", ["zstd", "br", "deflate", "gzip, br", "odd"])
def test_all_else_is_refused(encoding) -> None:
    with pytest.raises(WebError, match="compresses"):
        body_of("h", 200, {"Content-Encoding": encoding}, None)
