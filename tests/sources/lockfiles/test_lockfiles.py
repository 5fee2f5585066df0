"""Lockfiles of every form: what they lock, and what strangers may write in one.

The texts are small ones of our own, in the shapes of real files; py-rattler reads and writes real
ones. No pixi, conda-lock or micromamba runs here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from channel import Channel, this_platform
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance import yaml_text
from conda_provenance.errors import ProvenanceError, UnavailableError, UsageError
from conda_provenance.sources import Artifact, NotConda, Unreadable
from conda_provenance.sources.lockfiles import documents, lockfile_artifacts

ORG = "https://conda.anaconda.org/conda-forge"
SHA, MD5 = "a" * 64, "b" * 32
NUMPY = f"{ORG}/linux-64/numpy-1.26.4-py312h1_0.conda"
TZDATA = f"{ORG}/noarch/tzdata-2024a-h0_0.tar.bz2"
OSX = f"{ORG}/osx-arm64/numpy-1.26.4-py312h2_0.conda"


class Recorder(dict[str, Any]):
    """Takes note of which contents are made."""

    def __call__(self, url: str, listed: Any, /, *, file_name: str) -> Any:
        self[url] = listed
        return url


@pytest.fixture
def read(tmp_path):
    def read(text: str | bytes, name: str = "lock", **options: Any) -> list[Any]:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(lockfile_artifacts(str(path), Recorder(), **options))

    return read


def one_of(found: list[Any], kind: type) -> Any:
    [one] = [each for each in found if isinstance(each, kind)]
    return one


# @EXPLICIT


@pytest.mark.parametrize(
    ("ending", "sha256", "md5"),
    [
        ("", None, None),
        (f"#{MD5}", None, MD5),
        (f"#{SHA}", SHA, None),
        (f"#sha256:{SHA}", SHA, None),
        (f"#{SHA.upper()}", SHA, None),
        ("#nonsense", None, None),
        (f"#{SHA[:-1]}", None, None),
    ],
)
def test_explicit(read, ending, sha256, md5) -> None:
    [found] = read(f"# made by conda\n\n@EXPLICIT\n\n  {NUMPY}{ending}  \n# platform: linux-64\n")
    assert found[:5] == ("numpy", "1.26.4", "py312h1_0", "numpy-1.26.4-py312h1_0.conda", NUMPY)
    assert (found.subdir, found.channel) == ("linux-64", ORG)
    assert (found.sha256, found.md5) == (sha256, md5)


def test_a_login_and_a_token_in_explicit_are_for_fetching_only(tmp_path) -> None:
    url = NUMPY.replace("://", "://user:s3cr3t-1@").replace(".org/", ".org/t/s3cr3t-2/")
    (tmp_path / "lock").write_text(f"@EXPLICIT\n{url}#{MD5}\n")
    recorder = Recorder()
    [found] = lockfile_artifacts(str(tmp_path / "lock"), recorder)
    assert list(recorder) == [url]
    assert found.location == NUMPY
    assert "s3cr3t" not in repr(found._replace(contents=None))


def test_paths_in_explicit_begin_where_conda_begins_them(
    channel: Channel, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(channel.folder)
    [hello] = channel.folder.glob("noarch/hello-0.9-*.conda")
    text = f"@EXPLICIT\n./noarch/{hello.name}\n{hello.as_uri()}\n{hello}\n"
    (tmp_path / "lock").write_text(text)
    found = list(lockfile_artifacts(str(tmp_path / "lock"), Recorder()))
    assert [each.contents.claim().claim.sha for each in found] == [
        "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"
    ] * 3
    assert found[0].location == f"./noarch/{hello.name}"


def test_the_checksum_of_a_local_file_is_compared_if_that_is_asked_for(
    channel: Channel, tmp_path
) -> None:
    [hello] = channel.folder.glob("noarch/hello-0.9-*.conda")
    (tmp_path / "lock").write_text(f"@EXPLICIT\n{hello}#{SHA}\n")
    [found] = lockfile_artifacts(str(tmp_path / "lock"), Recorder(), check=True)
    with pytest.raises(ProvenanceError, match="sha256 differs"):
        found.contents.claim()


@pytest.mark.parametrize(
    "host", ["https://[x", "https://a]b", "oci://[::1", "file://[x", "https://[abc]"]
)
def test_half_a_host_in_explicit_harms_no_other_package(read, host) -> None:
    found = read(f"@EXPLICIT\n{host}/noarch/bad-1.0-0.conda\n{NUMPY}\n")
    assert [each.name for each in found] == ["bad", "numpy"]


def test_pip_in_explicit_is_not_condas(read) -> None:
    found = read(
        f"@EXPLICIT\n{NUMPY}\n"
        "# pip flask @ https://u:s3cr3t@files.example/flask-3.0.whl --hash=sha256:abc\n"
        "# pip click==8.1\n# pipe is a word\n"
    )
    pips = [each for each in found if isinstance(each, NotConda)]
    assert [(each.name, each.version, each.kind) for each in pips] == [
        ("flask", "", "pip"),
        ("click", "8.1", "pip"),
    ]
    assert "s3cr3t" not in repr(pips)


def test_the_platform_of_explicit(read) -> None:
    text = f"@EXPLICIT\n{NUMPY}\n{TZDATA}\n"
    assert len(read(text, platform="linux-64")) == 2
    with pytest.raises(UsageError, match=r"has no platform osx-64: there is linux-64; give one"):
        read(text, platform="osx-64")
    with pytest.raises(
        UsageError, match=r"no environment test: it names none; leave --environment"
    ):
        read(text, environment="test")


# conda-lock

CONDA_LOCK = f"""\
version: 1
metadata:
  platforms: [linux-64, osx-arm64]
