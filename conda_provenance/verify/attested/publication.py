"""What CEP 27 wants of a statement about a publication, and what of it counts here.

https://conda.org/learn/ceps/cep-0027. Who signed it is not known here.
"""

from __future__ import annotations

import re

from conda_provenance.bundles.signed import Statement
from conda_provenance.text import show
from conda_provenance.verify.subject import Subject

_CHANNEL = re.compile(r"https?://\S{1,1000}")
_MAX_SHOWN = 300


def why_no_publication(statement: Statement, subject: Subject) -> str:
    """Why it is no statement about this file's publication, as the rest of a sentence.

    The channel is not held against where the package is: packages are copied between channels.
    """
    if len(statement.subjects) != 1:
        return "it is about several files, which a statement of a publication is not (CEP 27)"

    name = statement.subjects[0].name
    if name != subject.artifact.file_name:
        shown = show(name or "", _MAX_SHOWN) or "no name"
        return f"it is about a file that was published as {shown}"
    if set(statement.subjects[0].digest) != {"sha256"}:
        return "it has other digests than sha256, which a statement of a publication has not"
    if statement.predicate and channel_of(statement) is None:
        return "what it says of the channel has another form than CEP 27 gives it"
    return ""


def channel_of(statement: Statement) -> str | None:
    """The channel that it was published to. ``None``: it does not say it."""
    predicate = statement.predicate or {}
    channel = predicate.get("targetChannel")
    is_one = isinstance(channel, str) and _CHANNEL.fullmatch(channel)
    return channel if is_one and set(predicate) == {"targetChannel"} else None
