"""Forged and broken bundles: none passes, and each ends in one of two errors with one sentence."""

from __future__ import annotations

import re

import pytest

from conda_provenance.bundles import BundleError, SigstoreVerifier, UncheckableError

pytest.importorskip("sigstore")
from forged_bundles import (
    BROKEN,
    DIGEST,
    ELSEWHERE,
    FORGED,
    HOLDS,
    UNCHECKABLE,
    Forged,
    Workshop,
    checkpoint_signature_flipped,
)


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture(scope="module")
def verifier(workshop: Workshop) -> SigstoreVerifier:
    return SigstoreVerifier(workshop.trusted.root_bytes())


def _outcome(verifier: SigstoreVerifier, data: bytes) -> tuple[str, str]:
    try:
        signed = verifier.verify(data)
    except BundleError as error:
        return BROKEN, str(error)
    except UncheckableError as error:
        return UNCHECKABLE, str(error)
    return HOLDS if signed.statement.is_about(DIGEST) else ELSEWHERE, ""


@pytest.mark.parametrize("forged", FORGED, ids=lambda each: each.name)
def test_each_ends_as_it_must(
    forged: Forged, workshop: Workshop, verifier: SigstoreVerifier
) -> None:
    outcome, sentence = _outcome(verifier, forged.data(workshop))

    assert outcome == forged.outcome, sentence
    assert not sentence or re.fullmatch(r"(It|Its|What it|No) [^\n\x1b]{5,400}\.", sentence)


def test_a_bit_of_the_checkpoints_signature_counts(
    workshop: Workshop, verifier: SigstoreVerifier
) -> None:
    import json

    bundle = checkpoint_signature_flipped(workshop.signed())

    assert _outcome(verifier, json.dumps(bundle).encode())[0] == BROKEN


def test_there_are_more_than_a_hundred() -> None:
    assert sum(each.outcome in {BROKEN, UNCHECKABLE, ELSEWHERE} for each in FORGED) > 200
    assert len({each.name for each in FORGED}) == len(FORGED)
