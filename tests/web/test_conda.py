"""With conda's real session, in a process of its own: conda reads its configuration once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from misbehaving import LOGIN, TOKEN, Server

pytestmark = pytest.mark.skipif(
    find_spec("conda") is None, reason="conda is not installed here: see CONTRIBUTING.md"
)

_START = """
import json, sys
from conda_provenance.web import ByteRange, Patience, Web, WebError
url = sys.argv[1]
patience = Patience(busy_tries=3, failed_tries=2, first_wait=0.02, connect=2, read=2, answer=2)
"""
_FETCH = (
    _START
    + """
with Web(patience=patience) as web:
    try:
        said = {"data": len(web.fetch(url))}
    except WebError as error:
        said = {"kind": error.kind, "error": str(error)}
"""
)
_SAY = "\nprint(json.dumps(said))\n"


class Conda:
    """A home with a configuration of conda's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.configure("")

    def configure(self, text: str) -> None:
        (self.home / ".condarc").write_text(text)

    def run(self, code: str, url: str, **variables: str) -> Any:
        kept = {name: os.environ[name] for name in ("PATH", "SystemRoot") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-c", code + _SAY, url],
            env={**kept, "HOME": str(self.home), "USERPROFILE": str(self.home), **variables},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def conda(tmp_path: Path) -> Conda:
    return Conda(tmp_path)


@pytest.fixture(autouse=True)
def file(misbehaving: Server, other_server: Server) -> None:
    misbehaving.files["a.bin"] = other_server.files["a.bin"] = b"data"


def test_a_file_is_fetched_as_conda_would(conda: Conda, misbehaving: Server) -> None:
    assert conda.run(_FETCH, misbehaving.url("well", "a.bin")) == {"data": 4}
    agent = misbehaving.asked[0].headers["user-agent"]
    assert agent.startswith("conda/")
    assert "conda-provenance/" in agent
    assert misbehaving.asked[0].headers["accept-encoding"] == "identity"


def test_offline_holds(conda: Conda, misbehaving: Server) -> None:
    conda.configure("offline: true\n")
    assert conda.run(_FETCH, misbehaving.url("well", "a.bin"))["kind"] == "offline"
    assert not misbehaving.asked


def test_a_proxy_of_the_configuration_is_used(conda: Conda, misbehaving: Server) -> None:
    conda.configure(f"proxy_servers:\n  http: {misbehaving.root}\n")
    assert conda.run(_FETCH, "http://channel.example/well/a.bin") == {"data": 4}
    assert misbehaving.asked[0].path == "http://channel.example/well/a.bin"


def test_a_proxy_that_wants_a_password_is_no_question_on_the_terminal(
    conda: Conda, misbehaving: Server
) -> None:
    conda.configure(f"proxy_servers:\n  http: {misbehaving.root}\n")
    said = conda.run(_FETCH, "http://channel.example/asks-proxy/a.bin")
    assert said["kind"] == "refused"
    assert "proxy" in said["error"]


def test_a_login_of_netrc_goes_to_its_host_alone(
    conda: Conda, misbehaving: Server, other_server: Server
) -> None:
    user, _, password = LOGIN.partition(":")
    netrc = conda.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {user} password {password}\n")
    netrc.chmod(0o600)
    assert conda.run(_FETCH, misbehaving.url("login", "a.bin")) == {"data": 4}

    misbehaving.elsewhere = f"{other_server.root}/login"
    said = conda.run(_FETCH, misbehaving.url("redirect", "a.bin"))
    assert said["kind"] == "refused"
    assert "authorization" not in other_server.asked[-1].headers


def test_a_stored_token_is_inserted(conda: Conda, misbehaving: Server) -> None:
    store = _FETCH.replace(
        "with Web(",
        f"""
import conda.gateways.connection.session as session
session.read_binstar_tokens = lambda: {{"{misbehaving.root}/": "{TOKEN}"}}
with Web(""",
    )
    # A stand-in for the file that "anaconda login" writes, whose place depends on the system.
    misbehaving.files["a-1-0.conda"] = b"data"
    said = conda.run(store, f"{misbehaving.root}/channel/noarch/a-1-0.conda")
    assert said == {"data": 4}
    assert misbehaving.asked[0].path == f"/t/{TOKEN}/channel/noarch/a-1-0.conda"


_PLUGIN = f"""
from conda import plugins
from conda.base.context import context, reset_context
from conda.plugins.types import ChannelAuthBase, CondaAuthHandler
from requests.auth import HTTPBasicAuth

def refuse(response, **_):
    if response.status_code == 401:
        raise RuntimeError("s3cret of the plugin")

class Auth(ChannelAuthBase):
    def __call__(self, request):
        INSTEAD
        return request

class Plugin:
    @plugins.hookimpl
    def conda_auth_handlers(self):
        yield CondaAuthHandler(name="test-auth", handler=Auth)

LOGIN = "{LOGIN}".split(":")
reset_context()
context.plugin_manager.register(Plugin())
with Web("""


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("HTTPBasicAuth(*LOGIN)(request)", {"data": 4}),
        ("request.register_hook('response', refuse)", "RuntimeError"),
        ("raise RuntimeError('s3cret of the plugin')", "RuntimeError"),
    ],
)
def test_an_authentication_plugin_of_a_channel_is_asked(
    conda: Conda, misbehaving: Server, does: str, said: Any
) -> None:
    conda.configure(
        f"channel_settings:\n  - channel: {misbehaving.root}/login\n    auth: test-auth\n"
    )
    misbehaving.files["a-1-0.conda"] = b"data"
    code = _FETCH.replace("with Web(", _PLUGIN.replace("INSTEAD", does))
    found = conda.run(code, misbehaving.url("login", "noarch/a-1-0.conda"))
    if isinstance(said, str):
        assert found["kind"] == "refused"
        assert said in found["error"]
        assert "s3cret" not in found["error"]
    else:
        assert found == said


