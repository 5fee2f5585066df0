"""What ``verify --json`` found, as files that the user names: which files were verified.

Whoever can write these files decides what they say. They are not signed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conda_provenance.condarc import INSTALL_VERIFIED
from conda_provenance.errors import SettingsError
from conda_provenance.text import escape, redact_location

MAX_SIZE = 64 << 20
"""Bytes of one file. A thousand packages take 3 MiB."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def parse_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Absolute paths. Raises :class:`ValueError`."""
    absolute = tuple(map(os.path.expanduser, paths))
    if not all(map(os.path.isabs, absolute)):
        raise ValueError
    return absolute


def verified_by(paths: Iterable[str], policy_digest: str) -> frozenset[str]:
    """The sha256 of the files that were verified by this very policy.

    An entry that is anything else does not count: another policy or options beside it, an
    exception, a digest that verify did not compute from the bytes.
    Raises :class:`~conda_provenance.errors.SettingsError` if a file cannot be read.
    """
    return frozenset(sha256 for path in paths for sha256 in _of_file(path, policy_digest))


def _of_file(path: str, policy_digest: str) -> Iterator[str]:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
        if len(data) > MAX_SIZE:
            raise _wrong(path, f"is larger than {MAX_SIZE >> 20} MiB")
        printed = json.loads(data)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or type(error).__name__}") from None
    except (ValueError, RecursionError):
        raise _wrong(path, "is not JSON") from None

    if not isinstance(printed, dict) or (printed.get("version"), printed.get("command")) != (
        1,
        "verify",
    ):
        raise _wrong(path, "is not what 'conda provenance verify --json' prints")

    for entry in _objects(printed.get("packages")):
        sha256 = entry.get("sha256")
        is_ours = entry.get("outcome") == "verified" and entry.get("sha256_from") == "file"
        is_digest = isinstance(sha256, str) and _SHA256.fullmatch(sha256)
        if is_ours and is_digest and _is_by(entry, policy_digest):
            yield str(sha256)


def _is_by(entry: Mapping[str, Any], policy_digest: str) -> bool:
    """Did the check "expected" pass by this policy, without an exception from it?"""
    for check in _objects(entry.get("checks")):
        if check.get("id") == "expected" and check.get("outcome") == "pass":
            facts = check.get("facts")
            found = facts if isinstance(facts, dict) else {}
            return found.get("policy_sha256") == policy_digest and "exception" not in found
    return False


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def _wrong(path: str, why: str) -> SettingsError:
    shown = escape(redact_location(path), 500)
    return SettingsError(f"plugins.{INSTALL_VERIFIED.name} names {shown}, which {why}.")
