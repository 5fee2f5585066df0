"""What looks like a setting and is ignored: unknown keys, and files that conda does not read.

It only warns. What the settings are is known in :mod:`conda_provenance.settings`. Values are never
shown.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from conda_provenance.condarc import ALL_SETTINGS
from conda_provenance.keys import KEYS
from conda_provenance.settings import conda_raw_data
from conda_provenance.text import escape

_NAMES = tuple(setting.name for setting in ALL_SETTINGS)
_VARIABLES = tuple(setting.variable for setting in ALL_SETTINGS)
_VALUES = tuple(f"CONDA_PROVENANCE_{key.upper()}" for key in KEYS)

_CACHE = "CONDA_PROVENANCE_CACHE_DIR"
"""The folder of the cache, which :mod:`conda_provenance.survey.cache_folder` reads."""

_TESTS = "CONDA_PROVENANCE_TEST_"
"""How variables begin that this project's tests read."""

_MAX_NAME = 100
"""Characters of a key that are shown."""

_MAX_FILE = 1 << 18
"""Bytes of a configuration file that are looked at."""

_INSTALL = re.compile(r"provenance.*install|install.*provenance", re.IGNORECASE | re.DOTALL)
"""What belongs to the gate before installing."""

_OURS = re.compile(rb"^[^#\n]*provenance_\w", re.MULTILINE)
_ALIKE = 0.8
_REST_ALIKE = 0.6
"""How alike two names must be for one to be a slip of the other. 1: they are the same."""

_STARTS = ("CONDA_PLUGINS_PROVENANCE_", "provenance_")

_NEAR_NAMES = (
    *(".condarc.yml", ".condarc.yaml", ".condarc.txt", ".condarc.conf"),
    *("condarc", "condarc.yml", "condarc.yaml", "condarc.txt", "condarc.conf"),
)
"""Names that people give to the file ``.condarc``."""

_USUAL_FOLDERS = (
    *("/etc/conda", "~/.conda", "~/.config/conda", "$XDG_CONFIG_HOME/conda"),
    *("$CONDA_ROOT", "$CONDA_PREFIX"),
)
"""Folders in which conda looks for ``.condarc``, ``condarc`` and the files of ``condarc.d``."""


def settings_doubts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Warnings, one sentence each, of what the user meant as a setting and is not read."""
    doubts = [sentence for sentence, _ in _unknown_variables(environ)]
    try:
        if "conda.base.context" in sys.modules or find_spec("conda") is not None:
            doubts += _doubts_of_conda()
        else:
            doubts += _unread_without_conda(environ)
    except Exception as error:  # conda raises what it likes; a doubt must not stop a build
        doubts.append(f"Whether all settings are read is not known ({type(error).__name__}).")

    return tuple(dict.fromkeys(doubts))


def install_doubts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The same for the keys of the gate before installing, in conda's own process.

    Files are not looked for: conda has read its own, and this is done at every installation.
    """
    doubts = [*_unknown_variables(environ)]
    for source, parameters in conda_raw_data().items():
        if isinstance(source, Path) and isinstance(parameters, Mapping):
            doubts += _unknown_keys(source, parameters)

    return tuple(dict.fromkeys(sentence for sentence, about in doubts if _is_of_gate(about)))


def _is_of_gate(about: str) -> bool:
    return _INSTALL.search(about) is not None


Doubt: TypeAlias = tuple[str, str]
"""A sentence, and all by which one can tell what it is about. The second may hold a secret."""


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[Doubt]:
    for name in sorted(environ):
        if name in _VARIABLES or name in _VALUES or name == _CACHE:
            continue

        plain = name.upper()
        if not plain.startswith(("CONDA_", "PROVENANCE_")):
            continue

        near = _nearest(plain, (*_VARIABLES, *_VALUES))
        if near or plain.startswith("CONDA_PLUGINS_PROVENANCE"):
            said = f"The variable {_shown(name)} is ignored, because it is unknown{_hint(near)}"
            yield said, near or name
        elif plain.startswith("CONDA_PROVENANCE_") and not plain.startswith(_TESTS):
            names = ", ".join(_VALUES)
            yield f"The variable {_shown(name)} is ignored, because it is none of {names}.", name


def _doubts_of_conda() -> Iterator[str]:
    raw_data = conda_raw_data()
    read = [source for source in raw_data if isinstance(source, Path)]
    for source in read:
        parameters = raw_data[source]
        if isinstance(parameters, Mapping):
            yield from (sentence for sentence, _ in _unknown_keys(source, parameters))

    for path, remedy in _unread_files({os.path.realpath(each) for each in read}):
        yield f"conda does not read {escape(str(path))}, so its settings are ignored: {remedy}."


