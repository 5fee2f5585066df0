"""What vouches for the bytes of a package file: signatures and attestations, which a stamp breaks.

Whether they are right is not known here.
"""

from __future__ import annotations

import os
import re

from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.index import MAIN_INDEX
from conda_provenance.packages.index_records import is_signed
from conda_provenance.packages.refusals import PathLike

_ENDING = re.compile(
    r"\.(sigs?|v[0-9]+\.sigs?|asc|minisig|sigstore(\.json)?|bundle|att|attestations?(\.json)?"
    r"|intoto\.jsonl?|publish\.attestation)"
)
"""What follows the package's name: GnuPG, minisign, Sigstore, in-toto, CEP 27's attestations."""

_MAX_INDEX = 1 << 28


def signatures_of(package: PathLike) -> list[str]:
    """Names of the files that vouch for the package as it is, such as ``x-1-0.conda.v0.sigs``.

    An index that signs it is one of them.
    """
    found = []
    for folder, name in places_of(package):
        with os.scandir(folder) as entries:
            found += sorted(entry.name for entry in entries if _is_signature(entry.name, name))
        if _is_signed_in(os.path.join(folder, MAIN_INDEX), name):
            found.append(MAIN_INDEX)
    return list(dict.fromkeys(found))


def _is_signature(file: str, package: str) -> bool:
    return file.startswith(package + ".") and bool(_ENDING.fullmatch(file[len(package) :].lower()))


def _is_signed_in(index: str, name: str) -> bool:
    try:
        if not os.path.isfile(index) or os.path.getsize(index) > _MAX_INDEX:
            return False
        with open(index, encoding="utf-8") as file:
            return is_signed(file.read(), name)
    except (OSError, ValueError, RecursionError):
        return False  # Correcting the index says what is wrong with it.
