"""The forges of the tests, and what each of them does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from azure_repos_server import AzureServer
from bitbucket_server import BitbucketServer, DataCenterServer
from forge_cases import Setting
from forge_model import ForgeModel
from forge_server import ForgeServer
from gitea_server import ForgejoServer, GiteaServer
from github_server import GitHubServer
from gitlab_server import GitLabServer

_CI = {"context": "ci/woodpecker/push/build", "target_url": "https://ci.example/repos/1/pipeline/7"}


def _change_head(model: ForgeModel, number: int) -> str:
    change = model.change(number)
    assert change is not None
    return change.head


@dataclass(frozen=True)
class KnownForge:
    name: str
    server: type[ForgeServer]
    word: str = "pull request"
    tells_right: bool = True
    tells_stale: bool = True
    tells_merger: bool = True
    untold: tuple[str, ...] = ()
    """Reasons against an approval that the forge gives no hint of."""
    unsaid: tuple[str, ...] = ()
    """Approvals that it does not show at all."""
    is_public: bool = False
    redirects: bool = True
    other_repository: str = "other/repository"
    inner: tuple[str, ...] = ("side", "side-first", "rebased-1")
    """The commits of which it tells that they are inside a change."""
    login: Callable[[str], str] = str
    bots: tuple[str, ...] = ()
    statuses: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    pointers: tuple[tuple[str, str, bool], ...] = ()
    web: Callable[[ForgeServer], str] = lambda server: server.web
    lines: Callable[[ForgeServer], Mapping[str, str]] = lambda _: {}
    head: Callable[[ForgeModel, int], str] = _change_head

    @contextmanager
    def serve(self, model: ForgeModel) -> Iterator[Setting]:
        server = self.server(model)
        with server.running():
            yield Setting(server, lines=self.lines(server), web=self.web(server))

    def finds_inner(self, commit: str) -> bool:
        return commit in self.inner


def _gitlab_head(model: ForgeModel, number: int) -> str:
    """After a merge by fast-forward the head is what landed."""
    change = model.change(number)
    assert change is not None
    return change.landed[-1] if change.how == "rebase" else change.head


GITHUB = KnownForge(
    "github",
    GitHubServer,
    statuses={
        "check-runs": (
            {
                "name": "hello-feedstock (Build linux_64)",
                "app": {"slug": "azure-pipelines"},
                "external_id": "27383|1472776|84710dde",
                "details_url": "https://dev.azure.com/acme/x/_build/results?buildId=1472776",
                "output": {"title": "Build #20260226.1 succeeded", "summary": None},
            },
            {
                "name": "build",
                "app": None,
                "external_id": None,
                "details_url": None,
                "html_url": "https://github.com/x",
                "output": None,
            },
        ),
        "statuses": (_CI,),
    },  # type: ignore[dict-item]
    pointers=(
        ("azure-pipelines", "https://dev.azure.com/acme/x/_build/results?buildId=1472776", True),
        ("", "https://github.com/x", False),
        (_CI["context"], _CI["target_url"], False),
    ),
)
GITLAB = KnownForge(
    "gitlab",
    GitLabServer,
    word="merge request",
    tells_stale=False,
    untold=("approved before the last push",),
    unsaid=("asks for changes",),
    other_repository="815",
    inner=("side", "side-first"),
    statuses={"statuses": ({"name": "woodpecker", "target_url": "https://ci.example/1"},)},
    pointers=(("woodpecker", "https://ci.example/1", False),),
    head=_gitlab_head,
)
GITEA = KnownForge(
    "gitea",
    GiteaServer,
    statuses={"statuses": (_CI,)},
    pointers=((_CI["context"], _CI["target_url"], False),),
)
FORGEJO = KnownForge("forgejo", ForgejoServer, statuses=GITEA.statuses, pointers=GITEA.pointers)

BITBUCKET = KnownForge(
    "bitbucket",
    BitbucketServer,
    tells_right=False,
    tells_stale=False,
    untold=("approved before the last push", "has no right to approve"),
    is_public=True,
    redirects=False,
    inner=("side", "side-first"),
    statuses={"statuses": ({"key": "woodpecker", "name": "build", "url": "https://ci.example/1"},)},
    pointers=(("woodpecker", "https://ci.example/1", False),),
    lines=lambda server: {server.public: server.loopback},
)
DATA_CENTER = KnownForge(
    "bitbucket-data-center",
    DataCenterServer,
    tells_right=False,
    untold=("has no right to approve",),
    redirects=False,
    inner=("side", "side-first"),
    statuses=BITBUCKET.statuses,
    pointers=BITBUCKET.pointers,
)
AZURE = KnownForge(
    "azure",
    AzureServer,
    tells_right=False,
    tells_stale=False,
    untold=("approved before the last push", "has no right to approve"),
    is_public=True,
    redirects=False,
    other_repository="00000000-0000-0000-0000-000000000001",
    inner=("side", "side-first"),
    login=lambda login: f"{login}@acme.example",
    statuses={
        "statuses": (
            {
                "context": {"name": "build", "genre": "ci"},  # type: ignore[dict-item]
                "targetUrl": "https://ci.example/1",
            },
        )
    },
    pointers=(("ci/build", "https://ci.example/1", False),),
    lines=lambda server: {server.public: server.loopback},
)

FORGES = (GITHUB, GITLAB, GITEA, FORGEJO, BITBUCKET, DATA_CENTER, AZURE)
