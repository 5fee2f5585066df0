"""What a TARGET is, which requests make no sense, and what is loaded for each kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from environments_making import no_root
from packages_making import make_conda, make_folder

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.sources import Artifact, Request, Unreadable
from conda_provenance.sources.kinds import TAKEN, Kind, Target, path_of, targets_of
from conda_provenance.sources.targets import find_artifacts
from conda_provenance.web import Web


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder with one of everything that a path can be."""
    monkeypatch.chdir(tmp_path)
    make_conda(tmp_path)
    make_folder(tmp_path, name="extracted")
    (tmp_path / "numpy").write_text("a file that is called like a package")
    (tmp_path / "output").mkdir()
    (tmp_path / "env" / "conda-meta").mkdir(parents=True)
    (tmp_path / "lost-1-0" / "info").mkdir(parents=True)
    return tmp_path


def no_web() -> None:
    pytest.fail("nothing is to be fetched")


def kinds(*texts: str, environ: dict[str, str] | None = None, **options: object) -> list[str]:
    request = Request(targets=texts, **options)  # type: ignore[arg-type]
    return [target.kind for target in targets_of(request, environ or {})]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("demo-1.0-0.conda", Kind.PACKAGE),
        ("./demo-1.0-0.conda", Kind.PACKAGE),
        ("extracted-1.0-0", Kind.PACKAGE),
        ("lost-1-0", Kind.PACKAGE),
        ("numpy", Kind.PACKAGE),
        ("output", Kind.FOLDER),
        (".", Kind.FOLDER),
        ("env", Kind.ENVIRONMENT),
        ("gone-1-0.conda", Kind.NOTHING),
        ("gone/x", Kind.NOTHING),
        ("./scipy", Kind.NOTHING),
        ("scipy>=1", Kind.NOTHING),
        ("scipy", Kind.INSTALLED),
        ("scipy=1.2", Kind.INSTALLED),
        ("scipy==1.2=py_0", Kind.INSTALLED),
        ("_libgcc_mutex", Kind.INSTALLED),
        ("ruamel.yaml", Kind.INSTALLED),
        ("https://h.example/chan/noarch/a-1-0.conda", Kind.ADDRESS),
        (
            "HTTPS://h.example/chan/noarch/a-1-0.conda#0123456789abcdef0123456789abcdef",
            Kind.ADDRESS,
        ),
        ("http://[::1]:8000/noarch/a-1-0.conda", Kind.ADDRESS),
        ("http://user:pw@[::1]/noarch/a-1-0.conda", Kind.ADDRESS),
        ("oci://ghcr.io/channel-mirrors/conda-forge/noarch/a-1-0.conda", Kind.ADDRESS),
        ("s3://bucket/noarch/a-1-0.conda", Kind.ADDRESS),
        ("conda-forge::numpy", Kind.SPEC),
        ("conda-forge/linux-64::numpy=1.26=py312*", Kind.SPEC),
        ("https://h.example/chan::numpy[build=x]", Kind.SPEC),
        ("http://[::1]:8000/chan::numpy", Kind.SPEC),
        ("file:///srv/chan::numpy", Kind.SPEC),
        ("C:\\packages\\gone-1-0.conda", Kind.NOTHING),
        ("C:/packages/gone-1-0.conda", Kind.NOTHING),
        ("user:s3cr3t@h.example/a-1-0.conda", Kind.NOTHING),
    ],
)
def test_what_a_target_is(place, text, kind):
    assert kinds(text, environ={"CONDA_PREFIX": str(place / "env")}) == [kind]


def test_a_file_address_is_a_path(place):
    package = place / "demo-1.0-0.conda"
    spaced = place / "a folder"
    spaced.mkdir()
    assert kinds(package.as_uri(), place.as_uri(), spaced.as_uri()) == [
        Kind.PACKAGE,
        Kind.FOLDER,
        Kind.FOLDER,
    ]
    assert Path(path_of(spaced.as_uri())) == spaced
    assert path_of(f"file://localhost{spaced.as_posix()}") == str(spaced)
    (found,) = find_artifacts(Request(targets=(package.as_uri(),)), no_web, {})
    assert isinstance(found, Artifact)
    assert (found.name, found.location) == ("demo", package.as_uri())
    assert not found.contents.claim().claim


def test_where_an_environment_is_given_a_plain_word_is_a_name_and_no_path(place):
    """``show -n env numpy`` must mean the same in every working folder."""
    prefix = str(place / "env")
    assert targets_of(Request(targets=("numpy", "output", "./output"), prefix=prefix), {}) == (
        Target(Kind.INSTALLED, prefix, ("numpy", "output")),
        Target(Kind.FOLDER, "./output"),
    )


def test_names_are_looked_for_together_in_the_place_of_the_first(place):
    prefix = str(place / "env")
    request = Request(targets=("output", "scipy", "demo-1.0-0.conda", "zlib"))
    assert targets_of(request, {"CONDA_PREFIX": prefix}) == (
        Target(Kind.FOLDER, "output"),
        Target(Kind.INSTALLED, prefix, ("scipy", "zlib")),
        Target(Kind.PACKAGE, "demo-1.0-0.conda"),
    )


