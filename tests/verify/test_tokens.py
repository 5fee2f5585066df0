"""Which token goes to which server. No other one ever gets it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.api import Api, NamedBy, Server, TokenVariable
from conda_provenance.errors import UsageError
from conda_provenance.net import Origin, origin_of
from conda_provenance.remotes import RemoteUrl
from conda_provenance.systems.forgejo.forge_api import ForgejoApi
from conda_provenance.systems.gitea.forge_api import GiteaApi
from conda_provenance.systems.github.forge_api import GitHubApi
from conda_provenance.verify.token_files import read_token_files
from conda_provenance.verify.tokens import Token, Tokens, forms_of, system_keyring

SECRET = "s3cr3tT0k3nOfTheUser"


class Forge(Api):
    public_hosts = ("api.forge.example", "forge.example")
    tokens = (
        TokenVariable("FORGE_TOKEN"),
        TokenVariable("CI_TOKEN", "CI_SERVER"),
        TokenVariable("ENTERPRISE_TOKEN", "ENTERPRISE_HOST", needs_host=True),
    )


def _server(url: str, host: str = "", named_by: NamedBy = NamedBy.NOBODY) -> Server:
    origin = origin_of(url)
    assert origin is not None
    return Server(url, host or origin.shown, named_by)


def _sent(environ: dict[str, str], server: Server, api: type[Api] = Forge, **options: Any) -> bool:
    token = Tokens(environ, **options).of(api, server)
    assert token is None or token.secret == SECRET
    return token is not None


PUBLIC = _server("https://api.forge.example/v1", "forge.example", NamedBy.VENDOR)
OWN = _server("https://git.corp.example/api", named_by=NamedBy.USER)
STRANGER = _server("https://forge.evil.example/api")


@pytest.mark.parametrize(
    ("environ", "to"),
    [
        # Of no server in particular: the vendor's, and what the user names.
        ({"FORGE_TOKEN": SECRET}, {PUBLIC, OWN}),
        # Of the server that the other variable names, and no other.
        ({"CI_TOKEN": SECRET, "CI_SERVER": "https://forge.evil.example"}, {STRANGER}),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "https://git.corp.example/"}, {OWN}),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "git.corp.example"}, {OWN}),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "https://forge.example"}, {PUBLIC}),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "https://GIT.corp.example."}, {OWN}),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "http://git.corp.example"}, set()),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "https://git.corp.example:8443"}, set()),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "https://["}, set()),
        ({"CI_TOKEN": SECRET, "CI_SERVER": "nonsense://x"}, set()),
        # Where that is not set, as if it were of none in particular.
        ({"CI_TOKEN": SECRET}, {PUBLIC, OWN}),
        ({"CI_TOKEN": SECRET, "CI_SERVER": " "}, {PUBLIC, OWN}),
        # Unless it is of none at all then.
        ({"ENTERPRISE_TOKEN": SECRET}, set()),
        ({"ENTERPRISE_TOKEN": SECRET, "ENTERPRISE_HOST": ""}, set()),
        ({"ENTERPRISE_TOKEN": SECRET, "ENTERPRISE_HOST": "git.corp.example"}, {OWN}),
        # What cannot be sent is none.
        ({"FORGE_TOKEN": ""}, set()),
        ({"FORGE_TOKEN": "two words"}, set()),
        ({"FORGE_TOKEN": f"{SECRET}\r\nX-Evil: 1"}, set()),
        ({"FORGE_TOKEN": "s\u00e9cret"}, set()),
        ({"OTHER_TOKEN": SECRET}, set()),
    ],
)
def test_a_token_goes_to_its_own_server(environ: dict[str, str], to: set[Server]) -> None:
    assert {each for each in (PUBLIC, OWN, STRANGER) if _sent(environ, each)} == to


@pytest.mark.parametrize(
    "server",
    [
        _server("http://api.forge.example/v1", "forge.example", NamedBy.VENDOR),
        _server("https://api.forge.example:8443/v1", "forge.example", NamedBy.VENDOR),
        _server("https://api.forge.example.evil.example/", "forge.example"),
        _server("https://forge.example.evil.example/", named_by=NamedBy.POLICY),
        _server("https://evil.example/", "git.corp.example", NamedBy.USER),
        _server("https://notgit.corp.example/", "git.corp.example", NamedBy.USER),
        _server("http://git.corp.example/", "git.corp.example", NamedBy.USER),
    ],
)
def test_no_other_server_gets_it(server: Server) -> None:
    assert not _sent({"FORGE_TOKEN": SECRET}, server)


def test_a_server_that_only_a_policy_names_gets_none_of_no_server_in_particular() -> None:
    server = _server("https://git.corp.example/api", named_by=NamedBy.POLICY)
    assert not _sent({"FORGE_TOKEN": SECRET}, server)
    fixed = {"CI_TOKEN": SECRET, "CI_SERVER": "https://git.corp.example"}
    assert _sent(fixed, server)


def test_the_variables_count_in_their_order() -> None:
    environ = {"CI_TOKEN": SECRET, "FORGE_TOKEN": "another-token"}
    assert Tokens(environ).of(Forge, OWN) == Token("another-token", "FORGE_TOKEN")


GITHUB_COM = _server("https://api.github.com", "github.com", NamedBy.VENDOR)
RUNS = _server("https://api.github.com/repos", named_by=NamedBy.VENDOR)
GHES = _server("https://ghes.example/api/v3")


def test_github_s_token_belongs_to_the_server_of_the_run() -> None:
    token = {"GITHUB_TOKEN": SECRET}
    assert _sent(token, GITHUB_COM, GitHubApi)
    assert not _sent(token, GHES, GitHubApi)
    for server in ("https://github.com", "github.com"):
        assert _sent({**token, "GITHUB_SERVER_URL": server}, GITHUB_COM, GitHubApi)
        assert _sent({**token, "GITHUB_SERVER_URL": server}, RUNS, GitHubApi)
    on_ghes = {**token, "GITHUB_SERVER_URL": "https://ghes.example"}
    assert _sent(on_ghes, GHES, GitHubApi)
    assert not _sent(on_ghes, GITHUB_COM, GitHubApi)
    assert not _sent(on_ghes, RUNS, GitHubApi)


# --token-file


def test_a_token_file_is_for_the_server_that_it_names(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    files = read_token_files([f"forge.evil.example={file}", f"forge.example={file}"])
    assert files == dict.fromkeys(
        (Origin("https", "forge.evil.example", 443), Origin("https", "forge.example", 443)), SECRET
    )
    assert _sent({}, STRANGER, files=files)
    assert _sent({}, PUBLIC, files=files)
    assert not _sent({}, OWN, files=files)
    assert not _sent({}, _server("https://forge.evil.example:8443/"), files=files)


def test_a_token_file_goes_before_a_variable(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    files = read_token_files([f"git.corp.example:443={tmp_path / 'token'}"])
    tokens = Tokens({"FORGE_TOKEN": "another-token"}, files=files)
    assert tokens.of(Forge, OWN) == Token(SECRET, "--token-file")


@pytest.mark.parametrize("option", ["token", "=token", "host=", "a b=x", "u@h=x", "h/p=x", "[=x"])
def test_an_option_of_another_form_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="--token-file takes HOST=FILE"):
        read_token_files([option])


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"two words", b"a\nb", b"\xff\xfe", b"x" * 20_000]
)
def test_a_file_without_a_token_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"^The token file .+\.\Z") as caught:
        read_token_files([f"forge.example={file}"])
    assert not content.strip() or content.decode("latin-1").strip() not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gone cannot be read: No such file or directory"):
        read_token_files([f"forge.example={tmp_path / 'gone'}"])


# The keyring. Ours stands in for the system's, which tests cannot have.


def test_the_keyring_is_asked_last_and_once_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    class Keyring:
        @staticmethod
        def get_password(service: str, user: str) -> str | None:
            asked.append((service, user))
            return SECRET if user == "git.corp.example" else None

    monkeypatch.setitem(__import__("sys").modules, "keyring", Keyring)
    keyring = system_keyring(pytest.fail)
    for _ in range(2):
        assert Tokens({}, keyring=keyring).of(Forge, OWN) == Token(SECRET, "the keyring")
        assert not _sent({}, STRANGER, keyring=keyring)
    assert asked == [
        ("conda-provenance", "git.corp.example"),
        ("conda-provenance", "forge.evil.example"),
    ]
    Tokens({"FORGE_TOKEN": SECRET}, keyring=keyring).of(Forge, PUBLIC)
    assert len(asked) == 2


def test_without_a_keyring_it_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    said: list[str] = []
    keyring = system_keyring(said.append)
    for _ in range(2):
        assert keyring("git.corp.example") is None
    assert said == ["provenance_keyring is set, but keyring is not installed: install it."]


def test_a_keyring_that_fails_is_said_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyring:
        @staticmethod
        def get_password(*_: str) -> str:
            raise RuntimeError(SECRET)

    monkeypatch.setitem(__import__("sys").modules, "keyring", Keyring)
    said: list[str] = []
    assert system_keyring(said.append)("git.corp.example") is None
    assert said == ["The keyring has no token for git.corp.example (RuntimeError)."]


# git over https


@pytest.mark.parametrize(
    ("environ", "remote", "user"),
    [
        ({"GITHUB_TOKEN": SECRET}, "https://github.com/o/n", "x-access-token"),
        ({"GH_TOKEN": SECRET}, "https://github.com/o/n", "x-access-token"),
        ({"GITLAB_TOKEN": SECRET}, "https://gitlab.com/o/n", "oauth2"),
        (
            {"CI_JOB_TOKEN": SECRET, "CI_SERVER_URL": "https://git.corp.example"},
            "https://git.corp.example/o/n",
            "gitlab-ci-token",
        ),
        ({"CODEBERG_TOKEN": SECRET}, "https://codeberg.org/o/n", "oauth2"),
        ({"BITBUCKET_TOKEN": SECRET}, "https://bitbucket.org/o/n", "x-token-auth"),
        ({"AZURE_DEVOPS_EXT_PAT": SECRET}, "https://dev.azure.com/o/p/_git/n", "pat"),
        # The user says that this is a GitLab.
        ({"GITLAB_TOKEN": SECRET}, "https://named.example/o/n", "oauth2"),
        # None of these is theirs.
        ({"GITHUB_TOKEN": SECRET}, "https://named.example/o/n", None),
        ({"GITHUB_TOKEN": SECRET}, "https://gitlab.com/o/n", None),
        ({"GITHUB_TOKEN": SECRET}, "https://github.com.evil.example/o/n", None),
        ({"GITHUB_TOKEN": SECRET}, "https://github.com:8443/o/n", None),
        ({"GITHUB_TOKEN": SECRET}, "http://github.com:8080/o/n", None),
        (
            {"GITHUB_TOKEN": SECRET, "GITHUB_SERVER_URL": "https://ghes.example"},
            "https://github.com/o/n",
            None,
        ),
    ],
)
def test_git_gets_the_same_tokens(environ: dict[str, str], remote: str, user: str | None) -> None:
    named = {Origin("https", "named.example", 443): "gitlab"}
    login = Tokens(environ, named=named).for_git(RemoteUrl.parse(remote))
    assert (login.user if login else None) == user
    if login is not None:
        assert login.token.secret == SECRET
        assert login.header.startswith("Authorization: Basic ")
        assert SECRET not in login.header
        assert login.header.split()[-1].encode() in login.secrets


def test_a_token_is_not_shown_where_it_is_printed() -> None:
    assert SECRET not in repr(Token(SECRET, "FORGE_TOKEN"))
    assert SECRET not in f"{Tokens({'FORGE_TOKEN': SECRET}).of(Forge, OWN)!r}"


def test_the_forms_of_a_secret_are_those_that_were_sent() -> None:
    forms = set(forms_of({"Authorization": f"Basic {SECRET}=="}, "us/er:p4ssw0rd1"))
    assert {b"us%2Fer%3Ap4ssw0rd1", b"us/er:p4ssw0rd1", b"p4ssw0rd1"} <= forms
    assert f"{SECRET}==".encode() in forms
    assert not any(len(form) < 8 for form in forms)


@given(
    st.sampled_from(["https://", "http://", ""]),
    st.text(alphabet="abc.:/@?#[]%\\ \u3002\uff0e1", max_size=30),
)
def test_whatever_a_variable_names_is_another_server(scheme: str, text: str) -> None:
    """Unless it is that server's very address."""
    environ = {"CI_TOKEN": SECRET, "CI_SERVER": f"{scheme}{text}"}
    is_empty = not environ["CI_SERVER"].strip()
    assert _sent(environ, STRANGER) is False
    assert _sent(environ, PUBLIC) is is_empty


