"""Files with checksums of a package are corrected with it, or named."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from packages_bytes import files
from packages_making import make_conda, make_tar_bz2

from conda_provenance.packages import corrected_once, stamp_package
from conda_provenance.packages.indexes import folder
from conda_provenance.packages.indexes.checksum_names import checksum_files, is_checksum_file

STAMP = {"sha": "b" * 40}
ABOUT = {"extra": {"final": True}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
KINDS = ["sha256", "md5", "sha512", "sha1", "sha384"]


def digest(package: Path, kind: str = "sha256") -> str:
    return hashlib.new(kind, package.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "form",
    [
        "{hex}",
        "{hex}\n",
        "{HEX}\r\n",
        "{hex}  {name}\n",
        "{hex} *{name}\n",
        "{hex} {name}",
        "{hex}  ./{name}\r\n",
        "{KIND} ({name}) = {hex}\n",
        "{KIND}({name})= {hex}\n",
        "# made by hand\n{hex}  {name}\n",
    ],
)
@BOTH
def test_a_checksum_beside_the_package_is_corrected(tmp_path, caplog, make, kind, form):
    package = make(tmp_path, ABOUT)

    def text() -> str:
        value = digest(package, kind)
        return form.format(hex=value, HEX=value.upper(), name=package.name, KIND=kind.upper())

    path = tmp_path / f"{package.name}.{kind}"
    path.write_bytes(text().encode())
    old = path.read_bytes()
    assert stamp_package(package, STAMP, dry_run=True)
    assert path.read_bytes() == old
    assert stamp_package(package, STAMP, overwrite=False)
    assert path.read_bytes() == text().encode() != old
    assert not caplog.records
    assert not stamp_package(package, STAMP)


@pytest.mark.parametrize("name", ["demo-1.0-0.sha256", "demo-1.0-0.conda.SHA256"])
def test_both_habits_of_naming_and_any_case(tmp_path, name):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / name).write_text(digest(package))
    stamp_package(package, STAMP)
    assert (tmp_path / name).read_text() == digest(package)


@pytest.mark.parametrize(
    "ending",
    ["_sha256.txt", "-sha256", ".sha-256", ".sha", ".hash", ".checksum", ".digest", ".sha256.txt"],
)
def test_other_habits_of_naming_a_checksum(tmp_path, caplog, ending):
    package = make_conda(tmp_path, ABOUT)
    path = tmp_path / (package.name + ending)
    path.write_text(digest(package))
    stamp_package(package, STAMP)
    assert path.read_text() == digest(package)
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("demo-1.0-0.conda.sha3-256", "{hex}\n"),
        ("demo-1.0-0.conda.blake3", "{hex}  demo-1.0-0.conda\n"),
        ("demo-1.0-0.conda.b3sum", "{hex}\n"),
        ("demo-1.0-0.conda.checksum", "SHA3-256 (demo-1.0-0.conda) = {hex}\n"),
        ("SHA3SUMS", "{hex}  demo-1.0-0.conda\n"),
        ("checksums.txt", "SHA512/256 (demo-1.0-0.conda) = {hex}\n"),
        ("checksums.txt", "BLAKE3 (demo-1.0-0.conda) = {hex}\n"),
    ],
)
def test_a_checksum_of_another_kind_with_the_same_length_is_named_and_stays(
    tmp_path, caplog, name, text
):
    package = make_conda(tmp_path, ABOUT)
    value = hashlib.sha3_256(package.read_bytes()).hexdigest()
    (tmp_path / name).write_text(text.format(hex=value))
    stamp_package(package, STAMP)
    assert (tmp_path / name).read_text() == text.format(hex=value)
    assert f"{name} holds an old checksum of demo-1.0-0.conda" in caplog.text


def test_two_lists_of_one_name_are_both_corrected(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    paths = [tmp_path / name for name in ("SHA256SUMS", "SHA256SUMS.txt")]
    for path in paths:
        path.write_text(f"{digest(package)}  {package.name}\n")
    stamp_package(package, STAMP)
    assert {path.read_text() for path in paths} == {f"{digest(package)}  {package.name}\n"}


@pytest.mark.parametrize("name", ["blake3", "python-xxhash", "b2sum", "sha3"])
@pytest.mark.parametrize("ending", [".conda.sha256", ".sha256"])
def test_a_package_may_be_named_like_a_checksum(tmp_path, caplog, name, ending):
    package = make_conda(tmp_path, ABOUT, name=name)
    path = tmp_path / f"{name}-1.0-0{ending}"
    path.write_text(digest(package))
    stamp_package(package, STAMP)
    assert path.read_text() == digest(package)
    assert not caplog.records


@pytest.mark.parametrize(
    "name", ["release_checksums.txt", "linux-64.sha256", "x_1.0_SHA256SUMS", "sha256sums-1.0.txt"]
)
def test_a_list_may_be_named_after_something_else_too(tmp_path, name):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / name).write_text(f"{digest(package)}  {package.name}\n")
    stamp_package(package, STAMP)
    assert (tmp_path / name).read_text() == f"{digest(package)}  {package.name}\n"


@pytest.mark.parametrize("name", ["other-1.0-0.sha256", "SHA256SUMS", "archive.sha256", "hash.txt"])
def test_a_bare_checksum_of_something_else_stays(tmp_path, name):
    package = make_conda(tmp_path, ABOUT)
    other = make_conda(tmp_path, {"summary": "x"}, name="other")
    (tmp_path / name).write_text(digest(other))
    stamp_package(package, STAMP)
    assert (tmp_path / name).read_text() == digest(other)


@pytest.mark.parametrize("name", ["demo-1.0-0.conda.json", "demo-1.0-0.conda.metadata"])
def test_metadata_beside_the_package_is_named_if_it_has_the_checksum(tmp_path, caplog, name):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / name).write_text('{"summary": "demo-1.0-0.conda"}')
    stamp_package(package, STAMP)
    assert not caplog.records
    (tmp_path / name).write_text(f'{{"sha256": "{digest(package)}"}}')
    stamp_package(package, {"note": "n"})
    assert f"{name} holds an old checksum" in caplog.text


def test_a_signature_over_a_checksum_stays(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    for name in ("demo-1.0-0.conda.sig.sha256", "demo-1.0-0.conda.sha256.asc"):
        (tmp_path / name).write_text(f"{digest(package)}  {package.name}\n")
    before = files(tmp_path)
    stamp_package(package, STAMP)
    after = files(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {package.name}


def test_a_bare_checksum_that_may_be_of_either_kind_is_named(tmp_path, caplog):
    package, other = make_conda(tmp_path, ABOUT), make_tar_bz2(tmp_path, ABOUT)
    path = tmp_path / "demo-1.0-0.sha256"
    path.write_text(digest(other))
    stamp_package(package, STAMP)
    assert path.read_text() == digest(other)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SHA256SUMS", "sha256"),
        ("sha256sums.txt", "sha256"),
        ("sha256sum.txt", "sha256"),
        ("SHA512SUMS", "sha512"),
        ("MD5SUMS", "md5"),
        ("md5sum.txt", "md5"),
        ("checksums.txt", "sha256"),
        ("CHECKSUMS", "sha1"),
        ("checksums.sha256", "sha256"),
        ("B2SUMS", "blake2b"),
    ],
)
def test_a_list_of_checksums_is_corrected_in_one_line(tmp_path, caplog, name, kind):
    packages = [make_conda(tmp_path, ABOUT, name=each) for each in ("a", "demo", "z")]

    def text() -> str:
        lines = [f"{digest(each, kind)}  {each.name}\n" for each in packages]
        return "".join(lines) + f"{'0' * 32}  README.txt\nnote: {packages[0].name} is old\n"

    path = tmp_path / name
    path.write_text(text())
    path.chmod(0o604)
    stamp_package(packages[1], STAMP)
    assert path.read_text() == text()
    assert path.stat().st_mode & 0o777 == 0o604
    with corrected_once(packages) as indexes:
        for package in packages:
            stamp_package(package, {"note": "n"}, indexes=indexes)
    assert path.read_text() == text()
    assert not caplog.records


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed here")
@pytest.mark.parametrize("options", [[], ["-b"], ["--tag"]])
def test_sha256sum_agrees(tmp_path, options):
    packages = [make_conda(tmp_path, ABOUT, name=each) for each in ("a", "b")]
    names = [package.name for package in packages]
    command = ["sha256sum", *options, *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this sha256sum has no such option")
    (tmp_path / "SHA256SUMS").write_text(done.stdout)
    stamp_package(packages[0], STAMP)
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tmp_path / "SHA256SUMS").read_text() == again.stdout != done.stdout


def test_a_line_for_a_file_of_the_same_name_elsewhere_stays(tmp_path):
    (tmp_path / "noarch").mkdir()
    package = make_conda(tmp_path / "noarch", ABOUT)
    path = tmp_path / "noarch" / "SHA256SUMS"
    path.write_text(f"{'0' * 64}  osx-64/{package.name}\n{'1' * 64}  noarch/{package.name}\n")
    stamp_package(package, STAMP)
    assert path.read_text() == (
        f"{'0' * 64}  osx-64/{package.name}\n{digest(package)}  noarch/{package.name}\n"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("demo-1.0-0.conda.sha256", '{{"sha256": "{hex}"}}'),
        ("demo-1.0-0.conda.sha256", "{short}"),
        ("demo-1.0-0.conda.md5", "{hex} {hex}\n"),
        ("checksums.txt", "demo-1.0-0.conda: {hex}\n"),
        ("SHA256SUMS", "demo-1.0-0.conda  {hex}\n"),
        ("index.html", "<td>demo-1.0-0.conda</td><td>{hex}</td>"),
    ],
)
def test_what_is_not_simple_is_named_and_stays(tmp_path, caplog, name, text):
    package = make_conda(tmp_path, ABOUT)
    path = tmp_path / name
    path.write_text(text.format(hex=digest(package), short=digest(package)[:40] + "g"))
    before = path.read_bytes()
    stamp_package(package, STAMP, dry_run=True)
    stamp_package(package, STAMP)
    assert path.read_bytes() == before
    if "short" not in text:
        remedy = "run the indexer again" if name == "index.html" else "make it again"
        expected = f"conda-provenance: {path} holds an old checksum of {package.name}; {remedy}."
        assert [record.getMessage() for record in caplog.records] == [expected] * 2
    caplog.clear()
    path.write_text(text.format(hex=digest(package), short="x"))
    assert not stamp_package(package, STAMP)
    assert not caplog.records


@pytest.mark.parametrize("name", ["demo-1.0-0.conda.sha256", "SHA256SUMS", "index.html"])
def test_what_is_no_text_or_no_file_refuses_nothing(tmp_path, name):
    package = make_conda(tmp_path, ABOUT)
    path = tmp_path / name
    for make in (
        lambda: path.write_bytes(b"\xff" * 64),
        lambda: path.write_text(""),
        path.mkdir,
        lambda: path.symlink_to("gone"),
    ):
        make()
        package.unlink()
        package = make_conda(tmp_path, ABOUT)
        assert stamp_package(package, STAMP, overwrite=False)
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def test_a_page_that_does_not_name_the_package_is_not_spoken_of(tmp_path, caplog):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / "index.html").write_text(f"<td>other.conda</td><td>{'0' * 64}</td>")
    before = files(tmp_path)["index.html"]
    stamp_package(package, STAMP)
    assert not caplog.records
    assert files(tmp_path)["index.html"] == before


def test_a_page_by_conda_index(tmp_path, caplog):
    index = pytest.importorskip("conda_index.api", reason="conda-index is not installed here")
    (tmp_path / "noarch").mkdir()
    package = make_conda(tmp_path / "noarch", ABOUT)
    index.update_index(str(tmp_path))
    caplog.clear()
    stamp_package(package, STAMP)
    assert "index.html holds an old checksum" in caplog.text


def test_what_a_killed_stamp_left_is_finished_by_the_next(tmp_path, monkeypatch):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in ("a", "b")]
    sums, own = tmp_path / "SHA256SUMS", tmp_path / "a-1.0-0.conda.sha512"
    sums.write_text("".join(f"{digest(each)}  {each.name}\n" for each in packages))
    own.write_text(digest(packages[0], "sha512"))
    before = files(tmp_path)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "_commit", killed)
    with pytest.raises(KeyboardInterrupt), corrected_once(packages) as indexes:
        stamp_package(packages[0], STAMP, indexes=indexes)
    monkeypatch.undo()
    assert files(tmp_path)[sums.name] == before[sums.name]

    assert stamp_package(packages[1], STAMP)
    assert sums.read_text() == "".join(f"{digest(each)}  {each.name}\n" for each in packages)
    assert own.read_text() == digest(packages[0], "sha512")


def test_a_long_line_of_spaces_takes_no_time(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    spaces = " " * 2_000_000
    text = f"{'0' * 64}{spaces}\n{'0' * 64}  x{spaces}y\n{'0' * 64}  {package.name}\n"
    (tmp_path / "SHA256SUMS").write_text(text)
    start = time.process_time()
    stamp_package(package, STAMP)
    assert time.process_time() - start < 20
    assert (tmp_path / "SHA256SUMS").read_text().endswith(f"{digest(package)}  {package.name}\n")


@pytest.mark.parametrize("word", [".sha256", "_blake2s", "-sha512sums256"])
def test_a_hostile_name_beside_the_package_takes_no_time(tmp_path, word):
    package = make_conda(tmp_path, ABOUT)
    free = 250 - len(package.name)
    (tmp_path / f"{package.name}{word * (free // len(word))}.no").touch()
    started = time.process_time()
    assert stamp_package(package, STAMP, overwrite=False)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("ending", [".sha256", "-SHA512.md5.txt", "_sha256sums.256", ".blake2b512"])
def test_the_ending_of_a_checksum_file(tmp_path, ending):
    (tmp_path / f"x-1-0.conda{ending}").touch()
    assert checksum_files(str(tmp_path), ["x-1-0.conda"])
    assert is_checksum_file(f"x-1-0.conda{ending}")


@pytest.mark.parametrize("ending", [".256", ".txt.sha256", ".sha256.", "..sha256", ".sha256x"])
def test_another_ending(tmp_path, ending):
    (tmp_path / "x-1-0.conda").touch()
    (tmp_path / f"x-1-0.conda{ending}").touch()
    assert not checksum_files(str(tmp_path), ["x-1-0.conda"])
    assert not is_checksum_file(f"x-1-0.conda{ending}")
