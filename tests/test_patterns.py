"""Patterns of repositories: what they let in, and all that looks like it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.errors import UsageError
from conda_provenance.patterns import RepositoryPattern, is_allowed, why_unfit
from conda_provenance.remotes import RemoteUrl, RemoteUrlError

FORGE = RepositoryPattern.parse("https://github.com/conda-forge/*")
EXACT = RepositoryPattern.parse("https://github.com/conda-forge/numpy-feedstock")
OWN = RepositoryPattern.parse("https://git.example.org/Team/*")

SAME = [
    "https://github.com/conda-forge/numpy-feedstock",
    "https://github.com/conda-forge/numpy-feedstock.git",
    "https://github.com/conda-forge/numpy-feedstock/",
    "https://github.com:443/conda-forge/numpy-feedstock",
    "https://GITHUB.com/conda-forge/numpy-feedstock",
    "HTTPS://github.com/Conda-Forge/NumPy-feedstock",
    "git@github.com:conda-forge/numpy-feedstock.git",
    "ssh://git@github.com/conda-forge/numpy-feedstock",
    "ssh://git@github.com:22/conda-forge/numpy-feedstock",
    "ssh://git@ssh.github.com/conda-forge/numpy-feedstock",
]

LOOK_ALIKES = [
    # Another host.
    "https://github.com.evil.example/conda-forge/numpy-feedstock",
    "https://evil.example/github.com/conda-forge/numpy-feedstock",
    "https://evil.example/https://github.com/conda-forge/numpy-feedstock",
    "https://github.com@evil.example/conda-forge/numpy-feedstock",
    "https://github.com%40evil.example/conda-forge/numpy-feedstock",
    "https://github.com:443@evil.example/conda-forge/numpy-feedstock",
    "https://evil.example#@github.com/conda-forge/numpy-feedstock",
    "https://evil.example?@github.com/conda-forge/numpy-feedstock",
    "https://evil.example\\@github.com/conda-forge/numpy-feedstock",
    "https://evil.example;@github.com/conda-forge/numpy-feedstock",
    "https://gіthub.com/conda-forge/numpy-feedstock",
    "https://ｇithub.com/conda-forge/numpy-feedstock",
    "https://github。com/conda-forge/numpy-feedstock",
    "https://xn--gthub-3re.com/conda-forge/numpy-feedstock",
    "https://www.github.com/conda-forge/numpy-feedstock",
    "https://github.com./conda-forge/numpy-feedstock",
    "https://github.co/conda-forge/numpy-feedstock",
    "https://githubxcom/conda-forge/numpy-feedstock",
    "https://140.82.121.3/conda-forge/numpy-feedstock",
    "git@evil.example:github.com/conda-forge/numpy-feedstock",
    "github.com:conda-forge/numpy-feedstock",
    # Another server on that host, or another way to it.
    "http://github.com/conda-forge/numpy-feedstock",
    "http://github.com:443/conda-forge/numpy-feedstock",
    "git://github.com/conda-forge/numpy-feedstock",
    "git+https://github.com/conda-forge/numpy-feedstock",
    "file://github.com/conda-forge/numpy-feedstock",
    "https://github.com:8443/conda-forge/numpy-feedstock",
    "https://github.com:80/conda-forge/numpy-feedstock",
    "https://github.com:0443/conda-forge/numpy-feedstock",
    "https://github.com:/conda-forge/numpy-feedstock",
    "https://github.com:65979/conda-forge/numpy-feedstock",
    "ssh://git@github.com:2222/conda-forge/numpy-feedstock",
    # A user.
    "https://user@github.com/conda-forge/numpy-feedstock",
    "https://user:password@github.com/conda-forge/numpy-feedstock",
    "https://***@github.com/conda-forge/numpy-feedstock",
    "https://@github.com/conda-forge/numpy-feedstock",
    "ssh://evil@github.com/conda-forge/numpy-feedstock",
    "evil@github.com:conda-forge/numpy-feedstock",
    # Another path.
    "https://github.com/evil/conda-forge/numpy-feedstock",
    "https://github.com/conda-forge-evil/numpy-feedstock",
    "https://github.com/evil-conda-forge/numpy-feedstock",
    "https://github.com/conda-forge",
    "https://github.com/conda-forge/",
    "https://github.com/conda-forge/numpy-feedstock/tree/main",
    "https://github.com/conda-forge/../evil/numpy-feedstock",
    "https://github.com/conda-forge/..",
    "https://github.com/./conda-forge/numpy-feedstock",
    "https://github.com/evil/../conda-forge/numpy-feedstock",
    "https://github.com/conda-forge%2F..%2Fevil/numpy-feedstock",
    "https://github.com/conda-forge/%2e%2e/evil",
    "https://github.com/conda-forge/num%70y-feedstock",
    "https://github.com//conda-forge/numpy-feedstock",
    "https://github.com/conda-forge//numpy-feedstock",
    "https://github.com/conda-forge/numpy-feedstock//",
    "https://github.com/conda-forge/numpy-feedstock.git.git",
    "https://github.com/conda-forge\\evil/numpy-feedstock",
    "https://github.com/evil/x?https://github.com/conda-forge/numpy-feedstock",
    "https://github.com/conda-forge/numpy-feedstock?token=x",
    "https://github.com/conda-forge/numpy-feedstock#main",
    "https://github.com/conda-forge/numpy-feedstock;x=y",
    "https://github.com/conda‐forge/numpy-feedstock",
    "https://github.com/conda-forge/*",
    # Not an address at all.
    " https://github.com/conda-forge/numpy-feedstock",
    "https://github.com/conda-forge/numpy-feedstock ",
    "https://github.com/conda-forge/numpy-feedstock\n",
    "https://github.com/conda-forge/numpy-feedstock\x00",
    "https:/github.com/conda-forge/numpy-feedstock",
    "https:///github.com/conda-forge/numpy-feedstock",
    "//github.com/conda-forge/numpy-feedstock",
    "github.com/conda-forge/numpy-feedstock",
    "/conda-forge/numpy-feedstock",
    "conda-forge/numpy-feedstock",
    "",
]


@pytest.mark.parametrize("address", SAME)
def test_every_way_to_write_the_same_repository_matches(address):
    assert FORGE.matches(address)
    assert EXACT.matches(address)


@pytest.mark.parametrize("address", LOOK_ALIKES)
def test_what_only_looks_like_it_does_not_match(address):
    assert not FORGE.matches(address)
    assert not EXACT.matches(address)


def test_a_star_is_one_segment_and_never_crosses_a_slash():
    groups = RepositoryPattern.parse("https://gitlab.com/group/*/*")
    assert groups.matches("https://gitlab.com/group/sub/name")
    assert not groups.matches("https://gitlab.com/group/name")
    assert not groups.matches("https://gitlab.com/group/a/b/name")

    anyone = RepositoryPattern.parse("https://github.com/*/recipes")
    assert anyone.matches("https://github.com/owner/recipes")
    assert not anyone.matches("https://github.com/owner/other")


def test_case_counts_in_a_path_unless_the_forge_is_known_to_ignore_it():
    assert OWN.matches("https://GIT.example.org/Team/x")
    assert not OWN.matches("https://git.example.org/team/x")
    assert RepositoryPattern.parse("https://GitHub.com/Conda-Forge/*").matches(SAME[0])
    assert not RepositoryPattern.parse("https://git.sr.ht/~A/*").matches("https://git.sr.ht/~a/x")


def test_a_port_and_plain_http_are_allowed_by_their_own_patterns_only():
    plain = RepositoryPattern.parse("http://forge.local:3000/team/*")
    assert plain.matches("http://forge.local:3000/team/x")
    for other in ("https://forge.local:3000", "http://forge.local", "http://forge.local:3001"):
        assert not plain.matches(f"{other}/team/x")

    assert not RepositoryPattern.parse("http://forge.local/t/*").matches("https://forge.local/t/x")


def test_an_ssh_address_counts_as_the_web_address_that_it_leads_to():
    azure = RepositoryPattern.parse("https://dev.azure.com/org/project/_git/*")
    assert azure.matches("git@ssh.dev.azure.com:v3/org/project/repo")
    assert not azure.matches("git@ssh.dev.azure.com:v3/other/project/repo")
    # Nobody knows the web address of this one.
    stash = RepositoryPattern.parse("https://bitbucket.example.org/scm/team/*")
    assert not stash.matches("ssh://git@bitbucket.example.org:7999/team/x")


def test_any_of_several_patterns_is_enough_and_none_allows_nothing():
    assert is_allowed(SAME[0], [OWN, FORGE])
    assert not is_allowed(SAME[0], [OWN])
    assert not is_allowed(SAME[0], [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin"),
        ("github.com/conda-forge/*", "does not begin"),
        ("*", "does not begin"),
        ("git@github.com:conda-forge/*", "does not begin"),
        ("ssh://git@github.com/conda-forge/*", "does not begin"),
        ("file:///srv/git/*", "does not begin"),
        ("https://*/conda-forge/x", "host is not written out"),
        ("https://*.github.com/conda-forge/x", "host is not written out"),
        ("https://github.com@evil.example/x/*", "names a user"),
        ("https://u:p@github.com/x/*", "names a user"),
        ("https://github.com", "no path"),
        ("https://github.com/", "no path"),
        ("https:///conda-forge/*", "no host"),
        ("https://github.com./conda-forge/*", "dot after it"),
        ("https://github.com.:443/conda-forge/*", "dot after it"),
        ("https://github.com/conda-forge/", "slash at its end"),
        ("https://github.com/conda-forge/*/", "slash at its end"),
        ("https://github.com//conda-forge/*", "empty segment"),
        ("https://github.com/conda-forge/../*", "dot as a segment"),
        ("https://github.com/./x", "dot as a segment"),
        ("https://github.com/conda-forge/x*", "whole segment"),
        ("https://github.com/conda-forge/**", "whole segment"),
        ("https://github.com/conda-forge/*.git", "whole segment"),
        ("https://github.com/conda-*/x", "whole segment"),
        ("https://github.com/conda-forge", "one segment"),
        ("https://github.com/*", "one segment"),
        ("https://github.com/conda-forge/%2A", "percent sign"),
        ("https://github.com\\conda-forge\\*", "backslash"),
        ("https://github.com/conda-forge/*?x=1", "query"),
        ("https://github.com/conda-forge/*#x", "query or a fragment"),
        ("https://github.com/conda forge/*", "a space"),
        ("https://github.com/conda-forge/*\n", "not ASCII"),
        ("https://gіthub.com/conda-forge/*", "not ASCII"),
        ("https://github.com:0/conda-forge/*", "not the address"),
        ("https://github.com:99999/conda-forge/*", "not the address"),
        ("https://github.com:x/conda-forge/*", "not the address"),
        ("https://-github.com/conda-forge/*", "not the address"),
        ("https://github.com/conda-forge/[a-z]", "not the address"),
        ("https://github.com/ghp_" + "a" * 36 + "/*", "not the address"),
    ],
)
def test_a_malformed_pattern_is_refused_with_the_remedy(text, why):
    with pytest.raises(UsageError, match=re.escape(why)) as caught:
        RepositoryPattern.parse(text)
    assert "write it like https://" in str(caught.value)


def test_a_pattern_that_is_refused_is_quoted_without_its_secret():
    with pytest.raises(UsageError) as caught:
        RepositoryPattern.parse("https://user:s3cr3t@github.com/conda-forge/*")
    assert "s3cr3t" not in str(caught.value)


def test_a_pattern_is_shown_in_the_form_in_which_it_is_compared():
    text = "https://GitHub.com:443/Conda-Forge/x.git"
    assert str(RepositoryPattern.parse(text)) == "https://github.com/conda-forge/x"
    assert str(FORGE) == "https://github.com/conda-forge/*"


names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
paths = st.lists(names, min_size=2, max_size=4)
hosts = st.sampled_from(["github.com", "gitlab.com", "git.example.org", "forge.local"])


@given(hosts, paths, st.data())
def test_a_pattern_made_of_an_address_matches_it_and_no_other_path(host, path, data):
    stars = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    pieces = ["*" if star else name for star, name in zip(stars, path, strict=True)]
    pattern = RepositoryPattern.parse(f"https://{host}/{'/'.join(pieces)}")
    assert pattern.matches(f"https://{host}/{'/'.join(path)}")
    assert RepositoryPattern.parse(str(pattern)) == pattern

    other = data.draw(paths)
    expected = len(other) == len(path) and all(
        star or name == each for star, name, each in zip(stars, path, other, strict=False)
    )
    assert pattern.matches(f"https://{host}/{'/'.join(other)}") == expected


ODD = st.sampled_from([*"@:/.%\\?#*;,&= \tA", "..", "//", "evil", ".evil.example", ":443", "git@"])


@given(st.sampled_from(SAME), st.lists(st.tuples(st.integers(0, 60), ODD), max_size=3))
def test_whatever_matches_is_that_owners_at_that_host_by_another_parser_too(address, changes):
    for place, text in changes:
        address = address[:place] + text + address[place:]
    if not FORGE.matches(address):
        return

    web = re.sub(r"^(?:ssh://)?git@(?:ssh\.)?(github\.com)(?::22/|[:/])", r"https://\1/", address)
    parts = urlsplit(web)
    assert (parts.scheme, parts.hostname, parts.username) == ("https", "github.com", None)
    assert parts.port in (None, 443)
    assert parts.path.lower().startswith("/conda-forge/")
    assert parts.path.strip("/").count("/") == 1
    assert not parts.query + parts.fragment


@given(st.text())
def test_no_text_is_more_than_refused(text):
    FORGE.matches(text)
    try:
        pattern = RepositoryPattern.parse(text)
    except UsageError:
        return
    assert str(pattern).startswith(("https://", "http://"))


@given(st.text(max_size=20))
def test_nothing_matches_that_is_no_repository(text):
    address = f"https://git.example.org/Team/{text}"
    if OWN.matches(address):
        try:
            RemoteUrl.parse(address)
        except RemoteUrlError:
            pytest.fail("matched")


@pytest.mark.parametrize("address", SAME)
def test_an_address_that_matches_is_fit(address: str) -> None:
    assert why_unfit(address) is None


@given(st.one_of(st.sampled_from([*SAME, *LOOK_ALIKES]), st.text(max_size=60)))
def test_an_unfit_address_matches_nothing_and_is_not_repeated(address: str) -> None:
    why = why_unfit(address)
    patterns = [FORGE, EXACT, OWN]
    if why is not None:
        assert not is_allowed(address, patterns)
        assert len(address) < 5 or address not in why
    elif not is_allowed(address, patterns):
        # A pattern could be made of it.
        assert RemoteUrl.parse(address)
