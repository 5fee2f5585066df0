"""Where an installed package is read, and that only its own folder or file counts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from environments_making import (
    OTHER_SHA,
    SHA,
    SHAPES,
    Cached,
    add_record,
    make_cached,
    no_root,
    record_of,
    write_lock,
)

from conda_provenance.errors import PackageError
from conda_provenance.packages import PackageClaim
from conda_provenance.sources.environments import (
    Record,
    RecordContents,
    claim_of_record,
    folders,
    read_records,
    record_files,
)
from conda_provenance.sources.environments.look_up import files_of_record

IMPOSTOR = {"extra": {"sha": OTHER_SHA}}
"""What another channel's package of the same name says."""


@pytest.fixture
def cached(tmp_path: Path) -> Cached:
    return make_cached(tmp_path / "pkgs")


def record(prefix: Path, given: Any) -> Record:
    add_record(prefix, given)
    (found,) = read_records(str(prefix), record_files(str(prefix)))
    assert isinstance(found, Record)
    return found


def why_not(record: Record, *caches: Path, **options: Any) -> str:
    with pytest.raises(PackageError) as error:
        claim_of_record(record, map(str, caches), **options)
    sentence = str(error.value)
    assert sentence.startswith(f"{record.full_name} cannot be read: ")
    assert sentence.endswith(".")
    assert len(sentence) < 8000
    return sentence


def check_own(claim: PackageClaim, place: Path, cached: Cached, read_from: str = "cache") -> None:
    assert claim.claim.sha == SHA
    assert claim.claim.problems == ()
    assert (claim.read_from, claim.place) == (read_from, str(place))
    assert claim.package == "demo-1.0-0.conda"
    assert claim.sha256 == cached.index["sha256"]
    assert claim.sha256_from == ("file" if read_from == "archive" else "record")


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_its_own_folder(tmp_path: Path, cached: Cached, shape: str, thorough: bool) -> None:
    """With repodata_record.json, or with rattler's lock file where that program wrote it."""
    own = record(tmp_path / "env", record_of(cached, shape))
    if shape in ("rattler", "pixi-2024"):
        (cached.folder / "info" / "repodata_record.json").unlink()
        write_lock(cached)

    claim = claim_of_record(own, thorough=thorough)

    check_own(claim, cached.folder, cached)
    assert claim.location == own.location


def test_the_caches_are_not_asked_for_what_is_in_its_place(tmp_path: Path, cached: Cached) -> None:
    def caches() -> Any:
        raise AssertionError
        yield

    claim_of_record(record(tmp_path, record_of(cached)), caches())


def test_thorough_searches_the_other_metadata(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path, record_of(cached))
    recipe = cached.folder / "info" / "recipe"
    recipe.mkdir()
    (recipe / "meta.yaml").write_text("source: {url: 'https://u:s3cr3t@h.example/x.tar.gz'}")

    assert not claim_of_record(own).claim.problems
    (problem,) = claim_of_record(own, thorough=True).claim.problems
    assert problem.code == "recipe-credentials"


def test_conda_build_s_version_is_passed_on(tmp_path: Path) -> None:
    cached = make_cached(tmp_path / "pkgs", {"extra": {}, "conda_build_version": "3.20.0"})

    claim = claim_of_record(record(tmp_path, record_of(cached)))

    assert claim.conda_build_version == "3.20.0"


def test_a_package_without_about_says_nothing(tmp_path: Path, cached: Cached) -> None:
    (cached.folder / "info" / "about.json").unlink()

    claim = claim_of_record(record(tmp_path, record_of(cached)))

    assert not claim.has_about
    assert not claim.claim


# Whose folder is it?


@pytest.mark.parametrize("shape", SHAPES)
def test_another_channels_package_in_the_folder_does_not_count(tmp_path: Path, shape: str) -> None:
    """The cache's folders are named without the channel: the newcomer has taken the place."""
    own = record(tmp_path / "env", record_of(make_cached(tmp_path / "pkgs"), shape))
    newcomer = make_cached(tmp_path / "pkgs", IMPOSTOR, channel="https://other.example.org/c")
    if shape in ("rattler", "pixi-2024"):
        (newcomer.folder / "info" / "repodata_record.json").unlink()
        write_lock(newcomer)

    why = why_not(own)

    assert f"{newcomer.folder} holds another package of this name: its sha256 differs" in why
    assert f"{newcomer.file} is another file of this name: its " in why


