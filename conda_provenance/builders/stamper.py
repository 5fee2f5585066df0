"""``Stamper``: the steps that are the same for every builder. Knows no builder.

It finds out where a package comes from, asks the hooks, and lets no failure of ours stop a build.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from conda_provenance.errors import PackageError, RequirementError, SettingsError
from conda_provenance.log import logger
from conda_provenance.text import escape

if TYPE_CHECKING:
    from conda_provenance.hookspecs import BuildDescription, PackageBuild
    from conda_provenance.origin import Origin
    from conda_provenance.settings import Settings
    from conda_provenance.snapshot import Snapshot

log = logger()

stamps_log = logging.getLogger(f"{__name__}.stamps")
"""Takes one line for each package that is finished, and nothing else."""

Describe = Callable[[], "BuildDescription"]
"""Describes the package that will be built. If it fails, the build goes on."""


class Stamper:
    """Stamps the packages of one builder.

    Only what the user asked for stops a build: a requirement that is not met, and settings that
    cannot be read, since one of them might be a requirement. Both raise the builder's own
    ``error_type``, which the builder reports as it reports any failed build. Every other failure
    is a warning of one line, and the package is built unstamped.
    """

    def __init__(self, builder: str, error_type: type[Exception]) -> None:
        """
        :param builder: ``conda-build`` or ``rattler-build``.
        :param error_type: the exception that this builder reports in one sentence.
        """
        self.builder = builder
        self.error_type = error_type

    def take_snapshot(self, recipe: Path) -> Snapshot | None:
        """Ask git and the CI about a recipe that the builder is reading.

        Never raises and never warns: what is wrong, :meth:`begin` says. ``None`` means: not known.
        """
        try:
            settings = _load_settings()
            return _take_snapshot(recipe, settings) if settings.enabled else None
        except Exception as error:
            log.debug("Why there is no snapshot of the recipe", exc_info=error)
            return None

    def begin(self, describe: Describe, snapshot: Snapshot | None = None) -> PackageBuild | None:
        """Find out where the described package comes from. ``None`` means: do not stamp it.

        ``snapshot`` is of the moment when the recipe was read. Without one, it is taken now.
        """
        with self._guard():
            settings = _load_settings()
            if not settings.enabled:
                return None

            with _required(settings):
                return self._begin(describe(), settings, snapshot)
        return None

    def require(self, describe: Describe, snapshot: Snapshot | None = None) -> None:
        """Fail as :meth:`begin` would, before hours are spent on the build. Warn of nothing."""
        with self._guard(silent=True):
            settings = _load_settings()
            if settings.enabled and (settings.required or settings.dirty == "error"):
                _collect(describe(), settings, snapshot).require(settings)

    def entries(self, build: PackageBuild | None) -> dict[str, str | None]:
        """What the post-build hooks want in the package's ``extra``; ``None``: remove the key."""
        if build is None:
            return {}

        with self._guard(), _required(build.settings):
            from conda_provenance.plugins import post_build

            return post_build(build)
        return {}

    def stamp_finished(
        self,
        package: Path,
        entries: Mapping[str, str | None],
        edits: Mapping[str, Callable[[bytes], bytes]] | None = None,
    ) -> bool:
        """Write ``entries`` into a finished package, and correct the index beside it.

        ``edits`` are for files that the builder wrote into its ``info`` folder, by path. If the
        stamp fails, the package stays as it was built, and the answer is ``False``.
        """
        if not entries and not edits:
            return False

        try:
            from conda_provenance.packages import stamp_built_package, stamp_package

            if edits:
                stamp_built_package(package, entries, edits)
            else:
                stamp_package(package, entries)
        except Exception as error:
            why = _sentence(package, error)
            log.warning("conda-provenance: The package stays unstamped: %s", why)
            self._fail_if_required(error)
            return False
        return bool(entries)

    def log_finished(self, package: Path) -> None:
        """Log the line of a package file that nothing will change any more.

        Where nobody listens to the log, it goes to stderr: a CI's log must have it. What a log
        cannot have is no reason to fail.
        """
        try:
            from conda_provenance.packages import package_line

            line = package_line(package)
        except Exception as error:
            log.debug("Why there is no line for a package", exc_info=error)
            return

        if line is None:
            return
        if stamps_log.isEnabledFor(logging.INFO) and stamps_log.hasHandlers():
            stamps_log.info("%s", line)
        else:
            with suppress(OSError, ValueError):
                print(line, file=sys.stderr, flush=True)

    def withdraw(self, package: Path) -> None:
        """Remove a package that must not stay unstamped, and its entry in the index beside it."""
        try:
            from conda_provenance.packages import withdraw_package

            withdraw_package(package)
        except Exception as error:
            why = _sentence(package, error)
            log.warning("conda-provenance: The build failed, but its package stays: %s", why)

    def refuse(self, why: str) -> None:
        """Warn that a package is built unstamped. It is an error if the user requires the stamp."""
        log.warning("conda-provenance: The package is built unstamped: %s.", why)
        self._fail_if_required(None)

    def _begin(
        self, description: BuildDescription, settings: Settings, snapshot: Snapshot | None
    ) -> PackageBuild:
        from conda_provenance.hookspecs import PackageBuild

        origin = _collect(description, settings, snapshot)
        for warning in origin.warnings:
            log.warning("conda-provenance: warning: %s", warning)

        origin.require(settings)
        return PackageBuild(
            recipe=description.recipe,
            name=description.name,
            version=description.version,
            extra_meta=description.extra_meta,
            recipe_extra=description.recipe_extra,
            builder=self.builder,
            settings=settings,
            origin=origin,
        )

    @contextmanager
    def _guard(self, *, silent: bool = False) -> Iterator[None]:
        """Let only :class:`RequirementError` and :class:`SettingsError` out of the block."""
        try:
            yield
        except (RequirementError, SettingsError) as error:
            raise self.error_type(str(error)) from None
        except Exception as error:
            if not silent:
                log.warning(
                    "conda-provenance: The package is built unstamped: %s.", type(error).__name__
                )
            log.debug("Why the package is built unstamped", exc_info=error)

    def _fail_if_required(self, cause: Exception | None) -> None:
        try:
            required = _load_settings().required
        except SettingsError as error:
            raise self.error_type(str(error)) from None
        except Exception as error:
            log.debug("Why the settings are not known", exc_info=error)
            return

        if required:
            raise self.error_type(
                "The package could not be stamped, and plugins.provenance_required wants it to be."
            ) from cause


