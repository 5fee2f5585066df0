"""Signs the summaries (VSAs) that another job has made, and nothing else.

The other job reads strangers' packages, so nothing that it hands over is believed. A file is
signed only if it is exactly what ``verify --vsa`` writes for this verifier, this channel and this
policy: a statement on one file, by its digest, with a verdict, made just now. The bytes that are
signed are the bytes that were looked at. If one file is something else, none is signed.

    python sign_summaries.py STATEMENTS SIGNED --policy FILE --verifier-id URI --resource-uri URL

SIGNED gets a Sigstore bundle for each, SUBDIR/PACKAGE.vsa.sigstore.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from conda_provenance.attest.signing import open_signer
from conda_provenance.attest.statement import compact
from conda_provenance.errors import ProvenanceError

MAX_FILES = 20_000
MAX_BYTES = 256 << 10
"""Of one statement."""
MAX_AGE = timedelta(days=2)
"""A run may take long. An older verdict is not signed as if it were of today."""

ENDING = ".vsa.statement.json"
PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"

_PLACE = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)?/)?[A-Za-z0-9_][A-Za-z0-9._+!-]{0,199}")
"""``linux-64/a-1.0-0.conda``."""

_LEVELS = {"PASSED": ["SLSA_BUILD_LEVEL_UNEVALUATED"], "FAILED": ["FAILED"]}
_KEYS = {
    "verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels",
}  # fmt: skip


class Refused(Exception):
    """Something that is not signed. The message says why, and repeats nothing of it."""


def main() -> int:
    """Sign all of them, or none."""
    parser = argparse.ArgumentParser(description="Sign the summaries of a verification.")
    parser.add_argument("statements", type=Path)
    parser.add_argument("signed", type=Path)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--verifier-id", required=True)
    parser.add_argument("--resource-uri", required=True)
    parser.add_argument("--trust-config", help="of a Sigstore instance of your own")
    given = parser.parse_args()
    try:
        policy = hashlib.sha256(given.policy.read_bytes()).hexdigest()
        now = datetime.now(timezone.utc)
        wanted = [
            (place, _checked(place, path, given.verifier_id, given.resource_uri, policy, now))
            for place, path in _files(given.statements)
        ]
        _sign(wanted, given.signed, given.trust_config)
    except (Refused, ProvenanceError, OSError) as error:
        print(f"Nothing more is signed: {error}", file=sys.stderr)
        return 1

    print(f"signed: {len(wanted)}")
    return 0


def _sign(wanted: list[tuple[str, bytes]], folder: Path, trust_config: str | None) -> None:
    with open_signer(trust_config, os.environ) as signer:
        for place, statement in wanted:
            path = folder / f"{place}.vsa.sigstore.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(signer.sign(statement), "utf-8")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The statements, by the places of their packages. Links are not followed."""
    number = 0
    for parent, folders, names in os.walk(folder, onerror=_stop):
        if Path(parent) != folder:
            folders.clear()
        for name in sorted(names):
            number += 1
            if number > MAX_FILES:
                raise Refused(f"There are more than {MAX_FILES} files.")

            path = Path(parent, name)
            place = path.relative_to(folder).as_posix().removesuffix(ENDING)
            is_one = name.endswith(ENDING) and _PLACE.fullmatch(place)
            if not is_one or path.is_symlink() or not path.is_file():
                raise Refused(f"File {number} is no statement of 'verify --vsa' by its name.")
            yield place, path

    if not number:
        raise Refused("There is no statement.")


def _stop(error: OSError) -> None:
    raise error


def _checked(
    place: str, path: Path, verifier: str, resource: str, policy: str, now: datetime
) -> bytes:
    """The statement's bytes, if they are what they should be."""
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(f"The statement on {place} is too large.")

    statement = data.removesuffix(b"\n")
    try:
        value = json.loads(statement)
        # One form alone has these bytes: no key twice, no space, nothing that readers differ on.
        is_plain = compact(value) == statement
        fault = None if is_plain else "in another form"
        fault = fault or _fault(value, place, verifier, resource, policy, now)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        fault = "no statement"
    if fault:
        raise Refused(f"The statement on {place} is {fault}.")
    return statement


def _fault(
    value: Any, place: str, verifier: str, resource: str, policy: str, now: datetime
) -> str | None:
    """What is wrong with it, in the words after "is"."""
    (subject,) = value["subject"]
    predicate = value["predicate"]
    digest = subject["digest"]["sha256"]
    made = datetime.strptime(predicate["timeVerified"], "%Y-%m-%dT%H:%M:%SZ")
    age = now - made.replace(tzinfo=timezone.utc)
    checks = {
        "of another kind": value["predicateType"] == PREDICATE_TYPE
        and value["_type"] == "https://in-toto.io/Statement/v1"
        and value.keys() == {"_type", "subject", "predicateType", "predicate"}
        and predicate.keys() - {"inputAttestations"} == _KEYS,
        "about another file": subject["name"] == place.rpartition("/")[2]
        and subject.keys() == {"name", "digest"}
        and subject["digest"].keys() == {"sha256"}
        and re.fullmatch(r"[0-9a-f]{64}", digest) is not None,
        "of another verifier": predicate["verifier"] == {"id": verifier},
        "for another channel": predicate["resourceUri"] == f"{resource.rstrip('/')}/{place}",
        "by another policy": predicate["policy"]["digest"] == {"sha256": policy},
        "without a verdict": predicate["verifiedLevels"]
        == _LEVELS[predicate["verificationResult"]],
        "not of now": -timedelta(minutes=5) < age < MAX_AGE,
    }
    return next((fault for fault, holds in checks.items() if not holds), None)


if __name__ == "__main__":
    sys.exit(main())
