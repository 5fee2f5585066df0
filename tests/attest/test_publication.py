"""CEP 27's statement: exactly what the CEP says, and no secret in it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from packages_making import make_conda

from conda_provenance.attest.publication import publish_statement, target_channel
from conda_provenance.errors import ProvenanceError, UsageError


def test_the_statement_is_what_the_cep_says(tmp_path: Path) -> None:
    package = make_conda(tmp_path)
    stated = publish_statement(str(package), target_channel("https://prefix.dev/my-channel"))
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    assert json.loads(stated.statement) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": package.name, "digest": {"sha256": digest}}],
        "predicateType": "https://schemas.conda.org/attestations-publish-1.schema.json",
        "predicate": {"targetChannel": "https://prefix.dev/my-channel"},
    }
    assert not stated.claim


@pytest.mark.parametrize(
    ("given", "channel"),
    [
        ("https://prefix.dev/my-channel/", "https://prefix.dev/my-channel"),
        ("https://prefix.dev/my-channel///", "https://prefix.dev/my-channel"),
        ("HTTPS://Prefix.DEV/My-Channel", "https://prefix.dev/My-Channel"),
        ("https://prefix.dev:443/c", "https://prefix.dev/c"),
        ("http://127.0.0.1:8000/c", "http://127.0.0.1:8000/c"),
        ("https://conda.anaconda.org/conda-forge/label/dev",) * 2,
        ("s3://bucket/channel",) * 2,
        ("oci://ghcr.io/channel-mirrors/c",) * 2,
    ],
)
def test_a_channel_is_named_in_one_form(given: str, channel: str) -> None:
    assert target_channel(given) == channel


@pytest.mark.parametrize(
    "given",
    [
        "https://me:s3cret@prefix.dev/c",
        "https://s3cret@prefix.dev/c",
        "https://me%3As3cret%40prefix.dev/c",
        "https://me%253As3cret%2540prefix.dev/c",
        "https://conda.anaconda.org/t/s3cret/c",
        "https://host/mirror/t/s3cret/c",
        "https://prefix.dev/c?token=s3cret",
        "https://prefix.dev/c#s3cret",
        "https://prefix.dev/c;s3cret=1",
        "https://prefix.dev/ghp_s3cret0123456789abcdefghij",
        "https://host/me-01234567-89ab-cdef-0123-456789abcdef/c",
    ],
)
def test_a_secret_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(UsageError) as refused:
        target_channel(given)
    assert "s3cret" not in str(refused.value)
    assert "--publish-to takes" in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        "", "conda-forge", "prefix.dev/c", "https://prefix.dev", "https://prefix.dev/",
        "file:///srv/channel", "https://", "https:///c", "https://prefix.dev/a b",
        "https://prefix.dev/../c", "https://prefix.dev/c\n", "https://prefix.dev/c\x1b[2J",
        "https://prefix.dev:99999/c", "https://prefix.dev/c\\d", "https://prefix.dev/c/noarch",
        "https://prefix.dev/c/linux-64/", "https://prefix.dev/c/netbsd-64",
        "https://prefix.dev/" + "c" * 3000, "ΕΝ://x/y",
    ],
)  # fmt: skip
def test_what_is_no_channel_is_refused(given: str) -> None:
    with pytest.raises(UsageError) as refused:
        target_channel(given)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["other-1.0-0.conda", "demo-1.0-0.zip", "demo-1.0-0.conda.bak"])
def test_a_renamed_package_is_not_published(tmp_path: Path, name: str) -> None:
    renamed = make_conda(tmp_path).rename(tmp_path / name)
    with pytest.raises(ProvenanceError):
        publish_statement(str(renamed), "https://prefix.dev/c")
