"""With ``--remote``, what is in no package cache is read from its channel, by real requests."""

from __future__ import annotations

from pathlib import Path

import pytest
from environments_making import OTHER_SHA, SHA, SHAPES, add_record, make_cached, record_of
from misbehaving import Server

from conda_provenance.errors import PackageError, UnavailableError
from conda_provenance.sources import Artifact, Request
from conda_provenance.sources.targets import find_artifacts
from conda_provenance.web import Web


def artifact(prefix: Path, web: Web, *, remote: bool = True) -> Artifact:
    request = Request(prefix=str(prefix), remote=remote)
    (found,) = find_artifacts(request, lambda: web, {"HOME": "/nowhere"})
    assert isinstance(found, Artifact)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_package_whose_folder_is_anothers_now(
    tmp_path: Path, misbehaving: Server, web: Web, shape: str
) -> None:
    channel = misbehaving.url("well", "forge")
    cached = make_cached(tmp_path / "pkgs", channel=channel)
    misbehaving.files[cached.file.name] = cached.file.read_bytes()
    add_record(tmp_path / "env", record_of(cached, shape))
    make_cached(tmp_path / "pkgs", {"extra": {"sha": OTHER_SHA}}, channel=channel)

    found = artifact(tmp_path / "env", web)
    claim = found.contents.claim()

    assert claim.claim.sha == SHA
    assert claim.read_from == "remote"
    assert claim.place == f"{channel}/noarch/{cached.file.name}"
    assert claim.location == found.location
    assert (claim.sha256, claim.sha256_from) == (cached.index["sha256"], "record")
    assert len(misbehaving.asked) == 1
    with pytest.raises(PackageError, match="; --remote reads it from its channel"):
        artifact(tmp_path / "env", web, remote=False).contents.claim()
    assert len(misbehaving.asked) == 1


def test_a_token_that_conda_has_hidden_is_not_asked_for(
    tmp_path: Path, misbehaving: Server, web: Web
) -> None:
    """conda writes the words "<TOKEN>" into the record's address."""
    cached = make_cached(tmp_path / "pkgs", channel=misbehaving.url("well", "forge"), archive=False)
    file = make_cached(tmp_path / "served").file
    misbehaving.files[file.name] = file.read_bytes()
    index = cached.index
    hidden = index["url"].replace("/well/", "/t/<TOKEN>/well/")
    size = len(file.read_bytes())
    add_record(tmp_path / "env", {**record_of(cached), "url": hidden, "size": size})
    cached.folder.rename(tmp_path / "gone")

    assert artifact(tmp_path / "env", web).contents.claim().claim.sha == SHA
    assert "TOKEN" not in "".join(asked.path for asked in misbehaving.asked)


def test_a_server_that_does_not_have_it(tmp_path: Path, misbehaving: Server, web: Web) -> None:
    channel = f"{misbehaving.root}/well/forge"
    cached = make_cached(tmp_path / "pkgs", channel=channel)
    add_record(tmp_path / "env", record_of(cached))
    cached.cache.rename(tmp_path / "gone")

    with pytest.raises((PackageError, UnavailableError)) as error:
        artifact(tmp_path / "env", web).contents.claim()

    sentence = str(error.value)
    assert sentence.startswith(f"demo-1.0-0 cannot be read: nothing of it is in {tmp_path}/pkgs")
    assert "404" in sentence
