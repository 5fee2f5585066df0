"""JSON that was signed has one reading, however fast it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forged_bundles import Workshop
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles import strict_json
from conda_provenance.bundles.kinds import read_bundle
from conda_provenance.bundles.model import Bundle
from conda_provenance.bundles.payload import _Statement
from conda_provenance.bundles.statement_types import BUILD_TYPES
from conda_provenance.bundles.strict_json import MAX_DEPTH, as_written, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**30, 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
WAYS: list[dict[str, Any]] = [
    {"ensure_ascii": False, "separators": (",", ":")},
    {"separators": (",", ":")},
    {},
    {"indent": 2, "ensure_ascii": False},
]


@given(VALUES, st.sampled_from(WAYS))
def test_both_ways_read_the_same(value: Any, way: dict[str, Any]) -> None:
    data = json.dumps(value, **way).encode("utf-8", "surrogatepass")
    fast = strict_json._as_written(data, Any)
    try:
        read = strict_json._loaded(data)
    except ValueError:
        assert fast is None
        with pytest.raises(ValueError, match=""):
            parse(data)
        return
    assert fast is None or (repr(fast) == repr(read))
    assert repr(parse(data)) == repr(read)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":1,"a":1}', "a key twice"),
        (b'{"a":{"b":[],"b":[]}}', "a key twice"),
        (b'{"a":1,"\\u0061":2}', "a key twice"),
        (b'"\xff"', "not JSON in UTF-8"),
        (b'"\xed\xa0\x80"', "not JSON in UTF-8"),
        (b'"\\ud800"', "half a character"),
        (b"[1,]", "not JSON"),
        (b"NaN", "a number that JSON does not have"),
        (b"1e400", "too large"),
        (b"1" * 401, "too many digits"),
        (b'{"a":-%b}' % (b"1234567890" * 41), "too many digits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"0," * 500_000 + b"0]", "more values than are read"),
    ],
)
def test_what_has_no_one_reading_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(data)
    assert as_written(data, dict) is None


def test_only_what_we_would_write_is_read_at_once() -> None:
    assert as_written(b'{"a":1}', dict) == {"a": 1}
    for other in (b'{"a": 1}', b'{"a":1}\n', b'{"a":01}', b'{"\\u0061":1}', b'{"a":1,"a":1}', b""):
        assert as_written(other, dict) is None


def test_what_the_real_client_writes_is_read_at_once() -> None:
    """Or else each bundle and its statement would be read key by key, and nobody would notice."""
    models = pytest.importorskip("sigstore.models")
    data = models.Bundle.from_json(json.dumps(Workshop().signed())).to_json().encode()
    assert as_written(data, Bundle) == read_bundle(json.dumps(json.loads(data), indent=1).encode())

    statement = statement_bytes("x-1-0.conda", "ab" * 32, BUILD_TYPES[0], {"a": [1.5, None]})
    assert as_written(statement, _Statement) is not None


def test_it_is_bounded() -> None:
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert as_written(deep, list) is not None
    assert as_written(b"[%b]" % deep, list) is None
    assert parse(deep) is not None
