"""Whatever reviews there are: whose approvals never count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.forge_api import Account, Change, Review, last_words
from conda_provenance.verify.review import is_bot, tally

LOGINS = st.sampled_from(["ada", "Ada", "bob", "carol", "helper[bot]", "autotick", "ghost"])
NAMES = st.sampled_from(["Ada A", "bob@example.org", "7+carol@users.noreply.github.com", "{1}"])
MAYBE = st.sampled_from([True, False, None])
ACCOUNTS = st.builds(Account, LOGINS, MAYBE, st.booleans(), st.lists(NAMES, max_size=2).map(tuple))
REVIEWS = st.builds(
    Review,
    ACCOUNTS,
    st.booleans(),
    st.none(),
    MAYBE,
    st.booleans(),
    MAYBE,
)
CHANGES = st.builds(
    Change,
    st.just("1"),
    st.just(""),
    st.just("o/n"),
    st.just("main"),
    st.just(True),
    author=st.none() | ACCOUNTS,
)
BOTS = ("AutoTick",)


@given(st.lists(REVIEWS, max_size=6), CHANGES, st.lists(ACCOUNTS, max_size=3), st.booleans())
def test_who_is_counted(
    reviews: list[Review], change: Change, authors: list[Account], wants_fresh: bool
) -> None:
    said = last_words(reviews)
    found = tally(said, change, authors, BOTS, wants_fresh=wants_fresh)
    assert len(found.counted) + len(found.unsure) + len(found.not_counted) == len(said)

    by_login: dict[str, list[Review]] = {}
    for each in said:
        by_login.setdefault(each.account.login, []).append(each)
    for login in found.counted:
        assert any(
            each.approves
            and each.has_right
            and not each.is_dismissed
            and not each.is_stale
            and not each.account.is_deleted
            and not is_bot(each.account, BOTS)
            and (each.is_stale is False or not wants_fresh)
            for each in by_login[login]
        )
        assert change.author is not None
        assert not change.author.is_deleted
        everybody = (change.author, *authors)
        assert login.casefold() not in {each.login.casefold() for each in everybody}


@given(st.lists(REVIEWS, max_size=6))
def test_the_last_word_of_everybody_counts(reviews: list[Review]) -> None:
    said = last_words(reviews)
    known = [each for each in said if not each.account.is_deleted]
    logins = [each.account.login.casefold() for each in known]
    assert len(logins) == len(set(logins))
    for each in known:
        login = each.account.login.casefold()
        theirs = [
            other
            for other in reviews
            if not other.account.is_deleted and other.account.login.casefold() == login
        ]
        assert each == theirs[-1]
