"""Addresses and paths with a secret in them, as private channels, forges and machines have them."""

from __future__ import annotations

from hypothesis import strategies as st

SECRETS = st.from_regex(r"s3cr3t[A-Za-z0-9]{6,30}", fullmatch=True)
PLACES = st.sampled_from(
    [
        "https://user:{}@h.example/a/b-1-0.conda",
        "https://{}@h.example/a",
        "https://{}:x@h.example/a",
        "https://user%3A{}%40h.example/a",
        "https://user:x/{}@h.example/a",
        "https://user:x#{}@h.example/a",
        "https://user:x?{}@h.example/a",
        "https://user:{}\uff20h.example/a",
        "https://h.example/t/{}/c/noarch/x-1-0.conda",
        "https://h.example/t/{}/c/x.tar.gz",
        "https://h.example/prefix/t/{}/c/noarch/x-1-0.conda",
        "https://h.example/prefix/t/{}/c/x.tar.gz",
        "https://h.example/a?token={}",
        "https://h.example/a?x={}",
        "https://h.example/a?x=y&sig={}",
        "https://h.example/a?{}",
        "https://h.example/a#{}",
        "https://h.example/a;password={}",
        "https://h.example/a;{}",
        "https://h.example/a,https://u:{}@h/b",
        "https://h.example/r?url=https://u:{}@h/b",
        "https://h.example/r/https://u:{}@h/b",
        "https://u:{}@h.example/r/https://u:{}@h/b",
        "git+https://u:{}@h.example/a",
        "ssh://u:{}@h.example/a",
        "file:///home/{}/a",
        "/home/{}/a",
        "~{}/a",
        "-I/home/{}/a",
        "x=/home/{}",
        "C:\\Users\\{}\\a",
        "\\\\server\\{}\\a",
        "u:{}@h.example:a/b",
    ]
)
"""``{}`` is where the secret stands."""
