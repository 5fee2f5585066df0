"""Logins and tokens go out of the addresses in a text, and nothing else does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.credentials import holds_credentials, without_credentials
from conda_provenance.packages.leaks import holds_secret

TOKEN = "ghp_" + "a1B2" * 9

CLEANED = {
    "https://user:s3cr3t@h.org/o/r.git": "https://h.org/o/r.git",
    "https://s3cr3t@h.org/o/r.git": "https://h.org/o/r.git",
    "https://user:s3/cr3t@h.org/o/r": "https://h.org/o/r",
    "https://a@b.org:s3cr3t@h.org/o/r": "https://h.org/o/r",
    "https://user:s3cr3t'@h.org/o/r": "https://h.org/o/r",
    "git+https://user:s3cr3t@h.org:8443/o/r": "git+https://h.org:8443/o/r",
    "ssh://me:s3cr3t@h.org/o/r": "ssh://me@h.org/o/r",
    f"ssh://{TOKEN}@h.org/o/r": "ssh://h.org/o/r",
    "ftp://user:s3cr3t@h.org/x.tgz": "ftp://h.org/x.tgz",
    "https://h.org/t/s3cr3t/channel/noarch": "https://h.org/channel/noarch",
    "https://user:s3cr3t@h.org/t/s3cr3t/channel": "https://h.org/channel",
    "https://h.org/conda/t/ab-0b1c2d3e-0b1c-0b1c-0b1c/channel": "https://h.org/conda/channel",
    "https://h.org/x.tgz?private_token=s3cr3t": "https://h.org/x.tgz",
    "https://h.org/x.tgz?raw=1&access_token=s3cr3t#sha": "https://h.org/x.tgz?raw=1#sha",
    "https://h.org/x?X-Amz-Signature=s3cr3t&X-Amz-Credential=s3cr3t&a=b": "https://h.org/x?a=b",
    "https://h.org/x?sv=2020&sig=s3cr3t": "https://h.org/x",
    f"https://h.org/x?ref={TOKEN}": "https://h.org/x",
    "https://h.org/o/r.git;token=s3cr3t": "https://h.org/o/r.git",
    "https://h.org/x?a=1;token=s3cr3t": "https://h.org/x?a=1",
    "https://h.org/x?a=1&amp;token=s3cr3t": "https://h.org/x?a=1",
    "conda-forge,https://u:s3cr3t@h.org/a,https://u:s3cr3t@h.org/b": (
        "conda-forge,https://h.org/a,https://h.org/b"
    ),
    "https://h.org/a?token=s3cr3t|https://s3cr3t@h.org/b": "https://h.org/a|https://h.org/b",
    "https://proxy.org/https://u:s3cr3t@h.org/a": "https://proxy.org/https://h.org/a",
    "https://h.org/go?to=https://u:s3cr3t@h.org/a": "https://h.org/go?to=https://h.org/a",
    "-fhttps://u:s3cr3t@h.org/a": "-fhttps://h.org/a",
}

KEPT = [
    "https://h.org/o/r.git",
    "https://h.org:8443/o/r.git",
    "git@h.org:o/r.git",
    "ssh://git@h.org:22/o/r.git",
    "svn+ssh://me@h.org/o/r",
    "https://git@h.org/o/r",
    "https://registry.npmjs.org/@babel/core/-/core-7.0.0.tgz",
    "https://h.org/pkg@1.2/x.tgz?raw=true#egg=x",
    "https://files.pythonhosted.org/packages/source/t/toolz/toolz-1.0.tar.gz",
    "https://discuss.h.org/t/a-topic/123",
    "https://discuss.h.org/t/a-topic/123/4?u=me",
    "https://discuss.h.org/t/a-topic",
    "curl https://$USER:$TOKEN@h.org/x",
    "curl https://x-access-token:${TOKEN}@h.org/x",
    "url: https://{{ user }}:{{ password }}@h.org/x",
    "https://h.org/x?token=$TOKEN",
    "file:///home/me@work/x",
    "someone <a@b.org> of https://h.org",
    '["https://h.org","a@b.org"]',
    "no address at all: a:b@c",
    "https://web.archive.org/web/2020/https://h.org/a@b",
    "curl https://h.org/x;cd y",
]


@pytest.mark.parametrize("address", CLEANED)
@pytest.mark.parametrize("frame", ["{}", "  url: {}\n", '{{"home": "{}"}}', "- '{}'", "# b'{}\\n'"])
def test_credentials_go_and_what_is_around_them_stays(address, frame):
    assert without_credentials(frame.format(address)) == frame.format(CLEANED[address])


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_credential_stays(text):
    assert without_credentials(text) == text


@given(st.text())
def test_a_text_without_an_address_stays(text):
    assert without_credentials(text.replace("://", ":")) == text.replace("://", ":")


@given(
    st.text("abcXYZ0129-._~!$&()*+,;=:%", min_size=1),
    st.text("abcXYZ0129-._~!&()+,;=:%/?#@", min_size=4),
)
def test_no_password_stays_whatever_it_is(user, password):
    secret = f"q{password}q"
    text = f"url: https://{user}:{secret}@h.org/o/r\n"
    assert secret not in without_credentials(text)


@pytest.mark.parametrize(
    ("address", "cleaned"),
    [
        ("https://user:s3cr3t@h.example/a", "https://h.example/a"),
        ("https://t0k3n@h.example/a", "https://h.example/a"),
        ("https://user:@h.example/a", "https://h.example/a"),
        ("http://user:s3cr3t@127.0.0.1:8080/a?x=1#y", "http://127.0.0.1:8080/a?x=1#y"),
        ("https://user:s3/cr#3t@h.example/a", "https://h.example/a"),
        ("https://user:p%40ss@h.example/@scope/a", "https://h.example/@scope/a"),
        ("git+https://user:s3cr3t@h.example/a.git@v1", "git+https://h.example/a.git@v1"),
        ("ssh://git:s3cr3t@h.example/a", "ssh://git@h.example/a"),
        ("https://user:s|3^c~r$3t!@h.example/a", "https://h.example/a"),
        ("s3://KEY:SECRET@bucket/a", "s3://bucket/a"),
        ("https://h.example/t/tk-0123-abc/chan", "https://h.example/chan"),
        (
            "https://conda.anaconda.org/t/xx-0a1b2c3d-0000-4000-8000-0123456789ab/chan",
            "https://conda.anaconda.org/chan",
        ),
        ("https://repo.anaconda.cloud/t/abc/repo/main", "https://repo.anaconda.cloud/repo/main"),
        ("https://h.example/t/0123456789abcdef/chan", "https://h.example/chan"),
        (
            "http://h.example/x/t/abc/chan/noarch/a-1-0.conda",
            "http://h.example/x/chan/noarch/a-1-0.conda",
        ),
        (
            "http://u:p@h.example/t/abc/chan/linux-64/repodata.json.zst",
            "http://h.example/chan/linux-64/repodata.json.zst",
        ),
        ("https://h.example/a.tgz?token=abc", "https://h.example/a.tgz"),
        ("https://h.example/a?x=1&private_token=abc&y=2#z", "https://h.example/a?x=1&y=2#z"),
        ("https://h.example/a?x=1&sig=abc%3D", "https://h.example/a?x=1"),
        (
            "https://h.example/a?X-Amz-Credential=a/b&X-Amz-Signature=c&X-Amz-Security-Token=d",
            "https://h.example/a",
        ),
        ("https://h.example/a#access_token=abc", "https://h.example/a"),
        ("https://h.example/a?x=ghp_0123456789abcdefghij", "https://h.example/a"),
        ("https://${USER}:s3cr3t@h.example/a", "https://h.example/a"),
        (
            "https://u:s3cr3t@h.example/${{ version }}.tgz?token=a",
            "https://h.example/${{ version }}.tgz",
        ),
    ],
)
@pytest.mark.parametrize(
    "around",
    ["{}", "- url: {}\n", '"{}",', "see <{}> for more", "[it]({}).", "({}),", "curl '{}'"],
)
def test_credentials_go_from_packages_metadata(address, cleaned, around):
    assert without_credentials(around.format(address)) == around.format(cleaned)
    assert holds_credentials(around.format(address))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://h.example/a?x=1&y=token#key",
        "https://h.example/@user/package",
        "https://h.example/a@v1.tgz",
        "https://h.example:8080/a@b",
        "https://h.example/a?ref=main@{0}",
        "ssh://git@github.com/a/b.git",
        "git+ssh://git@github.com:22/a/b",
        "git@github.com:a/b.git",
        "someone@h.example",
        "https://pypi.org/packages/source/t/tqdm/tqdm-4.67.1.tar.gz",
        "https://pypi.org/packages/source/t/tb-nightly/tb-nightly-2.tar.gz",
        "https://pypi.org/packages/source/t/tk-html-widgets/tk-html-widgets-1.tar.gz",
        "https://deb.debian.org/debian/pool/main/t/tar/tar_1.35.orig.tar.xz",
        "https://forum.example/t/conda-build-26-7-is-out/4321",
        "https://github.com/t/some-project/archive/v1.tar.gz",
        "file:///home/t/someone/chan/noarch/a-1-0.conda",
        "https://x-access-token:${TOKEN}@github.com/a/b",
        "https://${{ env.get('TOKEN') }}@github.com/a/b",
        "https://%USER%:%TOKEN%@h.example/a",
        "https://h.example/t/${TOKEN}/chan/noarch/a-1-0.conda",
        "https://h.example/a?token=${TOKEN}",
        "https://h.example/a?monkey=1&author=me&design=x&keyboard=y",
    ],
)
def test_all_else_stays_in_packages_metadata(text):
    assert without_credentials(text) == text
    assert not holds_credentials(text)


@pytest.mark.parametrize(
    "piece",
    ["a", "a:", "://", "a://", "a://b:", "a://@", "a://${{", "/t/", "a://b/t/c", "?a="],
)
def test_a_long_text_takes_no_long_time(piece):
    start = time.process_time()
    without_credentials(piece * (2**18 // len(piece)))
    without_credentials("https://" + piece * (2**18 // len(piece)))
    assert time.process_time() - start < 3


SECRET = st.sampled_from(["s3cr3t", "ghp_" + "A1b2" * 9, "co-0a1b2c3d-1111-2222-3333-0123456789ab"])
LOGINS = st.sampled_from(["", "user:{}@", "{}@", ":{}@", "git:{}@", "user:{}\uff20", "a:b:{}@"])
PATHS = st.sampled_from(["", "/o/r.git", "/t/{}/channel", "/t/{}/c/noarch/x-1-0.conda", "/a/t/{}"])
ENDS = st.sampled_from(
    ["", "?token={}", ";token={}", "?a=1&access_token={}&b=2", "#sig={}", "&key={}"]
)


@given(
    st.sampled_from(["https", "http", "ssh", "git+https", "ftp", "s3", "oci"]),
    st.tuples(LOGINS, PATHS, ENDS),
    SECRET,
    st.sampled_from(["{}", "url: {}", "- '{}'", '{{"url": "{}"}}', "see {}, then", "export T={}"]),
)
def test_nothing_is_left_that_would_be_reported(scheme, parts, secret, around):
    login, path, end = parts
    address = f"{scheme}://{login}host.example{path}{end}".replace("{}", secret)
    cleaned = without_credentials(around.format(address))
    assert not holds_secret(cleaned), cleaned
    assert without_credentials(cleaned) == cleaned


def test_a_token_outside_an_address_is_masked():
    token = "ghp_" + "A1b2" * 9
    assert without_credentials(f"script: export T={token}; x") == "script: export T=***; x"
