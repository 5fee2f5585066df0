"""Wraps conda-build where it writes about.json, and where it hands over to rattler-build."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Protocol

from conda_provenance.builders import conda_build_info as info
from conda_provenance.builders.extra_meta import extra_meta_given
from conda_provenance.builders.snapshots import is_kept, keep, kept
from conda_provenance.builders.stamper import Stamper, is_enabled, lines_to
from conda_provenance.builders.wrap import Function, wrap
from conda_provenance.hookspecs import BuildDescription

if TYPE_CHECKING:
    from conda_provenance.snapshot import Snapshot


class Config(info.Config, Protocol):
    """What is used of ``conda_build.config.Config``."""

    extra_meta: Mapping[str, object] | None


class MetaData(Protocol):
    """What is used of ``conda_build.metadata.MetaData``: one output of a meta.yaml recipe."""

    config: Config
    path: str
    meta_path: str | None

    def name(self) -> str: ...
    def version(self) -> str: ...
    def get_section(self, section: str, /) -> dict[str, object]: ...


def attach_metadata(module: ModuleType) -> None:
    """Wrap ``MetaData.__init__`` of ``conda_build.metadata``, which reads a recipe's file.

    Every output and variant is a copy of such an object. So all of them have the commit of the
    moment when their recipe was read, and what the build writes beside it does not count.
    """
    wrap(module.MetaData, "__init__", _reading)


def attach_build(module: ModuleType) -> None:
    """Wrap four functions of ``conda_build.build``.

    ``write_about_json`` runs before the recipe is copied and before the archive is made. It merges
    ``config.extra_meta`` over the recipe's ``extra``. We change ``extra_meta`` just before that. So
    conda-build itself writes our values, into about.json and the packaged recipe.

    ``create_info_files`` calls it and copies the recipe. After it, we restore the recipe's
    ``extra``: a second build with the same object must find the recipe's own values there. Then we
    take the logins out of the files that it has written.

    ``create_build_envs`` is the last function before the recipe's scripts run. There we stop a
    build that does not meet the user's requirements.

    ``handle_anaconda_upload`` gets all packages once they are tested, whether or not they are
    uploaded. Nothing changes them after that, so there we log a line for each.
    """
    code = getattr(module.write_about_json, "__code__", None)
    known = code is not None and code.co_argcount == 1 and "extra_meta" in code.co_names
    wrap(module, "write_about_json", _stamping if known else _refusing)
    wrap(module, "create_info_files", _finishing)
    if hasattr(module, "create_build_envs"):
        wrap(module, "create_build_envs", _requiring)
    if hasattr(module, "handle_anaconda_upload"):
        wrap(module, "handle_anaconda_upload", _logging)


def attach_v1(module: ModuleType) -> None:
    """Wrap ``process_recipe``, the last function that knows the user's ``--extra-meta``.

    conda-build gives the option to Jinja there, and not to the engine.
    """
    wrap(module, "process_recipe", _with_extra_meta)


def _reading(original: Function) -> Function:
    def initialise(self: MetaData, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        keep(_stamper().take_snapshot(_recipe(self)), self)

    return initialise


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


def _finishing(original: Function) -> Function:
    def create_info_files(m: MetaData, *args: object, **kwargs: object) -> object:
        own = dict(m.get_section("extra"))
        try:
            result = original(m, *args, **kwargs)
        finally:
            extra = m.get_section("extra")
            extra.clear()
            extra.update(own)

        info.clean_info(m)
        return result

    return create_info_files


def _requiring(original: Function) -> Function:
    def create_build_envs(m: MetaData, *args: object, **kwargs: object) -> object:
        if not _is_debug(sys._getframe(1)):
            _stamper().require(lambda: _describe(m), _snapshot(m))
        return original(m, *args, **kwargs)

    return create_build_envs


def _logging(original: Function) -> Function:
    def handle_anaconda_upload(paths: object, *args: object, **kwargs: object) -> object:
        # A recipe.yaml's packages come here one by one, as texts. They are logged when stamped.
        if isinstance(paths, list) and is_enabled():
            with lines_to(_print_at_once):
                for path in dict.fromkeys(map(str, paths)):
                    _stamper().log_finished(Path(path))
        return original(paths, *args, **kwargs)

    return handle_anaconda_upload


def _with_extra_meta(original: Function) -> Function:
    def process_recipe(*args: object, **kwargs: object) -> object:
        given = getattr(kwargs.get("parsed_args"), "extra_meta", None)
        with extra_meta_given(given or {}), lines_to(_print_at_once):
            return original(*args, **kwargs)

    return process_recipe


def _is_debug(frame: FrameType | None) -> bool:
    """Is this ``conda debug``, which makes no package?

    It calls ``build`` with ``provision_only``. This frame is that of ``build``, or of a function
    that it calls. To wrap ``build`` is not enough: it may have begun before we were loaded.
    """
    while frame is not None:
        if "provision_only" in frame.f_locals:
            return bool(frame.f_locals["provision_only"])
        frame = frame.f_back
    return False


@contextmanager
def _stamp_in_extra_meta(m: MetaData) -> Iterator[None]:
    """Put the stamp into ``m.config.extra_meta`` while about.json is written."""
    stamper = _stamper()
    entries = stamper.entries(stamper.begin(lambda: _describe(m), _snapshot(m)))

    extra = m.get_section("extra")
    for key in [key for key, value in entries.items() if value is None]:
        extra.pop(key, None)

    stamp = {key: value for key, value in entries.items() if value is not None}
    given = m.config.extra_meta
    kept_pairs = {key: value for key, value in (given or {}).items() if key not in entries}
    m.config.extra_meta = kept_pairs | stamp if entries else given
    try:
        yield
    finally:
        m.config.extra_meta = given


def _describe(m: MetaData) -> BuildDescription:
    return BuildDescription(
        recipe=_recipe(m),
        name=str(m.name()),
        version=str(m.version()),
        extra_meta=dict(m.config.extra_meta or {}),
        recipe_extra=dict(m.get_section("extra")),
    )


def _recipe(m: MetaData) -> Path:
    return Path(os.fspath(m.meta_path or m.path))


def _print_at_once(line: str) -> None:
    # An upload comes next, which prints for itself.
    print(line, flush=True)


_read_before_us: dict[Path, Snapshot | None] = {}
"""Snapshots of recipes that conda-build had read before we were loaded, by path.