def test_the_folder_of_another_cache_counts_if_it_is_its_own(tmp_path: Path) -> None:
    cached = make_cached(tmp_path / "old")
    own = record(tmp_path / "env", record_of(cached))
    shutil.copytree(cached.cache, tmp_path / "new")
    make_cached(tmp_path / "old", IMPOSTOR)
    make_cached(tmp_path / "third", IMPOSTOR)

    claim = claim_of_record(own, [str(tmp_path / "third"), str(tmp_path / "new")])

    check_own(claim, tmp_path / "new" / "demo-1.0-0", cached)


def test_link_source_is_looked_at_if_it_is_another_folder(tmp_path: Path) -> None:
    cached = make_cached(tmp_path / "pkgs", archive=False)
    given = {**record_of(cached), "extracted_package_dir": str(tmp_path / "gone" / "demo-1.0-0")}

    check_own(claim_of_record(record(tmp_path / "env", given)), cached.folder, cached)


def test_rattlers_folders_of_several_addresses(tmp_path: Path) -> None:
    """rattler may append the address's sha256 to the folder's name."""
    from hashlib import sha256

    cached = make_cached(tmp_path / "pkgs", repodata=None, archive=False)
    digest = sha256(cached.index["url"].encode()).hexdigest()
    folder = cached.folder.rename(f"{cached.folder}-{digest}")
    write_lock(Cached(cached.cache, folder, cached.file, cached.index))
    given = record_of(cached, "rattler")

    for extracted in (str(folder), str(tmp_path / "gone" / "demo-1.0-0")):
        own = record(tmp_path / "env", {**given, "extracted_package_dir": extracted, "link": None})
        check_own(claim_of_record(own, [str(cached.cache)]), folder, cached)


@pytest.mark.parametrize(
    ("lock", "why"),
    [
        (None, "does not say which file it was extracted from"),
        (b"", "does not say which file it was extracted from"),
        (b"\0" * 8, "does not say which file it was extracted from"),
        (b"\0" * 41, "does not say which file it was extracted from"),
        (b"\0" * 40, "holds another package of this name: its sha256 differs"),
    ],
)
def test_a_folder_that_does_not_say_whose_it_is(
    tmp_path: Path, lock: bytes | None, why: str
) -> None:
    cached = make_cached(tmp_path / "pkgs", repodata=None, archive=False)
    own = record(tmp_path / "env", record_of(cached, "rattler"))
    if lock is not None:
        cached.folder.with_name("demo-1.0-0.lock").write_bytes(lock)

    assert f"{cached.folder} {why}" in why_not(own)


def test_the_lock_file_does_not_count_where_conda_has_replaced_the_folder(tmp_path: Path) -> None:
    cached = make_cached(tmp_path / "pkgs")
    own = record(tmp_path / "env", record_of(cached, "rattler"))
    write_lock(cached)
    make_cached(tmp_path / "pkgs", IMPOSTOR)

    assert "holds another package" in why_not(own)


def test_a_lock_file_that_is_newer_than_the_folder_is_of_another_package(tmp_path: Path) -> None:
    """rattler writes it first. If the download then fails, the old folder stays beside it."""
    cached = make_cached(tmp_path / "pkgs", repodata=None, archive=False)
    own = record(tmp_path / "env", record_of(cached, "rattler"))
    lock = write_lock(cached)
    arrived = (cached.folder / "info" / "about.json").stat().st_ctime_ns
    os.utime(lock, ns=(arrived, arrived))
    assert claim_of_record(own).claim.sha == SHA  # The clock of a disk may be a coarse one.

    os.utime(lock, ns=(arrived + 10**10, arrived + 10**10))
    assert f"{cached.folder} was there before its lock file was written" in why_not(own)
    with pytest.raises(PackageError, match="was there before its lock file"):
        files_of_record(own, [], ["info/index.json"])

    (cached.folder / "info" / "about.json").unlink()
    assert "was there before its lock file" in why_not(own)


