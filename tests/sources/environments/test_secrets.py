"""No secret of a record, a cache or an address gets anywhere.

conda's caches keep passwords and tokens in clear, in ``repodata_record.json`` and ``urls.txt``, and
so may the records of other programs.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from environments_making import SHAPES, add_record, make_cached, record_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conda_provenance.errors import ProvenanceError, UnavailableError
from conda_provenance.sources import Artifact
from conda_provenance.sources.environments import installed

SECRET = "s3cr3tS3cr3t9"

ADDRESSES = (
    "https://user:{}@h.example/chan/noarch",
    "https://{}@h.example/chan/noarch",
    "https://h.example/t/{}/chan/noarch",
    "https://user:{}@h.example/t/{}/chan/noarch",
    "https://h.example/chan/noarch?token={}",
    "https://h.example:8080/t/tk-{}/chan",
    "user:{}@h.example/chan",
    "HTTPS://user:{}@h.example/chan",
    "s3://user:{}@bucket/chan",
    "oci://user:{}@ghcr.io/chan",
)

DAMAGES = ("none", "impostor", "no folder", "broken about", "broken repodata", "broken record")


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that is logged."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, logger = Handler(), logging.getLogger("conda_provenance")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class Broken:
    """Stands in for a reader of remote files that fails."""

    def __init__(self, url: str, _record: object) -> None:
        self.url = url

    def claim(self, *, thorough: bool = False) -> Any:
        raise UnavailableError(f"{self.url} cannot be reached.")


def everything(folder: Path, shape: str, address: str, damage: str, remote: bool) -> Iterator[str]:
    """All that is found and said of a package whose addresses hold the secret."""
    make_damaged(folder, shape, address, damage)
    reader: Any = Broken if remote else None
    for found in installed(str(folder / "env"), caches=[str(folder / "pkgs")], reader=reader):
        yield repr(found)
        if isinstance(found, Artifact):
            try:
                yield repr(found.contents.claim(thorough=True))
            except ProvenanceError as error:
                yield f"{error} {error!r}"
            yield repr(found.contents)


def make_damaged(folder: Path, shape: str, address: str, damage: str) -> None:
    """An environment and a cache that hold the secret."""
    address = address.replace("{}", SECRET)
    cached = make_cached(folder / "pkgs", channel=address)
    record = {**record_of(cached, shape), "channel": address}
    add_record(folder / "env", record)
    (folder / "pkgs" / "urls.txt").write_text(f"{address}/demo-1.0-0.conda\n")
    if damage == "impostor":
        make_cached(folder / "pkgs", {"extra": {}}, channel=address)
    elif damage == "no folder":
        cached.folder.rename(folder / "gone")
        cached.file.unlink()
    elif damage == "broken about":
        (cached.folder / "info" / "about.json").write_text(f'{{"{SECRET}')
        cached.file.unlink()
    elif damage == "broken repodata":
        (cached.folder / "info" / "repodata_record.json").write_text(f'{{"url": "{address}')
        cached.file.unlink()
    elif damage == "broken record":
        add_record(folder / "env", f'{{"url": "{address}'.encode(), "demo-1.0-0.json")


@given(st.sampled_from(SHAPES), st.sampled_from(ADDRESSES), st.sampled_from(DAMAGES), st.booleans())
@example("mamba", ADDRESSES[0], "impostor", True)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_gets_anywhere(shape: str, address: str, damage: str, remote: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, logged() as lines:
        said = list(everything(Path(folder), shape, address, damage, remote))

    assert said
    for text in (*said, *lines):
        assert SECRET not in text
        assert SECRET.lower() not in text.lower()


def test_the_property_can_fail(tmp_path: Path) -> None:
    """The secret is really in these files."""
    list(everything(tmp_path, "mamba", ADDRESSES[0], "none", False))

    files = [
        tmp_path / "pkgs" / "urls.txt",
        tmp_path / "pkgs" / "demo-1.0-0" / "info" / "repodata_record.json",
        tmp_path / "env" / "conda-meta" / "demo-1.0-0.json",
    ]
    for file in files:
        assert SECRET in file.read_text()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_traceback_shows_no_secret(tmp_path: Path, address: str) -> None:
    """Errors are raised from each other, and a log may show all of them."""
    import traceback

    secret = address.replace("{}", SECRET)
    cached = make_cached(tmp_path / "pkgs", channel=secret)
    add_record(tmp_path / "env", {**record_of(cached), "sha256": None, "md5": None, "size": 1})
    (artifact,) = installed(str(tmp_path / "env"), caches=[])
    assert isinstance(artifact, Artifact)

    with pytest.raises(ProvenanceError) as error:
        artifact.contents.claim()

    assert SECRET not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("shape", ["mamba", "rattler"])
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("address", ADDRESSES[:4])
def test_no_command_prints_or_writes_a_secret(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    shape: str,
    damage: str,
    address: str,
) -> None:
    from conda_provenance.cli.main import main

    make_damaged(tmp_path, shape, address, damage)
    monkeypatch.setenv("CONDA_PROVENANCE_CACHE_DIR", str(tmp_path / "cache"))
    written = tmp_path / "written"
    written.mkdir()
    env = str(tmp_path / "env")
    files = [f"--{kind}={written}/{kind}" for kind in ("csv", "html", "markdown", "junit")]

    for arguments in (
        ["show", "-v", "-p", env],
        ["show", "-v", "-p", env, "demo"],
        ["show", "--json", "-p", env, "demo"],
        ["audit", "-v", "-p", env, *files],
        ["audit", "--json", "-p", env],
    ):
        main(arguments)

    printed = "".join(capfd.readouterr())
    assert "demo" in printed
    assert SECRET not in printed
    assert {path.name for path in written.iterdir()} == {"csv", "html", "markdown", "junit"}
    for file in (*written.iterdir(), *tmp_path.glob("cache/*")):
        assert SECRET.encode() not in file.read_bytes(), file
