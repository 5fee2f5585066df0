"""conda-build: where a package's about.json is written, and where a recipe.yaml is handed to rattler-build's engine."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from conda_provenance.builders import stamper

_written: dict[str, dict[str, str]] = {}
"""What was stamped in this process, by recipe: an output of a recipe may share its ``extra`` with the one before."""


def attach_build(module: ModuleType) -> None:
    """Wrap ``conda_build.build.write_about_json``, which runs before the recipe is copied and the archive made.

    It merges ``config.extra_meta`` over the recipe's ``extra``, so what is put there just before reaches about.json and the
    packaged recipe, written and logged by conda-build itself.
    """
    original = module.write_about_json
    if hasattr(original, "__conda_provenance__"):
        return
    code = original.__code__
    known = code.co_argcount == 1 and "extra_meta" in code.co_names

    @functools.wraps(original)
    def write_about_json(m: Any) -> Any:
        if not known:
            stamper.refuse("this version of conda-build is not known", error_type=_error_type())
            return original(m)
        with _extra_meta(m):
            return original(m)

    write_about_json.__conda_provenance__ = True  # type: ignore[attr-defined]
    module.write_about_json = write_about_json  # type: ignore[attr-defined]
    _require_early(module)


def _require_early(module: ModuleType) -> None:
    """Wrap ``create_build_envs``, the last before the recipe's scripts run: what is required must not be missed hours later."""
    original = getattr(module, "create_build_envs", None)
    if original is None:
        return

    @functools.wraps(original)
    def create_build_envs(m: Any, *args: Any, **kwargs: Any) -> Any:
        # "conda debug" prepares a build that makes no package; only the name of its folder tells.
        if not os.path.basename(os.path.normpath(m.config.croot)).startswith("debug_"):
            stamper.require(lambda: _describe(m), error_type=_error_type())
        return original(m, *args, **kwargs)

    module.create_build_envs = create_build_envs  # type: ignore[attr-defined]


def attach_v1(module: ModuleType) -> None:
    """Wrap ``process_recipe``, the last to know the user's ``--extra-meta``: conda-build gives it to Jinja and loses it."""
    original = module.process_recipe
    if hasattr(original, "__conda_provenance__"):
        return

    @functools.wraps(original)
    def process_recipe(*args: Any, **kwargs: Any) -> Any:
        given = getattr(kwargs.get("parsed_args"), "extra_meta", None)
        with stamper.extra_meta_given(given or {}), _told():
            return original(*args, **kwargs)

    process_recipe.__conda_provenance__ = True  # type: ignore[attr-defined]
    module.process_recipe = process_recipe  # type: ignore[attr-defined]


@contextmanager
def _told() -> Iterator[None]:
    """Have what is stamped said in the log, as conda-build says it for a meta.yaml."""
    log, handler = logging.getLogger("conda_provenance"), logging.StreamHandler(sys.stdout)
    handler.addFilter(lambda record: record.levelno == logging.INFO)
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(handler)


@contextmanager
def _extra_meta(m: Any) -> Iterator[None]:
    """``m.config.extra_meta`` with the stamp over what the user gave, as long as about.json is being written."""
    given = m.config.extra_meta
    build = stamper.begin("conda-build", lambda: _describe(m), error_type=_error_type())
    entries = stamper.entries(build, error_type=_error_type())
    if not entries:
        yield
        return
    extra = m.get_section("extra")
    for key in [key for key, value in entries.items() if value is None]:
        extra.pop(key, None)
    stamp = {key: value for key, value in entries.items() if value is not None}
    _written.setdefault(str(m.path), {}).update(stamp)
    m.config.extra_meta = {
        key: value for key, value in (given or {}).items() if key not in entries
    } | stamp
    try:
        yield
    finally:
        m.config.extra_meta = given


def _describe(m: Any) -> dict[str, Any]:
    ours = _written.get(str(m.path), {})
    extra: Mapping[str, Any] = m.get_section("extra")
    recipe = m.meta_path or m.path
    return {
        "recipe": Path(os.fspath(recipe)),
        "name": str(m.name()),
        "version": str(m.version()),
        "extra_meta": dict(m.config.extra_meta or {}),
        "recipe_extra": {
            key: value for key, value in extra.items() if key not in ours or ours[key] != value
        },
    }


def _error_type() -> type[Exception]:
    """The class that conda-build and conda report as a sentence rather than with a traceback."""
    from conda_build.exceptions import CondaBuildUserError

    error: type[Exception] = CondaBuildUserError
    return error
