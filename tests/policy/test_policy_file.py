"""Policies as files: what may stand in them, and what is said of those that are wrong."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.policy import Policy, PolicyError, parse_policy
from conda_provenance.policy.reading import MAX_SIZE

HEAD = "version = 1\n[[rules]]\n"


def read(text: str, known: tuple[str, ...] | None = ()) -> Policy:
    return parse_policy(text.encode(), "mine", "./mine.toml", known)


def faults(text: str, known: tuple[str, ...] | None = ()) -> list[tuple[int, str, str]]:
    with pytest.raises(PolicyError) as caught:
        read(text, known)
    return [tuple(fault) for fault in caught.value.faults]


def test_every_key_is_read():
    policy = read(
        """
version = 1
description = "All of it."

[defaults]
bots = ["robot", "helper[bot]"]
reviews = 2

[forges]
"git.example.com" = "gitlab"
"GIT.example.com:8443" = "gitea"
"example.com/Git/" = "gitea"

[[rules]]
packages = ["numpy", "lib*"]
channels = ["https://CONDA.example.com/main/"]
repositories = ["https://git.example.com/packaging/{name}"]
owner_id = 42
checks = ["artifact-in-run", "attested"]
accept = "consistent"
fresh_reviews = true
refs = ["main", "refs/heads/release/*"]
side_commits = true
paths = ["recipes/{name}", "."]
strict_extras = true
providers = ["gitlab"]
workflows = [".github/workflows/build.yml"]
runners = ["linux-x64"]
ci_hosts = ["https://ci.example.com/", "https://dev.azure.com/example/project"]

[[rules]]
reviews = 0