def test_a_package_in_rattlers_cache_does_not_say_itself_whose_it_is(tmp_path: Path) -> None:
    """It can bring an info/repodata_record.json of its own, which rattler does not write."""
    cached = make_cached(tmp_path / "pkgs", archive=False)
    own = record(tmp_path / "env", record_of(cached, "rattler"))
    other = make_cached(tmp_path / "other", IMPOSTOR, repodata=cached.index, archive=False)
    shutil.rmtree(cached.folder)
    shutil.copytree(other.folder, cached.folder)
    write_lock(cached, other.index["sha256"])

    assert "holds another package of this name: its sha256 differs" in why_not(own)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "\0", "\xff", "[" * 100_000, '{"sha256": null}', "{}"]
)
def test_a_damaged_repodata_record_proves_nothing(
    tmp_path: Path, cached: Cached, text: str
) -> None:
    write_lock(cached)
    cached.file.unlink()
    own = record(tmp_path / "env", record_of(cached))
    (cached.folder / "info" / "repodata_record.json").write_bytes(text.encode("latin-1"))

    assert f"{cached.folder} may be another package's" in why_not(own)


def test_a_link_to_the_repodata_record_of_another_folder_proves_nothing(
    tmp_path: Path, cached: Cached
) -> None:
    own = record(tmp_path / "env", record_of(cached))
    cached.file.unlink()
    kept = cached.folder.rename(tmp_path / "kept")
    other = make_cached(tmp_path / "pkgs", IMPOSTOR, repodata=None, archive=False)
    link = other.folder / "info" / "repodata_record.json"
    link.symlink_to(kept / "info" / "repodata_record.json")

    assert "its info/repodata_record.json cannot be read" in why_not(own)


def test_a_huge_repodata_record_is_not_read(tmp_path: Path, cached: Cached) -> None:
    cached.file.unlink()
    own = record(tmp_path / "env", record_of(cached))
    with (cached.folder / "info" / "repodata_record.json").open("ab") as file:
        file.truncate(1 << 40)

    assert "its info/repodata_record.json is larger than 1 MiB" in why_not(own)


NO_SHA256 = {"sha256": None}
NO_HASH = {"sha256": "", "md5": None}


@pytest.mark.parametrize(
    ("in_record", "in_cache", "why"),
    [
        (NO_SHA256, {}, None),
        (NO_SHA256, NO_SHA256, None),
        (NO_SHA256, {"md5": "0" * 32}, "its md5 differs"),
        (NO_SHA256, {"md5": None}, "there is no md5 to compare"),
        ({}, NO_SHA256, None),  # as conda writes it where it finds none
        ({}, {**NO_SHA256, "md5": "0" * 32}, "its md5 differs"),
        ({}, {"sha256": "0" * 64}, "its sha256 differs"),
        ({}, NO_HASH, "there is no sha256 to compare"),
        ({"md5": None}, NO_SHA256, "there is no sha256 to compare"),
        (NO_HASH, NO_HASH, None),
        (NO_HASH, {"url": "https://user:s3cr3t@conda.example.org/t/tk-9/forge/noarch/demo"
                          "-1.0-0.conda"}, None),
        (NO_HASH, {"size": 1}, "its size differs"),
        (NO_HASH, {"url": "https://other.example.org/forge/noarch/demo-1.0-0.conda"},
         "its address differs"),
        (NO_HASH, {"url": None}, "there is no address to compare"),
        (NO_HASH, {"url": "https://[s3cr3t/"}, "there is no address to compare"),
        ({**NO_HASH, "size": None}, {}, "there is no size to compare"),
    ],
)  # fmt: skip
def test_without_a_sha256_the_next_best_is_compared(
    tmp_path: Path,
    cached: Cached,
    in_record: dict[str, Any],
    in_cache: dict[str, Any],
    why: str | None,
) -> None:
    cached.file.unlink()
    own = record(tmp_path / "env", {**record_of(cached), **in_record})
    repodata = json.dumps({**cached.index, **in_cache})
    (cached.folder / "info" / "repodata_record.json").write_text(repodata)

    if why is None:
        assert claim_of_record(own).claim.sha == SHA
    else:
        sentence = why_not(own)
        assert why in sentence
        assert "s3cr3t" not in sentence


# A folder that cannot be used


def _file_for_folder(cached: Cached) -> None:
    shutil.rmtree(cached.folder)
    cached.folder.write_text("a file")


def _about(data: bytes) -> Callable[[Cached], None]:
    return lambda cached: (cached.folder / "info" / "about.json").write_bytes(data) and None


def _linked_about(cached: Cached) -> None:
    """A package could lead us to any file of the user."""
    secret = cached.cache / "secret.json"
    secret.write_text('{"extra": {"sha": "s3cr3t"}}')
    (cached.folder / "info" / "about.json").unlink()
    (cached.folder / "info" / "about.json").symlink_to(secret)


def _piped_about(cached: Cached) -> None:
    (cached.folder / "info" / "about.json").unlink()
    os.mkfifo(cached.folder / "info" / "about.json")