def _unknown_keys(source: Path, parameters: Mapping[object, object]) -> Iterator[Doubt]:
    """Keys of one file that are like ours, but unknown or at the wrong place."""
    place = f"in {escape(str(source))}"
    for key in map(str, parameters):
        if _is_like_plugins(key) and "provenance_" in str(parameters[key]):
            said = f"The key {_shown(key)} {place} is ignored: write 'plugins' instead."
            yield said, str(parameters[key])
            continue

        plain = _plain(key.removeprefix("plugins."))
        if plain in _NAMES or plain.startswith("provenance") or _nearest(plain, _NAMES):
            near = _nearest(plain, _NAMES) or "provenance_…"
            yield (
                (
                    f"The key {_shown(key)} {place} is ignored, because it does not stand below "
                    f"plugins: write 'plugins:' and, below it and indented, '{near}'."
                ),
                f"{near} {plain}",
            )

    if "plugins" not in parameters:
        return

    plugins = getattr(parameters["plugins"], "value", lambda _: None)(None)
    if not isinstance(plugins, Mapping):
        if "provenance" in str(plugins):
            said = f"The keys below plugins {place} are ignored, because they are no mapping."
            yield said, str(plugins)
        return

    for key in map(str, plugins):
        meant = None if key in _NAMES else _near_key(key)
        if meant is not None:
            said = f"plugins.{_shown(key)} {place} is ignored, because it is unknown{_hint(meant)}"
            yield said, meant or f"{key} {plugins[key]}"


def _is_like_plugins(key: str) -> bool:
    plain = re.sub(r"[^a-z]", "", key.lower())
    return key != "plugins" and plain in ("plugin", "plugins", "condaplugins", "pluginsettings")


def _near_key(key: str) -> str | None:
    """The key of ours that ``key`` may be meant to be, or "". ``None``: it is another plugin's."""
    plain = _plain(key)
    if plain == "provenance":
        return ""  # with the settings nested below it

    near = _nearest(plain, _NAMES)
    return near or ("" if plain.startswith("provenance") else None)


def _hint(near: str) -> str:
    if near:
        return f": did you mean {near}?"

    return f": the settings are flat keys, {', '.join(_NAMES)}."


def _nearest(name: str, known: tuple[str, ...]) -> str:
    """The known name that is most like ``name``, if one is."""
    if not 5 < len(name) <= _MAX_NAME or not re.search("prov|ance", name, re.IGNORECASE):
        return ""  # Looked at first: this is asked of every variable.

    from difflib import get_close_matches

    # Where the beginning is right, only the rest says what was meant.
    start = next((start for start in _STARTS if name.startswith(start)), "")
    rests = {each.removeprefix(start): each for each in known if each.startswith(start)}
    cutoff = _ALIKE if not start else _REST_ALIKE
    near = get_close_matches(name.removeprefix(start), rests, n=1, cutoff=cutoff)
    return rests[near[0]] if near else ""


def _plain(key: str) -> str:
    return key.lower().replace("-", "_")


def _shown(name: str) -> str:
    return escape(name, _MAX_NAME)


def _unread_files(read: set[str]) -> Iterator[tuple[Path, str]]:
    """Files with settings of ours that conda does not read, each with the remedy."""
    from conda.base.constants import SEARCH_PATH
    from conda.base.context import context

    candidates: dict[Path, str] = {}
    for place in map(str, SEARCH_PATH):
        path = _expanded(place.replace("$CONDA_ROOT", str(context.root_prefix)))
        if os.path.isdir(path):
            candidates |= dict.fromkeys(
                sorted(path.iterdir()), "its name must end in .yml or .yaml"
            )
        elif place == "$CONDARC":
            candidates[path] = "its name must be .condarc or condarc, or end in .yml or .yaml"
        elif path.name == ".condarc":
            near = (path.with_name(name) for name in _NEAR_NAMES)
            candidates |= dict.fromkeys(near, "its name must be .condarc")

    for path, remedy in candidates.items():
        if os.path.realpath(path) not in read and _has_settings(path):
            yield path, remedy


def _unread_without_conda(environ: Mapping[str, str]) -> Iterator[str]:
    for path in _usual_files(environ):
        if _has_settings(path):
            yield (
                f"The settings in {escape(str(path))} are ignored, because conda is not installed "
                "beside conda-provenance: give them as environment variables."
            )


def _usual_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The files that conda would read, if it were here."""
    yield _expanded("~/.condarc")
    if environ.get("CONDARC"):
        yield Path(environ["CONDARC"])

    for place in _USUAL_FOLDERS:
        start, _, rest = place.partition("/")
        if start.startswith("$"):
            if not environ.get(start[1:]):
                continue

            start = environ[start[1:]]

        folder = Path(os.path.expanduser(os.path.join(start or "/", rest)))
        yield folder / ".condarc"
        yield folder / "condarc"
        for ending in ("yml", "yaml"):
            yield from sorted(folder.glob(f"condarc.d/*.{ending}"))


def _expanded(place: str) -> Path:
    return Path(os.path.expandvars(os.path.expanduser(place)))


def _has_settings(path: Path) -> bool:
    """Does this file name a setting of ours, outside comments?"""
    try:
        if not os.path.isfile(path):
            return False

        with open(path, "rb") as file:
            return _OURS.search(file.read(_MAX_FILE)) is not None
    except (OSError, ValueError):
        return False
