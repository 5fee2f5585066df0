"""The user's settings: one frozen :class:`Settings`, from condarc where conda is, from the environment where it is not.

Each key is described once, here; :mod:`conda_provenance.conda_plugin` gives the same descriptions to conda.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conda_provenance.errors import SettingsError
from conda_provenance.values import CEP_KEYS, KEYS

_TRUE = frozenset({"true", "yes", "on", "y", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "0", "non", "none", ""})
_DIRTY = ("warn", "error", "ignore")
_NO_PROVIDER = ("auto", "none")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is stamped, and what stops a build."""

    enabled: bool = True
    fields: tuple[str, ...] = CEP_KEYS
    required: tuple[str, ...] = ()
    dirty: str = "warn"
    ci: str = "auto"


@dataclass(frozen=True, slots=True)
class Setting:
    """One condarc key below ``plugins:``."""

    name: str
    """As in condarc; the environment variable is ``CONDA_PLUGINS_`` and this in capitals."""
    default: bool | str | tuple[str, ...]
    description: str
    parse: Callable[[object], object]
    """The value for :class:`Settings`; raises :class:`ValueError`."""
    allowed: Callable[[], str]
    """What the key may be, for the error."""

    @property
    def variable(self) -> str:
        return f"CONDA_PLUGINS_{self.name.upper()}"

    @property
    def field(self) -> str:
        return self.name.removeprefix("provenance_")


def _parse_bool(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


def _parse_keys(value: object) -> tuple[str, ...]:
    given = (
        value.split(",")
        if isinstance(value, str)
        else list(value)
        if isinstance(value, Iterable)
        else [value]
    )
    keys = tuple(dict.fromkeys(text for item in given if (text := str(item).strip())))
    if not set(keys) <= set(KEYS):
        raise ValueError
    return keys


def _parse_dirty(value: object) -> str:
    text = str(value).strip().lower()
    if text not in _DIRTY:
        raise ValueError
    return text


def _parse_ci(value: object) -> str:
    return str(value).strip().lower()


def _allowed_keys() -> str:
    return f"a list of any of {', '.join(KEYS)}"


SETTINGS = (
    Setting(
        "provenance_enabled",
        True,
        "Stamp every package that is built with where it came from (CEP 31).",
        _parse_bool,
        lambda: "true or false",
    ),
    Setting(
        "provenance_fields",
        CEP_KEYS,
        f"Keys to write into the package: any of {', '.join(KEYS)}. Add flow_run_url for a link to the CI run; "
        "leave out remote_url to keep the address of a private repository to yourself.",
        _parse_keys,
        _allowed_keys,
    ),
    Setting(
        "provenance_required",
        (),
        f"Keys without which a build fails before its package is made: any of {', '.join(KEYS)}.",
        _parse_keys,
        _allowed_keys,
    ),
    Setting(
        "provenance_dirty",
        "warn",
        "What to do when the recipe's folder has changes that are not committed: warn, error or ignore.",
        _parse_dirty,
        lambda: f"{_DIRTY[0]}, {_DIRTY[1]} or {_DIRTY[2]}",
    ),
    Setting(
        "provenance_ci",
        "auto",
        "Which CI system names the run: auto (detect it), none, or a provider's name such as github; "
        "'conda provenance detect' shows the one that is found.",
        _parse_ci,
        lambda: "auto, none, or a provider's name as 'conda-provenance detect --list' shows them",
    ),
)


def load_settings(environ: Mapping[str, str], providers: Callable[[], Iterable[str]]) -> Settings:
    """The settings in force; :class:`SettingsError` names a key with a wrong value and what it may be.

    ``providers`` are the names of the known CI systems, asked for where one is chosen.
    """
    if "conda.base.context" not in sys.modules and find_spec("conda") is None:
        values = {
            setting.name: environ[setting.variable]
            for setting in SETTINGS
            if setting.variable in environ
        }
        return read_settings(values, providers)
    return read_settings(_from_condarc(), providers)


def read_settings(values: Mapping[str, object], providers: Callable[[], Iterable[str]]) -> Settings:
    """Settings from raw values by condarc key; keys that are absent have their default."""
    parsed = {}
    for setting in SETTINGS:
        try:
            value = values.get(setting.name)
            parsed[setting.field] = setting.parse(setting.default if value is None else value)
        except ValueError:
            raise _wrong(setting) from None
    settings = Settings(**parsed)  # type: ignore[arg-type]
    if settings.ci not in _NO_PROVIDER and settings.ci not in set(providers()):
        raise _wrong(next(setting for setting in SETTINGS if setting.field == "ci"))
    return settings


def conda_parameter(setting: Setting) -> Any:
    """The setting as conda's configuration declares it."""
    from conda.common.configuration import PrimitiveParameter, SequenceParameter

    if isinstance(setting.default, tuple):
        return SequenceParameter(PrimitiveParameter("", element_type=str), default=setting.default)
    return PrimitiveParameter(setting.default)


def _from_condarc() -> dict[str, object]:
    """condarc files and variables as conda merges them, without loading its plugins, which takes a quarter of a second."""
    from conda.plugins.config import PluginConfig

    class Ours(PluginConfig):  # type: ignore[misc]
        pass

    for setting in SETTINGS:
        Ours.add_plugin_setting(setting.name, conda_parameter(setting))
    try:
        config = Ours(_condas_raw_data())
    except Exception as error:  # conda's message may repeat what is in the file
        raise SettingsError(
            f"conda's configuration cannot be read ({type(error).__name__}): 'conda config --show-sources' says where."
        ) from None
    found: dict[str, object] = {}
    for setting in SETTINGS:
        try:
            found[setting.name] = getattr(config, setting.name)
        except Exception:  # conda's own validation; its message repeats the value
            raise _wrong(setting) from None
    return found


def _condas_raw_data() -> Any:
    from conda.base.context import context

    if any(isinstance(source, Path) for source in context.raw_data):
        return context.raw_data
    # Outside conda's own commands nobody has had it read its files; we do not do it behind their back either.
    return _read_condarc(
        tuple(sorted(item for item in os.environ.items() if item[0].startswith(_CONDARC_VARIABLES)))
    )


_CONDARC_VARIABLES = ("CONDA", "XDG_CONFIG_HOME", "HOME", "USERPROFILE")


@lru_cache(maxsize=1)
def _read_condarc(_environ: tuple[tuple[str, str], ...]) -> Any:
    """conda's files and variables, read once a process, as conda itself does, unless a variable changes that leads to them."""
    from conda.base.constants import SEARCH_PATH
    from conda.base.context import Context

    return Context(SEARCH_PATH, None).raw_data


def _wrong(setting: Setting) -> SettingsError:
    return SettingsError(
        f"plugins.{setting.name} (or {setting.variable}) has a value it cannot have: it may be {setting.allowed()}."
    )
