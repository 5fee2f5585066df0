from __future__ import annotations

import pytest
from nginx import LOGIN, TOKEN, Nginx
from remote_packages import NAME, NEW, OLD, SHA, conda, read, tar_bz2

from conda_provenance.sources.remote import Listed
from conda_provenance.web import Web, WebError


def _served(nginx: Nginx, data: bytes, name: str = NAME) -> Listed:
    (nginx.served / name).write_bytes(data)
    return Listed(size=len(data), timestamp=NEW)


def _asked(nginx: Nginx, before: int) -> list[str]:
    return [line.split(" ", 1)[1] for line in nginx.asked()[before:]]


@pytest.mark.parametrize("info", [0, 200_000])
def test_one_request_or_two(web: Web, nginx: Nginx, info: int) -> None:
    data = conda(info=info)
    listed = _served(nginx, data)
    before = len(nginx.asked())
    assert read(web, nginx.url(NAME), listed, thorough=True).claim.sha == SHA

    size = len(data)
    asked = _asked(nginx, before)
    assert asked[0] == f"206 65536 bytes={size - 65536}-{size - 1}"
    assert len(asked) == (2 if info else 1)


def test_without_a_size_and_with_an_old_order(web: Web, nginx: Nginx) -> None:
    _served(nginx, conda())
    assert read(web, nginx.url(NAME)).claim.sha == SHA

    # nginx answers with all of a file that is shorter than the end that is asked for.
    _served(nginx, conda(payload=100))
    assert read(web, nginx.url(NAME)).claim.sha == SHA

    _served(nginx, conda("metadata info pkg"))
    assert read(web, nginx.url(NAME), Listed(timestamp=OLD)).claim.sha == SHA


def test_a_tar_bz2(web: Web, nginx: Nginx) -> None:
    name = "demo-1.0-0.tar.bz2"
    _served(nginx, tar_bz2(payload=3_000_000), name)
    before = len(nginx.asked())
    assert read(web, nginx.url(name)).claim.sha == SHA
    assert len(_asked(nginx, before)) == 2


def test_basic_auth(web: Web, nginx: Nginx) -> None:
    listed = _served(nginx, conda())
    url = nginx.url("login", NAME)
    with pytest.raises(WebError, match="refuses access") as caught:
        read(web, url, listed)
    assert caught.value.kind == "refused"
    assert read(web, url.replace("//", f"//{LOGIN}@"), listed).claim.sha == SHA


def test_a_token_in_the_path(web: Web, nginx: Nginx) -> None:
    listed = _served(nginx, conda())
    claim = read(web, nginx.url("t", TOKEN, NAME), listed)
    assert claim.claim.sha == SHA
    assert TOKEN not in claim.location
    with pytest.raises(WebError, match=r"\(403\)"):
        read(web, nginx.url("t", "other", NAME), listed)


def test_gzip_on_changes_nothing(web: Web, nginx: Nginx) -> None:
    listed = _served(nginx, conda())
    before = len(nginx.asked())
    assert read(web, nginx.url("gzip", NAME), listed).claim.sha == SHA
    assert [line.split()[:2] for line in _asked(nginx, before)] == [["206", "65536"]]


def test_a_server_that_has_ranges_switched_off(web: Web, nginx: Nginx) -> None:
    listed = _served(nginx, conda(payload=3_000_000))
    with pytest.raises(WebError, match="cannot send a part"):
        read(web, nginx.url("no-ranges", NAME), listed)
    claim = read(web, nginx.url("no-ranges", NAME), listed, full_download=True)
    assert claim.claim.sha == SHA


def test_a_busy_server(web: Web, nginx: Nginx) -> None:
    before = len(nginx.asked())
    with pytest.raises(WebError, match=r"too busy \(429\)"):
        read(web, nginx.url("busy", NAME))
    assert len(_asked(nginx, before)) == 4


def test_a_slow_line(web: Web, nginx: Nginx) -> None:
    listed = _served(nginx, conda())
    assert read(web, nginx.url("slow", NAME), listed).claim.sha == SHA
