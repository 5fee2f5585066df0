"""The records of an index, within bounds: what the formats are, and which of them are sound.

Formats: repodata.json of CEP 36 and before, CEP 15's ``base_url``, CEP 48's ``v3``, and the shards
of CEP 16, whose checksums are bytes. Where an index is from is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec

from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.packages.refusals import Refusal
from conda_provenance.sources.artifact import Pinned
from conda_provenance.sources.record_values import hexadecimal, milliseconds

MAX_RECORDS = 4_000_000
"""Ten times what the largest index of today has."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!~=@-]{0,254}", re.ASCII)
"""A file's name that leads to no other folder or host, whatever it is put behind."""

_REVISION = re.compile(r"v([0-9]{1,6})", re.ASCII)
_HEX = {"sha256": 64, "md5": 32}

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_LIST = "it has no list of packages"

_NEWEST_VERSION, _NEWEST_REVISION = 2, 3
"""Of ``repodata_version``, and of the sections ``v3`` and so on."""


class Record(msgspec.Struct, gc=False, kw_only=True):
    """What is needed of a package's record. It holds only texts and numbers.

    The fields stand in the order that indexes have, in which they are found at once.
    """

    attestations: Any = None
    build: str
    build_number: int = 0
    indexed_timestamp: int | float | None = None
    md5: Any = None
    name: str
    sha256: Any = None
    size: int | None = None
    timestamp: int | float | None = None
    version: str


class _OddRecord(msgspec.Struct):
    """A record whose size and times may be anything, as in some that were made by hand.

    They help to read a package, but it can be read without them.
    """

    name: str
    version: str
    build: str
    build_number: int = 0
    sha256: Any = None
    md5: Any = None
    size: Any = None
    timestamp: Any = None
    indexed_timestamp: Any = None
    attestations: Any = None

    def sound(self) -> Record:
        """The same, without what is no number."""
        return Record(
            name=self.name,
            version=self.version,
            build=self.build,
            build_number=self.build_number,
            sha256=self.sha256,
            md5=self.md5,
            size=_whole(self.size),
            timestamp=_whole(self.timestamp),
            indexed_timestamp=_whole(self.indexed_timestamp),
            attestations=self.attestations,
        )


class Wheel(msgspec.Struct, gc=False):
    """A record of a wheel, which is not a conda package."""

    name: str = ""
    version: str = ""


class Info(msgspec.Struct):
    """What an index says about itself."""

    base_url: str | None = None
    shards_base_url: str | None = None
    repodata_revisions: Any = None


Records: TypeAlias = "dict[str, Record]"
RawRecords: TypeAlias = "dict[str, msgspec.Raw]"
GivenRecords: TypeAlias = "dict[str, Record] | msgspec.UnsetType | None"
GivenRawRecords: TypeAlias = "dict[str, msgspec.Raw] | msgspec.UnsetType | None"


class _V3(msgspec.Struct, rename={"tar_bz2": "tar.bz2"}):
    conda: Records = {}
    tar_bz2: Records = {}
    whl: dict[str, Wheel] = {}


class _Index(msgspec.Struct, rename={"packages_conda": "packages.conda"}):
    info: Info | None = None
    packages: GivenRecords = msgspec.UNSET
    packages_conda: GivenRecords = msgspec.UNSET
    v3: _V3 | None = None
    repodata_version: Any = 1


class _RawV3(msgspec.Struct, rename={"tar_bz2": "tar.bz2"}):
    conda: RawRecords = {}
    tar_bz2: RawRecords = {}
    whl: RawRecords = {}


class _RawIndex(msgspec.Struct, rename={"packages_conda": "packages.conda"}):
    info: msgspec.Raw = msgspec.Raw()
    packages: GivenRawRecords = msgspec.UNSET
    packages_conda: GivenRawRecords = msgspec.UNSET
    v3: _RawV3 | None = None
    repodata_version: Any = 1


class ShardList(msgspec.Struct):
    """The index of shards: a digest for each name."""

    shards: dict[str, bytes]
    info: Info | None = None


class Index(NamedTuple):
    """An index that was read. Its records are by file name, in ``v3`` without the ending."""

    conda: Records
    bz2: Records
    v3_conda: Records
    v3_bz2: Records
    wheels: dict[str, Wheel]
    bad: list[str]
    """The keys of records that make no sense."""
    base_url: str | None = None
    is_newer: bool = False
    """Does it say that there are records of a form that is not known here?"""

    def listed(self) -> Iterator[tuple[str, Record]]:
        """Every package once, by its file's name. A ``.tar.bz2`` only if there is no ``.conda``."""
        yield from self.conda.items()
        for stem, record in self.v3_conda.items():
            if f"{stem}.conda" not in self.conda:
                yield f"{stem}.conda", record

        for name, record in self.bz2.items():
            if not self._has_conda(name.removesuffix(".tar.bz2")):
                yield name, record
        for stem, record in self.v3_bz2.items():
            if f"{stem}.tar.bz2" not in self.bz2 and not self._has_conda(stem):
                yield f"{stem}.tar.bz2", record

    def by_file_name(self) -> Iterator[Iterator[tuple[str, Record]]]:
        """Every record by the name of its file, those of a ``.tar.bz2`` beside a ``.conda`` too."""
        yield iter(self.conda.items())
        yield ((f"{stem}.conda", record) for stem, record in self.v3_conda.items())
        yield iter(self.bz2.items())
        yield ((f"{stem}.tar.bz2", record) for stem, record in self.v3_bz2.items())

    def _has_conda(self, stem: str) -> bool:
        return f"{stem}.conda" in self.conda or stem in self.v3_conda