conda-build's script and ``conda_build.api`` load conda's plugins while they render a recipe.
"""


def _snapshot(m: MetaData) -> Snapshot | None:
    """What git and the CI said when the recipe was read, or at the earliest moment after that."""
    if is_kept(m) or not m.path:
        return kept(m)

    recipe = _recipe(m)
    if recipe not in _read_before_us:
        _read_before_us[recipe] = _stamper().take_snapshot(recipe)
    return _read_before_us[recipe]


@cache
def _stamper() -> Stamper:
    """The stamper, made when the first recipe is read: importing conda-build costs time."""
    from conda_build.exceptions import CondaBuildUserError

    # "conda build" reports this class in one sentence. The scripts of conda-build do not.
    wrap(sys, "excepthook", _without_traceback)
    return Stamper("conda-build", CondaBuildUserError)


def _without_traceback(original: Function) -> Function:
    def excepthook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> object:
        if not _is_refusal(traceback):
            return original(kind, error, traceback)

        print(f"{kind.__name__}: {error}", file=sys.stderr)
        return None

    return excepthook


def _is_refusal(traceback: TracebackType | None) -> bool:
    """Was the exception with this traceback raised by the stamper?"""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return (
        traceback is not None and traceback.tb_frame.f_globals.get("__name__") == Stamper.__module__
    )