_FETCH_THREE = (
    _START
    + """
with Web(patience=patience) as web:
    said = [len(web.fetch(f"{url}/{name}.bin")) for name in "abc"]
"""
)
_SAYS_PATH = """
from conda import plugins
from conda.base.context import context, reset_context
from conda.plugins.types import ChannelAuthBase, CondaAuthHandler, CondaRequestHeader

class Auth(ChannelAuthBase):
    def __call__(self, request):
        request.headers["X-Path"] = request.path_url
        return request

class Plugin:
    HOOK

reset_context()
context.plugin_manager.register(Plugin())
with Web("""
_HOOKS = {
    "headers": """@plugins.hookimpl
    def conda_request_headers(self, host, path):
        yield CondaRequestHeader(name="X-Path", value=path)
""",
    "authentication": """@plugins.hookimpl
    def conda_auth_handlers(self):
        yield CondaAuthHandler(name="test-auth", handler=Auth)
""",
}


@pytest.fixture
def three_files(misbehaving: Server) -> None:
    misbehaving.files |= {f"{name}.bin": b"data" for name in "abc"}


@pytest.mark.parametrize("hook", _HOOKS)
@pytest.mark.usefixtures("three_files")
def test_a_plugin_sees_the_address_of_every_file(
    conda: Conda, misbehaving: Server, hook: str
) -> None:
    conda.configure(
        f"channel_settings:\n  - channel: {misbehaving.root}/*\n    auth: test-auth\n"
        if hook == "authentication"
        else ""
    )
    code = _FETCH_THREE.replace("with Web(", _SAYS_PATH.replace("HOOK", _HOOKS[hook]))
    assert conda.run(code, f"{misbehaving.root}/well") == [4, 4, 4]
    assert [each.headers["x-path"] for each in misbehaving.asked] == [
        f"/well/{name}.bin" for name in "abc"
    ]


