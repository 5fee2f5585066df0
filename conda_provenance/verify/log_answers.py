"""The answer that is kept of a log: the lines that matter, its length, and its digest.

Which lines matter is not known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from conda_provenance.errors import UnavailableError
from conda_provenance.verify.answers import Answer

MAX_KEPT = 4 << 20


def log_answer(
    pieces: Iterator[bytes] | None,
    keep: Callable[[Iterator[bytes]], Iterable[bytes]],
    *,
    with_token: bool,
) -> Answer:
    """What is kept of a log, to be used as the answer to a question such as ``LOG https://…``.

    ``keep`` takes the log piece by piece and gives what is kept. It must depend on the log alone:
    other packages ask for the same one. Only what it gives may be judged afterwards, so that a run
    from evidence judges the same. ``pieces`` is ``None`` if there is no such log.
    """
    if pieces is None:
        return Answer(b"", {"log": "missing"}, with_token=with_token, is_lasting=False)

    log = _Counted(pieces)
    kept: list[bytes] = []
    size = 0
    for piece in keep(iter(log)):
        size += len(piece)
        if size > MAX_KEPT:
            raise UnavailableError("The log has too many lines that look like those of packages.")
        kept.append(piece)
    for _ in log:  # To its end, or the digest would be of a part.
        pass

    about = {"log": "lines", "log-length": str(log.length), "log-sha256": log.sha256.hexdigest()}
    return Answer(b"".join(kept), about, with_token=with_token)


class _Counted:
    """A log whose length and digest are known when it has been read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.length = 0
        self.sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.length += len(piece)
            self.sha256.update(piece)
            yield piece