@pytest.mark.parametrize("api", [GiteaApi, ForgejoApi])
def test_githubs_token_is_giteas_only_where_its_runner_says_so(api: type[Api]) -> None:
    server = _server("https://git.corp.example/api/v1", named_by=NamedBy.USER)
    token = {"GITHUB_TOKEN": SECRET}
    assert not _sent(token, server, api)
    assert not _sent(token, _server(f"https://{api.public_hosts[0]}/api/v1"), api)
    assert not _sent({**token, "GITHUB_SERVER_URL": "https://github.com"}, server, api)
    assert _sent({**token, "GITHUB_SERVER_URL": "https://git.corp.example"}, server, api)


def test_an_enterprise_token_is_never_githubs_own() -> None:
    server = _server("https://api.github.com/repos/o/n", "github.com", NamedBy.VENDOR)
    for name in ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"):
        assert not _sent({name: SECRET}, server, GitHubApi)
        assert not _sent({name: SECRET, "GH_HOST": "ghes.corp.example"}, server, GitHubApi)
        own = _server("https://ghes.corp.example/api/v3/repos/o/n")
        assert _sent({name: SECRET, "GH_HOST": "ghes.corp.example"}, own, GitHubApi)


@pytest.mark.skipif(os.name != "posix", reason="files have other rights there")
@pytest.mark.parametrize(("mode", "is_warned"), [(0o600, False), (0o400, False), (0o644, True)])
def test_of_a_token_file_that_others_may_read_is_warned(
    tmp_path: Path, mode: int, is_warned: bool
) -> None:
    path = tmp_path / "token"
    path.write_text("s3cr3t-token\n")
    path.chmod(mode)
    warnings: list[str] = []
    assert read_token_files([f"a.example={path}"], warnings.append)
    assert bool(warnings) is is_warned
    assert "s3cr3t" not in "".join(warnings)
