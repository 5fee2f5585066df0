"""Whatever is in a record or a cache, nothing else than an error of ours comes of it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

from environments_making import add_record, make_cached, record_of, write_lock
from hypothesis import given, settings
from hypothesis import strategies as st

from conda_provenance.errors import PackageError
from conda_provenance.sources import Artifact, Unreadable
from conda_provenance.sources.environments import installed

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["\ud800", "\0", "/", "..", "file:///\0", "https://[", "a" * 5000, "-", "é"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        *("name", "version", "build", "fn", "subdir", "channel", "sha256", "md5", "size", "url"),
        *("timestamp", "indexed_timestamp", "extracted_package_dir", "link"),
        *("package_tarball_full_path", "files", "paths_data"),
    ]
)


def read_all(prefix: Path, cache: Path) -> None:
    """Read everything in every way. Only the errors that callers expect may come."""
    for found in installed(str(prefix), caches=[str(cache)]):
        if isinstance(found, Unreadable):
            assert found.why.isprintable()
        if not isinstance(found, Artifact):
            continue
        for thorough in (False, True):
            with contextlib.suppress(PackageError):
                found.contents.claim(thorough=thorough)
        with contextlib.suppress(PackageError):
            found.contents.files(["info/index.json"])


@given(st.dictionaries(FIELDS, VALUES, max_size=4), st.booleans())
@settings(max_examples=150)
def test_any_fields_of_a_record(changes: dict[str, Any], in_cache: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cached = make_cached(Path(folder) / "pkgs")
        record = {**record_of(cached), **changes}
        add_record(Path(folder) / "env", json.dumps(record).encode(), "demo-1.0-0.json")
        if in_cache:
            (cached.folder / "info" / "repodata_record.json").write_text(
                json.dumps({**cached.index, **changes})
            )
        read_all(Path(folder) / "env", cached.cache)


@given(
    st.sampled_from(
        [
            *("env/conda-meta/demo-1.0-0.json", "pkgs/demo-1.0-0.lock", "pkgs/demo-1.0-0.conda"),
            *(f"pkgs/demo-1.0-0/info/{name}" for name in ("about.json", "index.json")),
            "pkgs/demo-1.0-0/info/repodata_record.json",
        ]
    ),
    st.integers(0, 4000),
    st.binary(max_size=40),
    st.booleans(),
)
@settings(max_examples=200)
def test_any_bytes_in_any_file(file: str, at: int, data: bytes, cut: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cached = make_cached(Path(folder) / "pkgs", repodata=None if "lock" in file else ...)
        write_lock(cached)
        add_record(Path(folder) / "env", record_of(cached))
        path = Path(folder) / file
        given = path.read_bytes()
        at %= len(given)
        path.write_bytes(given[:at] + data + (b"" if cut else given[at + len(data) :]))
        read_all(Path(folder) / "env", cached.cache)