def _emptied(cached: Cached) -> None:
    for name in ("about.json", "index.json"):
        (cached.folder / "info" / name).unlink()


UNUSABLE: dict[str, tuple[Callable[[Cached], None], str]] = {
    "a file in its place": (_file_for_folder, "is a file, and not a folder"),
    "a link as about.json": (_linked_about, "its info/about.json cannot be read"),
    "a pipe as about.json": (_piped_about, "its info/about.json is no regular file"),
    "about.json cut off": (_about(b'{"extra": {'), "its info/about.json is no JSON"),
    "about.json not UTF-8": (_about(b'{"extra": "\xff"}'), "its info/about.json is not UTF-8"),
    "about.json too deep": (_about(b"[" * 500_000), "info/about.json"),
    "about.json a list": (_about(b"[]"), "its info/about.json is no JSON object"),
    "about.json huge": (_about(b" " * (2 << 20)), "its info/about.json is larger than 1 MiB"),
    "no metadata": (_emptied, "has no info/about.json and no info/index.json"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_the_archive_is_read_where_the_folder_cannot_be_used(
    tmp_path: Path, cached: Cached, kind: str
) -> None:
    own = record(tmp_path / "env", record_of(cached))
    damage, why = UNUSABLE[kind]
    damage(cached)

    check_own(claim_of_record(own), cached.file, cached, "archive")

    cached.file.unlink()
    sentence = why_not(own)
    assert f"{cached.folder} " in sentence
    assert why in sentence
    assert "s3cr3t" not in sentence


def test_a_folder_that_may_not_be_read(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    cached.file.unlink()
    (cached.folder / "info").chmod(0)

    with no_root(tmp_path):
        why = why_not(own)

    assert "its info/repodata_record.json cannot be read (permission denied)" in why


def test_a_cache_that_is_a_link_to_another_disk(tmp_path: Path, cached: Cached) -> None:
    (tmp_path / "linked").symlink_to(cached.cache)
    given = {**record_of(cached), "extracted_package_dir": None, "link": None}
    own = record(tmp_path / "env", {**given, "package_tarball_full_path": None})

    claim = claim_of_record(own, [str(tmp_path / "linked")])

    assert claim.place == str(tmp_path / "linked" / "demo-1.0-0")


@pytest.mark.parametrize("moment", ["before about.json", "after about.json"])
def test_a_folder_that_is_replaced_while_it_is_read(
    tmp_path: Path, cached: Cached, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Its proof is read, and then another package is there."""
    own = record(tmp_path / "env", record_of(cached))
    cached.file.unlink()
    read = folders._metadata

    def replace(folder: str, proof: Any) -> Any:
        files = read(folder, proof) if moment == "after about.json" else None
        shutil.rmtree(cached.folder)
        make_cached(tmp_path / "pkgs", IMPOSTOR, archive=False)
        return files or read(folder, proof)

    monkeypatch.setattr(folders, "_metadata", replace)

    assert "was changed while it was read" in why_not(own)


def test_a_folder_of_rattlers_that_conda_is_replacing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock file stays as it is, and conda's own record is not written yet."""
    cached = make_cached(tmp_path / "pkgs", repodata=None, archive=False)
    write_lock(cached)
    own = record(tmp_path / "env", record_of(cached, "rattler"))
    read = folders._metadata

    def replace(folder: str, proof: Any) -> Any:
        shutil.rmtree(cached.folder)
        make_cached(tmp_path / "pkgs", IMPOSTOR, repodata=None, archive=False)
        return read(folder, proof)

    monkeypatch.setattr(folders, "_metadata", replace)

    assert "was changed while it was read" in why_not(own)


def test_a_folder_that_is_being_deleted_is_not_said_to_say_nothing(
    tmp_path: Path, cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = record(tmp_path / "env", record_of(cached))
    cached.file.unlink()
    read = folders._metadata

    def delete(folder: str, proof: Any) -> Any:
        (cached.folder / "info" / "about.json").unlink()
        return read(folder, proof)

    monkeypatch.setattr(folders, "_metadata", delete)

    assert "was changed while it was read" in why_not(own)


def test_a_cache_that_is_removed_in_the_middle(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))

    def caches() -> Any:
        yield str(tmp_path / "nothing")
        shutil.rmtree(tmp_path / "pkgs")
        yield str(tmp_path / "pkgs")

    shutil.rmtree(cached.folder)
    with pytest.raises(PackageError, match="nothing of it is in "):
        claim_of_record(own, caches())


# Archives


def test_the_archive_where_the_folder_is_gone(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    shutil.rmtree(cached.folder)

    check_own(claim_of_record(own), cached.file, cached, "archive")


def test_mambas_name_of_an_archive_has_another_ending(tmp_path: Path, cached: Cached) -> None:
    given = record_of(cached, "mamba")
    assert given["package_tarball_full_path"].endswith(".tar.bz2")
    shutil.rmtree(cached.folder)

    claim = claim_of_record(record(tmp_path / "env", given))

    check_own(claim, cached.file, cached, "archive")


def test_an_archive_in_another_cache(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    (tmp_path / "other").mkdir()
    moved = cached.file.rename(tmp_path / "other" / cached.file.name)
    shutil.rmtree(cached.cache)

    check_own(claim_of_record(own, [str(tmp_path / "other")]), moved, cached, "archive")


def test_the_file_of_a_channel_on_this_disk(tmp_path: Path, cached: Cached) -> None:
    channel = tmp_path / "my channel" / "noarch"
    channel.mkdir(parents=True)
    moved = cached.file.rename(channel / cached.file.name)
    shutil.rmtree(cached.cache)
    given = {**record_of(cached, "rattler"), "url": moved.as_uri()}

    check_own(claim_of_record(record(tmp_path / "env", given)), moved, cached, "archive")


def test_an_archive_with_the_right_size_and_other_bytes(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    shutil.rmtree(cached.folder)
    data = bytearray(cached.file.read_bytes())
    data[-1] ^= 1
    cached.file.write_bytes(data)

    assert f"{cached.file} is another file of this name: its sha256 differs" in why_not(own)


def test_an_archive_with_another_size_is_not_read(
    tmp_path: Path, cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conda_provenance.packages.files import digests

    own = record(tmp_path / "env", record_of(cached))
    shutil.rmtree(cached.folder)
    cached.file.write_bytes(b"x")
    monkeypatch.setattr(digests, "Digests", None)

    assert f"{cached.file} is another file of this name: its size differs" in why_not(own)


def test_an_archive_is_believed_by_md5_where_the_record_has_no_more(
    tmp_path: Path, cached: Cached
) -> None:
    own = record(tmp_path / "env", {**record_of(cached), "sha256": None})
    shutil.rmtree(cached.folder)

    check_own(claim_of_record(own), cached.file, cached, "archive")


def test_an_archive_is_not_believed_without_a_checksum(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", {**record_of(cached), "sha256": None, "md5": None})
    shutil.rmtree(cached.folder)

    assert "the record has no checksum to compare" in why_not(own)


def test_archives_can_be_left_out(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    shutil.rmtree(cached.folder)

    assert str(cached.file) not in why_not(own, archives=False)


def test_an_archive_that_is_its_own_and_cannot_be_read(tmp_path: Path, cached: Cached) -> None:
    import hashlib

    shutil.rmtree(cached.folder)
    cached.file.write_bytes(b"no zip file")
    sha256 = hashlib.sha256(b"no zip file").hexdigest()
    own = record(tmp_path / "env", {**record_of(cached), "sha256": sha256, "size": 11})

    assert f"{cached.file} cannot be used: " in why_not(own)


# The sentence


def test_the_error_names_every_place_and_the_remedy(tmp_path: Path) -> None:
    cached = make_cached(tmp_path / "pkgs", archive=False)
    own = record(tmp_path / "env", record_of(cached))
    make_cached(tmp_path / "pkgs", IMPOSTOR, archive=False)
    (tmp_path / "empty").mkdir()

    why = why_not(own, tmp_path / "empty", remedy="; --remote reads it from its channel")

    assert why == (
        f"demo-1.0-0 cannot be read: {tmp_path}/pkgs/demo-1.0-0 holds another package of this "
        f"name: its sha256 differs; nothing else of it is in {tmp_path}/pkgs or {tmp_path}/empty; "
        "--remote reads it from its channel."
    )


def test_the_error_is_bounded(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    shutil.rmtree(cached.cache)
    many = [tmp_path / f"{number}{'x' * 200}" for number in range(10_000)]

    assert "more places" in why_not(own, *many)


def test_a_record_that_names_no_place() -> None:
    own = Record("demo", "1.0", "0", "demo-1.0-0.conda")

    assert why_not(own) == (
        "demo-1.0-0 cannot be read: its record names no place, and no package cache is known."
    )


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", ".", "a\0b", "..\\x"])
def test_a_name_leads_to_no_folder_outside_the_cache(tmp_path: Path, name: str) -> None:
    """The check of an installation takes names from a channel's index."""
    outside = make_cached(tmp_path, name="etc")
    (tmp_path / "x" / "pkgs").mkdir(parents=True)
    own = Record(name, "1.0", "0", f"{name}-1.0-0.conda", sha256=outside.index["sha256"])

    with pytest.raises(PackageError):
        claim_of_record(own, [str(tmp_path / "x" / "pkgs")])


def test_half_a_character_is_no_path(tmp_path: Path) -> None:
    """JSON can say it, and no file system can have it."""
    half = "\ud800"
    own = Record(
        f"a{half}", "1.0", "0", f"a{half}-1.0-0.conda", "noarch", f"https://h.example/{half}",
        sha256="0" * 64, url=f"file:///x{half}", extracted=f"/x{half}", archive=f"/y{half}",
    )  # fmt: skip

    with pytest.raises(PackageError, match=r"\Aa\\ud800-1.0-0 cannot be read: .* is no path"):
        claim_of_record(own, [str(tmp_path)])
    with pytest.raises(PackageError):
        RecordContents(own, [str(tmp_path)]).claim()
    with pytest.raises(PackageError):
        RecordContents(own, [str(tmp_path)]).files(["info/index.json"])


def test_relative_paths_of_a_record_are_not_followed(
    tmp_path: Path, cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cached.cache)
    own = Record(*record(tmp_path, record_of(cached))[:7], extracted="demo-1.0-0", archive="x")

    assert "names no place" in why_not(own)


# Other files


def test_metadata_files_are_read_from_its_own_folder_or_archive(
    tmp_path: Path, cached: Cached
) -> None:
    own = record(tmp_path / "env", record_of(cached))
    names = ["info/index.json", "info/paths.json", "info/nothing", "info/about.json"]
    expected = ["info/index.json", "info/paths.json", "info/about.json"]

    assert list(files_of_record(own, [], names)) == expected
    shutil.rmtree(cached.folder)
    assert list(files_of_record(own, [], names)) == expected
    cached.file.unlink()
    with pytest.raises(PackageError, match="cannot be read"):
        files_of_record(own, [], names)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "info/../../secret.json",
            "../secret.json",
            "/etc/passwd",
            "info//x",
            "info/./index.json",
        ),
        *(
            "info",
            "info/",
            "",
            "share/demo.txt",
            "info\\..\\..\\secret.json",
            "info/C:x",
            "info/\0",
        ),
    ],
)
def test_no_file_outside_of_info_is_read(tmp_path: Path, cached: Cached, name: str) -> None:
    (tmp_path / "secret.json").write_text("s3cr3t")
    (cached.cache / "secret.json").write_text("s3cr3t")
    own = record(tmp_path / "env", record_of(cached))

    assert files_of_record(own, [], [name]) == {}


@pytest.mark.parametrize("whole", [False, True])
def test_all_of_an_installed_package_is_read_without_following_a_link(
    tmp_path: Path, cached: Cached, whole: bool
) -> None:
    """The archive is tried first where the digest is wanted: a folder has none."""
    (tmp_path / "secret").write_text("s3cr3t")
    (cached.folder / "info" / "recipe").mkdir()
    (cached.folder / "info" / "recipe" / "key").symlink_to(tmp_path / "secret")
    own = record(tmp_path / "env", record_of(cached))

    contents = RecordContents(own, []).everything(whole=whole)
    place, read_from = (cached.file, "archive") if whole else (cached.folder, "cache")
    check_own(contents.package, place, cached, read_from)
    assert "info/index.json" in contents.files
    assert "info/repodata_record.json" not in contents.files
    assert not [each for each in contents.files.values() if b"s3cr3t" in each.data]

    cached.file.unlink()
    folder = RecordContents(own, []).everything(whole=whole)
    check_own(folder.package, cached.folder, cached)
    assert folder.files["info/recipe/key"].is_link
    assert (folder.install_scripts is None) is not whole


def test_a_folder_that_is_another_packages_is_not_read(tmp_path: Path, cached: Cached) -> None:
    own = record(tmp_path / "env", record_of(cached))
    make_cached(tmp_path / "pkgs", IMPOSTOR)
    with pytest.raises(PackageError, match="cannot be read"):
        RecordContents(own, []).everything()
