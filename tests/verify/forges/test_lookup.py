"""Which forge a server is: by the user's word, by our table, else by what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from bitbucket_server import DataCenterServer
from forge_door import PlainDoors
from forge_model import model_of
from forge_server import Answer, ForgeServer, always
from gitea_server import ForgejoServer, GiteaServer
from github_server import GitHubServer
from gitlab_server import GitLabServer
from histories import History

from conda_provenance.api import NamedBy
from conda_provenance.errors import UnavailableError
from conda_provenance.lookup import ProbingLookup
from conda_provenance.remotes import RemoteUrl
from conda_provenance.run_api import RunClaim

SERVERS = (GitHubServer, GitLabServer, GiteaServer, ForgejoServer, DataCenterServer)
NO_SERVER = "http://127.0.0.1:1"


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.__name__)
def server(request: pytest.FixtureRequest, everyday_history: History) -> Iterator[ForgeServer]:
    server: ForgeServer = request.param(model_of(everyday_history))
    with server.running():
        yield server


def test_a_server_is_recognised_by_what_it_answers(server: ForgeServer) -> None:
    doors = PlainDoors()
    api = ProbingLookup(doors).forge(RemoteUrl.parse(server.web))
    assert api.vendor == server.vendor
    assert api.repository().full_name == server.model.full_name
    [(_, opened)] = doors.opened
    assert opened.named_by is NamedBy.NOBODY
    assert opened.host == server.host
    assert not [each for each in server.asked if "authorization" in each.headers]


def test_it_is_asked_once(server: ForgeServer) -> None:
    doors = PlainDoors()
    lookup = ProbingLookup(doors)
    for _ in range(3):
        lookup.forge(RemoteUrl.parse(server.web))
    lookup.forge(RemoteUrl.parse(server.web.replace("hello", "other")))
    assert len(doors.probed) == len(set(doors.probed))
    assert len(doors.probed) <= 6


def test_a_forge_below_the_top_of_its_server_is_found(
    server: ForgeServer, everyday_history: History
) -> None:
    with ExitStack() as stack:
        below = type(server)(model_of(everyday_history), "/forges/git")
        stack.enter_context(below.running())
        doors = PlainDoors()
        api = ProbingLookup(doors).forge(RemoteUrl.parse(below.web))
        assert api.vendor == server.vendor
        assert f"{below.host}/forges/git/" in api.url
        assert api.repository().full_name == server.model.full_name


def test_what_the_package_hints_at_is_only_asked_first(server: ForgeServer) -> None:
    for hint in ("gitlab", "github", "gitea", "bitbucket", "nonsense", ""):
        doors = PlainDoors()
        api = ProbingLookup(doors).forge(RemoteUrl.parse(server.web), hint=hint)
        assert api.vendor == server.vendor
    doors = PlainDoors()
    ProbingLookup(doors).forge(RemoteUrl.parse(server.web), hint=server.vendor)
    assert len(doors.probed) <= 2


def test_the_users_word_counts_first(server: ForgeServer) -> None:
    doors = PlainDoors()
    lookup = ProbingLookup(doors, user={server.host.upper(): "GitLab"}, policy={server.host: "x"})
    api = lookup.forge(RemoteUrl.parse(server.web))
    assert api.vendor == "gitlab"
    assert not doors.probed
    assert doors.opened[0][1].named_by is NamedBy.USER


def test_a_policy_may_name_one_below_the_top(server: ForgeServer) -> None:
    doors = PlainDoors()
    lookup = ProbingLookup(doors, policy={f"{server.host}/git": "gitea"})
    api = lookup.forge(RemoteUrl.parse(f"http://{server.host}/git/o/n"))
    assert (api.vendor, api.prefix) == ("gitea", "git")
    assert doors.opened[0][1].named_by is NamedBy.POLICY
    assert lookup.is_named(server.host)
    assert not lookup.is_named(server.host + "0")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://github.com/o/n", "https://api.github.com/repos/o/n"),
        ("https://acme.ghe.com/o/n", "https://api.acme.ghe.com/repos/o/n"),
        ("https://gitlab.com/g/sub/n", "https://gitlab.com/api/v4/projects/g%2Fsub%2Fn"),
        ("https://codeberg.org/o/n", "https://codeberg.org/api/v1/repos/o/n"),
        ("https://gitea.com/o/n", "https://gitea.com/api/v1/repos/o/n"),
        ("https://bitbucket.org/o/n", "https://api.bitbucket.org/2.0/repositories/o/n"),
        (
            "https://dev.azure.com/o/p/_git/n",
            "https://dev.azure.com/o/p/_apis/git/repositories/n",
        ),
        ("https://dev.azure.com/o/_git/n", "https://dev.azure.com/o/n/_apis/git/repositories/n"),
        (
            "https://o.visualstudio.com/DefaultCollection/p/_git/n",
            "https://o.visualstudio.com/DefaultCollection/p/_apis/git/repositories/n",
        ),
        (
            "https://o.visualstudio.com/_git/n",
            "https://o.visualstudio.com/n/_apis/git/repositories/n",
        ),
        (
            "https://o.visualstudio.com/My%20project/_git/n",
            "https://o.visualstudio.com/My%20project/_apis/git/repositories/n",
        ),
        ("https://git.sr.ht/~user/n", "https://git.sr.ht/~user/n"),
    ],
)
def test_public_servers_are_known(address: str, url: str) -> None:
    doors = PlainDoors()
    lookup = ProbingLookup(doors)
    api = lookup.forge(RemoteUrl.parse(address))
    assert api.url == url
    assert not doors.probed
    assert lookup.is_named(RemoteUrl.parse(address).host)


@pytest.mark.parametrize(
    ("address", "named_by"),
    [
        ("https://github.com/o/n", NamedBy.VENDOR),
        ("https://acme.ghe.com/o/n", NamedBy.PROJECT),
        ("https://gitlab.gnome.org/o/n", NamedBy.PROJECT),
        ("https://bitbucket.org/o/n", NamedBy.VENDOR),
    ],
)
def test_tokens_without_a_host_are_for_the_vendors_own_server(
    address: str, named_by: NamedBy
) -> None:
    doors = PlainDoors()
    ProbingLookup(doors).forge(RemoteUrl.parse(address))
    assert doors.opened[0][1].named_by is named_by


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/o",
        "https://github.com/o/n/extra",
        "https://bitbucket.org/o",
        "https://dev.azure.com/o/p/n",
        "https://dev.azure.com/o/p/extra/_git/n",
        "https://dev.azure.com/_git/n",
        "https://codeberg.org/o/n/src",
    ],
)
def test_an_address_that_no_repository_has_is_not_asked(address: str) -> None:
    doors = PlainDoors()
    with pytest.raises(UnavailableError, match="is not how"):
        ProbingLookup(doors).forge(RemoteUrl.parse(address))
    assert not doors.opened


@pytest.mark.parametrize(
    "host", ["github.com.evil.example", "gitlab.evil.example", "notghe.com", "evilghe.com"]
)
def test_a_hosts_name_decides_nothing(host: str) -> None:
    lookup = ProbingLookup(PlainDoors({f"https://{host}": NO_SERVER}))
    assert not lookup.is_named(host)
    with pytest.raises(UnavailableError):
        lookup.forge(RemoteUrl.parse(f"https://{host}/o/n"))


def test_another_port_of_a_public_host_is_another_server() -> None:
    lookup = ProbingLookup(PlainDoors({"https://github.com:8443": NO_SERVER}))
    with pytest.raises(UnavailableError):
        lookup.forge(RemoteUrl.parse("https://github.com:8443/o/n"))
    assert not lookup.is_named("github.com:8443")


def test_what_no_answer_tells_can_be_named(server: ForgeServer) -> None:
    server.moods.append(always(Answer({"message": "hello"}, 404)))
    lookup = ProbingLookup(PlainDoors())
    with pytest.raises(UnavailableError) as caught:
        lookup.forge(RemoteUrl.parse(f"http://{server.host}/o/n"))
    assert "provenance_forges" in str(caught.value)
    assert f"{server.host}=gitlab" in str(caught.value)


def test_a_server_of_azures_is_known_by_its_addresses(server: ForgeServer) -> None:
    server.moods.append(always(Answer({"message": "hello"}, 401)))
    api = ProbingLookup(PlainDoors()).forge(
        RemoteUrl.parse(f"http://{server.host}/tfs/Main/p/_git/n")
    )
    assert api.url == f"http://{server.host}/tfs/Main/p/_apis/git/repositories/n"


def test_an_unknown_vendor_is_said(server: ForgeServer) -> None:
    lookup = ProbingLookup(PlainDoors(), user={server.host: "gerrit\x1b[0m"})
    with pytest.raises(UnavailableError, match="nobody has written how yet") as caught:
        lookup.forge(RemoteUrl.parse(f"http://{server.host}/o/n"))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("scm/KEY/n", "projects/KEY/repos/n"),
        ("scm/~user/n", "projects/~user/repos/n"),
        ("projects/KEY/repos/n", "projects/KEY/repos/n"),
        ("users/ada/repos/n", "projects/~ada/repos/n"),
        ("git/ctx/scm/KEY/n", "projects/KEY/repos/n"),
    ],
)
def test_the_addresses_of_a_data_center(address: str, url: str) -> None:
    lookup = ProbingLookup(PlainDoors(), user={"git.example": "bitbucket"})
    api = lookup.forge(RemoteUrl.parse(f"https://git.example/{address}"))
    context = "/git/ctx" if "ctx" in address else ""
    assert api.url == f"https://git.example{context}/rest/api/1.0/{url}"


def claim(provider: str, address: str, run_id: str = "7") -> RunClaim:
    return RunClaim(provider, run_id, None, RemoteUrl.parse(address), "a" * 40)


def test_a_ci_is_found_by_its_name() -> None:
    doors = PlainDoors()
    api = ProbingLookup(doors).runs(claim("github", "https://github.com/o/n"))
    assert api.provider == "github"
    [(_, opened)] = doors.opened
    assert opened.url.startswith("https://api.github.com/")
    assert not doors.probed


def test_a_ci_that_nobody_has_written_is_said() -> None:
    for provider in ("buildkite", "nonsense", "\x1b[31m", ""):
        with pytest.raises(UnavailableError, match="nobody has written how yet") as caught:
            ProbingLookup(PlainDoors()).runs(claim(provider, "https://github.com/o/n"))
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ("github", "https://gitlab.com/o/n"),
        ("gitlab", "https://github.com/o/n"),
        # Whoever has the same name there would have runs of this commit.
        ("bitbucket", "https://github.com/o/n"),
        ("gitea", "https://bitbucket.org/o/n"),
    ],
)
def test_a_forges_own_ci_is_not_asked_about_another_forges_repository(
    provider: str, address: str
) -> None:
    doors = PlainDoors()
    with pytest.raises(UnavailableError, match=f"has no runs of {provider}"):
        ProbingLookup(doors).runs(claim(provider, address))
    assert not doors.opened


def test_the_ci_of_a_forge_below_the_top_of_its_server(everyday_history: History) -> None:
    server = GitLabServer(model_of(everyday_history), "/git")
    with server.running():
        doors = PlainDoors()
        api = ProbingLookup(doors).runs(claim("gitlab", server.web))
        assert api.claim.prefix == "git"
        [(_, opened)] = doors.opened
        assert opened.url == f"{server.site}/api/v4/projects/acme%2Fhello-feedstock"
        assert opened.named_by is NamedBy.NOBODY
