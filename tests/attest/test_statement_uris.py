"""The addresses that a statement may name: what could hold a secret is refused, and not shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.attest.uris import Resource, parse_uri, parse_verifier_id
from conda_provenance.errors import UsageError

CHANNEL = "https://conda.example.org/main"
FILE = "hello-1.0-h1_0.conda"


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/verifiers/packages",
        "https://example.com",
        "https://github.com/o/r/.github/workflows/verify.yml@refs/heads/main",
        "https://gitlab.example.com:8443/o/r//.gitlab-ci.yml@refs/heads/main",
        "https://github.com/conda-provenance/conda-provenance/.github/workflows/v.yml@refs/heads/x",
        "spiffe://example.org/verifier",
        "urn:example:verifier",
        "did:web:example.org",
    ],
)
def test_what_stands_for_a_verifier(uri: str) -> None:
    assert parse_verifier_id(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "packages",
        "example.com/verifiers",
        "HTTPS://example.com/x",
        "https://Example.com/x",
        "https://localhost/x",
        "https:///x",
        "https://user:secret@example.com/x",
        "https://secret@example.com/x",
        "https://secret/part@example.com/x",
        "https://example.com/x?token=secret",
        "https://example.com/x#secret",
        "https://example.com/a/../x",
        "https://example.com/x y",
        "https://example.com/x\n",
        "https://exämple.com/x",
        "https://example.com/\x1b[31m",
        "https://example.com/ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "https://example.com/t/0123456789abcdefghijk/main",
        "file:///home/me/verifier",
        "C:/Users/me",
        "/home/me/verifier",
        f"https://example.com/{'x' * 500}",
    ],
)
def test_what_does_not(uri: str) -> None:
    with pytest.raises(UsageError, match="--verifier-id takes a URI") as raised:
        parse_verifier_id(uri)
    assert "secret" not in str(raised.value)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    "uri",
    [
        "https://conda-provenance.github.io/conda-provenance/",
        "https://conda-provenance.github.io:443/x",
        "https://github.com/conda-provenance/conda-provenance",
        "https://github.com/conda-provenance/conda-provenance/",
        "https://github.com/conda-provenance/conda-provenance.git",
    ],
)
def test_nobody_verifies_in_the_name_of_this_project(uri: str) -> None:
    with pytest.raises(UsageError, match="own address: give one of yours"):
        parse_verifier_id(uri)


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    for parse in (lambda: parse_uri("--policy-uri", text, "x"), lambda: Resource.parse(text)):
        try:
            parse()
        except UsageError as error:
            assert str(error).isprintable()


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (CHANNEL, f"{CHANNEL}/linux-64/{FILE}"),
        (f"{CHANNEL}/", f"{CHANNEL}/linux-64/{FILE}"),
        ("HTTPS://Conda.Example.org:443/main", f"{CHANNEL}/linux-64/{FILE}"),
        ("https://conda.example.org", f"https://conda.example.org/linux-64/{FILE}"),
        ("oci://ghcr.example.org/main", f"oci://ghcr.example.org/main/linux-64/{FILE}"),
        (f"{CHANNEL}/linux-64/{FILE}", f"{CHANNEL}/linux-64/{FILE}"),
        (f"https://example.org/{FILE}", f"https://example.org/{FILE}"),
    ],
)
def test_where_a_package_is_fetched_from(text: str, uri: str) -> None:
    assert Resource.parse(text).place_of(FILE, "linux-64")[0] == uri


def test_a_version_with_an_epoch() -> None:
    name = "x264-1!164.3095-h166bdaf_2.tar.bz2"
    uri = f"{CHANNEL}/linux-64/{name}"
    assert Resource.parse(uri).place_of(name, None) == (uri, name)
    assert Resource.parse(CHANNEL).place_of(name, "linux-64") == (uri, f"linux-64/{name}")
    coded = uri.replace("!", "%21")
    assert Resource.parse(coded).place_of(name, None) == (coded, name)


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (CHANNEL, CHANNEL),
        (f"{CHANNEL}/noarch/{FILE}", CHANNEL),
        (f"{CHANNEL}/my-fork/{FILE}", None),
        (f"https://example.org/{FILE}", None),
    ],
)
def test_the_channel_of_an_address(text: str, channel: str | None) -> None:
    assert Resource.parse(text).channel == channel


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main",
        "conda-forge",
        "/srv/channel",
        "file:///home/me/channel",
        f"file:///home/me/channel/{FILE}",
        "https://user:secret@conda.example.org/main",
        "https://conda.example.org/t/secret/main",
        "https://conda.example.org/x/t/secret/main",
        "https://conda.example.org/main?x=secret",
        f"https://conda.example.org/main/{FILE}?sig=secret",
        "https://conda.example.org/main#secret",
        "https://conda.example.org/a/../main",
        f"{CHANNEL}/noarch/a%2fb.conda",
        f"{CHANNEL}/noarch/.conda",
        "https://dl.cloudsmith.io/secret/org/repo/conda",
        "https://conda.fury.io/secret/user",
        "https://conda.example.org/aBcD1234secret5678/main",
    ],
)
def test_an_address_that_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--resource-uri takes the address") as raised:
        Resource.parse(text)
    assert "secret" not in str(raised.value)


def test_one_platform_s_part_is_no_channel() -> None:
    with pytest.raises(UsageError, match="one platform's part of a channel"):
        Resource.parse(f"{CHANNEL}/linux-64")


@pytest.mark.parametrize(
    ("file", "subdir", "why"),
    [
        ("../x.conda", "noarch", "a name that no package in a channel has"),
        (".x.conda", "noarch", "a name that no package"),
        ("x y.conda", "noarch", "a name that no package"),
        ("x.zip", "noarch", "a name that no package"),
        (f"{'x' * 300}.conda", "noarch", "a name that no package"),
        (FILE, None, "for which platform"),
        (FILE, "", "for which platform"),
        (FILE, "../..", "for which platform"),
        (FILE, "linux-64/..", "for which platform"),
        (FILE, "linux-64\n", "for which platform"),
    ],
)
def test_what_a_stranger_calls_a_package_leads_nowhere_else(
    file: str, subdir: str | None, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Resource.parse(CHANNEL).place_of(file, subdir)


def test_a_packages_address_is_of_its_own_platform() -> None:
    """One that is fetched from another platform's part of the channel is another package."""
    resource = Resource.parse(f"{CHANNEL}/win-64/{FILE}")
    assert resource.place_of(FILE, "win-64") == (f"{CHANNEL}/win-64/{FILE}", FILE)
    assert resource.place_of(FILE, None) == (f"{CHANNEL}/win-64/{FILE}", FILE)
    with pytest.raises(ValueError, match="an address of win-64, and it is for linux-64"):
        resource.place_of(FILE, "linux-64")
    elsewhere = Resource.parse(f"https://files.example.com/packages/{FILE}")
    assert elsewhere.place_of(FILE, "linux-64")[0] == f"https://files.example.com/packages/{FILE}"
