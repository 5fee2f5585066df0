"""The one HTTP door: every request of this project goes through a :class:`Web`.

What the answers mean is not known here.
"""

from __future__ import annotations

from conda_provenance.web.answer import Answer
from conda_provenance.web.backoff import Patience
from conda_provenance.web.door import Web
from conda_provenance.web.errors import Kind, NoPartError, WebError
from conda_provenance.web.faults import no_file
from conda_provenance.web.hosts import Memory
from conda_provenance.web.ranges import ByteRange
from conda_provenance.web.request import Request

__all__ = [
    "Answer",
    "ByteRange",
    "Kind",
    "Memory",
    "NoPartError",
    "Patience",
    "Request",
    "Web",
    "WebError",
    "no_file",
]