package:
- {{name: numpy, version: 1.26.4, manager: conda, platform: linux-64, url: "{NUMPY}",
   hash: {{md5: {MD5}, sha256: {SHA}}}, category: main, optional: false}}
- name: numpy
  version: 1.26.4
  manager: conda
  platform: osx-arm64
  url: {OSX}
  hash:
    md5: {MD5}
- {{name: flask, version: '3.10', manager: pip, platform: linux-64,
   url: 'https://files.example/flask.whl', hash: {{sha256: {SHA}}}}}
"""


@pytest.fixture(params=["PyYAML", "ruamel.yaml"])
def yaml_reader(request, monkeypatch) -> None:
    """Each of the two libraries, the other hidden."""
    if request.param == "ruamel.yaml":
        monkeypatch.setitem(sys.modules, "yaml", None)
    else:
        pytest.importorskip("yaml", reason="PyYAML is not installed here")


def test_conda_lock(read, yaml_reader) -> None:
    linux, osx, flask = read(CONDA_LOCK, "conda-lock.yml")
    assert (linux.location, linux.sha256, linux.md5, linux.subdir) == (NUMPY, SHA, MD5, "linux-64")
    assert (osx.location, osx.sha256, osx.md5) == (OSX, None, MD5)
    assert flask == NotConda("flask", "3.10", "https://files.example/flask.whl", "pip")


def test_platforms_of_conda_lock(read) -> None:
    assert [each.location for each in read(CONDA_LOCK, platform="osx-arm64")] == [OSX]
    with pytest.raises(UsageError, match="no platform win-64: there is linux-64 and osx-arm64"):
        read(CONDA_LOCK, platform="win-64")


@pytest.mark.parametrize(
    ("before", "fetched"),
    [
        ("https://$USER:$PASS@host.example/chan", "https://host.example/chan"),
        ("https://${USER}:x@host.example/chan", "https://host.example/chan"),
        ("https://host.example/t/$TOKEN/chan", "https://host.example/chan"),
    ],
)
def test_a_variable_in_an_address_is_never_filled_in(
    tmp_path, monkeypatch, before, fetched
) -> None:
    """Whoever wrote the file chose the variable and the host: it would send secrets there."""
    for name in ("USER", "PASS", "TOKEN"):
        monkeypatch.setenv(name, f"s3cr3t-{name}")
    (tmp_path / "lock").write_text(CONDA_LOCK.replace(ORG, before))
    recorder = Recorder()
    found = list(lockfile_artifacts(str(tmp_path / "lock"), recorder))
    assert list(recorder) == [NUMPY.replace(ORG, fetched), OSX.replace(ORG, fetched)]
    assert "s3cr3t" not in repr(found) + repr(recorder)


@pytest.mark.parametrize(
    "place", ["$HOST", "https://h.example/$AWS_SECRET", "https://${X}.example/a"]
)
def test_other_variables_make_it_unreadable(tmp_path, monkeypatch, place) -> None:
    monkeypatch.setenv("AWS_SECRET", "s3cr3t")
    (tmp_path / "lock").write_text(f"@EXPLICIT\n{place}/linux-64/numpy-1.26.4-py312h1_0.conda\n")
    recorder = Recorder()
    [found] = lockfile_artifacts(str(tmp_path / "lock"), recorder)
    assert not recorder
    if "://" in place:
        assert isinstance(found, Unreadable)
        assert "variable, which is not filled in" in found.why


# pixi.lock

V3 = f"""\
version: 3
metadata: {{channels: [{{url: {ORG}/, used_env_vars: []}}], platforms: [linux-64]}}
package:
- platform: linux-64
  name: numpy
  version: 1.26.4
  category: main
  manager: conda
  url: {NUMPY}
  hash: {{md5: {MD5}, sha256: {SHA}}}
  build: py312h1_0
  subdir: linux-64
  build_number: 0
  size: 77
  timestamp: 1707225421156
