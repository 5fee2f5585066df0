"""Keeps logins and tokens out of the files that conda-build writes into a package's ``info``.

Scripts, patches and all other files of the recipe stay as they are. What is stamped is not known
here.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Protocol

from conda_provenance.builders.stamper import is_enabled
from conda_provenance.builders.wrap import Function, wrap
from conda_provenance.credentials import without_credentials
from conda_provenance.text import redact
from conda_provenance.values import clean_or_none

log = logging.getLogger(__name__)

_FILES = ("about.json", "hash_input.json", "git")
_RECIPES = ("recipe", "recipe/parent")
_RECIPE_FILES = ("*.yaml", "*.yml", "*.template")
"""The recipe in a package: as it was written, as it was rendered, and its variants."""

_ORIGIN = re.compile(r"(?<=\AOrigin b)(?P<quote>['\"])(?P<address>.*?)(?P<end>(?:\\n)?(?P=quote))")
"""The printed bytes of a remote's address, in the first lines of the rendered recipe."""


class Config(Protocol):
    """What is used of ``conda_build.config.Config``."""

    info_dir: str


class MetaData(Protocol):
    """What is used of ``conda_build.metadata.MetaData``."""

    @property
    def config(self) -> Config: ...


def attach_source(module: ModuleType) -> None:
    """Wrap ``get_repository_info`` of ``conda_build.source``, which reads the raw remote."""
    wrap(module, "get_repository_info", _without_login)


def clean_info(m: MetaData) -> None:
    """Clean the files that conda-build has written for an output.

    A recipe may take the login of a source from a variable. The rendered recipe then holds it.
    """
    if not is_enabled():
        return

    info = Path(m.config.info_dir)
    files = [info / name for name in _FILES]
    for folder in _RECIPES:
        for pattern in _RECIPE_FILES:
            files += (info / folder).glob(pattern)

    for file in files:
        _clean_file(file)


def _without_login(original: Function) -> Function:
    def get_repository_info(*args: object, **kwargs: object) -> object:
        info = original(*args, **kwargs)
        if not isinstance(info, str) or not is_enabled():
            return info
        return without_credentials(_ORIGIN.sub(_clean_origin, info))

    return get_repository_info


def _clean_origin(match: re.Match[str]) -> str:
    address = match["address"]
    if os.path.isabs(address) or redact(address) == address:
        return match[0]

    cleaned = clean_or_none("remote_url", address) or "***"
    return f"{match['quote']}{cleaned}{match['end']}"


def _clean_file(file: Path) -> None:
    """Take the logins and tokens out of a file. A link is left alone: its target is not ours."""
    if not file.is_file() or file.is_symlink():
        return

    try:
        before = file.read_bytes()
        text = before.decode("utf-8", "surrogateescape")
        after = without_credentials(text).encode("utf-8", "surrogateescape")
        if after != before:
            _replace(file, after)
    except Exception as error:
        log.warning(
            "conda-provenance: info/%s may hold credentials: it could not be cleaned (%s).",
            file.name,
            type(error).__name__,
        )


def _replace(file: Path, data: bytes) -> None:
    """Put a new file in the place of the old one, which may be a hard link to the recipe itself."""
    # Under a name that no file of the recipe can have, not even a link.
    new = file.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        with open(new, "xb") as opened:
            opened.write(data)
        shutil.copymode(file, new)
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
