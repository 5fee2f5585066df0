"""Finds what was asked for: every kind of TARGET has its source, which is loaded when needed.

How a source finds its packages is not known here. A plain file loads nothing that reads a network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from conda_provenance.errors import PackageError, UnavailableError
from conda_provenance.sources.artifact import Found, Unreadable
from conda_provenance.sources.files import package_at, packages_below, shown
from conda_provenance.sources.kinds import (
    TAKEN,
    Kind,
    Target,
    path_of,
    targets_of,
)
from conda_provenance.sources.request import Request

Web: TypeAlias = Any
"""The door to the network, as ``conda_provenance.web`` has it."""


def find_artifacts(
    request: Request,
    web_factory: Callable[[], Web],
    environ: Mapping[str, str],
    *,
    with_sha256: bool = False,
) -> Iterator[Found]:
    """Everything that was asked for, in the order of the targets.

    ``web_factory`` is called once at most, if something is to be fetched. ``with_sha256`` reads
    files whole. What cannot be read or asked is found as :class:`Unreadable`, and the rest goes on.
    Raises :class:`~conda_provenance.errors.UsageError` at once if the request makes no sense.
    """
    finder = Finder(request, web_factory, environ, with_sha256=with_sha256)
    return finder.all(targets_of(request, environ))


class Finder:
    """Looks for targets, with one door to the web for all of them."""

    def __init__(
        self,
        request: Request,
        web_factory: Callable[[], Web],
        environ: Mapping[str, str],
        *,
        with_sha256: bool = False,
    ) -> None:
        self._request = request
        self._web_factory = web_factory
        self._environ = environ
        self._with_sha256 = with_sha256
        self._opened: Web | None = None

    def all(self, targets: Iterable[Target]) -> Iterator[Found]:
        """Everything that is found at the targets."""
        for target in targets:
            try:
                yield from self._find(target)
            except (PackageError, UnavailableError) as error:
                yield Unreadable(_name(target.text), target.text, str(error))

    def _find(self, target: Target) -> Iterator[Found]:
        if target.kind is Kind.PACKAGE:
            yield package_at(path_of(target.text), with_sha256=self._with_sha256)
        elif target.kind is Kind.FOLDER:
            yield from self._folder(path_of(target.text))
        elif target.kind is Kind.NOTHING:
            yield _nothing(target.text)
        else:
            yield _not_read_yet(target)

    def _folder(self, path: str) -> Iterator[Found]:
        empty = True
        for found in packages_below(path, with_sha256=self._with_sha256):
            empty = False
            yield found

        if empty:
            yield Unreadable(
                _name(path), path, f"{shown(path)} is a folder without any package: {TAKEN}."
            )

    def _web(self) -> Web:
        if self._opened is None:
            self._opened = self._web_factory()
        return self._opened


def _nothing(text: str) -> Unreadable:
    return Unreadable(_name(text), text, f"{shown(text)} does not exist: {TAKEN}.")


def _not_read_yet(target: Target) -> Unreadable:
    name = _name(target.text)
    return Unreadable(
        name, target.text, f"{shown(target.text)} is {target.kind.value}, which cannot be read yet."
    )


def _name(text: str) -> str:
    cleaned = shown(text)
    return os.path.basename(cleaned.rstrip("/" + os.sep)) or cleaned
