"""What may be published of an address and of other texts, and what is left out."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from attest_strangers import PLACES, SECRETS
from hypothesis import example, given
from hypothesis import strategies as st

from conda_provenance.attest import publishable

CHANNEL = "https://conda.anaconda.org/conda-forge/noarch/tzdata-2025b-h78e105d_0.conda"
SECRET = "s3cr3tT0ken"

KEPT = [
    CHANNEL,
    "https://conda.anaconda.org/conda-forge/noarch/x-1!2.0+local-py_0.tar.bz2",
    "https://pypi.io/packages/source/t/tqdm/tqdm-4.66.tar.gz",
    "https://files.pythonhosted.org/packages/ab/cd/x-1.0-py3-none-any.whl",
    "https://registry.npmjs.org/@types/node/-/node-22.1.0.tgz",
    "https://deb.debian.org/debian/pool/main/t/tar/tar_1.34~rc1+dfsg.orig.tar.xz",
    "https://github.com/o/n/archive/refs/tags/v1.0.tar.gz",
    "http://127.0.0.1:8991/archive.tar.gz",
    "ftp://ftp.gnu.org/gnu/tar/tar-1.35.tar.gz",
    "oci://ghcr.io/channel/noarch/x",
    "s3://bucket/noarch/x-1-0.conda",
]


@pytest.mark.parametrize("address", KEPT)
def test_a_plain_address_is_kept_as_it_is(address):
    assert publishable.address(address) == address


RANDOM = "aBcD1234efGh5678"
TOKEN_OF_WEB = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijklmnop"


@pytest.mark.parametrize(
    "address",
    [
        f"https://dl.cloudsmith.io/{RANDOM}/org/repo/conda/linux-64/x-1-0.conda",
        "https://dl.cloudsmith.io/lowercasekey/org/repo/conda/linux-64/x-1-0.conda",
        "https://conda.fury.io/lowercasekey/user/noarch/x-1-0.conda",
        f"https://conda.example.org/{RANDOM}/noarch/x-1-0.conda",
        f"https://conda.example.org/%74/{RANDOM}/main/noarch/x-1-0.conda",
        f"https://conda.example.org/{TOKEN_OF_WEB}/noarch/x-1-0.conda",
        f"https://hooks.example.org/services/{RANDOM}",
    ],
)
def test_a_path_that_may_hold_a_key_is_left_out(address: str) -> None:
    """Some channels have it as a part of the path, and nothing says which part."""
    assert publishable.address(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://dl.cloudsmith.io/public/org/repo/conda/linux-64/x-1-0.conda",
        f"https://github.com/o/n/archive/{'0f8fad5b' * 5}.tar.gz",
        f"https://files.pythonhosted.org/packages/ab/cd/{'0f' * 30}/X-1.0.tar.gz",
        "https://github.com/o/CamelCase-Project-2024/releases/download/v1.0/CamelCase2024x86.zip",
    ],
)
def test_a_digest_or_a_name_is_no_key(address: str) -> None:
    assert publishable.address(address) == address


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("MY_PASS", "hunter2"),
        ("upload_pw", "hunter2"),
        ("x", "Bearer hunter2"),
        ("x", "a --password hunter2"),
        ("x", "-DAPI_TOKEN=hunter2"),
        ("x", "-DTOKEN=hunter2"),
        ("x", "MY_PASSWORD = hunter2"),
        ("x", "token: hunter2"),
    ],
)
def test_an_entry_that_says_it_is_a_secret_is_left_out(key: str, value: str) -> None:
    assert publishable.entry(key, value) is None


@pytest.mark.parametrize("value", ["passenger 1.0", "keyutils=1.6", "gcc 12.* *_cpython", "tokens"])
def test_a_word_that_only_begins_so_is_kept(value: str) -> None:
    assert publishable.entry("x", value) == ("x", value)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (f"https://user:{SECRET}@example.org/a.tar.gz", "https://example.org/a.tar.gz"),
        (f"https://{SECRET}@example.org/a.tar.gz", "https://example.org/a.tar.gz"),
        (f"https://user:pa/{SECRET}@example.org/a.tar.gz", "https://example.org/a.tar.gz"),
        (f"https://example.org/a.tar.gz?token={SECRET}", "https://example.org/a.tar.gz"),
        (f"https://example.org/a.tar.gz?X-Amz-Signature={SECRET}", "https://example.org/a.tar.gz"),
        (
            f"https://conda.example.org/t/{SECRET}/channel/noarch/x-1-0.conda",
            "https://conda.example.org/channel/noarch/x-1-0.conda",
        ),
        (
            f"https://user:{SECRET}@h.example/t/{SECRET}/c/noarch/x-1-0.conda",
            "https://h.example/c/noarch/x-1-0.conda",
        ),
        ("HTTPS://Example.ORG/A.tar.gz", "https://example.org/A.tar.gz"),
    ],
)
def test_a_credential_is_taken_out(address, kept):
    assert publishable.address(address) == kept


@pytest.mark.parametrize(
    "address",
    [
        None,
        5,
        [],
        "",
        "archive.tar.gz",
        "../archive.tar.gz",
        "/home/jane/archive.tar.gz",
        r"C:\Users\jane\archive.tar.gz",
        "C:/Users/jane/archive.tar.gz",
        "file:///home/jane/archive.tar.gz",
        "FILE:///home/jane/archive.tar.gz",
        "file://localhost/home/jane/x",
        "javascript://x/y",
        "https://example.org",
        "https://example.org/",
        # What these parameters mean, nobody but their server knows.
        f"https://example.org/a.tar.gz?jwt={SECRET}",
        f"https://example.org/a.tar.gz#{SECRET}",
        f"https://example.org/a.tar.gz;v={SECRET}",
        f"https://example.org/api/t/{SECRET}/c/x.tar.gz",
        # A variable's name is no login, but is not for others either.
        "https://${USER}:${PASSWORD}@example.org/a.tar.gz",
        "https://git@example.org/a.tar.gz",
        "https://exa mple.org/a.tar.gz",
        "https://example.org/a b\n.tar.gz",
        "https://example.org/a\u202eb.tar.gz",
        "https://example.org/%2e%2e/a.tar.gz",
        "https://example.org/a%40b/c%3Fd",
        "https://[::1/a",
        "https://example.org:port/a",
        "https://example.org/##vso[task.setvariable]x",
        "https://example.org/ghp_" + "a" * 36,
        "https://example.org/" + "a" * 3000,
        f"https://example.org/a,https://user:{SECRET}@h/b?c=d",
    ],
)
def test_what_is_local_or_may_not_be_safe_is_left_out(address):
    assert publishable.address(address) is None


@given(PLACES, SECRETS)
def test_no_address_lets_a_secret_out(place, secret):
    shown = publishable.address(place.replace("{}", secret))
    assert shown is None or secret not in unquote(shown)


@given(PLACES, SECRETS)
def test_no_repository_lets_a_secret_out(place, secret):
    shown = str(publishable.repository(place.replace("{}", secret)) or "")
    assert secret not in unquote(shown)


@given(PLACES, SECRETS)
def test_no_entry_of_a_variant_lets_an_address_or_a_path_out(place, secret):
    assert publishable.entry("channel_sources", place.replace("{}", secret)) is None


@given(st.text() | PLACES)
@example("https://h.example/a/../b")
def test_what_was_cleaned_is_clean(text):
    shown = publishable.address(text)
    assert shown is None or publishable.address(shown) == shown


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("python", "3.12.* *_cpython"),
        ("c_compiler", "gcc"),
        ("docker_image", "quay.io/condaforge/linux-anvil-x86_64:alma9"),
        ("channel_targets", "conda-forge main"),
        ("numpy", ">=1.26,<3"),
        ("target_platform", "linux-64"),
        ("pin_run_as_build.python", "x.x"),
    ],
)
def test_the_entries_of_a_variant(key, value):
    assert publishable.entry(key, value) == (key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("API_TOKEN", "abc"),
        ("password", "abc"),
        ("my_secret", "abc"),
        ("AWS_ACCESS_KEY_ID", "abc"),
        ("CONDA_BUILD_SYSROOT", "/opt/MacOSX11.sdk"),
        ("cflags", "-I /home/jane/include"),
        ("cflags", "-I/home/jane/include"),
        ("cflags", "--sysroot=/home/jane"),
        ("root", "C:/sdk"),
        ("root", "file:/home/jane"),
        ("root", "//server/jane"),
        ("root", "~/sdk"),
        ("root", "C:\\sdk"),
        ("root", "../sdk"),
        ("value", "ghp_" + "a" * 36),
        ("value", "user@example.org"),
        ("value", "a\x1b[31mb"),
        ("value", "a\nb"),
        ("value", "##vso[task.complete]"),
        ("value", "x" * 301),
        ("value", ""),
        ("value", ["3.12"]),
        ("value", None),
        (5, "x"),
        ("a b", "x"),
        ("k" * 101, "x"),
    ],
)
def test_entries_that_are_left_out(key, value):
    assert publishable.entry(key, value) is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("2026-11-26T05:55:57.635964163Z", "2026-11-26T05:55:57Z"),
        ("2026-11-26T05:55:57Z", "2026-11-26T05:55:57Z"),
        ("2026-13-26T05:55:57Z", None),
        ("2026-11-26T05:55:57+01:00", None),
        ("2026-11-26 05:55:57", None),
        ("1795672557635", None),
        (1795672557635, None),
        ("２026-11-26T05:55:57Z", None),
    ],
)
def test_times(value, kept):
    assert publishable.time(value) == kept


@pytest.mark.parametrize("value", ["v1.0", "refs/tags/v1", "main", "release/1.x", "a" * 40])
def test_revisions(value):
    assert publishable.revision(value) == value


@pytest.mark.parametrize(
    "value",
    ["", "../x", "a..b", "-x", "a b", "a//b", "/a", "a/", "ghp_" + "a" * 36, "x@{1}", 5, "a" * 300],
)
def test_revisions_that_are_left_out(value):
    assert publishable.revision(value) is None
