"""An audit in parts: every package is in one of them, and the parts become a whole again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from survey_artifacts import artifact

from conda_provenance.errors import UsageError
from conda_provenance.sources import NotConda, Unreadable
from conda_provenance.survey.merge import Part, merge
from conda_provenance.survey.shards import Shard

PIP = NotConda("wheel", "1.0", "/env", "pip")
TORN = Unreadable("index", "https://example.org/noarch", "It is torn.")


@given(st.integers(1, 40))
def test_every_package_is_in_one_part(count: int) -> None:
    found = [artifact(f"p{number}") for number in range(50)]
    found += [artifact(f"q{number}", sha256=None) for number in range(10)]
    found += [artifact("odd", sha256="not hexadecimal"), PIP]
    shards = [Shard(number, count) for number in range(1, count + 1)]
    for each in found:
        assert [shard.holds(each) for shard in shards].count(True) == 1


def test_the_part_is_what_the_checksum_says() -> None:
    """Documented, so that another program can tell which machine has a package."""
    sha256 = "0000000b" + "f" * 56
    found = artifact("a", sha256=sha256)
    assert [number for number in range(1, 5) if Shard(number, 4).holds(found)] == [0xB % 4 + 1]
    upper = found._replace(sha256=sha256.upper())
    assert Shard(0xB % 4 + 1, 4).holds(upper)


def test_the_parts_are_even() -> None:
    found = [artifact(f"p{number}") for number in range(8000)]
    sizes = [len(list(Shard(number, 8).of(found))) for number in range(1, 9)]
    assert all(850 < size < 1150 for size in sizes)


def test_no_part_looks_whole_where_an_index_is_missing() -> None:
    assert all(Shard(number, 3).holds(TORN) for number in (1, 2, 3))


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "/", "1/", "/4", "0/4", "5/4", "1/0", "-1/4", "1/4/4", "a/b", "1.0/4", "1/1000000",
        "99999999999999999999/4", "1 /4", "\u0661/4", "1/4\x1b[2J",
    ],
)  # fmt: skip
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(UsageError) as error:
        Shard.parse(text)
    assert "\x1b" not in str(error.value)


def test_shards_in_words() -> None:
    assert str(Shard.parse(" 2/4")) == "2/4"


def row(name: str, **given: Any) -> dict[str, Any]:
    package = f"{name}-1-0.conda"
    return {
        "package": package,
        "location": f"https://example.org/noarch/{package}",
        "sha256": name * 4,
        "error": None,
        **given,
    }


def part(rows: list[Any], shard: str | None = None, **given: Any) -> Part:
    return Part(
        "a.json",
        rows,
        given.get("excluded", []),
        given.get("not_conda", 0),
        shard,
        audited=given.get("audited"),
    )


def test_parts_become_a_whole() -> None:
    merged = merge([part([row("a")], "1/2", not_conda=1), part([row("b")], "2/2", not_conda=2)])
    assert merged.rows == [row("a"), row("b")]
    assert (merged.not_conda, merged.duplicates, merged.missing) == (3, 0, None)


def test_parts_of_two_audits_are_no_whole() -> None:
    parts = [
        part([row("a")], "1/2", audited="one --newest"),
        part([row("b")], "2/2", audited="other"),
    ]
    merged = merge(parts)
    assert merged.missing == (
        "The shard 2/2 of one --newest is missing: nothing is known of the packages there."
    )
    assert merged.audited == "one --newest; other"

    parts += [part([], "2/2", audited="one --newest"), part([], "1/2", audited="other")]
    assert merge(parts).missing is None


@pytest.mark.parametrize("known", [{}, {"sha256": None}])
def test_what_two_files_have_counts_once(known: dict[str, Any]) -> None:
    same = row("a", **known)
    merged = merge([part([same], "1/2", not_conda=2)] * 2)
    assert merged.rows == [same]
    assert merged.duplicates == 1
    assert merged.not_conda == 2


def test_a_second_try_that_could_read_a_package_counts() -> None:
    failed, read = row("a", error="The server answered 503."), row("a", sha="x")
    assert merge([part([failed]), part([read])]).rows == [read]
    assert merge([part([read]), part([failed])]).rows == [read]

    nothing_known = row("a", error="The server answered 503.", sha256=None)
    assert merge([part([nothing_known]), part([read])]).rows == [read]
    assert merge([part([read]), part([nothing_known])]).rows == [read]


def test_two_environments_in_one_file_may_hold_the_same_package() -> None:
    merged = merge([part([row("a"), row("a", location="/other/env")])])
    assert len(merged.rows) == 2


def test_a_file_of_the_same_address_with_another_checksum_is_another() -> None:
    assert len(merge([part([row("a")]), part([row("a", sha256="b")])]).rows) == 2


def test_missing_parts_are_named() -> None:
    merged = merge([part([row("a")], "1/4"), part([row("b")], "3/4")])
    assert merged.missing
    assert merged.missing.startswith("The shards 2/4, 4/4 are missing")

    (one,) = [merge([part([], "1/2")]).missing]
    assert one
    assert one.startswith("The shard 2/2 is missing")


def test_many_missing_parts_make_one_sentence() -> None:
    missing = merge([part([], "1/100000")]).missing
    assert missing
    assert "and 99,979 more" in missing
    assert len(missing) < 500


@pytest.mark.parametrize(
    ("shards", "missing"),
    [
        (("1/2", "1/4"), "The shards 2/2, 2/4, 3/4, 4/4 are missing"),
        (("1/2", None), "The shard 2/2 is missing"),
        (("1/2", "2/2", "1/4"), ""),
        (("1/2", "2/2", None), ""),
        ((None, None), ""),
    ],
)
def test_parts_of_several_audits_look_whole_only_if_one_is(
    shards: tuple[str | None, ...], missing: str
) -> None:
    said = merge(part([], shard) for shard in shards).missing
    assert (said or "").startswith(missing)
    assert bool(said) == bool(missing)


def test_what_was_joined_from_too_few_parts_stays_incomplete() -> None:
    joined = Part("joined.json", [row("a")], [], 0, None, "The shard 2/2 is missing.")
    missing = merge([joined, part([row("b")], "2/2")]).missing
    assert missing
    assert missing.startswith("joined.json was joined while parts were missing")


def test_a_shard_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a\.json names a shard that is none"):
        merge([part([], "0/0")])
