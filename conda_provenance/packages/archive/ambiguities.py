"""``Ambiguities``: what two readers of one tar could understand differently. It reads no data."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conda_provenance.packages.archive.tar_header import (
    HARD_LINK,
    SYMBOLIC_LINK,
    Header,
    normal_path,
)
from conda_provenance.packages.refusals import Refusal, shown_name

_MAX_LINKS = 64 << 20
"""Characters in the paths of all symbolic links, which are kept in memory."""


class Ambiguities:
    """Watches the members of a tar for what two readers could understand differently."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.seen: set[str] = set()
        """Those of ``wanted`` that the tar holds."""
        self._wanted = wanted
        self._links: set[str] = set()
        self._link_hashes: set[int] = set()
        self._link_size = 0
        self._folder: str | None = None

    def see(self, header: Header) -> None:
        """Refuse the member if readers could disagree on it."""
        path = header.path
        if path in self._wanted:
            if path in self.seen:
                raise Refusal(f"it holds two {shown_name(path)}; build it again")
            self.seen.add(path)
        elif header.kind == HARD_LINK and normal_path(header.link) in self._wanted:
            raise Refusal(
                f"its member {shown_name(path)} is a hard link to"
                f" {shown_name(normal_path(header.link))}"
            )
        elif self._folder is None:
            self._folder = self._folder_around(path)

        if header.other_path != path and {path, header.other_path} & set(self._wanted):
            raise Refusal(
                f"its tar can be read as naming {shown_name(path)} otherwise; build it again"
            )
        if self._links and self._is_behind_link(path):
            raise Refusal(f"its member {shown_name(path)} lies behind a link; build it again")
        if header.kind == SYMBOLIC_LINK:
            self._add_link(path)

    def _add_link(self, path: str) -> None:
        self._link_size += len(path)
        if self._link_size > _MAX_LINKS:
            raise Refusal(f"the names of its links have more than {_MAX_LINKS >> 20} MiB")
        self._links.add(path)
        self._link_hashes.update(value for end, value in _hashes(path) if end == len(path))

    def _is_behind_link(self, path: str) -> bool:
        return any(
            value in self._link_hashes and end < len(path) and path[:end] in self._links
            for end, value in _hashes(path)
        )

    def where_else(self) -> str:
        """A hint where the metadata is instead, if it is in another folder."""
        if not self._folder:
            return ""
        return (
            f"; its members stand in the folder {shown_name(self._folder)}, so pack it again from"
            " within that"
        )

    def _folder_around(self, path: str) -> str | None:
        for name in self._wanted:
            if path.endswith("/" + name):
                return path[: -len(name)]
        return None


def _hashes(path: str) -> Iterator[tuple[int, int]]:
    """Every folder that ``path`` lies in, and ``path`` itself: where each ends, and its hash.

    A hash is made from the one before. To make each folder's path would take quadratic time.
    """
    end, value = -1, 0
    for part in path.split("/"):
        end += 1 + len(part)
        value = hash((value, part))
        yield end, value
