"""Mutated packages give an answer or a clear error. None is touched without being stamped.

``FUZZ_CASES`` and ``FUZZ_SEED`` make a longer run:
``FUZZ_CASES=100000 python -m pytest tests/packages/test_fuzz.py -s``.
"""

from __future__ import annotations

import bz2
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from packages_making import info_files, make_conda, make_tar_bz2, tar, zip_members, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, read_claim, stamp_package
from conda_provenance.packages.read_contents import read_contents

CASES = int(os.environ.get("FUZZ_CASES", "600"))
SEED = int(os.environ.get("FUZZ_SEED", "20260301"))
STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
BUILD = """
import sys
from rattler_build import Stage0Recipe
recipe = Stage0Recipe.from_file(sys.argv[1])
recipe.run_build(output_dir=sys.argv[2], channels=[], package_format=sys.argv[3])
"""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """Packages of both formats: by hand, and by rattler-build where it is installed."""
    folder = tmp_path_factory.mktemp("seeds")
    about = {
        "conda_build_version": "1",
        "extra": {"final": True, "recipe-maintainers": ["a"]},
        "home": "https://example.org",
    }
    made = info_files(about) | {
        "info/recipe/meta.yaml": b"package:\n  name: x\nextra:\n  final: true\n"
    }
    packages = [make_conda(folder, info=zst(tar(made))), make_tar_bz2(folder, data=tar(made))]
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        "package: {name: hello, version: '1'}\n"
        "build: {noarch: generic, script: echo hi > $PREFIX/hi}\n"
        "extra: {a: b}\n"
    )
    for form in ("conda", "tar-bz2"):
        command = [sys.executable, "-c", BUILD, str(recipe), str(folder / form), form]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            packages += [
                path
                for ending in ("conda", "tar.bz2")
                for path in (folder / form / "noarch").glob(f"*.{ending}")
            ]
    return [
        (".conda" if path.suffix == ".conda" else ".tar.bz2", path.read_bytes())
        for path in packages
    ]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Some of what happens to bytes on their way, and some of what a stranger does on purpose."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not changed:
            break
        at = chance.randrange(len(changed))
        kind = chance.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0x2F, 0x2E))
        elif kind == 2:
            del changed[at:]
        elif kind == 3:
            del changed[at : at + chance.randrange(1, 64)]
        elif kind == 4:
            changed[at:at] = changed[chance.randrange(len(changed)) :][: chance.randrange(1, 600)]
        elif kind == 5:
            changed[at:at] = chance.randbytes(chance.randrange(1, 16))
        else:
            width = chance.choice((2, 4, 8))
            changed[at : at + width] = chance.choice((0, 1, 2**8, 2**31 - 1, 2**63 - 1)).to_bytes(
                8, "little"
            )[:width]
    return bytes(changed)


def mutate_within(ending: str, data: bytes, chance: random.Random) -> bytes:
    """The same inside the package, which is packed again, so that its checksums are right."""
    if ending == ".tar.bz2":
        return bz2.compress(_mutated_tar(bz2.decompress(data), chance))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    buffer = io.BytesIO()
    from conda_provenance.packages.archive.decompression import open_zstd

    changed = [
        (
            name,
            zst(_mutated_tar(open_zstd(io.BytesIO(value), 1 << 24).read(1 << 24), chance))
            if name.startswith("info-")
            else value,
        )
        for name, value in members
    ]
    if chance.random() < 0.1:
        chance.shuffle(changed)
    zip_members(buffer, changed)  # type: ignore[arg-type]
    return buffer.getvalue()


