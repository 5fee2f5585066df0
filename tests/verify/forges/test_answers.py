"""Answers with the shapes that the vendors document: null and missing fields, accounts that are
gone, apps, teams. All names and numbers are invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from canned_door import CannedDoor

from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Account, Change, ForgeApi, Pointer, Review
from conda_provenance.remotes import RemoteUrl
from conda_provenance.systems.azure.forge_api import AzureReposApi
from conda_provenance.systems.bitbucket.data_center_api import DataCenterApi
from conda_provenance.systems.bitbucket.forge_api import BitbucketApi
from conda_provenance.systems.gitea.forge_api import GiteaApi
from conda_provenance.systems.github.forge_api import GitHubApi
from conda_provenance.systems.gitlab.forge_api import GitLabApi

SHA, HEAD, OTHER = "a" * 40, "b" * 40, "c" * 40
GONE = Account("ghost", is_deleted=True)


def api(kind: type[ForgeApi], address: str, answers: Mapping[str, object]) -> Any:
    return kind(CannedDoor(answers), RemoteUrl.parse(address))


def github(answers: Mapping[str, object]) -> Any:
    return api(GitHubApi, "https://github.com/acme/hello", answers)


def gitlab(answers: Mapping[str, object]) -> Any:
    return api(GitLabApi, "https://gitlab.com/acme/tools/hello", answers)


def gitea(answers: Mapping[str, object]) -> Any:
    return api(GiteaApi, "https://gitea.com/acme/hello", answers)


def bitbucket(answers: Mapping[str, object]) -> Any:
    return api(BitbucketApi, "https://bitbucket.org/acme/hello", answers)


def data_center(answers: Mapping[str, object]) -> Any:
    return api(DataCenterApi, "https://git.acme.example/scm/~ada/hello", answers)


def azure(answers: Mapping[str, object]) -> Any:
    return api(AzureReposApi, "https://dev.azure.com/acme/tools/_git/hello", answers)


CHANGE = Change("7", "", "acme/hello", "main", is_merged=True, head_sha=HEAD)

# --- GitHub -----------------------------------------------------------------------------------

GITHUB_PULL = {
    "url": "https://api.github.com/repos/acme/hello/pulls/7",
    "id": 2_147_483_648_001,
    "number": 7,
    "html_url": "https://github.com/acme/hello/pull/7",
    "state": "closed",
    "locked": False,
    "user": None,
    "body": None,
    "labels": [],
    "milestone": None,
    "draft": False,
    "merged_at": "2026-01-02T03:04:05Z",
    "merge_commit_sha": SHA,
    "assignee": None,
    "requested_reviewers": [],
    "requested_teams": [{"id": 1, "name": "core", "slug": "core"}],
    "head": {"label": "bob:x", "ref": "x", "sha": HEAD, "user": None, "repo": None},
    "base": {
        "label": "acme:main",
        "ref": "main",
        "sha": OTHER,
        "user": {"login": "acme", "id": 99, "type": "Organization"},
        "repo": {"id": 4711, "full_name": "acme/hello", "owner": {"login": "acme", "id": 99}},
    },
    "author_association": "NONE",
    "auto_merge": None,
}


def test_github_a_pull_request_of_an_account_that_is_gone() -> None:
    merger = {"login": "merge-app[bot]", "id": 5, "type": "Bot"}
    detail = {**GITHUB_PULL, "merged": True, "merged_by": merger}
    found = github({f"commits/{SHA}/pulls": [GITHUB_PULL], "hello/pulls/7": detail})
    [change] = found.changes(SHA)
    assert change.author == GONE
    assert change.merged_by.login == "merge-app[bot]"
    assert change.merged_by.is_bot
    assert (change.base_repository, change.base_ref) == ("acme/hello", "main")
    assert (change.merge_shas, change.head_sha, change.is_merged) == ((SHA,), HEAD, True)


def test_github_an_open_pull_request_has_a_merge_that_is_none() -> None:
    pull = {**GITHUB_PULL, "state": "open", "merged_at": None, "merge_commit_sha": None}
    [change] = github({f"commits/{SHA}/pulls": [pull]}).changes(SHA)
    assert not change.is_merged
    assert change.merge_shas == ()


def test_github_reviews() -> None:
    ada = {"login": "ada", "id": 1, "type": "User"}
    reviews = [
        {"id": 1, "user": None, "state": "APPROVED", "commit_id": None, "body": ""},
        {"id": 2, "user": ada, "state": "PENDING", "commit_id": HEAD},
        {
            "id": 3,
            "user": ada,
            "state": "APPROVED",
            "commit_id": OTHER,
            "author_association": "COLLABORATOR",
            "submitted_at": "2026-01-01T00:00:00Z",
            "_links": {"html": {"href": "x"}},
        },
        {"id": 4, "user": ada, "state": "COMMENTED", "commit_id": HEAD},
        {
            "id": 5,
            "user": {"login": "helper[bot]", "type": "Bot"},
            "state": "APPROVED",
            "commit_id": HEAD,
            "author_association": "CONTRIBUTOR",
        },
    ]
    gone, by_ada, by_bot = github({"pulls/7/reviews": reviews}).reviews(CHANGE)
    assert gone == Review(GONE, approves=True, has_right=False)
    assert (by_ada.account.login, by_ada.is_stale, by_ada.has_right) == ("ada", True, True)
    assert (by_bot.account.is_bot, by_bot.is_stale, by_bot.has_right) == (True, False, None)


def test_github_authors_of_commits() -> None:
    signature = {"name": "Bob B", "email": "7+bob@users.noreply.github.com", "date": "2026"}
    commits = [
        {
            "sha": SHA,
            "commit": {"author": signature, "committer": signature},
            "author": {},
            "committer": None,
        },
        {
            "sha": HEAD,
            "commit": {"author": None, "committer": None},
            "author": {"login": "eve", "id": 3, "type": "User"},
            "committer": {"login": "web-flow", "id": 19864447, "type": "User"},
        },
    ]
    found = github({"pulls/7/commits": commits}).commit_authors(CHANGE)
    assert [each.login for each in found] == ["Bob B", "Bob B", "eve"]


def test_github_pointers() -> None:
    runs = {
        "total_count": 2,
        "check_runs": [
            {
                "id": 4,
                "head_sha": SHA,
                "external_id": "",
                "html_url": "https://github.com/acme/hello/runs/4",
                "details_url": None,
                "status": "completed",
                "conclusion": "neutral",
                "output": {"title": None, "summary": None, "annotations_count": 0},
                "name": "lint",
                "app": None,
                "pull_requests": [],
            },
        ],
    }
    status = {"state": "pending", "statuses": [], "sha": SHA, "total_count": 0, "url": "x"}
    found = github({"check-runs": runs, f"{SHA}/status": status}).pointers(SHA)
    assert found == (
        Pointer("", "lint", "https://github.com/acme/hello/runs/4", "", None, SHA, False),
    )


def test_github_attestations_are_listed_without_what_lets_their_bearer_in() -> None:
    bundles = {
        "attestations": [
            {
                "bundle": {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"},
                "bundle_url": "https://blobs.example/b.json?sig=s3cr3t&se=2026",
                "repository_id": 4711,
                "initiator": "user",
            },
            {"bundle": None, "bundle_url": None, "repository_id": 4711},
        ]
    }
    found = github({"attestations/sha256:": bundles}).attestations("d" * 64)
    assert found[0].page == "https://blobs.example/b.json"
    assert found[0].data == b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}'
    assert "s3cr3t" not in repr(found)
    assert found[1].page.startswith("https://api.github.com/repos/acme/hello/attestations/sha256:")
    assert found[1].data is None
    assert github({}).attestations("d" * 64) == ()

    server = api(GitHubApi, "https://ghes.acme.example/acme/hello", {})
    with pytest.raises(NotImplementedError):
        server.attestations("d" * 64)


# --- GitLab -----------------------------------------------------------------------------------

GITLAB_REQUEST = {
    "id": 9001,
    "iid": 7,
    "project_id": 4711,
    "title": "A change",
    "state": "merged",
    "imported": False,
    "merged_by": {"id": 4, "username": "carol", "name": "Carol", "state": "active"},
    "merge_user": None,
    "merged_at": "2026-01-02T03:04:05.000Z",
    "target_branch": "main",
    "source_branch": "x",
    "author": {"id": 2, "username": "ghost1", "name": "Ghost User", "state": "blocked"},
    "assignees": [],
    "reviewers": [{"id": 3, "username": "ada", "name": "Ada", "locked": False}],
    "source_project_id": None,
    "target_project_id": 4711,
    "sha": HEAD,
    "merge_commit_sha": None,
    "squash_commit_sha": None,
    "detailed_merge_status": "not_open",
    "web_url": "https://gitlab.com/acme/tools/hello/-/merge_requests/7",
}


def test_gitlab_a_merge_by_fast_forward_lands_the_head() -> None:
    [change] = gitlab({"/merge_requests?": [GITLAB_REQUEST]}).changes(HEAD)
    assert change.merge_shas == (HEAD,)
    assert change.author == GONE
    assert change.merged_by == Account("carol", further=("Carol",))
    assert change.base_repository == "4711"


def test_gitlab_a_squash_with_a_merge_makes_two_commits() -> None:
    request = {**GITLAB_REQUEST, "merge_commit_sha": SHA, "squash_commit_sha": OTHER}
    [change] = gitlab({"/merge_requests?": [request]}).changes(SHA)
    assert change.merge_shas == (SHA, OTHER)


def test_gitlab_an_open_merge_request_has_made_nothing() -> None:
    request = {**GITLAB_REQUEST, "state": "opened", "merged_by": None, "merged_at": None}
    [change] = gitlab({"/merge_requests?": [request]}).changes(HEAD)
    assert (change.merge_shas, change.is_merged, change.merged_by) == ((), False, None)


def test_gitlab_approvals_of_both_editions() -> None:
    approvals = {
        "id": 9001,
        "iid": 7,
        "project_id": 4711,
        "approvals_required": 1,
        "approvals_left": 0,
        "suggested_approvers": [],
        "approved_by": [
            {"user": {"id": 3, "username": "ada", "name": "Ada", "public_email": None}},
            {"user": {"id": 5, "username": "project_4711_bot_0a1b2c", "name": "renovate"}},
            {"user": {"id": 6, "username": "guest", "name": "Guest"}, "approved_at": "2026"},
            {"user": None},
        ],
        "approval_rules_left": [],
        "has_approval_rules": True,
        "multiple_approval_rules_available": True,
    }
    answers: dict[str, object] = {
        "/approvals": approvals,
        "members/all/3": {"id": 3, "username": "ada", "access_level": 30, "expires_at": None},
        "members/all/6": {"id": 6, "username": "guest", "access_level": 10},
    }
    ada, bot, guest, gone = gitlab(answers).reviews(CHANGE)
    assert (ada.account.login, ada.has_right, ada.is_stale) == ("ada", True, None)
    assert (bot.account.is_bot, bot.has_right) == (True, None)
    assert guest.has_right is False
    assert gone.account == GONE


def test_gitlab_a_project_for_whoever_is_not_signed_in() -> None:
    project = {
        "id": 4711,
        "path_with_namespace": "acme/tools/hello",
        "default_branch": None,
        "web_url": "https://gitlab.com/acme/tools/hello",
        "namespace": {"id": 9, "name": "tools", "kind": "group", "parent_id": 8},
    }
    found = gitlab({"projects/": project}).repository()
    assert (found.full_name, found.id, found.owner_id) == ("acme/tools/hello", "4711", "9")
    assert (found.default_branch, found.parent) == (None, None)


# --- Gitea ------------------------------------------------------------------------------------

GITEA_PULL = {
    "id": 501,
    "number": 7,
    "user": {"id": -1, "login": "Ghost", "full_name": "", "email": ""},
    "title": "A change",
    "labels": None,
    "milestone": None,
    "assignees": None,
    "requested_reviewers": None,
    "state": "closed",
    "html_url": "https://gitea.com/acme/hello/pulls/7",
    "merged": True,
    "merged_at": "2026-01-02T03:04:05Z",
    "merge_commit_sha": SHA,
    "merged_by": {"id": 4, "login": "carol", "full_name": "", "email": "carol@noreply.gitea.com"},
    "base": {
        "label": "main",
        "ref": "main",
        "sha": OTHER,
        "repo_id": 4711,
        "repo": {"id": 4711, "full_name": "acme/hello", "parent": None},
    },
    "head": {"label": "", "ref": "refs/pull/7/head", "sha": "", "repo_id": -1, "repo": None},
    "merge_base": OTHER,
    "due_date": None,
    "pin_order": 0,
}


def test_gitea_a_pull_request() -> None:
    commits = [{"sha": HEAD, "author": None, "committer": None, "parents": None, "files": None}]
    answers: dict[str, object] = {f"commits/{SHA}/pull": GITEA_PULL, "pulls/7/commits": commits}
    [change] = gitea(answers).changes(SHA)
    assert (change.author, change.head_sha, change.merge_shas) == (GONE, HEAD, (SHA,))
    assert change.base_repository == "acme/hello"


def test_gitea_reviews_with_teams() -> None:
    ada = {"id": 1, "login": "ada", "full_name": "Ada", "email": "ada@noreply.gitea.com"}
    team = {"id": 3, "name": "maintainers", "organization": None}
    common = {"body": "", "comments_count": 0, "submitted_at": "2026-01-01T00:00:00Z"}
    reviews = [
        {**common, "id": 1, "user": None, "team": team, "state": "REQUEST_REVIEW",
         "stale": False, "official": True, "dismissed": False, "commit_id": ""},
        {**common, "id": 2, "user": ada, "team": None, "state": "APPROVED",
         "stale": False, "official": True, "dismissed": False, "commit_id": HEAD},
        {**common, "id": 3, "user": ada, "team": None, "state": "COMMENT",
         "stale": False, "official": False, "dismissed": False, "commit_id": HEAD},
        {**common, "id": 4, "user": {"id": -2, "login": "gitea-actions"}, "state": "APPROVED"},
    ]  # fmt: skip
    by_ada, by_actions = gitea({"pulls/7/reviews": reviews}).reviews(CHANGE)
    assert (by_ada.account.login, by_ada.has_right, by_ada.is_stale) == ("ada", True, False)
    assert by_actions.account.is_bot
    assert (by_actions.has_right, by_actions.is_stale) == (None, None)


# --- Bitbucket --------------------------------------------------------------------------------

BITBUCKET_REQUEST = {
    "type": "pullrequest",
    "id": 7,
    "state": "MERGED",
    "author": None,
    "closed_by": None,
    "reason": "",
    "created_on": "2025-10-01T00:00:00.000000+00:00",
    "updated_on": "2026-01-02T03:04:05.000000+00:00",
    "merge_commit": {"type": "commit", "hash": SHA[:12], "links": {}},
    "source": {"branch": {"name": "x"}, "commit": {"hash": HEAD[:12]}, "repository": None},
    "destination": {
        "branch": {"name": "main"},
        "commit": {"hash": OTHER[:12]},
        "repository": {"type": "repository"},
    },
    "links": {"self": {"href": "x"}, "html": {"href": "https://bitbucket.org/acme/hello/pull/7"}},
}


def test_bitbucket_a_pull_request_with_little_in_it() -> None:
    commits = {"values": [{"hash": HEAD, "author": {"raw": "Bob"}}], "pagelen": 50}
    answers = {
        "repositories/acme/hello": {"full_name": "acme/hello", "uuid": "{1}", "mainbranch": None},
        f"commit/{SHA}/pullrequests": {"pagelen": 50, "values": [BITBUCKET_REQUEST], "page": 1},
        "pullrequests/7": {**BITBUCKET_REQUEST, "participants": []},
        "pullrequests/7/commits": commits,
    }
    [change] = bitbucket(answers).changes(SHA)
    assert (change.author, change.merged_by) == (GONE, None)
    assert (change.base_repository, change.base_ref) == ("acme/hello", "main")
    assert (change.merge_shas, change.head_sha) == ((SHA[:12],), HEAD)


def test_bitbucket_participants() -> None:
    user = {"type": "user", "uuid": "{2}", "display_name": "Ada A", "nickname": "ada"}
    app = {"type": "app_user", "uuid": "{3}", "display_name": "Helper", "kind": "x"}
    participants = [
        {"user": user, "role": "REVIEWER", "approved": True, "state": "approved"},
        {"user": app, "role": "PARTICIPANT", "approved": True, "state": None},
        {"user": {"type": "user", "display_name": "Former user"}, "approved": False,
         "state": "changes_requested"},
        {"user": user, "role": "REVIEWER", "approved": False, "state": None},
        {"user": None, "approved": True},
    ]  # fmt: skip
    request = {**BITBUCKET_REQUEST, "participants": participants}
    ada, helper, former, gone = bitbucket({"pullrequests/7": request}).reviews(CHANGE)
    assert ada.account == Account("ada", further=("Ada A", "{2}"))
    assert (ada.has_right, ada.is_stale, helper.account.is_bot) == (None, None, True)
    assert not former.approves
    assert gone.account == GONE


DATA_CENTER_REQUEST = {
    "id": 7,
    "version": 3,
    "title": "A change",
    "state": "MERGED",
    "open": False,
    "closed": True,
    "createdDate": 1767225600000,
    "updatedDate": 1767323045000,
    "closedDate": 1767323045000,
    "fromRef": {"id": "refs/heads/x", "displayId": "x", "latestCommit": HEAD},
    "toRef": {
        "id": "refs/heads/main",
        "displayId": "main",
        "latestCommit": SHA,
        "repository": {
            "slug": "hello",
            "id": 84,
            "project": {"key": "~ADA", "id": 102, "type": "PERSONAL", "owner": {"name": "ada"}},
        },
    },
    "locked": False,
    "author": {"user": {"name": "bob", "slug": "bob", "type": "NORMAL"}, "role": "AUTHOR"},
    "reviewers": [
        {
            "user": {"name": "jenkins", "displayName": "Jenkins", "type": "SERVICE"},
            "lastReviewedCommit": OTHER,
            "role": "REVIEWER",
            "approved": True,
            "status": "APPROVED",
        },
        {"user": {"name": "dora"}, "role": "REVIEWER", "approved": False, "status": "NEEDS_WORK"},
        {"user": {"name": "emil"}, "role": "REVIEWER", "approved": False, "status": "UNAPPROVED"},
    ],
    "participants": [{"user": {"name": "fritz"}, "approved": True, "status": "APPROVED"}],
    "properties": {"mergeCommit": {"displayId": SHA[:11], "id": SHA}, "commentCount": 2},
    "links": {"self": [None]},
}


def test_data_center_a_personal_repository() -> None:
    page = {"size": 1, "limit": 100, "isLastPage": True, "start": 0, "nextPageStart": None}
    answers = {
        f"commits/{SHA}/pull-requests": {**page, "values": [DATA_CENTER_REQUEST]},
        "pull-requests/7": DATA_CENTER_REQUEST,
        "pull-requests/7/activities": {**page, "values": [{"id": 1, "action": "MERGED"}]},
    }
    found = data_center(answers)
    [change] = found.changes(SHA)
    assert change.base_repository == "~ADA/hello"
    assert (change.url, change.merged_by, change.merge_shas) == ("", GONE, (SHA,))

    jenkins, dora, fritz = found.reviews(change)
    assert (jenkins.account.is_bot, jenkins.is_stale) == (True, True)
    assert (dora.approves, dora.is_stale) == (False, None)
    assert fritz.account.login == "fritz"


# --- Azure Repos ------------------------------------------------------------------------------

AZURE_REQUEST = {
    "repository": {
        "id": "2f3d611a-f012-4b39-b157-8db63f380226",
        "name": "hello",
        "url": "x",
        "project": {"id": "p", "name": "tools", "state": "unchanged", "visibility": "unchanged"},
    },
    "pullRequestId": 7,
    "codeReviewId": 7,
    "status": "completed",
    "createdBy": {"displayName": "Bob B", "id": "b", "uniqueName": "bob@acme.example"},
    "closedDate": "2026-01-02T03:04:05.123Z",
    "title": "A change",
    "sourceRefName": "refs/heads/x",
    "targetRefName": "refs/heads/release/1",
    "mergeStatus": "succeeded",
    "isDraft": False,
    "lastMergeSourceCommit": {"commitId": HEAD, "url": "x"},
    "lastMergeTargetCommit": {"commitId": OTHER},
    "lastMergeCommit": {"commitId": SHA, "author": {"name": "Bob B"}, "comment": "Merged PR 7"},
    "completionOptions": {"mergeStrategy": "squash"},
    "supportsIterations": True,
}


def test_azure_one_pull_request_may_answer_both_questions() -> None:
    answer = {"queries": [], "results": [{SHA: [AZURE_REQUEST]}, {SHA: [AZURE_REQUEST]}]}
    [change] = azure({"pullrequestquery": answer}).changes(SHA)
    assert change.base_repository == "2f3d611a-f012-4b39-b157-8db63f380226"
    assert (change.base_ref, change.merge_shas, change.head_sha) == ("release/1", (SHA,), HEAD)
    assert change.author.login == "bob@acme.example"
    assert change.merged_by is None
    assert change.url == "https://dev.azure.com/acme/tools/_git/hello/pullrequest/7"


def test_azure_nothing_is_known_of_a_commit() -> None:
    assert azure({"pullrequestquery": {"queries": [], "results": [{}, {}]}}).changes(SHA) == ()
    assert azure({"pullrequestquery": {"results": []}}).changes(SHA) == ()


def test_azure_votes() -> None:
    reviewers = {
        "value": [
            {"vote": 10, "displayName": "Ada", "uniqueName": "ada@acme.example", "id": "a",
             "hasDeclined": False, "isFlagged": False, "isRequired": True},
            {"vote": 5, "displayName": "Dora", "id": "d",
             "votedFor": [{"id": "g", "vote": 10, "isContainer": True}]},
            {"vote": 0, "displayName": "Emil", "id": "e"},
            {"vote": -5, "displayName": "Fritz", "id": "f"},
            {"vote": 10, "displayName": "[tools]\\Team", "id": "g", "isContainer": True},
            {"vote": 10, "displayName": "Build Service", "id": "s", "descriptor": "svc.abc"},
        ],
        "count": 6,
    }  # fmt: skip
    ada, dora, fritz, service = azure({"pullRequests/7/reviewers": reviewers}).reviews(CHANGE)
    assert (ada.account.login, ada.approves) == ("ada@acme.example", True)
    assert (dora.account.login, dora.approves) == ("Dora", True)
    assert not fritz.approves
    assert service.account.is_bot


# --- all of them ------------------------------------------------------------------------------

QUESTIONS: Mapping[str, tuple[Callable[[Mapping[str, object]], Any], str]] = {
    "github": (github, "/repos/"),
    "gitlab": (gitlab, "/projects/"),
    "gitea": (gitea, "/repos/"),
    "bitbucket": (bitbucket, "/repositories/"),
    "data-center": (data_center, "/projects/"),
    "azure": (azure, "/repositories/"),
}
WRONG: tuple[object, ...] = (
    None,
    "a text",
    7,
    True,
    [],
    [[]],
    [None],
    {},
    {"values": None},
    {"full_name": 7, "path_with_namespace": 7, "id": {}, "slug": 7, "uuid": 7},
    {"results": {"a": 1}, "value": [1], "values": [1], "approved_by": [1], "state": 1, "id": "7"},
    [{"number": "7", "iid": "7", "state": 1, "sha": 1, "commit": 1, "context": 1, "name": 1}],
)


@pytest.mark.parametrize("answer", WRONG, ids=repr)
@pytest.mark.parametrize("vendor", QUESTIONS)
def test_an_answer_of_another_type_is_none_or_nothing(vendor: str, answer: object) -> None:
    """Nothing but ``UnavailableError`` comes out, and never a change, a review or a pointer."""
    make, part = QUESTIONS[vendor]
    found = make({part: answer})
    for ask in (
        lambda: found.changes(SHA),
        lambda: found.reviews(CHANGE),
        lambda: found.commit_authors(CHANGE),
        lambda: found.pointers(SHA),
    ):
        try:
            assert not list(ask())
        except UnavailableError:
            pass
    try:
        assert found.repository().full_name == ""
    except UnavailableError:
        pass


@pytest.mark.parametrize("number", [249, 250])
def test_github_lists_no_more_than_some_commits_of_a_pull_request(number: int) -> None:
    commit = {"sha": SHA, "commit": {"author": {"name": "Ada", "email": "ada@acme.example"}}}
    url = "https://api.github.com/repos/acme/hello/pulls/7/commits?per_page=100"
    asked = github({url: [commit] * number})
    if number < 250:
        assert len(asked.commit_authors(CHANGE)) == number
    else:
        with pytest.raises(UnavailableError, match="who wrote the others is not told"):
            asked.commit_authors(CHANGE)
