"""Changes to a bundle that know its form: none says what was not signed, none ends otherwise.

``FUZZ_BUNDLES=20000`` searches longer.
"""

from __future__ import annotations

import base64
import copy
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conda_provenance.bundles import BundleError, SigstoreVerifier, UncheckableError

pytest.importorskip("sigstore")
from forged_bundles import STATEMENT, Workshop

CASES = int(os.environ.get("FUZZ_BUNDLES", "300"))

WORKSHOP = Workshop()
VERIFIER = SigstoreVerifier(WORKSHOP.trusted.root_bytes())
ONE = WORKSHOP.signed()
TWO = WORKSHOP.signed({**STATEMENT, "predicate": {"other": True}})

VALUES = st.sampled_from(
    [None, True, 0, -1, 1.5, 2**64, "", "0", "AAAA", "\u0000", "x" * 1000, [], {}, [[]], [{}]]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in it."""
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    if isinstance(value, list):
        children = enumerate(value)
    return [path, *(place for key, child in children for place in _places(child, (*path, key)))]


PLACES = [place for place in _places(ONE) if place]
BINARY = [
    place
    for place in PLACES
    if place[-1] in {"payload", "sig", "rawBytes", "signedEntryTimestamp", "rootHash", "keyId"}
    or place[-1] == "canonicalizedBody"
]

KNOWN = [VERIFIER.verify(json.dumps(each).encode()) for each in (ONE, TWO)]


def _get(bundle: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        bundle = bundle[part]
    return bundle


@st.composite
def changed_bundles(draw: st.DrawFn) -> bytes:
    """A bundle with one to three changes, as text."""
    bundle = copy.deepcopy(ONE)
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, bundle)
    data = json.dumps(bundle).encode()
    return _changed_bytes(draw, data) if draw(st.integers(0, 9)) == 0 else data


def _change(draw: st.DrawFn, bundle: Any) -> None:
    place = draw(st.sampled_from(PLACES))
    try:
        parent, key = _get(bundle, place[:-1]), place[-1]
        old = parent[key]
    except (KeyError, IndexError, TypeError):
        return  # An earlier change took it away.
    if not isinstance(parent, dict | list):
        return

    kind = draw(st.integers(0, 6))
    if kind == 0:
        del parent[key]
    elif kind == 1:
        parent[key] = draw(VALUES)
    elif kind == 2:
        parent[key] = copy.deepcopy(_get(TWO, place))
    elif kind == 3:
        parent[key] = copy.deepcopy(_get(ONE, draw(st.sampled_from(PLACES))))
    elif kind == 4 and isinstance(parent, dict):
        parent[draw(st.sampled_from(["x", "media_type", "dsse_envelope", "publicKey"]))] = old
    elif kind == 5 and isinstance(parent, list):
        parent.append(old)
    elif isinstance(old, str):
        parent[key] = _changed_text(draw, old)


def _changed_text(draw: st.DrawFn, text: str) -> str:
    """A text with a bit of its bytes flipped, or with a piece cut out or added."""
    try:
        data = bytearray(base64.b64decode(text, validate=True))
    except ValueError:
        data = bytearray()
    if data and draw(st.booleans()):
        data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
        return base64.b64encode(bytes(data)).decode()

    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.text(max_size=3)) + text[at + draw(st.integers(0, 3)) :]


def _changed_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.binary(max_size=3)) + data[at + draw(st.integers(0, 3)) :]


@settings(max_examples=CASES, suppress_health_check=[HealthCheck.too_slow])
@given(changed_bundles())
def test_a_changed_bundle_says_what_was_signed_or_nothing(data: bytes) -> None:
    try:
        signed = VERIFIER.verify(data)
    except (BundleError, UncheckableError) as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert sentence.isprintable()
        assert len(sentence) < 500
        return

    assert signed in KNOWN


@settings(max_examples=CASES, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bit_of_a_signed_text_can_be_flipped(data: st.DataObject) -> None:
    """Only bits that nothing depends on would be left: there are none in what is base64."""
    place = data.draw(st.sampled_from(BINARY))
    bundle = copy.deepcopy(ONE)
    parent = _get(bundle, place[:-1])
    raw = bytearray(base64.b64decode(parent[place[-1]]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    parent[place[-1]] = base64.b64encode(bytes(raw)).decode()

    with pytest.raises((BundleError, UncheckableError)):
        VERIFIER.verify(json.dumps(bundle).encode())