def _mutated_tar(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return mutate(data, chance)
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        # In a header, with its checksum made right again: what only a stranger does.
        block = chance.randrange(len(changed) // 512) * 512
        place, width = chance.choice(
            (
                (0, 100),
                (100, 8),
                (108, 16),
                (124, 12),
                (136, 12),
                (156, 1),
                (157, 100),
                (257, 8),
                (345, 155),
            )
        )
        if changed[block + 257 : block + 262] != b"ustar":
            changed[block + place] = chance.randrange(256)
            continue
        new = chance.choice(
            (
                b"info/about.json",
                b"./info/about.json",
                b"../x",
                b"\0",
                b"g",
                b"x",
                b"L",
                b"1",
                b"2",
                b"S",
                b"0000017\0",
            )
        )
        changed[block + place : block + place + width] = new[:width].ljust(width, b"\0")
        changed[block + 148 : block + 156] = b" " * 8
        changed[block + 148 : block + 156] = b"%06o\0 " % sum(changed[block : block + 512])
    return bytes(changed)


def read_by_another(package: Path) -> object:
    """about.json as users of conda-package-streaming find it: the last of that name.

    Where it finds none, the name of an exception.
    """
    from conda_package_streaming.package_streaming import stream_conda_info

    found: object = "nothing"
    try:
        for archive, member in stream_conda_info(str(package)):
            if member.name.removeprefix("./") == "info/about.json" and member.isreg():
                file = archive.extractfile(member)
                found = json.loads(file.read()) if file else "nothing"
    except Exception as error:
        return type(error).__name__
    return found


def test_mutated_packages(tmp_path, seeds):
    chance = random.Random(SEED)
    counts: Counter[str] = Counter()
    for case in range(CASES):
        ending, seed = chance.choice(seeds)
        data = (
            mutate_within(ending, seed, chance) if chance.random() < 0.6 else mutate(seed, chance)
        )
        package = tmp_path / ending / f"x-1-0{ending}"
        package.parent.mkdir(exist_ok=True)
        package.write_bytes(data)
        where = f"case {case} of seed {SEED}"
        try:
            read_about(package)
            counts["read"] += 1
        except PackageError as error:
            counts["not read"] += 1
            assert str(error).isprintable(), where
        try:
            changed = stamp_package(package, STAMP)
        except PackageError:
            counts["refused"] += 1
            assert package.read_bytes() == data, f"{where}: modified although it was refused"
        else:
            counts["stamped"] += 1
            assert changed, where
            assert STAMP.items() <= read_about(package)["extra"].items(), where
            assert not stamp_package(package, STAMP), f"{where}: not idempotent"
            other = read_by_another(package)
            if isinstance(other, dict):
                assert STAMP.items() <= other["extra"].items(), (
                    f"{where}: another reader finds another about.json"
                )
        assert os.listdir(package.parent) == [package.name], f"{where}: left something behind"
    print(f"\n{CASES} cases of seed {SEED}: {dict(counts)}; crashes 0, modified on error 0")
    assert counts["stamped"] > CASES * 0.02
    assert counts["refused"] > CASES * 0.1


def unpacked_by_another(package: Path) -> dict[str, tuple[bytes, bool]] | None:
    """The metadata files as users of conda-package-streaming get them. ``None``: it cannot."""
    from conda_package_streaming.package_streaming import stream_conda_info

    found: dict[str, tuple[bytes, bool]] = {}
    try:
        for archive, member in stream_conda_info(str(package)):
            name = member.name.removeprefix("./")
            if name.startswith("info/") and member.isreg():
                file = archive.extractfile(member)
                found[name] = (file.read() if file else b"", member.mode & 0o100 != 0)
    except Exception:
        return None
    return found


def test_of_mutated_packages_everything_is_what_others_unpack(tmp_path, seeds):
    """Or there is an error, or an oddity: a recipe is never another one than people get."""
    chance = random.Random(SEED + 1)
    counts: Counter[str] = Counter()
    for case in range(CASES):
        ending, seed = chance.choice(seeds)
        package = tmp_path / f"x-1-0{ending}"
        package.write_bytes(mutate_within(ending, seed, chance))
        where = f"case {case} of seed {SEED}"
        try:
            contents = read_contents(package, whole=True)
        except PackageError as error:
            counts["not read"] += 1
            assert str(error).isprintable(), where
            continue

        others = unpacked_by_another(package)
        if contents.oddities or others is None:
            counts["odd"] += 1
            continue
        counts["compared"] += 1
        own = {
            name: (file.data, file.is_executable)
            for name, file in contents.files.items()
            if not file.is_link
        }
        assert own == others, where
        assert contents.package.claim == read_claim(package), where
    print(f"\n{dict(counts)}")
    assert counts["compared"] > CASES * 0.05
    assert counts["not read"] > CASES * 0.1
