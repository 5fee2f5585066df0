from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.packages.archive import json_text as jsontext
from conda_provenance.packages.refusals import Refusal

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=5)
layouts = st.sampled_from(
    [
        {},
        {"indent": 2},
        {"indent": "\t"},
        {"separators": (",", ":")},
        {"indent": 2, "ensure_ascii": False},
    ]
)


@given(objects, layouts, st.text(max_size=5), values)
def test_a_key_is_set_and_every_other_byte_stays(given_object, layout, key, value):
    text = json.dumps(given_object, **layout)
    changed = jsontext.with_value(text, key, json.dumps(value), empty=jsontext.nested_style(text))
    assert list(json.loads(changed).items()) == list({**given_object, key: value}.items())
    if key in given_object:
        entry = jsontext.entry(jsontext.entries(text), key)
        assert changed == text[: entry.start] + json.dumps(value) + text[entry.end :]
    elif given_object:
        last = jsontext.entries(text)[-1]
        assert changed.startswith(text[: last.end])
        assert changed.endswith(text[last.end :])


@given(objects, layouts)
def test_a_key_that_is_removed_is_gone_and_the_rest_stays(given_object, layout):
    text = json.dumps(given_object, **layout)
    for key in given_object:
        changed = jsontext.without(text, key)
        assert json.loads(changed) == {
            name: value for name, value in given_object.items() if name != key
        }
    assert jsontext.without(text, "never there") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a":1}', '{"a":1,"b":2}'),
        ('{\n  "a": 1\n}', '{\n  "a": 1,\n  "b": 2\n}'),
        ('{\n  "a": 1,\n  "c": 3\n}\n', '{\n  "a": 1,\n  "c": 3,\n  "b": 2\n}\n'),
        ("{}", '{"b": 2}'),
        ("{ }", '{"b": 2}'),
        ('{"b": [1,  2]}', '{"b": 2}'),
        ('{"a": 1.50e3, "\\u00e9": "\\/"}', '{"a": 1.50e3, "\\u00e9": "\\/", "b": 2}'),
    ],
)
def test_the_layout_is_followed(text, expected):
    assert jsontext.with_value(text, "b", "2") == expected


def test_a_key_given_twice_is_refused_for_readers_disagree():
    with pytest.raises(Refusal, match="twice"):
        jsontext.with_value('{"a": 1, "a": 2}', "a", "3")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "5",
        '{"a"}',
        '{"a": 1',
        '{"a": 1,}',
        "{1: 2}",
        '{"a": NaN}',
        '{"a": Infinity}',
        "{'a': 1}",
    ],
)
def test_what_is_no_object_is_a_value_error(text):
    with pytest.raises(ValueError):
        jsontext.entries(text)
