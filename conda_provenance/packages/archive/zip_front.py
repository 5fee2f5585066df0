"""The info member of a ``.conda`` as its local headers give it, for where its end is not at hand.

The list of members at the end of the zip is not read here, so nothing is compared with it.
"""

from __future__ import annotations

from conda_provenance.packages.archive.zip import (
    DESCRIPTOR,
    LOCAL,
    Entry,
    Member,
    is_info,
    member_at,
)
from conda_provenance.packages.archive.zip_end import exactly
from conda_provenance.packages.blob import Prefetching

_MAX_MEMBERS = 8
"""Members that are looked at. A ``.conda`` has three."""


def find_front_info(ahead: Prefetching, *, past_payload: bool) -> Member | None:
    """The info member. ``None``: the headers do not lead to it, so ask the end.

    Without ``past_payload`` it is looked for among the first members only, as far as the payload.
    """
    at = 0
    for _ in range(_MAX_MEMBERS):
        member = _member(ahead, at)
        if member is None:
            return None

        end = member.data + member.entry.stored
        if is_info(member.entry.name):
            ahead.fetch(at, end - at)
            return member
        if member.entry.name.startswith("pkg-"):
            if not past_payload:
                return None
            ahead.fetch(end, ahead.size - end)  # All that is left. The info member comes first.
        at = end
    return None


def _member(ahead: Prefetching, at: int) -> Member | None:
    """The member that begins at ``at``, if its header alone says where it ends."""
    if at + LOCAL.size > ahead.size:
        return None

    fixed = LOCAL.unpack(exactly(ahead, at, LOCAL.size))
    if fixed[0] != b"PK\3\4" or fixed[2] & DESCRIPTOR or fixed[3]:
        return None
    header = exactly(ahead, at, LOCAL.size + fixed[9] + fixed[10])
    member = member_at(at, header)
    is_plain = not member.entry.flags & 1 and member.entry.stored == member.entry.size
    return member if is_plain and _fits(member.entry, ahead.size) else None


def _fits(entry: Entry, size: int) -> bool:
    return entry.end <= size
