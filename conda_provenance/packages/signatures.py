"""What vouches for the bytes of a package file: signatures and attestations beside it, which a stamp would break."""

from __future__ import annotations

import json
import os
import re

from conda_provenance.packages.archive import json_text as jsontext
from conda_provenance.packages.index import places_of
from conda_provenance.packages.refusals import PathLike

_BESIDE = re.compile(
    r"\.(sigs?|v[0-9]+\.sigs?|asc|minisig|sigstore(\.json)?|bundle|att|attestations?(\.json)?|intoto\.jsonl?|publish\.attestation)"
)
"""Endings behind the package's own name: GnuPG, minisign, Sigstore, in-toto, CEP 27's attestations."""

_MAX_INDEX = 1 << 28


def vouchers(package: PathLike) -> list[str]:
    """Names of the files that vouch for the package as it is, such as ``x-1-0.conda.v0.sigs``; an index that signs it counts."""
    found = []
    for folder, name in places_of(package):
        with os.scandir(folder) as entries:
            found += sorted(
                entry.name
                for entry in entries
                if entry.name.startswith(name + ".")
                and _BESIDE.fullmatch(entry.name[len(name) :].lower())
            )
        if _is_signed_in(os.path.join(folder, "repodata.json"), name):
            found.append("repodata.json")
    return list(dict.fromkeys(found))


def _is_signed_in(index: str, name: str) -> bool:
    try:
        if not os.path.isfile(index) or os.path.getsize(index) > _MAX_INDEX:
            return False
        with open(index, encoding="utf-8") as file:
            text = file.read()
        if '"signatures"' not in text or json.dumps(name) not in text:
            return False
        sections = {section.key: section for section in jsontext.spans(text)}
        section = sections.get("signatures")
        return section is not None and any(
            entry.key == name for entry in jsontext.spans(text, section.start)
        )
    except (OSError, ValueError, RecursionError):
        return False  # the stamp itself says what is wrong with an index