@pytest.mark.usefixtures("three_files")
def test_every_file_of_a_folder_gets_its_login_and_no_other_folder(
    conda: Conda, misbehaving: Server
) -> None:
    """The requests of a folder are prepared once."""
    code = _FETCH_THREE.replace("with Web(", _COUNTS).replace(
        'abc"]', 'abc"] + [len(web.fetch(f"{plain}/{name}.bin")) for name in "abc"]'
    )
    code += "\nsaid = [said, prepared]"
    url = f"{misbehaving.root}/login".replace("://", f"://{LOGIN}@")
    assert conda.run(code, url) == [[4] * 6, 4]
    logins = ["authorization" in each.headers for each in misbehaving.asked]
    assert logins == [True] * 3 + [False] * 3
    assert len({each.headers["user-agent"] for each in misbehaving.asked}) == 1


_COUNTS = """
import conda.gateways.connection.session as session
prepared = 0
found = session.CondaSession.prepare_request
def counted(*args):
    global prepared
    prepared += 1
    return found(*args)
session.CondaSession.prepare_request = counted
plain = url.replace("/login", "/well").replace(url[url.index("//") + 2 : url.index("@") + 1], "")
with Web("""


@pytest.mark.usefixtures("three_files")
def test_a_range_is_of_its_own_request_alone(conda: Conda, misbehaving: Server) -> None:
    code = _FETCH_THREE.replace(
        "    said =",
        """    for name, length in (("a", 2), ("b", 3)):
        web.open(f"{url}/{name}.bin", ByteRange(0, length)).close()
    said =""",
    )
    assert conda.run(code, f"{misbehaving.root}/well") == [4, 4, 4]
    ranges = [each.range for each in misbehaving.asked]
    assert ranges == ["bytes=0-1", "bytes=0-2", None, None, None]


def test_a_stored_token_of_one_file_goes_to_that_file_alone(
    conda: Conda, misbehaving: Server
) -> None:
    """It is no address that anaconda stores, but conda would compare it like this."""
    misbehaving.files |= {f"{name}-1-0.conda": b"data" for name in "abc"}
    code = _FETCH_THREE.replace("{name}.bin", "{name}-1-0.conda").replace(
        "with Web(",
        f"""
import conda.gateways.connection.session as session
session.read_binstar_tokens = lambda: {{url + "/b": "{TOKEN}"}}
with Web(""",
    )
    assert conda.run(code, f"{misbehaving.root}/well/noarch") == [4, 4, 4]
    assert [TOKEN in each.path for each in misbehaving.asked] == [False, True, False]


def test_the_back_off_is_ours(conda: Conda, misbehaving: Server) -> None:
    said = conda.run(_FETCH, misbehaving.url("busy", "a.bin"))
    assert said["kind"] == "unavailable"
    assert len(misbehaving.asked) == 3


def test_conda_keeps_no_address_in_memory_and_its_sessions_stay_as_they_are(
    conda: Conda, misbehaving: Server
) -> None:
    code = (
        _START
        + """
from concurrent.futures import ThreadPoolExecutor
from conda.gateways.connection.session import CondaSession, get_session
with Web(patience=patience) as web:
    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(lambda number: len(web.fetch(f"{url}?{number}")), range(40)))
adapter = CondaSession().get_adapter("https://x.example")
said = {
    "sizes": sum(sizes),
    "cached": get_session.cache_info().currsize,
    "adapter": type(adapter).__module__,
}
"""
    )
    said = conda.run(code, misbehaving.url("well", "a.bin"))
    assert said["sizes"] == 160
    assert said["cached"] == 0
    assert said["adapter"].startswith("conda.")


def test_the_arguments_of_a_running_command_are_not_forgotten(
    conda: Conda, misbehaving: Server
) -> None:
    """conda has read them, and no file is there that would show it."""
    (conda.home / ".condarc").unlink()
    code = _FETCH.replace(
        "with Web(",
        """
from argparse import Namespace
from conda.base.context import context
from conda.plugins.manager import get_plugin_manager
get_plugin_manager()  # As the command does first: conda-build resets the context when it is loaded.
context.__init__(search_path=(), argparse_args=Namespace(offline=True))
with Web(""",
    )
    assert conda.run(code, misbehaving.url("well", "a.bin"))["kind"] == "offline"
