"""The edits of records in an index: correct or remove them. Where records are is not known here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from conda_provenance.packages.files.digests import KINDS, Checksums, Digests
from conda_provenance.packages.indexes.records import NewValues


class Correction:
    """Sets the checksums and sizes in the records of packages to those of their files.

    Only checksums that a record holds are computed, and sha256, which is added where it is missing.
    """

    def __init__(
        self,
        digests: Mapping[str, Digests],
        only: Mapping[str, Collection[Checksums]] | None = None,
    ) -> None:
        """
        :param digests: those of each file, by its name.
        :param only: correct a record only if it says one of these now, by the name of the file.
        """
        self.records: dict[str, set[Checksums]] = {}
        """What the records said before, and what they say once they are corrected."""
        self._digests = digests
        self._only = only

    def __call__(
        self, name: str, record: Mapping[str, Any], prefix: str
    ) -> Mapping[str, str | int] | None:
        old = Checksums.of(record, prefix)
        if self._only is not None and old not in self._only.get(name, ()):
            return {}

        digests = self._digests[name]
        checksums = needed_checksums(record, prefix)
        digests.need(checksums)
        new: dict[str, str | int] = {prefix + each: digests[each] for each in checksums}
        if prefix + "size" in record:
            new[prefix + "size"] = digests.size
        self.records.setdefault(name, set()).update((old, Checksums.of({**record, **new}, prefix)))
        return new


def remove_record(
    _name: str, _record: Mapping[str, Any], prefix: str
) -> Mapping[str, str | int] | None:
    """Remove the record of a package.

    If a ``.conda``'s record describes the package too, as its ``.tar.bz2``, that record stays.
    """
    return {} if prefix else None


def needed_checksums(record: Mapping[str, Any], prefix: str) -> list[str]:
    """The checksums that a record has, or must have."""
    names = [name for name in KINDS if prefix + name in record]
    return names if prefix or "sha256" in names else ["sha256", *names]


def adding_nothing(edit: NewValues) -> NewValues:
    """The same edit, but it adds no keys to a record."""

    def new_values(
        name: str, record: Mapping[str, Any], prefix: str
    ) -> Mapping[str, str | int] | None:
        if record.keys().isdisjoint(prefix + key for key in Checksums._fields):
            return {}
        new = edit(name, record, prefix)
        return new if new is None else {key: new[key] for key in new.keys() & record.keys()}

    return new_values
