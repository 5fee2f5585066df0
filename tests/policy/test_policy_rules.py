"""Which rule counts for a package, and what is expected of it then."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.errors import UsageError
from conda_provenance.policy import REQUIRED, Expectations, Policy, load_policy, parse_policy
from conda_provenance.policy.loading import ready_policies
from conda_provenance.policy.options import Options
from conda_provenance.policy.refs import matching_refs

MAIN = "https://conda.example.com/main"
NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc).timestamp()


def read(text: str) -> Policy:
    return parse_policy(f"version = 1\n{text}".encode(), "mine", "mine.toml")


TWO = read(
    f"""
[[rules]]
packages = ["lib*"]
channels = ["{MAIN}"]
repositories = ["https://git.example.com/libs/{{name}}-recipe"]
reviews = 1
[[rules]]
packages = ["libx", "a*"]
repositories = ["https://git.example.com/other/*"]
"""
)


def reviews(policy: Policy, channel: str | None, name: str) -> list[str]:
    return [str(each) for each in policy.expectations(channel, name, NOW).repositories]


@pytest.mark.parametrize(
    ("channel", "name", "found"),
    [
        (MAIN, "libx", ["https://git.example.com/libs/libx-recipe"]),
        (
            "https://CONDA.example.com:443/main/",
            "libx",
            ["https://git.example.com/libs/libx-recipe"],
        ),
        (MAIN, "LibX", ["https://git.example.com/libs/libx-recipe"]),
        # Another channel, one that is known by its name alone, and none.
        ("https://conda.example.com/main2", "libx", ["https://git.example.com/other/*"]),
        ("main", "libx", ["https://git.example.com/other/*"]),
        (None, "libx", ["https://git.example.com/other/*"]),
        (None, "liby", []),
        (MAIN, "b", []),
    ],
)
def test_the_first_rule_that_fits_counts(channel, name, found):
    assert reviews(TWO, channel, name) == found


def test_without_a_rule_nobody_named_a_repository():
    expected = TWO.expectations(None, "zzz", NOW)
    assert expected == Expectations(notes=("The policy mine has no rule for this package.",))
    assert not expected.accepts_consistent


def test_what_is_asked_is_required():
    assert TWO.expectations(MAIN, "liby", NOW).required == (
        "well-formed",
        "expected",
        "commit-exists",
        "commit-on-branch",
        "recipe-matches",
        "commit-reviewed",
    )
    run = read("[[rules]]\nworkflows = ['x.yml']\n").expectations(None, "a", NOW)
    assert run.required == (*REQUIRED, "run-matches")
    assert (
        "expected"
        in read("[[rules]]\nproviders = ['github']\n").expectations(None, "a", NOW).required
    )


@pytest.mark.parametrize("name", ["../evil", "*", "a*", "x/y", "a%2f", "", "ghp_" + "a" * 36])
def test_a_hostile_name_never_widens_what_is_allowed(name):
    policy = read('[[rules]]\nrepositories = ["https://github.com/{name}/{name}-feedstock"]\n')
    for pattern in policy.expectations(None, name, NOW).repositories:
        assert "*" not in pattern.segments
        assert len(pattern.segments) == 2


def test_a_name_that_no_repository_can_have_has_no_rule():
    policy = read(
        '[[rules]]\nrepositories = ["https://github.com/o/{name}"]\naccept = "consistent"\n'
    )
    name = "ghp_" + "a" * 36
    assert policy.applied(None, name, NOW).rule is None
    assert not policy.expectations(None, name, NOW).accepts_consistent


@given(st.text(max_size=30))
def test_any_name_gives_expectations(name):
    policy = read(
        '[[rules]]\nrepositories = ["https://github.com/o/{name}"]\npaths = ["r/{name}"]\n'
    )
    expected = policy.expectations(None, name, NOW)
    assert all(pattern.segments[0] == "o" for pattern in expected.repositories)
    assert all(path.startswith("r/") and ".." not in path for path in expected.paths)
    assert expected.repositories or expected.notes


EXCEPTION = """
[[rules]]
repositories = ["https://github.com/o/n"]
repository_id = 7
checks = ["run-matches"]
[[exceptions]]
packages = ["old*"]
reason = "Built by hand."
until = 2026-06-15
waive = ["run-matches", "recipe-matches"]
repositories = ["https://github.com/o/{name}"]
accept = "consistent"
"""


def test_an_exception_counts_until_the_end_of_its_last_day():
    policy = read(EXCEPTION)
    end = datetime(2026, 6, 16, tzinfo=timezone.utc).timestamp()
    expected = policy.expectations(None, "old-x", end - 1)
    assert expected.exception == "Built by hand."
    assert "run-matches" not in expected.required
    assert "recipe-matches" not in expected.required
    assert [str(each) for each in expected.repositories] == [
        "https://github.com/o/n",
        "https://github.com/o/old-x",
    ]
    assert expected.repository_id is None
    assert expected.accepts_consistent
    assert expected.notes == ()

    later = policy.expectations(None, "old-x", end)
    assert later == policy.expectations(None, "new", end)._replace(notes=later.notes)
    assert later.repository_id == "7"
    assert later.notes == (
        (
            "An exception of the policy ended on 2026-06-15 and does not count any more: "
            "Built by hand."
        ),
    )


# --- the command line ----------------------------------------------------------------------------


def test_an_option_takes_the_place_of_the_policys_key():
    policy = read(
        EXCEPTION.replace("[[rules]]", "[[rules]]\nrefs = ['main']\nproviders = ['azure']")
    )
    options = Options.parse(
        repositories=["https://github.com/me/*"],
        sha="A" * 40,
        refs=["refs/tags/v1"],
        providers=["github"],
        only=["expected,commit-exists", "recipe-matches"],
    )
    expected = options.expectations(policy, None, "x", NOW, {"git.example.com": "gitea"})
    assert [str(each) for each in expected.repositories] == ["https://github.com/me/*"]
    assert expected.repositories_by == "--expect-repo"
    assert expected.repository_id is None
    assert expected.sha == "a" * 40
    assert expected.refs == ("refs/tags/v1",)
    assert expected.providers == ("github",)
    assert expected.only == ("expected", "commit-exists", "recipe-matches")
    assert expected.forge_hosts == {"git.example.com": "gitea"}

    plain = Options.parse().expectations(policy, None, "x", NOW)
    assert plain == policy.expectations(None, "x", NOW)
    assert Options.parse().expectations(None, None, "x", NOW) == Expectations()
    assert "expected" in Options.parse(sha="b" * 64).expectations(None, None, "x", NOW).required


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sha": "abc123"}, "is not a full commit hash: give all of its 40 digits"),
        ({"sha": ""}, "is not a full commit hash"),
        ({"sha": "0" * 40}, "is not a full commit hash"),
        ({"repositories": ["github.com/o/n"]}, "is not a pattern of repositories"),
        ({"refs": ["a..b"]}, "is no branch or tag"),
        ({"refs": ["a" * 40]}, "give --expect-sha"),
        ({"providers": ["gitub"]}, r"\(did you mean github\?\)"),
        ({"only": ["commit-exist"]}, r"--only commit-exist .*did you mean commit-exists"),
        ({"skip": ["expected,"]}, "--skip '' is not a known check"),
        ({"only": ["expected"], "skip": ["expected"]}, "exclude each other"),
    ],
)
def test_an_option_that_is_wrong_is_refused_with_the_remedy(given, why):
    with pytest.raises(UsageError, match=why):
        Options.parse(**given)


def test_a_check_of_another_distribution_may_be_chosen():
    assert Options.parse(only=["signed"], known_checks=["signed"]).only == ("signed",)


# --- the ready ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ready_policies())
def test_a_ready_policy_is_valid_and_says_what_it_is(name):
    policy = load_policy(name, ())
    assert policy.description
    assert policy.name == policy.location == name
    assert len(policy.digest) == 64


def test_the_ready_policies():
    assert ready_policies() == ("bioconda", "conda-forge", "private-channel", "strict")


def test_conda_forge():
    expected = load_policy("conda-forge").expectations(None, "numpy", NOW)
    (pattern,) = expected.repositories
    assert pattern.matches("https://github.com/conda-forge/numpy-feedstock")
    assert not pattern.matches("https://github.com/conda-forge-evil/numpy-feedstock")
    assert expected.accepts_consistent
    branches = ["refs/heads/main", "refs/heads/v3.10.x", "refs/heads/rc/v2", "refs/heads/a/b/c"]
    found = [
        name for ref in expected.refs for name in matching_refs(ref, [*branches, "refs/tags/v1"])
    ]
    assert found == branches, "any branch, and no tag"
    assert "https://dev.azure.com/conda-forge/feedstock-builds" in expected.ci_hosts


def test_bioconda():
    expected = load_policy("bioconda").expectations(None, "samtools", NOW)
    assert [str(each) for each in expected.repositories] == [
        "https://github.com/bioconda/bioconda-recipes"
    ]
    assert expected.paths == ("recipes/*",)


def test_strict_and_private_name_no_repository_and_accept_nothing_less():
    for name in ("strict", "private-channel"):
        expected = load_policy(name).expectations(None, "x", NOW)
        assert expected.repositories == ()
        assert not expected.accepts_consistent
        assert {"commit-reviewed", "run-matches", "artifact-in-run"} <= set(expected.required)


def test_the_lines_for_you_of_the_private_channel_are_right(tmp_path):
    ready = tmp_path / "mine.toml"
    text = load_policy.__globals__["ready_path"]("private-channel")
    with open(text, encoding="utf-8") as file:
        ready.write_text(file.read().replace("# for you: ", ""))
    policy = load_policy(str(ready), ())
    expected = policy.expectations("https://conda.example.com/packages", "x", NOW)
    assert [str(each) for each in expected.repositories] == ["https://git.example.com/packaging/x"]
    assert policy.forges == {"git.example.com": "gitlab"}
    assert policy.name == "mine.toml"


def test_a_path_wins_only_if_it_looks_like_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conda-forge").write_text("version = 1\n[[rules]]\nreviews = 3\n")
    assert load_policy("conda-forge").rules[0].terms.reviews == 0
    assert load_policy("./conda-forge").rules[0].terms.reviews == 3
    (tmp_path / "strict.toml").write_text("version = 1\n[[rules]]\nreviews = 4\n")
    assert load_policy("strict.toml").rules[0].terms.reviews == 4


@pytest.mark.parametrize(
    "wanted", ["conda-forg", "", "https://user:hunter2@h.org", "../x\x1b", "a\0.toml"]
)
def test_a_policy_that_is_not_there_is_a_usage_error(wanted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_policy(wanted)
    assert str(caught.value).isprintable()
    assert "hunter2" not in str(caught.value)