- platform: linux-64
  name: flask
  version: 3.0.0
  manager: pypi
  url: https://files.example/flask.whl
"""

ENVIRONMENTS = f"""\
environments:
  default:
    channels: [{{url: {ORG}/}}]
    packages:
      linux-64:
      - conda: {NUMPY}
      - conda: {TZDATA}
      - pypi: https://files.example/flask.whl
      osx-arm64:
      - conda: {OSX}
  test:
    channels: [{{url: {ORG}/}}]
    packages:
      linux-64:
      - conda: {TZDATA}
  empty:
    channels: []
    packages: {{}}
"""

V5 = f"""\
version: 5
{ENVIRONMENTS}packages:
- {{kind: conda, name: numpy, version: 1.26.4, build: py312h1_0, build_number: 0, subdir: linux-64,
   url: "{NUMPY}", sha256: {SHA}, md5: {MD5}, size: 77, timestamp: 1707225421156}}
- {{kind: conda, name: numpy, version: 1.26.4, build: py312h2_0, subdir: osx-arm64,
   url: "{OSX}", sha256: {SHA}}}
- {{kind: conda, name: tzdata, version: 2024a, build: h0_0, subdir: noarch,
   url: "{TZDATA}", sha256: {SHA}}}
- {{kind: pypi, name: flask, version: 3.0.0, url: https://files.example/flask.whl}}
"""

V6 = f"""\
version: 6
{ENVIRONMENTS}packages:
- conda: {NUMPY}
  sha256: {SHA}
  md5: {MD5}
  size: 77
  timestamp: 1707225421156
- conda: {OSX}
  sha256: {SHA}
- conda: {TZDATA}
  sha256: {SHA}
- pypi: https://files.example/flask.whl
  name: flask
  version: 3.0.0
"""

V7 = V6.replace("version: 6", "version: 7\nplatforms:\n- name: linux-64\n- {name: osx-arm64}")


@pytest.mark.parametrize("text", [V5.replace("version: 5", "version: 4"), V5, V6, V7])
def test_pixi(read, text, yaml_reader) -> None:
    found = read(text, "pixi.lock")
    artifacts = {each.location: each for each in found if isinstance(each, Artifact)}
    assert set(artifacts) == {NUMPY, TZDATA, OSX}
    numpy = artifacts[NUMPY]
    assert numpy[:4] == ("numpy", "1.26.4", "py312h1_0", "numpy-1.26.4-py312h1_0.conda")
    assert (numpy.sha256, numpy.md5, numpy.size) == (SHA, MD5, 77)
    assert (numpy.timestamp, numpy.subdir, numpy.channel) == (1707225421156, "linux-64", ORG)
    assert one_of(found, NotConda) == NotConda(
        "flask", "3.0.0", "https://files.example/flask.whl", "pip"
    )


def test_pixi_before_version_4(read, yaml_reader) -> None:
    found = read(V3, "pixi.lock")
    numpy = one_of(found, Artifact)
    assert (numpy.location, numpy.sha256, numpy.size, numpy.build) == (NUMPY, SHA, 77, "py312h1_0")
    assert one_of(found, NotConda).kind == "pip"


@pytest.mark.parametrize("text", [V5, V6, V7])
def test_environments_and_platforms_of_pixi(read, text) -> None:
    def locations(**options: Any) -> set[str]:
        return {each.location for each in read(text, **options) if isinstance(each, Artifact)}

    assert locations(environment="test") == {TZDATA}
    assert locations(platform="osx-arm64") == {OSX}
    assert locations(environment="default", platform="linux-64") == {NUMPY, TZDATA}
    assert locations(environment="empty") == set()
    with pytest.raises(UsageError, match="no environment x: there is default and empty and test"):
        locations(environment="x")
    with pytest.raises(UsageError, match="no platform win-64: there is linux-64 and osx-arm64"):
        locations(platform="win-64")


def test_what_pixi_builds_from_source_is_no_package_yet(read) -> None:
    found = read(
        "version: 7\nplatforms: [{name: linux-64, subdir: linux-64}]\n"
        "environments:\n  default:\n    packages:\n      linux-64:\n"
        "      - conda_source: mine[ac2e8eb3] @ ../mine\n"
        "packages:\n- conda_source: mine[ac2e8eb3] @ ../mine\n  version: '0.1'\n"
    )
    assert found == [NotConda("mine", "0.1", "../mine", "source")]
    found = read(
        "version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n"
        "      - {conda: ../mine, name: mine}\n      - {conda: ../mine, name: other}\n"
        "      - conda: git+https://u:s3cr3t@h.example/mine?rev=1\n        name: remote\n"
        "packages:\n- {conda: ../mine, name: mine, version: '0.1'}\n"
    )
    assert [(each.name, each.kind) for each in found] == [
        ("mine", "source"), ("other", "source"), ("remote", "source"),
    ]  # fmt: skip
    assert "s3cr3t" not in repr(found)


def test_paths_in_pixi_begin_at_the_file(channel: Channel, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir("/")
    [hello] = channel.folder.glob("noarch/hello-0.9-*.conda")
    (tmp_path / hello.name).write_bytes(hello.read_bytes())
    (tmp_path / "pixi.lock").write_text(
        "version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n"
        f"      - conda: ./{hello.name}\npackages:\n- conda: ./{hello.name}\n"
    )
    [found] = lockfile_artifacts(str(tmp_path / "pixi.lock"), Recorder())
    assert found.contents.claim().claim.sha


@pytest.mark.parametrize("version", ["8", "1000", "00012"])
def test_newer_versions_are_said(read, version) -> None:
    with pytest.raises(UsageError, match=rf"version {int(version)}, and versions up to 7 can be"):
        read(f"version: {version}\npackages: []\nenvironments: {{}}\n")


def test_what_rattler_writes_is_read(channel: Channel, tmp_path) -> None:
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed here")
    import asyncio

    from rattler.lock import LockChannel

    async def solve() -> list[Any]:
        source = rattler.Channel(channel.uri)
        return await rattler.solve([source], ["world"], platforms=[this_platform(), "noarch"])

    platform = rattler.LockPlatform(this_platform())
    lock = rattler.LockFile([platform])
    lock.set_channels("default", [LockChannel(channel.uri + "/")])
    records = asyncio.run(solve())
    for record in records:
        lock.add_conda_package("default", platform, record)
    lock.to_path(str(tmp_path / "pixi.lock"))

    found = list(lockfile_artifacts(str(tmp_path / "pixi.lock"), Recorder()))
    assert {(each.name, each.version, each.sha256) for each in found} == {
        (record.name.normalized, str(record.version), record.sha256.hex()) for record in records
    }
    assert {each.contents.claim().package for each in found} == {each.file_name for each in found}


# What is no lockfile


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nchannels: [conda-forge]\ndependencies:\n- numpy=1.26\n",
        "numpy\nscipy>=1.0\n",
        "numpy==1.26.4\n# comment\nflask[async]==3.0 ; python_version > '3.8'\n",
        "# This file may be used to create an environment\nnumpy=1.26.4=py312h1_0\n",
        "- numpy\n- scipy\n",
        "platforms: [linux-64]\ndependencies: {numpy: '>=1'}\n",
    ],
)
def test_specs_name_no_packages(read, text) -> None:
    with pytest.raises(UsageError, match=r"names specs, not packages: .* lock it first"):
        read(text, "environment.yml")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"PK\x03\x04\xff", b"title: x\nbody: y\n"])
def test_what_is_no_lockfile(read, data) -> None:
    with pytest.raises(UsageError, match="is no lockfile"):
        read(data)


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        list(lockfile_artifacts(str(tmp_path / "none"), Recorder()))
    with pytest.raises(UnavailableError, match="cannot be read: it is no regular file"):
        list(lockfile_artifacts(str(tmp_path), Recorder()))


BILLION = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
)
LISTS = (
    "version: 6\nx: &l [" + ", ".join(["{conda: a}"] * 20_000) + "]\nenvironments:\n"
    + "".join(f"  e{n}:\n    packages: {{linux-64: *l}}\n" for n in range(200))
    + "packages: []\n"
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        BILLION + "version: 1\npackage: *a29\n",
        MERGES + "version: 1\npackage: [*a59]\n",
        LISTS,
        "version: 1\npackage: " + "[" * 100_000 + "]" * 100_000,
        "version: 1\npackage: " + "{a: " * 100_000,
        "version: 1\npackage:\n" + "- " * 100_000 + "x\n",
        "version: 1\npackage:\n" + "".join(" " * n + "a:\n" for n in range(2000)),
        "version: 1\npackage: !!python/object/apply:os.system [exit]\n",
        "version: 1\npackage: [\n",
        "version: 1\npackage: *nothing\n",
        "version: 1\npackage: &a [*a, *a]\n",
        "version: 1\npackage: [{? [a] : b}]\n",
        "version: [1]\npackage: {a: b}\nenvironments: 7\npackages: x\n",
        "version: 6\nenvironments: {a: [], b: {packages: []}, c: {packages: {d: x}}}\npackages: 1",
    ],
    ids=lambda text: text[:20] + "…" + text[-20:],
)
def test_bombs_end_soon(read, text, yaml_reader) -> None:
    try:
        found = read(text)
    except (UsageError, UnavailableError) as error:
        assert len(str(error)) < 500
    else:
        assert len(found) <= 20_000


def test_a_file_that_is_too_large(read, monkeypatch) -> None:
    monkeypatch.setattr("conda_provenance.sources.lockfiles.MAX_SIZE", 100)
    with pytest.raises(UsageError, match="larger than"):
        read(CONDA_LOCK)
    monkeypatch.undo()
    monkeypatch.setattr(documents, "MAX_PACKAGES", 2)
    with pytest.raises(UnavailableError, match="too many packages"):
        read(CONDA_LOCK)


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#\n %@<?.,1", max_size=60))
def test_any_text_is_yaml_or_refused(text) -> None:
    try:
        yaml_text.load_yaml(text, "lock")
    except ProvenanceError as error:
        assert str(error) == "lock cannot be read: it is no sound YAML; lock it again."


@given(
    st.lists(
        st.sampled_from(
            [
                *("version: 6", "environments:", "  a:", "    packages:", "      b:"),
                *("      - conda: x", f"      - conda: {NUMPY}", "packages:", "- conda: x"),
                *("  sha256: 1", "package:", "- name: x", "  url: [a]", "  hash: {md5: [1]}"),
                *("@EXPLICIT", "#a", f"{NUMPY}#{MD5}"),
            ]
        ),
        max_size=14,
    )
)
def test_any_lines_give_packages_or_one_sentence(tmp_path_factory, lines) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "lines.lock"
    path.write_text("\n".join(lines))
    try:
        for each in lockfile_artifacts(str(path), Recorder()):
            assert isinstance(each, Artifact | NotConda | Unreadable)
    except ProvenanceError as error:
        assert str(error).isprintable()
