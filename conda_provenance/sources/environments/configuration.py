"""Where conda, mamba, rattler and pixi keep environments and package caches on this machine.

If conda is installed, it is asked. If not, its documented variables and files are read. What lies
in these places is not known here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conda_provenance.log import logger

_MAX_CONDARC = 1 << 20
_MAX_LISTED = 1000
"""Folders that a file may list."""


class Configuration:
    """Finds these places. Nothing is read before it is asked for, and all of it once."""

    def __init__(self, environ: Mapping[str, str], prefix: str | None = None) -> None:
        """``prefix``: an environment, whose place may tell where its tool keeps the rest."""
        self._environ = environ
        self._home = environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~")
        self._prefix = prefix
        self._caches: list[str] | None = None

    @property
    def roots(self) -> list[str]:
        """Folders that may be conda's or mamba's base environment, the likeliest first."""
        context = self._conda()
        roots = [*([context.root_prefix] if context else self._conda_roots()), *self._mamba_roots()]
        return _plain(roots)

    def environment_folders(self) -> list[str]:
        """Folders of named environments, in the order in which they are searched."""
        context = self._conda()
        if context:
            own = list(context.envs_dirs)
        else:
            own = [*self._listed("CONDA_ENVS_DIRS", "CONDA_ENVS_PATH", key="envs_dirs")]
            own += self._below(self.roots, "envs")
            own.append(self._at_home(".conda", "envs"))

        pixi = [self._environ.get("PIXI_PROJECT_ROOT", "")]
        return _plain([*own, *self._below(self.roots, "envs"), *self._below(pixi, ".pixi", "envs")])

    def known_environments(self) -> list[str]:
        """The environments in conda's list of all that it has made for this user."""
        text = _read(self._at_home(".conda", "environments.txt"))
        return _plain(line.strip() for line in text.splitlines()[:_MAX_LISTED])

    def __iter__(self) -> Iterator[str]:
        """The package caches that exist, in the order in which they are searched."""
        if self._caches is None:
            self._caches = [folder for folder in self._package_caches() if os.path.isdir(folder)]
        return iter(self._caches)

    def _package_caches(self) -> list[str]:
        context = self._conda()
        own = (
            list(context.pkgs_dirs)
            if context
            else [
                *self._listed("CONDA_PKGS_DIRS", key="pkgs_dirs"),
                self._at_home(".conda", "pkgs"),
            ]
        )
        near = [] if self._prefix is None else _around(self._prefix)
        return _plain(
            [
                *own,
                *self._below([*near, *self.roots], "pkgs"),
                self._at_home(".mamba", "pkgs"),
                *self._rattler_caches(),
            ]
        )

    def _rattler_caches(self) -> list[str]:
        """The caches of rattler and pixi, on this platform."""
        environ = self._environ
        given = [environ.get("RATTLER_CACHE_DIR", ""), environ.get("PIXI_CACHE_DIR", "")]
        if sys.platform == "win32":
            shared = environ.get("LOCALAPPDATA", "")
        elif sys.platform == "darwin":
            shared = self._at_home("Library", "Caches")
        else:
            shared = environ.get("XDG_CACHE_HOME") or self._at_home(".cache")

        usual = [*self._below([shared], "rattler", "cache"), *self._below([shared], "pixi")]
        return self._below([*given, *usual], "pkgs")

    def _conda_roots(self) -> Iterator[str]:
        """Where conda may be installed, though not with our own Python."""
        environ = self._environ
        if program := environ.get("CONDA_EXE"):
            yield os.path.dirname(os.path.dirname(program))
        yield from (environ.get(name, "") for name in ("_CONDA_ROOT", "CONDA_ROOT"))
        yield environ.get("CONDA_PREFIX_1", "")  # under an activated one lies the base
        for prefix in filter(None, (self._prefix, environ.get("CONDA_PREFIX"))):
            yield from _around(prefix)

    def _mamba_roots(self) -> list[str]:
        data = self._environ.get("XDG_DATA_HOME") or self._at_home(".local", "share")
        given = self._environ.get("MAMBA_ROOT_PREFIX", "")
        return [given, os.path.join(data, "mamba"), self._at_home("micromamba")]

    def _conda(self) -> Any:
        """conda's configuration. ``None``: conda is not installed here, or cannot say it."""
        from conda_provenance.settings import conda_context, has_conda

        if not has_conda():
            return None

        try:
            return conda_context()
        except Exception as error:  # a broken conda or configuration; its message may repeat it
            logger().debug("conda cannot say where its folders are (%s)", type(error).__name__)
            return None

    def _listed(self, *variables: str, key: str) -> Iterator[str]:
        """The folders that variables and condarc files list."""
        for variable in variables:
            given = self._environ.get(variable, "")
            if variable == "CONDA_PKGS_DIRS":
                # Only of this one does conda expect commas. Its neighbours have the system's sign.
                given = given.replace(",", os.pathsep)
            yield from map(self._expanded, given.split(os.pathsep))

        for path in self._condarc_files():
            yield from map(self._expanded, _listed_in(path, key))

    def _condarc_files(self) -> list[str]:
        environ = self._environ
        config = environ.get("XDG_CONFIG_HOME") or self._at_home(".config")
        return [
            *filter(None, (environ.get("CONDARC"), environ.get("MAMBARC"))),
            *self._below(self.roots, ".condarc"),
            os.path.join(config, "conda", ".condarc"),
            self._at_home(".conda", ".condarc"),
            self._at_home(".condarc"),
            self._at_home(".mambarc"),
            "/etc/conda/.condarc",
        ]

    def _expanded(self, path: str) -> str:
        path = path.strip()
        if path == "~" or path.startswith(("~/", "~\\")):
            path = self._home + path[1:]
        for name in ("HOME", "CONDA_PREFIX", "USER"):
            value = self._environ.get(name, "")
            path = path.replace(f"${{{name}}}", value).replace(f"${name}/", f"{value}/")
        return path

    def _at_home(self, *parts: str) -> str:
        return os.path.join(self._home, *parts)

    @staticmethod
    def _below(folders: Iterable[str], *parts: str) -> list[str]:
        return [os.path.join(folder, *parts) for folder in folders if folder]


def _around(prefix: str) -> list[str]:
    """Folders that may be the base of an environment: itself, or the parent of its ``envs``."""
    prefix = os.path.abspath(prefix)
    parent, _ = os.path.split(prefix)
    is_named = os.path.basename(parent) == "envs"
    return [os.path.dirname(parent)] if is_named else [prefix]


def _plain(folders: Iterable[str]) -> list[str]:
    """Each absolute path once. A relative one would depend on where we were started."""
    return list(dict.fromkeys(folder for folder in folders if os.path.isabs(folder)))


def _listed_in(path: str, key: str) -> list[str]:
    """The folders in a condarc file's list. A file that cannot be read lists none."""
    text = _read(path)
    if key not in text:
        return []

    from ruamel.yaml import YAML  # 50 ms

    try:
        given = YAML(typ="safe").load(text)
    except Exception as error:  # ruamel's own errors, and those that it lets through
        logger().debug("A condarc file cannot be read (%s)", type(error).__name__)
        return []

    value = given.get(key) if isinstance(given, dict) else None
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed[:_MAX_LISTED] if isinstance(each, str)]


def _read(path: str) -> str:
    from conda_provenance.sources.environments.disk import read_small

    try:
        return read_small(path, _MAX_CONDARC).data.decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