def parse_index(data: bytes | bytearray) -> Index:
    """An index in JSON. Raises :class:`Refusal` if it is none, or too large."""
    _require_few(data)
    if data.startswith(_BYTE_ORDER_MARK):
        data = data[len(_BYTE_ORDER_MARK) :]
    try:
        found = msgspec.json.decode(data, type=_Index)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _parse_each(data, msgspec.json)

    if found.info is None and _has_no_list(found) and data.strip() != b"{}":
        raise Refusal(_NO_LIST)
    return _index(found.info, found.repodata_version, found, found.v3 or _V3(), [])


def parse_shard(data: bytes | bytearray) -> Index:
    """A shard, which is an index of one name in msgpack."""
    return _parse_each(data, msgspec.msgpack)


def parse_shard_list(data: bytes | bytearray) -> ShardList:
    """The index of shards. Raises :class:`Refusal` if it is none."""
    try:
        return msgspec.msgpack.decode(data, type=ShardList)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Refusal("it is no index of shards") from None


def safe_file_name(name: str) -> bool:
    """Is this the name of a package's file, and nothing that leads elsewhere?"""
    return _SAFE_NAME.fullmatch(name) is not None and name.endswith(ENDINGS)


def digest_of(record: Record, kind: str) -> str | None:
    """A checksum as lower-case hex. ``None``: the record has none that can be one."""
    value = getattr(record, kind)
    if isinstance(value, bytes):
        value = value.hex()
    return hexadecimal(value, _HEX[kind])


def attestations_of(record: Record) -> Pinned | None:
    """What it says of the file of bundles beside the package. ``None``: nothing that makes sense.

    https://github.com/conda/ceps/pull/142
    """
    said = record.attestations
    if not isinstance(said, dict):
        return None

    sha256, size = hexadecimal(said.get("sha256"), _HEX["sha256"]), said.get("size")
    is_size = isinstance(size, int) and not isinstance(size, bool) and 0 < size < 1 << 53
    return Pinned(sha256, size) if sha256 and isinstance(size, int) and is_size else None


def size_of(record: Record) -> int | None:
    """The size in bytes, if it can be one."""
    size = record.size
    return size if size is not None and 0 < size < 1 << 53 else None


def time_of(record: Record) -> int | None:
    """When it was indexed, or else built: milliseconds since 1970."""
    return milliseconds(record.indexed_timestamp) or built_of(record)


def built_of(record: Record) -> int | None:
    """When it was built, as the builder says: milliseconds since 1970."""
    return milliseconds(record.timestamp)


def _has_no_list(found: _Index | _RawIndex) -> bool:
    """Is it another object than an index? It may be an error, sent as if it were the file."""
    lists = (found.packages, found.packages_conda)
    return found.v3 is None and all(each is msgspec.UNSET for each in lists)


def _whole(value: object) -> int | None:
    """A whole number, also as a text. ``None``: it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str):
        is_number = value.isascii() and value.isdigit() and len(value) < 19
        return int(value) if is_number else None
    return int(value) if abs(value) < 1 << 63 and value == int(value) else None


def _index(info: Info | None, version: Any, found: _Index, v3: _V3, bad: list[str]) -> Index:
    revisions = info.repodata_revisions if info else None
    names = map(str, revisions) if isinstance(revisions, dict) else ()
    numbers = [int(found[1]) for found in map(_REVISION.fullmatch, names) if found]
    is_newer = isinstance(version, int) and version > _NEWEST_VERSION
    is_newer = is_newer or max(numbers, default=0) > _NEWEST_REVISION
    return Index(
        found.packages_conda or {},
        found.packages or {},
        v3.conda,
        v3.tar_bz2,
        v3.whl,
        bad,
        info.base_url if info else None,
        is_newer,
    )


def _parse_each(data: Any, form: Any) -> Index:
    """An index in which some value is wrong: record by record, to keep the sound ones."""
    try:
        found = form.decode(data, type=_RawIndex)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Refusal("it is no index") from None

    try:
        info = form.decode(found.info, type=Info | None) if bytes(found.info) else None
    except (msgspec.MsgspecError, RecursionError):
        raise Refusal("what it says about itself makes no sense") from None
    if info is None and _has_no_list(found):
        raise Refusal(_NO_LIST)

    bad: list[str] = []
    raw = found.v3 or _RawV3()
    v3 = _V3(
        _sound(raw.conda, Record, form, bad),
        _sound(raw.tar_bz2, Record, form, bad),
        _sound(raw.whl, Wheel, form, bad),
    )
    sound = _Index(
        packages=_sound(found.packages or {}, Record, form, bad),
        packages_conda=_sound(found.packages_conda or {}, Record, form, bad),
    )
    return _index(info, found.repodata_version, sound, v3, bad)


def _sound(raw: RawRecords, kind: Any, form: Any, bad: list[str]) -> Any:
    found = {}
    decoder = form.Decoder(kind)
    for key, each in raw.items():
        try:
            found[key] = decoder.decode(each)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            odd = _odd_record(each, form) if kind is Record else None
            if odd is None:
                bad.append(key)
            else:
                found[key] = odd
    return found


def _odd_record(raw: msgspec.Raw, form: Any) -> Record | None:
    try:
        odd: _OddRecord = form.decode(raw, type=_OddRecord)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return odd.sound()


def _require_few(data: bytes | bytearray) -> None:
    """Refuse an index of many millions of tiny records, which take ten times as much memory."""
    if data.count(b"{") > MAX_RECORDS:
        raise Refusal(f"it has more than {MAX_RECORDS:,} records")
