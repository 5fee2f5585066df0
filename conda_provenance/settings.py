"""The user's settings as one frozen :class:`Settings`.

They come from conda's configuration where conda is installed, and from environment variables of the
same names where it is not. The keys themselves are described in :mod:`conda_provenance.condarc`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from conda_provenance.condarc import (
    ALL_SETTINGS,
    CA,
    CI,
    CLIENT_CERT,
    CLIENT_KEY,
    DIRTY,
    ENABLED,
    FIELDS,
    FORGES,
    INSTALL,
    INSTALL_EXEMPT,
    INSTALL_POLICY,
    INSTALL_REPOS,
    INSTALL_REQUIRE,
    INSTALL_VERIFIED,
    KEYRING,
    POLICY,
    REQUIRED,
    SETTINGS,
    Setting,
)
from conda_provenance.errors import SettingsError
from conda_provenance.keys import CEP_KEYS, KEYS

__all__ = [
    "SETTINGS",
    "Settings",
    "load_settings",
    "parse_bool",
    "parse_keys",
    "parse_list",
    "parse_word",
    "raw_values",
    "read_conda",
    "read_setting",
    "read_settings",
    "wrong_value",
]

T = TypeVar("T")

_TRUE = frozenset({"true", "yes", "on", "y", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "0", "non", "none"})
"""The words that conda takes for true and false. It takes no word for false too; we do not."""

_LISTS = frozenset(setting.name for setting in ALL_SETTINGS if isinstance(setting.default, tuple))
"""The keys whose value is a list."""

_DIRTY = ("warn", "error", "ignore")
_NO_PROVIDER = ("auto", "none")

_ANY_KEYS = f"a list of any of {', '.join(KEYS)}"
_A_POLICY = (
    "the name of a ready policy, such as conda-forge, or the path of a file that begins with / or ~"
)
_FILES = "a list of HOST=FILE, such as git.example.com=/etc/ssl/example.pem, each an absolute path"
_ALLOWED = {
    ENABLED: "true or false",
    FIELDS: _ANY_KEYS,
    REQUIRED: _ANY_KEYS,
    DIRTY: "warn, error or ignore",
    CI: "auto, none, or a provider's name as 'conda-provenance detect --list' shows them",
    INSTALL: "ignore, warn or refuse",
    INSTALL_REQUIRE: _ANY_KEYS,
    INSTALL_REPOS: "a list of repositories such as https://github.com/conda-forge/*",
    INSTALL_EXEMPT: "a list of channels by their addresses, without logins and tokens, such as "
    "https://conda.anaconda.org/conda-forge, and of CHANNEL::SPEC with such an address",
    INSTALL_POLICY: _A_POLICY,
    INSTALL_VERIFIED: "a list of absolute paths of files that 'verify --json' wrote",
    POLICY: _A_POLICY,
    FORGES: "a list of HOST=FORGE, such as git.example.com=gitlab",
    CA: _FILES,
    CLIENT_CERT: _FILES,
    CLIENT_KEY: _FILES,
    KEYRING: "true or false",
}
"""The values that each key may have, for error messages."""

_CONDARC_VARIABLES = ("CONDA", "XDG_CONFIG_HOME", "HOME", "USERPROFILE")
"""How the names begin of the environment variables that tell conda where its files are."""


class Settings(NamedTuple):
    """What is stamped, and what stops a build."""

    enabled: bool = True
    """Is anything stamped?"""
    fields: tuple[str, ...] = CEP_KEYS
    """The keys to write into a package."""
    required: tuple[str, ...] = ()
    """The keys without which a build fails."""
    dirty: str = "warn"
    """What to do about uncommitted changes: ``warn``, ``error`` or ``ignore``."""
    ci: str = "auto"
    """The CI system that names the run: ``auto``, ``none`` or a provider's name."""


def load_settings(environ: Mapping[str, str], providers: Callable[[], Iterable[str]]) -> Settings:
    """The settings in force.

    ``providers`` returns the names of the known CI systems. It is called only if one is chosen.
    Raises :class:`SettingsError`, which names the key with a wrong value and what it may be.
    """
    return read_settings(raw_values(SETTINGS, environ), providers)


def raw_values(settings: Iterable[Setting], environ: Mapping[str, str]) -> Mapping[str, object]:
    """The raw values of these keys: conda's, or those of variables where there is no conda."""
    if has_conda():
        return read_conda(settings)

    return {
        setting.name: environ[setting.variable]
        for setting in settings
        if setting.variable in environ
    }


def has_conda() -> bool:
    """Is conda installed with the Python that runs us?"""
    return "conda.base.context" in sys.modules or find_spec("conda") is not None


