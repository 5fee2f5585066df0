"""Wraps conda-build where it writes about.json, and where it hands over to rattler-build."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Protocol

from conda_provenance.builders.extra_meta import extra_meta_given
from conda_provenance.builders.stamper import Stamper, stamps_log
from conda_provenance.builders.wrap import Function, wrap
from conda_provenance.hookspecs import BuildDescription


class Config(Protocol):
    """What is used of ``conda_build.config.Config``."""

    croot: str
    extra_meta: Mapping[str, object] | None


class MetaData(Protocol):
    """What is used of ``conda_build.metadata.MetaData``: one output of a meta.yaml recipe."""

    config: Config
    path: str
    meta_path: str | None

    def name(self) -> str: ...
    def version(self) -> str: ...
    def get_section(self, section: str, /) -> dict[str, object]: ...


def attach_build(module: ModuleType) -> None:
    """Wrap two functions of ``conda_build.build``.

    ``write_about_json`` runs before the recipe is copied and before the archive is made. It merges
    ``config.extra_meta`` over the recipe's ``extra``. We change ``extra_meta`` just before that. So
    conda-build itself writes our values, into about.json and the packaged recipe, and logs them.

    ``create_build_envs`` is the last function before the recipe's scripts run. If the build would
    fail the user's requirements at its end, it is stopped there, hours earlier.
    """
    code = getattr(module.write_about_json, "__code__", None)
    known = code is not None and code.co_argcount == 1 and "extra_meta" in code.co_names
    wrap(module, "write_about_json", _stamping if known else _refusing)
    if hasattr(module, "create_build_envs"):
        wrap(module, "create_build_envs", _requiring)


def attach_v1(module: ModuleType) -> None:
    """Wrap ``process_recipe``, the last function that knows the user's ``--extra-meta``.

    conda-build gives the option to Jinja there, and not to the engine.
    """
    wrap(module, "process_recipe", _with_extra_meta)


def _stamping(original: Function) -> Function:
    def write_about_json(m: MetaData) -> object:
        with _stamp_in_extra_meta(m):
            return original(m)

    return write_about_json


def _refusing(original: Function) -> Function:
    def write_about_json(*args: object, **kwargs: object) -> object:
        _stamper().refuse("this version of conda-build is not known")
        return original(*args, **kwargs)

    return write_about_json


def _requiring(original: Function) -> Function:
    def create_build_envs(m: MetaData, *args: object, **kwargs: object) -> object:
        if not _is_debug(m):
            _stamper().require(lambda: _describe(m))
        return original(m, *args, **kwargs)

    return create_build_envs


def _with_extra_meta(original: Function) -> Function:
    def process_recipe(*args: object, **kwargs: object) -> object:
        given = getattr(kwargs.get("parsed_args"), "extra_meta", None)
        with extra_meta_given(given or {}), _stamps_in_log():
            return original(*args, **kwargs)

    return process_recipe


def _is_debug(m: MetaData) -> bool:
    """Is this ``conda debug``? It makes no package. Only the name of its folder shows it."""
    return os.path.basename(os.path.normpath(m.config.croot)).startswith("debug_")


@contextmanager
def _stamps_in_log() -> Iterator[None]:
    """Log the stamped values, as conda-build does for a meta.yaml."""
    handler = logging.StreamHandler(sys.stdout)
    before = stamps_log.level, stamps_log.propagate
    stamps_log.addHandler(handler)
    stamps_log.setLevel(logging.INFO)
    # conda-build's own handler, which only some of its modules set up, would print it again.
    stamps_log.propagate = False
    try:
        yield
    finally:
        stamps_log.removeHandler(handler)
        level, stamps_log.propagate = before
        stamps_log.setLevel(level)


@contextmanager
def _stamp_in_extra_meta(m: MetaData) -> Iterator[None]:
    """Put the stamp into ``m.config.extra_meta`` while about.json is written."""
    stamper = _stamper()
    entries = stamper.entries(stamper.begin(lambda: _describe(m)))
    if not entries:
        yield
        return

    extra = m.get_section("extra")
    for key in [key for key, value in entries.items() if value is None]:
        extra.pop(key, None)

    stamp = {key: value for key, value in entries.items() if value is not None}
    _recipe_extras.note_stamp(m, stamp)

    given = m.config.extra_meta
    kept = {key: value for key, value in (given or {}).items() if key not in entries}
    m.config.extra_meta = kept | stamp
    try:
        yield
    finally:
        m.config.extra_meta = given


def _describe(m: MetaData) -> BuildDescription:
    return BuildDescription(
        recipe=Path(os.fspath(m.meta_path or m.path)),
        name=str(m.name()),
        version=str(m.version()),
        extra_meta=dict(m.config.extra_meta or {}),
        recipe_extra=_recipe_extras.own(m),
    )


class _RecipeExtras:
    """Separates a recipe's own ``extra`` from what we wrote into it.

    The outputs of a recipe may share one ``extra``. Then it holds the first output's stamp when the
    second output is built.
    """

    def __init__(self) -> None:
        self._stamps: dict[str, dict[str, str]] = {}
        """What was stamped in this process, by the recipe's path."""

    def own(self, m: MetaData) -> dict[str, object]:
        """The ``extra`` that the recipe itself has."""
        stamp = self._stamps.get(str(m.path), {})
        extra = m.get_section("extra")
        return {
            key: value for key, value in extra.items() if key not in stamp or stamp[key] != value
        }

    def note_stamp(self, m: MetaData, stamp: Mapping[str, str]) -> None:
        """Remember that we are about to write ``stamp`` into the recipe's ``extra``."""
        self._stamps.setdefault(str(m.path), {}).update(stamp)


_recipe_extras = _RecipeExtras()


@cache
def _stamper() -> Stamper:
    """The stamper, made when the first package is built: importing conda-build costs time."""
    from conda_build.exceptions import CondaBuildUserError

    # conda-build and conda report this class in one sentence, without a traceback.
    return Stamper("conda-build", CondaBuildUserError)