def test_without_a_name_the_whole_environment_is_meant(place):
    prefix = str(place / "env")
    whole = (Target(Kind.ENVIRONMENT, prefix),)
    assert targets_of(Request(prefix=prefix), {}) == whole
    assert targets_of(Request(), {"CONDA_PREFIX": prefix}) == whole


def test_only_what_nobody_has_named_is_a_whole(place):
    environ = {"CONDA_PREFIX": str(place / "env")}
    request = Request(
        targets=("scipy", "conda-forge::numpy", "demo-1.0-0.conda", "https://h.example/x-1-0.conda")
    )
    assert not any(target.is_whole for target in targets_of(request, environ))
    for whole in (
        Request(),
        Request(targets=("output",)),
        Request(channels=("conda-forge",)),
        Request(lockfiles=("pixi.lock",)),
    ):
        assert all(target.is_whole for target in targets_of(whole, environ))


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (Request(), f"Nothing is given, and no environment is active: {TAKEN}."),
        (
            Request(targets=("scipy",), channels=("conda-forge",)),
            (
                "scipy is the name of an installed package, which --channel does not go with: "
                "CHANNEL::SPEC finds a package in a channel."
            ),
        ),
        (
            Request(targets=("scipy",), lockfiles=("x.lock",)),
            (
                "scipy is the name of an installed package, which --lockfile does not go with: "
                "leave it out."
            ),
        ),
        (Request(targets=("output",), every=True), "--all means nothing without CHANNEL::SPEC"),
        (
            Request(targets=("output",), subdirs=("noarch",)),
            "--subdir means nothing without --channel or CHANNEL::SPEC.",
        ),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_read(place, request_, sentence):
    with pytest.raises(UsageError) as error:
        find_artifacts(request_, no_web, {})
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gone-1-0.conda", f"gone-1-0.conda does not exist: {TAKEN}."),
        ("output", f"output is a folder without any package: {TAKEN}."),
        (
            "scipy",
            (
                "scipy is no file or folder here, and no environment is active in which to look "
                f"for a package of that name: {TAKEN}."
            ),
        ),
    ],
)
def test_what_is_not_found_says_what_was_looked_for(place, text, sentence):
    (found,) = find_artifacts(Request(targets=(text,)), no_web, {})
    assert found == Unreadable(text, text, sentence)


def test_what_may_not_be_looked_at_is_not_said_to_be_missing(place):
    folder = place / "locked"
    folder.mkdir()
    folder.chmod(0)
    try:
        with no_root(folder.parent):
            (found,) = find_artifacts(Request(targets=("locked/x.conda",)), no_web, {})
    finally:
        folder.chmod(0o755)
    assert isinstance(found, Unreadable)
    assert found.why == "locked/x.conda cannot be read (permission denied)."


@pytest.mark.parametrize("name", ["pixi.lock", "explicit.txt", "conda-lock.YML"])
def test_a_lockfile_among_the_packages_says_how_to_give_it(place, name):
    (place / name).write_text("@EXPLICIT\n")
    (found,) = find_artifacts(Request(targets=(name,)), no_web, {})
    assert isinstance(found, Unreadable)
    assert found.why == (
        f"{name} is no package file: a lockfile is given with --lockfile, a list of targets as "
        "@FILE."
    )


def test_the_rest_goes_on_where_something_is_not_there(place):
    request = Request(targets=("gone.conda", "demo-1.0-0.conda", "output", "extracted-1.0-0"))
    found = list(find_artifacts(request, no_web, {}))
    assert [type(each) for each in found] == [Unreadable, Artifact, Unreadable, Artifact]


def test_a_plain_file_loads_nothing_that_reads_a_network(place):
    code = (
        "import os, sys\n"
        "from conda_provenance.cli.main import main\n"
        "main(['show', 'demo-1.0-0.conda'])\n"
        "heavy = ('web', 'sources.environments', 'sources.channels', 'sources.lockfiles',\n"
        "         'sources.remote', 'survey', 'audit')\n"
        "ours = [name.removeprefix('conda_provenance.') for name in sys.modules]\n"
        "print([name for name in ours if name.startswith(heavy)],\n"
        "      sorted({'requests', 'msgspec', 'rattler', 'conda', 'ssl', 'hashlib'} & "
        "sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[] []\n"
    assert "no provenance" in done.stdout


@pytest.mark.skipif(os.name != "nt", reason="drives are Windows'")
def test_a_drive_is_no_scheme(place):
    assert kinds(str(place / "demo-1.0-0.conda")) == [Kind.PACKAGE]


@pytest.mark.parametrize(
    "host", ["[x", "a]b", "[abc]", "u:p@[x", "a\u2100b", "h:abc", "h:99999999"]
)
@pytest.mark.parametrize("scheme", ["https", "oci"])
def test_an_address_with_half_a_host_is_an_error_of_one_target(place, scheme, host):
    text = f"{scheme}://{host}/chan/noarch/demo-1.0-0.conda"
    request = Request(targets=(text, "demo-1.0-0.conda"))
    with Web(use_conda=False) as web:
        broken, sound = find_artifacts(request, lambda: web, {})
        assert isinstance(broken, Artifact)
        with pytest.raises(UnavailableError, match="cannot be read"):
            broken.contents.claim()
    assert isinstance(sound, Artifact)
