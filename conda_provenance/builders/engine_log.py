"""Listens to the log of rattler-build's engine, and finds out from it why a build failed.

The engine's own error says only the beginning: that a script failed, but not how, or that
dependencies were not found, but not where it looked.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from rattler_build.progress import (
        BuildStepEvent,
        DownloadCompleteEvent,
        DownloadProgressEvent,
        DownloadStartEvent,
        LogEvent,
    )

    Listener: TypeAlias = Callable[[str, str], None]
    """Called with the level and the message of each event."""

_MAX_LINES = 200
"""How many of the log's last lines are kept."""

_RETRY = re.compile(r"Retry attempt #\d+")
_ITEM = re.compile(r"\s+- (?P<item>\S.*)")

_SCRIPT = "Script failed to execute"
_DEPENDENCIES = "Failed to resolve dependencies"
_PREPARED = "✔ Successfully updated the "
"""The engine's last lines before it starts the script, one for each environment."""


class EngineLog:
    """Passes the engine's log on to a listener, and remembers its last lines.

    If a listener raises an exception, the engine would only print it. So the listener is not called
    again, and :meth:`check` raises the exception once the engine has returned.
    """

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener
        self._failure: Exception | None = None
        self._lines: deque[tuple[str, str]] = deque(maxlen=_MAX_LINES)

    def check(self) -> None:
        """Raise what the listener raised."""
        if self._failure is not None:
            raise self._failure

    def on_log(self, event: LogEvent) -> None:
        self._lines += [(event.level, line) for line in event.message.splitlines() if line.strip()]
        if self._listener is None:
            return

        try:
            self._listener(event.level, event.message)
        except Exception as error:
            self._failure, self._listener = error, None

    def on_build_step(self, event: BuildStepEvent) -> None:
        """Do nothing: the engine logs each step, too."""

    def on_download_start(self, event: DownloadStartEvent) -> None:
        """Do nothing: the engine logs each download, too."""

    def on_download_progress(self, event: DownloadProgressEvent) -> None:
        """Do nothing: this would be too much for a log."""

    def on_download_complete(self, event: DownloadCompleteEvent) -> None:
        """Do nothing: the start of the download is in the log."""

    def explain(self, error: str) -> str:
        """The engine's error with its cause and place, as far as the log has them."""
        if error.startswith(_DEPENDENCIES):
            return f"{error}{self._looked_for()}"
        if error.startswith(_SCRIPT):
            return f"{error}{self._script_end()}"

        problems = [line.strip() for level, line in self._lines if level in ("warn", "error")]
        longer = [line for line in problems if error in line]
        return longer[-1] if longer else error

    def _looked_for(self) -> str:
        """Which dependencies were looked for, and in which channels."""
        specs, channels = self._items("Specs:"), self._items("Channels:")
        what = f": {', '.join(specs)}" if specs else ""
        where = f" in {', '.join(channels)}" if channels else ""
        failed = any(_RETRY.match(line) for _, line in self._lines)
        return f"{what}{where}{'; downloads failed' if failed else ''}"

    def _items(self, title: str) -> list[str]:
        """The items of the last list with this title."""
        items: list[str] = []
        inside = False
        for _, line in self._lines:
            item = _ITEM.match(line)
            if line.strip() == title:
                items, inside = [], True
            elif inside and item:
                items.append(item["item"])
            else:
                inside = False
        return items

    def _script_end(self) -> str:
        """The script's exit status, and the last line that it printed, or its last command."""
        printed = command = ""
        for level, line in self._lines:
            if level == "error":
                status = line.strip().removeprefix("Script failed with ")
                return f" ({status}){_last(printed, command)}"

            if line.startswith(_PREPARED):
                printed = command = ""
            elif line.startswith("+ "):  # bash prints a command before it runs it
                command = line[2:].strip()
            else:
                printed = line.strip()
        return ""


def _last(printed: str, command: str) -> str:
    if printed:
        return f"; its last line is: {printed}"
    return f"; its last command is: {command}" if command else ""
