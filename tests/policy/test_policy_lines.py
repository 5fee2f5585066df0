"""The lines of keys, in every form that TOML has for them."""

from __future__ import annotations

import time

from conda_provenance.policy.lines import Lines

TEXT = '''
# A comment with [[rules]] in it
version = 1

[defaults]  # [x]
bots = [
  "a]",
  # "b",
  """]""",
]
text = """
[[rules]]
x = 1
"""
other = 1

[[rules]]
a.b.c = 1
"d.e" = 2
inline = {f = {g = 1}}

[[rules]]
[rules.deep]
h = 1
[[rules.list]]
i = 1
[[rules.list]]
i = 2

[[ rules ]]
h = 1
'''


def test_every_form_of_a_key_has_its_line():
    lines = Lines(TEXT)
    expected = {
        ("version",): 3,
        ("defaults",): 5,
        ("defaults", "bots"): 6,
        ("defaults", "bots", 1): 6,
        ("defaults", "text"): 11,
        ("defaults", "other"): 15,
        ("rules", 0): 17,
        ("rules", 0, "a"): 18,
        ("rules", 0, "a", "b", "c"): 18,
        ("rules", 0, "d.e"): 19,
        ("rules", 0, "inline", "f", "g"): 20,
        ("rules", 1): 22,
        ("rules", 1, "deep", "h"): 24,
        ("rules", 1, "list", 0, "i"): 26,
        ("rules", 1, "list", 1, "i"): 28,
        ("rules", 2): 30,
        ("rules", 2, "h"): 31,
        ("rules", 2, "unknown"): 30,
        ("unknown",): 1,
    }
    assert {path: lines.of(path) for path in expected} == expected


def test_lines_that_end_as_on_windows_count_the_same():
    assert Lines(TEXT.replace("\n", "\r\n")).of(("rules", 2, "h")) == 31


def test_a_long_list_takes_no_long_time():
    text = "a = [\n" + '"https://github.com/conda-forge/x",\n' * 6000 + "]\nb = 1\n"
    start = time.process_time()
    assert Lines(text).of(("b",)) == 6003
    assert time.process_time() - start < 5