[[exceptions]]
packages = ["libold"]
reason = "It is built by hand."
until = 2030-01-31
waive = ["run-matches"]
repositories = ["https://git.example.com/old/{name}"]
accept = "consistent"
"""
    )
    first, second = policy.rules
    assert [each.text for each in first.scope.packages] == ["numpy", "lib*"]
    assert first.scope.channels == ("https://conda.example.com/main",)
    assert first.terms.bots == second.terms.bots == ("robot", "helper[bot]")
    assert (first.terms.reviews, second.terms.reviews) == (2, 0)
    assert first.terms.owner_id == "42"
    assert first.terms.paths == ("recipes/{name}", "")
    assert first.terms.ci_hosts == (
        "https://ci.example.com",
        "https://dev.azure.com/example/project",
    )
    assert [each.text for each in second.scope.packages] == ["*"]
    assert policy.forges == {
        "git.example.com": "gitlab",
        "git.example.com:8443": "gitea",
        "example.com/Git": "gitea",
    }
    assert policy.description == "All of it."
    assert policy.exceptions[0].accepts_consistent
    assert (first.line, second.line, policy.exceptions[0].line) == (14, 31, 34)


def test_the_digest_is_that_of_the_bytes():
    text = (HEAD + "reviews = 1\n").encode()
    policy = parse_policy(text, "mine", "mine.toml")
    assert policy.digest == hashlib.sha256(text).hexdigest()
    assert parse_policy(text + b"# more\n", "mine", "mine.toml").digest != policy.digest


WRONG = [
    # Not TOML at all, or not of this form.
    ("version = 1\nrules = [\n", 3, "", "it is not TOML"),
    ("version = 1\nversion = 1\n", 2, "", "it is not TOML"),
    ("x = " + "[" * 5000, 1, "", "it is not TOML: it is nested too deeply"),
    ("", 1, "", "the key version is missing"),
    ("version = 1\n", 1, "", "the key rules is missing"),
    ("version = 2\n[[rules]]\n", 1, "version", "reads policies of version 1 only"),
    ("version = true\n[[rules]]\n", 1, "version", "reads policies of version 1 only"),
    ('version = "1"\n[[rules]]\n', 1, "version", "reads policies of version 1 only"),
    ("version = 1\nrules = []\n", 2, "rules", "it has no entry"),
    ("version = 1\n[rules]\nreviews = 1\n", 2, "rules", "each begun by [[rules]]"),
    ("version = 1\nrules = [1]\n", 2, "rules", "each begun by [[rules]]"),
    ("defaults = 3\n" + HEAD, 1, "defaults", "it must be a table"),
    # Keys.
    (HEAD + "\nrepositores = []\n", 4, "rules.repositores", "(did you mean repositories?)"),
    (HEAD + "nonsense = 1\n", 3, "rules.nonsense", "the keys are packages, channels, rep"),
    ("rule = 1\n" + HEAD, 1, "rule", "(did you mean rules?)"),
    ("version = 1\n[defaults]\npackages = ['x']\n[[rules]]\n", 3, "defaults.packages", "no such"),
    # Kinds of values.
    (HEAD + "reviews = true\n", 3, "rules.reviews", "a whole number from 0"),
    (HEAD + "reviews = -1\n", 3, "rules.reviews", "a whole number from 0"),
    (HEAD + 'reviews = "1"\n', 3, "rules.reviews", "a whole number from 0"),
    (HEAD + 'side_commits = "true"\n', 3, "rules.side_commits", "without quotes"),
    (HEAD + 'refs = "main"\n', 3, "rules.refs", "it must be a list"),
    (HEAD + "refs = [1]\n", 3, "rules.refs", "must be a text in quotes"),
    (HEAD + "refs = ['a', 'a']\n", 3, "rules.refs", "is there twice"),
    (HEAD + "accept = 'anything'\n", 3, "rules.accept", '"verified" or "consistent"'),
    ('description = "a\\u001b[31m"\n' + HEAD, 1, "description", "one line"),
    # Values.
    (HEAD + "packages = ['NumPy']\n", 3, "rules.packages", "write numpy"),
    (HEAD + "packages = ['a b']\n", 3, "rules.packages", "is no pattern of names"),
    (HEAD + "packages = ['']\n", 3, "rules.packages", "is no pattern of names"),
    (HEAD + "channels = ['conda-forge']\n", 3, "rules.channels", "https://conda.anaconda.org/co"),
    (HEAD + "channels = ['https://h/t/tk-1/x']\n", 3, "rules.channels", "without a login"),
    (HEAD + "channels = ['https://h.org/x/linux-64']\n", 3, "rules.channels", "leave that out"),
    (HEAD + "repositories = ['conda-forge/*']\n", 3, "rules.repositories", "begin with https"),
    (HEAD + "repositories = ['https://*/a/b']\n", 3, "rules.repositories", "one pattern for each"),
    (HEAD + "repositories = ['https://h.org/a/{package}']\n", 3, "rules.repositories", "{name}"),
    (HEAD + "repositories = ['https://{name}.org/a/b*']\n", 3, "rules.repositories", "segment"),
    (HEAD + "checks = ['commit-exist']\n", 3, "rules.checks", "did you mean commit-exists?"),
    (HEAD + "providers = ['github_actions']\n", 3, "rules.providers", "did you mean github?"),
    (HEAD + "refs = ['refs/pull/1/head']\n", 3, "rules.refs", "is no branch or tag"),
    (HEAD + f"refs = ['{'a' * 40}']\n", 3, "rules.refs", "is a commit's hash"),
    (HEAD + "paths = ['../recipes']\n", 3, "rules.paths", "is no folder of a repository"),
    (HEAD + "paths = ['/recipes']\n", 3, "rules.paths", "is no folder of a repository"),
    (HEAD + "paths = ['']\n", 3, "rules.paths", "is no folder of a repository"),
    (HEAD + "workflows = ['a//b.yml']\n", 3, "rules.workflows", "is no file of a repository"),
    (HEAD + "bots = ['a b']\n", 3, "rules.bots", "is no login"),
    (HEAD + "runners = ['']\n", 3, "rules.runners", "printable word"),
    (HEAD + "ci_hosts = ['ci.example.com']\n", 3, "rules.ci_hosts", "is no address of a CI"),
    (HEAD + "ci_hosts = ['https://u:p@ci.org']\n", 3, "rules.ci_hosts", "is no address of a CI"),
    (HEAD + "ci_hosts = ['https://ci.org/a/../b']\n", 3, "rules.ci_hosts", "is no address of a"),
    (HEAD + "ci_hosts = ['https://ci.org:x']\n", 3, "rules.ci_hosts", "is no address of a CI"),
    (HEAD + "repository_id = true\n", 3, "rules.repository_id", "it must be the number"),
    (HEAD + "[forges]\n'https://h.org' = 'gitlab'\n", 4, "forges.https://h.org", "is no host"),
    (HEAD + "[forges]\n'h.org' = 'gitlap'\n", 4, "forges.h.org", "did you mean gitlab?"),
    (HEAD + "[forges]\n'h.org' = 3\n", 4, "forges.h.org", "it must be the vendor"),
    # Keys that do not go together.
    (HEAD + "fresh_reviews = true\n", 3, "rules.fresh_reviews", "add reviews = 1"),
    (
        HEAD + "repositories = ['https://github.com/o/*']\nrepository_id = 1\n",
        4,
        "rules.repository_id",
        "of one repository",
    ),
    (HEAD + "repository_id = 1\n", 3, "rules.repository_id", "of one repository"),
    (
        HEAD + "repositories = ['https://h.org/a/x', 'https://h.org/b/x']\nowner_id = 1\n",
        4,
        "rules.owner_id",
        "of one owner",
    ),
    (
        HEAD + "repositories = ['https://h.org/{name}/x']\nowner_id = 1\n",
        4,
        "rules.owner_id",
        "of one owner",
    ),
    (HEAD + "generated_recipes = true\npaths = ['a']\n", 4, "rules.paths", "leave one of the two"),
    # Rules that never count.
    (HEAD + "[[rules]]\n", 3, "rules.packages", "* never counts here"),
    (
        HEAD + "packages = ['lib*']\n[[rules]]\npackages = ['a', 'libx*']\n",
        5,
        "rules.packages",
        "libx* never counts here, since the first rule that fits counts and rule 1 fits",
    ),
    # Exceptions.
    (HEAD + "[[exceptions]]\n", 3, "exceptions", "the key packages is missing"),
    (
        HEAD + "[[exceptions]]\npackages = ['a']\nreason = 'r'\nuntil = 2030-01-01\n",
        3,
        "exceptions",
        "it excepts nothing",
    ),
    (
        HEAD + "[[exceptions]]\npackages = ['a']\nreason = 'r'\nuntil = '2030-01-01'\n"
        "waive = ['expected']\n",
        6,
        "exceptions.until",
        "without quotes",
    ),
    (
        HEAD + "[[exceptions]]\npackages = ['a']\nreason = ' '\nuntil = 2030-01-01\n"
        "waive = ['expected']\n",
        5,
        "exceptions.reason",
        "a text in quotes",
    ),
    (
        HEAD + "[[exceptions]]\npackages = ['a']\nreason = 'r'\nuntil = 2030-01-01T00:00:00Z\n"
        "waive = ['expected']\n",
        6,
        "exceptions.until",
        "without a time",
    ),
    (HEAD + "[[exceptions]]\nuntil = 2030-02-30\n", 4, "", "it is not TOML"),
    (
        HEAD + "[[exceptions]]\npackages = ['a']\nreason = 'r'\nuntil = 2030-01-01\n"
        "repositories = ['https://h.org/a/b']\n",
        7,
        "exceptions.repositories",
        "no rule names repositories",
    ),
]


@pytest.mark.parametrize(("text", "line", "key", "why"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_with_its_line_and_its_key(text, line, key, why):
    found = faults(text)
    assert [(number, name) for number, name, _ in found[:1]] == [(line, key)], found
    assert why in found[0][2]


def test_the_error_is_one_sentence_with_the_first_fault():
    with pytest.raises(PolicyError) as caught:
        read(HEAD + "reviews = -1\nacept = 1\n")
    assert str(caught.value) == (
        "./mine.toml, line 3, rules.reviews: it must be a whole number from 0 to 20 "
        "(1 more: 'conda provenance policy check' lists all)."
    )


def test_faults_are_in_the_order_of_their_lines():
    text = HEAD + "[[rules]]\npackages = ['x']\nx = 1\n[defaults]\ny = 2\n"
    assert [line for line, _, _ in faults(text)] == [5, 7]


def test_an_inherited_fault_is_said_once():
    text = "version = 1\n[defaults]\nreviews = -1\n[[rules]]\npackages = ['a']\n[[rules]]\n"
    assert [fault[:2] for fault in faults(text)] == [(3, "defaults.reviews")]


def test_a_secret_in_a_wrong_value_is_not_repeated():
    for key, value in (
        ("repositories", "https://user:hunter2@github.com/o/n"),
        ("ci_hosts", "https://user:hunter2@ci.example.com"),
        ("channels", "https://user:hunter2@conda.example.com/x"),
    ):
        (fault,) = faults(f'{HEAD}{key} = ["{value}"]\n')
        assert "hunter2" not in fault[2]


def test_an_escape_in_a_key_is_not_printed():
    (fault,) = faults(HEAD + '"a\\u001b[31m" = 1\n')
    assert (fault[1] + fault[2]).isprintable()


def test_a_check_of_another_distribution_may_be_required_where_it_is_known():
    text = HEAD + "checks = ['signed-by-us']\n"
    assert read(text, ("signed-by-us",)).rules[0].terms.checks == ("signed-by-us",)
    assert read(text, None).rules[0].terms.checks == ("signed-by-us",)
    assert faults(text)[0][:2] == (3, "rules.checks")
    assert faults(HEAD + "checks = ['No Id']\n", None)[0][:2] == (3, "rules.checks")


def test_what_is_too_large_or_no_text_is_refused():
    with pytest.raises(PolicyError, match="it is larger than 256 KiB"):
        parse_policy(b"#" * (MAX_SIZE + 1), "x", "x.toml")
    with pytest.raises(PolicyError, match=r"x\.toml, line 2, it is not UTF-8\."):
        parse_policy(b"version = 1\n# \xff\n", "x", "x.toml")
    assert parse_policy(b"\xef\xbb\xbf" + HEAD.encode(), "x", "x.toml").rules


def test_a_rule_after_a_narrower_one_of_some_channels_counts():
    text = HEAD + "channels = ['https://h.org/a']\n[[rules]]\n"
    assert len(read(text).rules) == 2
    found = faults(
        text + "channels = ['https://h.org/b']\n[[rules]]\nchannels = ['https://h.org/a']\n"
    )
    assert found[0][:2] == (6, "rules.packages")


def test_a_policy_of_thousands_of_names_takes_no_long_time():
    start = time.process_time()
    rules = "".join(
        f"[[rules]]\npackages = {[f'a{rule}-{number}' for number in range(200)]}\n"
        for rule in range(80)
    )
    policy = read(f"version = 1\n{rules}")
    for number in range(2000):
        assert policy.applied(None, f"a79-{number}", 0.0).rule == (
            policy.rules[79] if number < 200 else None
        )
    assert time.process_time() - start < 10


@given(st.binary(max_size=400))
def test_any_bytes_give_a_policy_or_an_error_of_ours(data):
    try:
        parse_policy(data, "x", "x.toml")
    except PolicyError as error:
        assert str(error).isprintable()


WORDS = st.sampled_from(
    [
        "version = 1",
        "[[rules]]",
        "[defaults]",
        "[[exceptions]]",
        "[forges]",
        "packages = ['a*']",
        "reviews = 1",
        "x.y = {a = 1}",
        "refs = [",
        "'main',",
        "]",
        '"""',
        "until = 2030-01-01",
        "#",
    ]
)


@given(st.lists(WORDS, max_size=14))
def test_any_lines_give_a_policy_or_faults_of_lines_that_exist(words):
    text = "\n".join(words)
    try:
        parse_policy(text.encode(), "x", "x.toml")
    except PolicyError as error:
        assert all(1 <= fault.line <= len(words) + 1 for fault in error.faults)
