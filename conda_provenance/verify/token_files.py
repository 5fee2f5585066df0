"""Reads ``--token-file HOST=FILE``: tokens that are in files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping

from conda_provenance.errors import UsageError
from conda_provenance.net import Origin, origin_of
from conda_provenance.text import escape, show_value

_MAX_FILE = 1 << 14
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


def read_token_files(
    given: Iterable[str], warn: Callable[[str], None] = lambda _: None
) -> Mapping[Origin, str]:
    """The tokens by their servers. No message repeats what is in a file.

    ``warn`` is called with a sentence for a file that others may read.
    Raises :class:`~conda_provenance.errors.UsageError`.
    """
    found: dict[Origin, str] = {}
    for option in given:
        host, equals, path = option.partition("=")
        server = _server(host) if equals and path else None
        if server is None:
            raise UsageError(
                f"--token-file takes HOST=FILE, such as git.example.org=token.txt, not "
                f"{show_value(host) or repr('')}."
            )
        found[server] = _token_in(path, warn)
    return found


def _server(host: str) -> Origin | None:
    is_host = re.fullmatch(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?", host, re.ASCII)
    return origin_of(f"https://{host}") if is_host else None


def _token_in(path: str, warn: Callable[[str], None]) -> str:
    shown = escape(path, 500)
    try:
        with open(path, encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MAX_FILE + 1).strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it holds more than a token"
        raise UsageError(f"The token file {shown} cannot be read: {why}.") from None

    if not text or len(text) > _MAX_FILE or not text.isprintable() or " " in text:
        raise UsageError(f"The token file {shown} must hold a token, and nothing else.")
    if os.name == "posix" and stat.S_ISREG(mode) and mode & _OTHERS_READ:
        warn(f"Others may read the token file {shown}: make it private with 'chmod 600'.")
    return text
