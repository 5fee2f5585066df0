"""What all builders in process share: ask the hooks, and never let a failure of ours touch the build."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conda_provenance.errors import RequirementError, SettingsError

if TYPE_CHECKING:
    from conda_provenance.hookspecs import PackageBuild
    from conda_provenance.origin import Origin
    from conda_provenance.settings import Settings

log = logging.getLogger(__name__)

_extra_meta: ContextVar[Mapping[str, Any]] = ContextVar("extra_meta", default={})


@contextmanager
def extra_meta_given(given: Mapping[str, Any]) -> Iterator[None]:
    """What the user gave with ``--extra-meta``, for builds within this block whose engine is not told of it."""
    token = _extra_meta.set(given)
    try:
        yield
    finally:
        _extra_meta.reset(token)


def given_extra_meta() -> dict[str, Any]:
    """The ``--extra-meta`` of the enclosing :func:`extra_meta_given`."""
    return dict(_extra_meta.get())


def begin(
    builder: str, describe: Callable[[], dict[str, Any]], *, error_type: type[Exception]
) -> PackageBuild | None:
    """Find out where the package comes from that ``describe`` tells of; ``None``: it is not ours to stamp.

    Raises ``error_type`` when the user's settings stop the build, and for settings that cannot be read: one of
    them might be the requirement. Anything else that goes wrong is a warning of one line.
    """
    with _harmless(error_type):
        from conda_provenance.hookspecs import PackageBuild
        from conda_provenance.plugins import provider_names
        from conda_provenance.settings import load_settings

        settings = load_settings(os.environ, provider_names)
        if not settings.enabled:
            return None
        with _required(settings):
            told = describe()
            origin = _find(told, settings)
            for warning in origin.warnings:
                log.warning("conda-provenance: warning: %s", warning)
            origin.require(settings)
            return PackageBuild(builder=builder, settings=settings, origin=origin, **told)
    return None


def require(describe: Callable[[], dict[str, Any]], *, error_type: type[Exception]) -> None:
    """Raise ``error_type`` for what :func:`begin` would stop the build for, before hours are spent on it. Says nothing else."""
    with _harmless(error_type, silent=True):
        from conda_provenance.plugins import provider_names
        from conda_provenance.settings import load_settings

        settings = load_settings(os.environ, provider_names)
        if settings.enabled and (settings.required or settings.dirty == "error"):
            _find(describe(), settings).require(settings)


def _find(told: Mapping[str, Any], settings: Settings) -> Origin:
    from conda_provenance.collector import collect
    from conda_provenance.plugins import ci_adapters

    return collect(
        told["recipe"],
        environ=os.environ,
        settings=settings,
        adapters=ci_adapters(),
        extra_meta=told["extra_meta"],
        recipe_extra=told["recipe_extra"],
    )


def entries(build: PackageBuild | None, *, error_type: type[Exception]) -> dict[str, str | None]:
    """What the post-build hooks want in the package's ``extra``; ``None`` as a value: remove this key.

    Raises ``error_type`` when a hook stops the build; otherwise a failure of ours is a warning of one line.
    """
    if build is None:
        return {}
    with _harmless(error_type), _required(build.settings):
        from conda_provenance.plugins import post_build

        return post_build(build)
    return {}


@contextmanager
def _harmless(error_type: type[Exception], *, silent: bool = False) -> Iterator[None]:
    try:
        yield
    except (RequirementError, SettingsError) as error:
        raise error_type(str(error)) from None
    except Exception as error:
        if not silent:
            log.warning(
                "conda-provenance: The package is built unstamped: %s.", type(error).__name__
            )
        log.debug("Why the package is built unstamped", exc_info=error)


@contextmanager
def _required(settings: Settings) -> Iterator[None]:
    try:
        yield
    except RequirementError:
        raise
    except Exception as error:
        if settings.required:
            raise RequirementError(
                f"The package cannot be stamped ({type(error).__name__}), and plugins.provenance_required wants it to be."
            ) from error
        raise


def stamp_finished(
    package: Path, entries: Mapping[str, Any], *, error_type: type[Exception]
) -> None:
    """Write ``entries`` into a finished package and correct the index beside it; on failure the package stays as it was built."""
    if not entries:
        return
    try:
        from conda_provenance.packages import stamp_package

        stamp_package(package, entries)
        stamped = " ".join(f"{key}={value}" for key, value in entries.items() if value)
        log.info("conda-provenance: stamped %s: %s", package.name, stamped)
    except Exception as error:
        log.warning("conda-provenance: The package %s stays unstamped: %s", package.name, error)
        _fail_if_required(error, error_type)


def withdraw(package: Path) -> None:
    """Remove a package that must not stay unstamped, and its entry in the index beside it."""
    try:
        from conda_provenance.packages import withdraw_package

        withdraw_package(package)
    except Exception as error:
        log.warning(
            "conda-provenance: The package %s stays, although the build failed: %s",
            package.name,
            error,
        )


def refuse(why: str, *, error_type: type[Exception]) -> None:
    """Say that a package is built unstamped, because of ``why``; an error if the user requires provenance."""
    log.warning("conda-provenance: The package is built unstamped: %s.", why)
    _fail_if_required(None, error_type)


def _fail_if_required(cause: Exception | None, error_type: type[Exception]) -> None:
    from conda_provenance.plugins import provider_names
    from conda_provenance.settings import load_settings

    try:
        required = load_settings(os.environ, provider_names).required
    except SettingsError as error:
        raise error_type(str(error)) from None
    if required:
        raise error_type(
            "The package could not be stamped, and plugins.provenance_required wants it to be."
        ) from cause