def read_settings(values: Mapping[str, object], providers: Callable[[], Iterable[str]]) -> Settings:
    """The settings from raw values, by condarc key. A missing key has its default."""
    settings = Settings(
        enabled=read_setting(ENABLED, values, parse_bool),
        fields=read_setting(FIELDS, values, parse_keys),
        required=read_setting(REQUIRED, values, parse_keys),
        dirty=read_setting(DIRTY, values, _parse_dirty),
        ci=read_setting(CI, values, parse_word),
    )
    if settings.ci not in _NO_PROVIDER and settings.ci not in set(providers()):
        raise wrong_value(CI)
    return settings


def read_setting(setting: Setting, values: Mapping[str, object], parse: Callable[[object], T]) -> T:
    """The value of one key. ``parse`` raises :class:`ValueError` for what it may not be."""
    value = values.get(setting.name)
    is_unset = value is None or (_is_blank(value) and setting.name not in _LISTS)
    try:
        return parse(setting.default if is_unset else value)
    except ValueError:
        raise wrong_value(setting) from None


def parse_bool(value: object) -> bool:
    word = parse_word(value)
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def parse_keys(value: object) -> tuple[str, ...]:
    """Names of keys, each once."""
    keys = parse_list(value)
    if not set(keys) <= set(KEYS):
        raise ValueError
    return keys


def parse_list(value: object) -> tuple[str, ...]:
    """Texts, each once. A text alone is split at its commas."""
    items: Iterable[object]
    if isinstance(value, str):
        items = value.split(",")
    elif isinstance(value, Iterable):
        items = value
    else:
        items = [value]

    texts = (str(item).strip() for item in items)
    return tuple(dict.fromkeys(filter(None, texts)))


def _parse_dirty(value: object) -> str:
    word = parse_word(value)
    if word not in _DIRTY:
        raise ValueError
    return word


def parse_word(value: object) -> str:
    """One word, in lower case."""
    return str(value).strip().lower()


def read_conda(settings: Iterable[Setting]) -> dict[str, object]:
    """The raw values of our keys ``settings``, as conda merges its files and variables.

    This does not load conda's plugins, which takes a quarter of a second.
    Raises :class:`SettingsError` for a value of another kind than the key has.
    """
    from conda.plugins.config import PluginConfig

    class OurConfig(PluginConfig):  # type: ignore[misc]
        @property
        def raw_data(self) -> dict[object, dict[str, object]]:
            # conda would read "provenance_enabled:" without a value as false.
            given = super().raw_data
            return {source: _with_values(source, given[source]) for source in given}

    settings = tuple(settings)
    for setting in settings:
        OurConfig.add_plugin_setting(setting.name, setting.conda_parameter())

    try:
        config = OurConfig(conda_raw_data())
    except Exception as error:  # conda's message may repeat what is in the file
        raise SettingsError(
            f"conda's configuration cannot be read ({type(error).__name__}): "
            "'conda config --show-sources' says where."
        ) from None

    values: dict[str, object] = {}
    for setting in settings:
        try:
            values[setting.name] = getattr(config, setting.name)
        except Exception:  # conda's own validation; its message repeats the value
            raise wrong_value(setting) from None
    return values


def _with_values(source: object, parameters: Mapping[str, object]) -> dict[str, object]:
    """The keys of one file, or of the variables, that have a value. The others say nothing.

    An empty variable for a list is an empty list.
    """
    with_values = {}
    for name, raw in parameters.items():
        value = getattr(raw, "value", lambda _, raw=raw: raw)(None)
        is_empty_list = not isinstance(source, Path) and name in _LISTS and value is not None
        if is_empty_list or not (value is None or _is_blank(value)):
            with_values[name] = raw
    return with_values


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def conda_raw_data() -> Mapping[object, object]:
    """What conda's files and variables say, by file or other source."""
    raw_data: Mapping[object, object] = conda_context().raw_data
    return raw_data


def conda_context() -> Any:
    """conda's configuration, of which its files have been read."""
    from conda.base.context import context

    if any(isinstance(source, Path) for source in context.raw_data):
        return context

    # Outside its own commands, conda has not read its files yet. Making it read them would change
    # its state, so we read them ourselves.
    relevant = (item for item in os.environ.items() if item[0].startswith(_CONDARC_VARIABLES))
    return _read_condarc(tuple(sorted(relevant)))


@lru_cache(maxsize=1)
def _read_condarc(_environ: tuple[tuple[str, str], ...]) -> Any:
    """conda's files and variables, read as conda reads them.

    They are read once per process, as conda does, and again if ``_environ`` changes.
    """
    from conda.base.constants import SEARCH_PATH
    from conda.base.context import Context

    return Context(SEARCH_PATH, None)


def wrong_value(setting: Setting) -> SettingsError:
    """The error for a key whose value cannot be read. The value is not repeated."""
    return SettingsError(
        f"plugins.{setting.name} (or {setting.variable}) has an invalid value: "
        f"it may be {_ALLOWED[setting]}."
    )