@contextmanager
def lines_to(take: Callable[[str], object]) -> Iterator[None]:
    """Hand the lines of finished packages to ``take``, and to nobody else."""
    handler = _Lines(take)
    before = stamps_log.level, stamps_log.propagate
    stamps_log.addHandler(handler)
    stamps_log.setLevel(logging.INFO)
    # A handler of the builder's, which only some of its modules set up, would print them again.
    stamps_log.propagate = False
    try:
        yield
    finally:
        stamps_log.removeHandler(handler)
        level, stamps_log.propagate = before
        stamps_log.setLevel(level)


class _Lines(logging.Handler):
    def __init__(self, take: Callable[[str], object]) -> None:
        super().__init__(logging.INFO)
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._take(record.getMessage())
        except (OSError, ValueError):  # Such as a pipe that nobody reads any more.
            self.handleError(record)


def is_enabled() -> bool:
    """Is anything stamped? If the settings cannot be read, nobody has switched it off."""
    try:
        return _load_settings().enabled
    except Exception as error:
        log.debug("Why the settings are not known", exc_info=error)
        return True


def _sentence(package: Path, error: Exception) -> str:
    """Why something could not be done to the package, which the sentence names."""
    if isinstance(error, PackageError):
        return str(error)
    return f"{escape(str(package))}: {type(error).__name__}."


def _load_settings() -> Settings:
    from conda_provenance.plugins import provider_names
    from conda_provenance.settings import load_settings

    return load_settings(os.environ, provider_names)


def _take_snapshot(recipe: Path, settings: Settings) -> Snapshot:
    from conda_provenance.snapshot import take_snapshot

    return take_snapshot(recipe, settings)


def _collect(
    description: BuildDescription, settings: Settings, snapshot: Snapshot | None
) -> Origin:
    """Join what is known for a build. Every builder does it here."""
    from conda_provenance.collector import collect_from

    return collect_from(
        snapshot or _take_snapshot(description.recipe, settings),
        settings=settings,
        extra_meta=description.extra_meta,
        recipe_extra=description.recipe_extra,
    )


@contextmanager
def _required(settings: Settings) -> Iterator[None]:
    """Turn any failure in the block into a :class:`RequirementError` if the user requires a key."""
    try:
        yield
    except RequirementError:
        raise
    except Exception as error:
        if settings.required:
            raise RequirementError(
                f"The package cannot be stamped ({type(error).__name__}), "
                "and plugins.provenance_required wants it to be."
            ) from error
        raise
