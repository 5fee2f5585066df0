"""Records of installed packages: the files in an environment's ``conda-meta`` folder.

conda, mamba, micromamba, rattler and pixi write them. Where the packages themselves are is not
known here.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.artifact import Unreadable
from conda_provenance.sources.environments.disk import read_small, read_whole_or_ends, reason
from conda_provenance.sources.record_values import hexadecimal, milliseconds, whole_number
from conda_provenance.text import escape, redact_location

META = "conda-meta"
"""The folder of records, which makes a folder an environment."""

MAX_RECORD = 64 << 20
"""Bytes of a record. Real ones have up to 4 MB, nearly all of it lists of files."""

_BEGINNING, _END = 32 << 10, 2 << 10
"""Bytes of a large record in which everything is looked for, but its lists of files."""

_MARK = "/t/<TOKEN>"
"""What conda leaves of a token in the address of a record."""

_MAX_TEXT = 4096
"""Characters of a value. A longer one is left out."""

_MAX_NAME = 255


class Record(NamedTuple):
    """What an environment, or a channel's index, says about one package.

    All texts are a stranger's: they are not escaped. ``url`` may hold a password, so it is never
    shown.
    """

    name: str
    version: str
    build: str
    file_name: str
    """``name-version-build`` with its ending, where that is known."""
    subdir: str | None = None
    channel: str | None = None
    """The channel's address, or its name, without credentials."""
    sha256: str | None = None
    md5: str | None = None
    size: int | None = None
    timestamp: int | None = None
    """When it was built, or indexed where that is known: milliseconds since 1970, UTC."""
    url: str | None = None
    extracted: str | None = None
    """The folder into which the package was extracted when it was installed."""
    linked_from: str | None = None
    """The folder from which its files were linked or copied."""
    archive: str | None = None
    """Where its file was then."""
    location: str = ""
    """The record's own file, or whatever names the package to the user."""

    @property
    def full_name(self) -> str:
        return f"{self.name}-{self.version}-{self.build}"

    @property
    def is_wheel(self) -> bool:
        """Is it Python's kind of package, which conda can install too? It has no about.json."""
        return self.url is not None and self.url.partition("#")[0].endswith(".whl")


def record_files(prefix: str) -> list[str]:
    """The names of the files in ``conda-meta`` that should be records, sorted.

    ``history``, ``state``, ``pixi`` and others of their kind have no ending, and macOS leaves files
    such as ``._x.json``. Raises ``OSError``.
    """
    names = os.listdir(os.path.join(prefix, META))
    return sorted(name for name in names if name.endswith(".json") and not name.startswith("."))


def read_records(prefix: str, files: list[str]) -> Iterator[Record | Unreadable]:
    """The records in these files, each as soon as it is read."""
    decode = _decoder()
    folder = os.path.join(prefix, META, "")
    for file in files:
        path = folder + file
        try:
            yield _record(file, path, _fields(path, decode))
        except FileNotFoundError:
            if os.path.lexists(path):
                yield _unreadable(file, path, "is a link that leads nowhere")
            # Otherwise the package was removed while we were looking.
        except (OSError, ValueError) as error:
            yield _unreadable(file, path, reason(error))
        except RecursionError:
            yield _unreadable(file, path, "is nested too deeply")


def _fields(path: str, decode: Callable[[bytes], Any]) -> Any:
    """The fields of a record. Of a large one, the lists of files in its middle are not read."""
    whole, tail = read_whole_or_ends(path, MAX_RECORD, _BEGINNING, _END)
    if tail is None:
        return decode(whole)

    # conda and rattler write the lists after what is needed, and "link" after them. Both indent by
    # two spaces, so nothing within a list or a text looks like this.
    end, start = whole.find(b',\n  "files": ['), tail.rfind(b'\n  "link": {')
    if end >= 0 and start >= 0:
        with contextlib.suppress(ValueError):
            fields = decode(whole[:end] + b"," + tail[start:])
            if fields.build and fields.extracted_package_dir and fields.sha256 and fields.url:
                return fields

    # mamba sorts the keys, so that some stand after the lists.
    return decode(read_small(path, MAX_RECORD).data)


def _unreadable(file: str, path: str, why: str) -> Unreadable:
    name = escape(file.removesuffix(".json"), _MAX_NAME)
    return Unreadable(file.removesuffix(".json"), path, f"The record of {name} {why}.")


@lru_cache(maxsize=1)
def _decoder() -> Callable[[bytes], Any]:
    """Decodes the few fields that are needed, four times as fast as ``json`` decodes all."""
    import msgspec  # 20 ms

    # Any value is taken here: one field of a wrong type must not make a record unreadable.
    names = (
        *("name", "version", "build", "fn", "subdir", "channel", "sha256", "md5", "size"),
        *("timestamp", "indexed_timestamp", "url", "extracted_package_dir"),
        *("package_tarball_full_path", "link"),
    )
    fields = [(name, Any, None) for name in names]
    struct = msgspec.defstruct("_Fields", fields, gc=False)
    decoder = msgspec.json.Decoder(struct)

    def decode(data: bytes) -> Any:
        try:
            if not data.isascii():
                data.decode()  # Lists of files are skipped without a look at their texts.
            return decoder.decode(data)
        except msgspec.ValidationError:
            raise ValueError("is no JSON object") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ValueError(_damage(data)) from None

    return decode


def _damage(data: bytes) -> str:
    if not data.strip(b"\0 \t\r\n"):
        return "is empty"

    try:
        data.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    return "is damaged or was cut off: it is no JSON"


def _record(file: str, path: str, fields: Any) -> Record:
    name, version, build = _text(fields.name), _text(fields.version), _text(fields.build)
    if not name or version is None or build is None:
        raise ValueError("does not say which package it is of")

    full_name = f"{name}-{version}-{build}"
    if file != f"{full_name}.json":
        raise ValueError(f"says that it is of another package, {escape(full_name, _MAX_NAME)}")

    link = fields.link
    channel = _text(fields.channel)
    return Record(
        name,
        version,
        build,
        _file_name(fields.fn, full_name),
        _text(fields.subdir),
        without_login(channel) if channel else None,
        hexadecimal(fields.sha256, 64),
        hexadecimal(fields.md5, 32),
        whole_number(fields.size),
        milliseconds(fields.indexed_timestamp) or milliseconds(fields.timestamp),
        _text(fields.url),
        _text(fields.extracted_package_dir),
        _text(link.get("source")) if isinstance(link, dict) else None,
        _text(fields.package_tarball_full_path),
        path,
    )


def _file_name(value: object, full_name: str) -> str:
    """The name of the package's file. One that names another package is not believed."""
    if isinstance(value, str) and value.startswith(full_name):
        rest = value[len(full_name) :]
        if not rest or rest in ENDINGS:
            return value
    return full_name


@lru_cache(maxsize=256)
def without_login(address: str) -> str:
    """An address that leads to the same place, without what lets its reader in."""
    from conda_provenance.credentials import without_credentials  # compiles long expressions

    return redact_location(without_credentials(address.replace(_MARK, "")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _MAX_TEXT else None
