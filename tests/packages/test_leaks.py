"""A password or a token in a package's other metadata is named, and nothing else is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from packages_making import (
    PAYLOAD,
    info_files,
    make_conda,
    make_folder,
    make_tar_bz2,
    tar,
    zst,
)

from conda_provenance.packages import read_package, stamp_package
from conda_provenance.packages.leaks import holds_secret

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
META = "info/recipe/meta.yaml"
RENDERED = "info/recipe/rendered_recipe.yaml"

LEAKS = [
    "# Origin b'https://ci-token:s3cr3t@git.example.org/o/r.git', commit b'50a4e2d'",
    "# Origin b'https://s3cr3t@github.com/o/r.git', commit b'50a4e2d'",
    "    url: https://conda.anaconda.org/t/s3cr3t/acme/noarch/a-1-0.conda",
    "    channel: https://conda.anaconda.org/t/s3cr3t/acme",
    "    url: https://user:s3cr3t@conda.example.org/acme/noarch/a-1-0.conda",
    "    url: https://repo.example.org/api/t/dk-5ec2e75e-0000-4000-8000-0123456789ab/acme/x",
    "    git: ssh://user:s3cr3t@h.example/o/r",
    "    git: git+https://s3cr3t@h.example/o/r",
    "    url: https://user:s3c/r3t@h.example/o",
    "    url: https://h.example/x.tar.gz?access_token=s3cr3t",
    "    url: https://h.example/x.tar.gz?a=1&X-Amz-Signature=s3cr3t",
    "    url: https://h.example/o.git;token=s3cr3t",
    '    "url": "https:\\/\\/user:s3cr3t@h.example\\/x"',
    "    url: https://user:s3cr3t\uff20h.example/x",
    "    token: ghp_" + "s3cr3tS3cr3t" * 3,
    "    url: HTTPS://user:s3cr3t@h.example/x",
]


@pytest.mark.parametrize("line", LEAKS)
def test_a_secret_is_found(line: str) -> None:
    assert holds_secret(f"package:\n  name: demo\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "  url: https://pypi.io/packages/source/t/tqdm/tqdm-4.66.tar.gz",
        "  url: http://deb.debian.org/debian/pool/main/t/tzdata/tzdata_2024.tar.xz",
        "  git_url: git@github.com:o/r.git",
        "  git_url: ssh://git@github.com/o/r.git",
        "  git_url: https://git@github.com/o/r.git",
        "  - pip install git+https://github.com/o/r@v1.0",
        "  url: https://tangled.org/@user/r",
        "  url: https://www.npmjs.com/package/@scope/name",
        "  git clone https://oauth2:${TOKEN}@h.example/o/r",
        "  git clone https://$TOKEN@h.example/o/r",
        "  url: https://{{ user }}:{{ password }}@h.example/o/r",
        "  channel: https://conda.anaconda.org/t/<TOKEN>/acme",
        "  channel: https://conda.anaconda.org/t/***/acme",
        "  channel: https://user:********@h.example/acme",
        "  channel: https://***@h.example/acme",
        "  url: https://h.example:8080/a@b",
        "  url: https://h.example/x?sha=abc&page=2",
        "  author: A B <a.b@example.org>, see https://h.example",
        "  home: https://github.com/o/r",
        "  home: https://conda.discourse.group/t/a-topic",
        "  home: https://conda.discourse.group/t/a-topic/123",
    ],
)
def test_what_is_no_secret_is_not_found(line: str) -> None:
    assert not holds_secret(f"package:\n  name: demo\n{line}\n")


def make(folder: Path, kind: str, about: object, files: dict[str, bytes]) -> Path:
    """A package of this kind with further files."""
    everything = info_files(about) | files
    if kind == "conda":
        return make_conda(folder, info=zst(tar(everything)))

    if kind == "tar.bz2":
        return make_tar_bz2(folder, data=tar(everything | PAYLOAD))

    path = make_folder(folder, about)
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


KINDS = pytest.mark.parametrize("kind", ["conda", "tar.bz2", "folder"])


@KINDS
@pytest.mark.parametrize(
    "name",
    [
        META,
        RENDERED,
        "info/recipe/parent/meta.yaml",
        "info/recipe/conda_build_config.yaml",
        "info/recipe/build.sh",
        "info/recipe/pip.conf",
        "info/recipe/.condarc",
        "info/recipe/Dockerfile",
        "info/test/run_test.sh",
        "info/tests/tests.yaml",
        "info/index.json",
        "info/repodata_record.json",
        "info/hash_input.json",
        "info/git",
    ],
)
def test_the_file_is_named_and_the_secret_is_not(tmp_path: Path, kind: str, name: str) -> None:
    package = make(tmp_path, kind, {"extra": {"sha": SHA}}, {name: LEAKS[0].encode()})
    (problem,) = read_package(package).claim.problems
    assert problem.code == "recipe-credentials"
    assert problem.message == f"{name} of the package holds what may be a password or a token."


@KINDS
def test_about_json_counts_but_not_what_the_claim_itself_reports(tmp_path: Path, kind: str) -> None:
    about = {
        "channels": ["https://u:s3cr3t@h.example/c"],
        "conda_pkgs_dir": "/opt/conda/pkgs",
        "extra": {"sha": SHA},
    }
    (problem,) = read_package(make(tmp_path, kind, about, {})).claim.problems
    assert (problem.code, problem.message.split()[0]) == ("recipe-credentials", "info/about.json")

    about = {"extra": {"remote_url": "https://u:s3cr3t@h.example/o/r"}}
    (tmp_path / "other").mkdir()
    (problem,) = read_package(make(tmp_path / "other", kind, about, {})).claim.problems
    assert problem.code == "remote-credentials"


@KINDS
def test_the_payload_and_lists_of_it_are_not_searched(tmp_path: Path, kind: str) -> None:
    files = {
        name: LEAKS[0].encode()
        for name in (
            *("info/files", "info/recipe/fix.patch", "info/licenses/LICENSE", "share/a.yaml"),
            "info/test/source/fixture.py",
        )
    }
    assert read_package(make(tmp_path, kind, {}, files)).claim.problems == ()


@KINDS
def test_what_is_too_large_is_not_searched(tmp_path: Path, kind: str) -> None:
    data = LEAKS[0].encode() + b" " * (5 << 20)
    started = time.process_time()
    assert read_package(make(tmp_path, kind, {}, {RENDERED: data})).claim.problems == ()
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "text",
    [
        "https://" * 100_000,
        "https://a:" * 100_000,
        "https://" + "a/t/" * 200_000,
        "https://h/" + "?" * 500_000,
        "https://h/" + "&token" * 100_000,
        "http://a" + "/b" * 300_000,
        "x" * 1_000_000 + "://",
        "a" * 9 + "://" + "@" * 1_000_000,
        "https://a:b/" * 100_000,
        ("https://a:" + "b/" * 900 + " ") * 500,
    ],
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    holds_secret(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("kind", ["conda", "tar.bz2"])
def test_a_stamp_names_it_and_leaves_it(tmp_path: Path, kind: str) -> None:
    recipe = f"# This file created by conda-build\n{LEAKS[0]}\npackage:\n  name: demo\n".encode()
    about = {"conda_build_version": "26.7.1"}
    package = make(tmp_path, kind, about, {META: recipe})
    result = stamp_package(package, {"sha": SHA})
    assert [problem.code for problem in result.claim.problems] == ["recipe-credentials"]
    assert read_package(package).claim.problems == result.claim.problems


def test_a_stamp_that_replaces_the_address_in_the_recipe_ends_the_problem(tmp_path: Path) -> None:
    url = "https://u:s3cr3t@h.example/o/r"
    recipe = f"package:\n  name: demo\nextra:\n  remote_url: {url}\n".encode()
    about = {"conda_build_version": "26.7.1", "extra": {"remote_url": url}}
    package = make(tmp_path, "conda", about, {META: recipe})
    codes = [problem.code for problem in read_package(package).claim.problems]
    assert codes == ["remote-credentials", "recipe-credentials"]
    assert stamp_package(package, {"remote_url": "https://h.example/o/r"}).claim.problems == ()
    assert read_package(package).claim.problems == ()


def test_many_files_are_not_all_named(tmp_path: Path) -> None:
    files = {f"info/recipe/{number:03}.yaml": LEAKS[0].encode() for number in range(100)}
    assert len(read_package(make(tmp_path, "conda", {}, files)).claim.problems) == 20


def test_a_name_from_the_package_is_escaped(tmp_path: Path) -> None:
    files = {"info/recipe/\x1b[31mx.yaml": LEAKS[0].encode()}
    (problem,) = read_package(make(tmp_path, "conda", {}, files)).claim.problems
    assert problem.message.isprintable()


def test_json_may_hide_it_behind_escapes(tmp_path: Path) -> None:
    about = json.dumps({"channels": ["https://u:s3cr3t@h.example/c"]}).replace("@", "\\u0040")
    (problem,) = read_package(make(tmp_path, "conda", about.encode(), {})).claim.problems
    assert problem.code == "recipe-credentials"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    names = [f"info/{n}" for n in range(20)]
    package = make(tmp_path, "folder", {}, dict.fromkeys(names, LEAKS[0].encode()))
    for name in names[1::2]:
        (package / name).chmod(0)
    assert len(read_package(package).claim.problems) == len(names[::2])
