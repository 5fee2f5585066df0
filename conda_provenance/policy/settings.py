"""The user's settings for ``verify``: a policy, and servers of the user's own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.condarc import (
    CA,
    CLIENT_CERT,
    CLIENT_KEY,
    FORGES,
    KEYRING,
    POLICY,
    VERIFY_SETTINGS,
)
from conda_provenance.errors import SettingsError
from conda_provenance.net import Origin, Tls, origin_of
from conda_provenance.policy.keys import Wrong, forge_host, forge_vendor
from conda_provenance.policy.loading import parse_policy_name
from conda_provenance.settings import parse_bool, parse_list, raw_values, read_setting, wrong_value


class VerifySettings(NamedTuple):
    """What the keys of ``verify`` say."""

    policy: str = ""
    """The name of a ready policy, or an absolute path."""
    forges: Mapping[str, str] = {}
    """Hosts, or hosts with the path of a forge, and the vendor of the forge there."""
    tls: Mapping[Origin, Tls] = {}
    """How servers of the user's own prove who they are."""
    keyring: bool = False
    """May the system's keyring be asked for tokens?"""


def load_verify_settings(environ: Mapping[str, str]) -> VerifySettings:
    """The settings in force. Raises :class:`~conda_provenance.errors.SettingsError`."""
    return read_verify_settings(raw_values(VERIFY_SETTINGS, environ))


def read_verify_settings(values: Mapping[str, object]) -> VerifySettings:
    """The settings from raw values, by condarc key. A missing key has its default."""
    return VerifySettings(
        read_setting(POLICY, values, parse_policy_name),
        read_setting(FORGES, values, _parse_forges),
        _tls(values),
        read_setting(KEYRING, values, parse_bool),
    )


def _parse_forges(value: object) -> Mapping[str, str]:
    forges: dict[str, str] = {}
    for host, vendor in _pairs(value):
        try:
            forges[forge_host(host)] = forge_vendor(vendor)
        except Wrong as error:
            # The reason names the part that is wrong, which the key's own sentence does not.
            sentence = f"{wrong_value(FORGES)} In it, {error}."
            raise SettingsError(sentence) from None
    return forges


def _tls(values: Mapping[str, object]) -> Mapping[Origin, Tls]:
    authorities = read_setting(CA, values, _parse_files)
    certificates = read_setting(CLIENT_CERT, values, _parse_files)
    keys = read_setting(CLIENT_KEY, values, _parse_files)
    if not keys.keys() <= certificates.keys():
        raise SettingsError(
            f"plugins.{CLIENT_KEY.name} has a key for a server of which plugins.{CLIENT_CERT.name} "
            "has no certificate: add it there."
        )
    return {
        origin: Tls(authorities.get(origin), certificates.get(origin), keys.get(origin))
        for origin in {**authorities, **certificates}
    }


def _parse_files(value: object) -> Mapping[Origin, str]:
    files: dict[Origin, str] = {}
    for host, file in _pairs(value):
        origin = origin_of(f"https://{host.lower()}/") if re.fullmatch(r"[\w.:-]+", host) else None
        path = os.path.expanduser(file)
        if origin is None or not os.path.isabs(path) or "\0" in path:
            raise ValueError
        files[origin] = path
    return files


def _pairs(value: object) -> list[tuple[str, str]]:
    pairs = []
    for item in parse_list(value):
        name, equal, rest = item.partition("=")
        if not (equal and name.strip() and rest.strip()):
            raise ValueError
        pairs.append((name.strip(), rest.strip()))
    return pairs
