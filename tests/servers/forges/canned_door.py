"""A stand-in for a server: it answers what it is given, by the end of the address."""

from __future__ import annotations

import json
from collections.abc import Mapping

from forge_door import PlainDoor

from conda_provenance.api import Reply


class CannedDoor(PlainDoor):
    """Answers by the text that ends last in the address. Anything else is 404."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        super().__init__({})
        self.answers = answers

    def ask(
        self, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> tuple[Reply, bytes]:
        known = [part for part in self.answers if part in url]
        about = {"content-type": "application/json"}
        if not known:
            return Reply(404, about, url), b"{}"
        last = max(known, key=lambda part: url.rindex(part) + len(part))
        return Reply(200, about, url), json.dumps(self.answers[last]).encode()
