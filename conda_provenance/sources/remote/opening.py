"""Requests the first part of a package file, in a way that its server supports.

What is in the file is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from conda_provenance.sources.remote.plan import FRONT, SMALL, Plan
from conda_provenance.sources.remote.ranged import RangedBlob, ReplacedError
from conda_provenance.sources.remote.spool import Spool
from conda_provenance.web import Answer, ByteRange, NoPartError, Web, WebError, no_file

Opened: TypeAlias = RangedBlob | Spool


RENAMED = "calls a file another one in each answer"
SHORT = "sends less of a file than it is asked for, again and again"
NO_PARTS = "cannot send a part of a file"
"""What a server does wrong, as an error says it."""

_REFUSALS = frozenset({400, 416, 501})
"""How servers refuse a range that they could send."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read of a file whose server sends no part of it."""

    max_download: int
    """Bytes."""
    full_download: bool
    """Read such a file whole?"""


class _RefusesError(Exception):
    """The server sends no part of the file. It may send the whole."""

    def __init__(self, size: int | None) -> None:
        super().__init__()
        self.size = size
        """What the server says, if it does."""


class _SendsAllError(Exception):
    """The server sends the whole file. ``answer`` is it, and it is still to be read."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def open_remote(web: Web, url: str, plan: Plan, size: int | None, limits: Limits) -> Opened:
    """Open the file and fetch its first part. Close it.

    ``size`` is what a record says. If the server says something else, the server is right.
    """
    opening = _Opening(web, url, plan, limits)
    try:
        first, total = opening.first_part(size)
    except _SendsAllError as error:
        return opening.whole(error.answer, size)
    except _RefusesError as refusal:
        return opening.asked_whole(refusal.size or size)

    return RangedBlob(
        web, url, first, total, from_front=plan.from_front, past_payload=plan.from_front
    )


def open_whole(
    web: Web, url: str, plan: Plan, size: int | None, limits: Limits, fault: str
) -> Spool:
    """Open the whole file, because of the ``fault`` that its parts have. Close it.

    Raises :class:`WebError` if that is not allowed.
    """
    return _Opening(web, url, plan, limits, fault).asked_whole(size)


class _Opening:
    def __init__(
        self, web: Web, url: str, plan: Plan, limits: Limits, fault: str = NO_PARTS
    ) -> None:
        self._web = web
        self._url = url
        self._plan = plan
        self._limits = limits
        self._fault = fault
        self._memory = web.memory(url)

    def first_part(self, size: int | None) -> tuple[Answer, int]:
        """The answer with the first part, and the size of the file."""
        if self._memory.no_ranges:
            raise _RefusesError(None)
        if size is None and not self._plan.from_front and self._memory.no_suffix:
            size = self._asked_size()

        answer = self._ask(self._plan.first(size))
        if answer.status != 206:
            size = self._size_after(answer, size)
            answer = self._part(size)
        elif answer.total not in (None, size) and size is not None:
            # The record is wrong, or the file was replaced. Where it ends is elsewhere then.
            answer.close()
            size = answer.total
            answer = self._part(size)

        total = answer.total if answer.total is not None else size
        if total is None:
            answer.close()
            raise WebError("malformed", f"{answer.host} does not say how large a file is.")
        self._memory.sends_parts = True
        return answer, total

    def _part(self, size: int | None) -> Answer:
        """The first part, now that the server has told us the size."""
        answer = self._ask(self._plan.first(size))
        if answer.status != 206:
            answer.close()
            raise self._refused(answer, size)
        if size is not None and answer.total not in (None, size):
            answer.close()
            raise ReplacedError
        return answer

    def _size_after(self, answer: Answer, size: int | None) -> int | None:
        """The size of the file, after the server refused to send a part."""
        answer.close()
        is_suffix = size is None and not self._plan.from_front
        if not is_suffix and (answer.status != 416 or answer.total == size is not None):
            raise self._refused(answer, size)

        total = self._asked_size() if answer.total is None else answer.total
        if total == 0:
            raise self._empty(answer.host)
        # Some servers refuse a range from the end with 400, 404, 416 or 501. If the file itself
        # were missing, the request for its first byte would have failed as well.
        self._memory.no_suffix |= is_suffix
        return total

    def _asked_size(self) -> int | None:
        """Ask for the first byte: the answer says how large the file is."""
        with self._ask(ByteRange(0, 1)) as answer:
            if answer.status == 416 and answer.total == 0:
                return 0
            if answer.status != 206:
                raise self._refused(answer, None)
            return answer.total

    def _ask(self, part: ByteRange) -> Answer:
        try:
            answer = self._web.open(self._url, part)
        except NoPartError:
            self._remember()
            raise _RefusesError(None) from None
        if answer.status == 200:
            raise _SendsAllError(answer)
        return answer

    def _refused(self, answer: Answer, size: int | None) -> Exception:
        """What it means that the server refuses a range by places in the file."""
        if answer.status not in _REFUSALS:
            return no_file(answer.host, answer.status)

        self._remember()
        return _RefusesError(answer.total or size)

    def _remember(self) -> None:
        # Where other files are sent in parts, something is wrong with this one alone.
        self._memory.no_ranges |= not self._memory.sends_parts

    def asked_whole(self, size: int | None) -> Spool:
        """Ask for the whole file."""
        if not self._may_read(size):
            raise self._not_allowed(self._web.shown_host(self._url))

        answer = self._web.open(self._url)
        if answer.status != 200:
            answer.close()
            raise no_file(answer.host, answer.status)
        return self._spool(answer, size)

    def whole(self, answer: Answer, size: int | None) -> Spool:
        """Read on in an answer that holds the whole file, though a part was asked for."""
        known = answer.total if answer.total is not None else size
        if known is None or known > self._plan.length:
            self._memory.no_ranges = True
        return self._spool(answer, size)

    def _spool(self, answer: Answer, size: int | None) -> Spool:
        known = answer.total if answer.total is not None else size
        if answer.total == 0:
            answer.close()
            raise self._empty(answer.host)
        if not self._may_read(known):
            answer.close()
            raise self._not_allowed(answer.host)

        full = self._limits.full_download
        limit = self._limits.max_download if full else max(FRONT, SMALL)
        return Spool(answer, limit, lambda: self._too_large(answer.host))

    def _may_read(self, size: int | None) -> bool:
        is_small = size is not None and size <= SMALL
        return self._limits.full_download or self._plan.from_front or is_small

    def _too_large(self, host: str) -> WebError:
        if not self._limits.full_download:
            return self._not_allowed(host)

        return WebError(
            "unavailable",
            f"{host} {self._fault}, and the whole is larger than --max-download allows.",
        )

    def _not_allowed(self, host: str) -> WebError:
        return WebError("unavailable", f"{host} {self._fault}: --full-download reads the whole.")

    @staticmethod
    def _empty(host: str) -> WebError:
        return WebError("malformed", f"{host} has an empty file there.")
