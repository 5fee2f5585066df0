"""No token is in any message, answer, evidence, cache or log, whatever servers do."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from doors_making import ANYWHERE, Thing, make_doors, make_subject, open_door
from hostile_forge import WAYS, HostileForge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_fixtures import QUICK

from conda_provenance.api import Api, NamedBy, Server, TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.net import origin_of
from conda_provenance.verify.answer_cache import AnswerCache
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.evidence import EvidenceFolder
from conda_provenance.verify.log_answers import log_answer
from conda_provenance.web import Web

pytestmark = pytest.mark.usefixtures("plain_environment")

PATIENCE = QUICK._replace(busy_tries=1, failed_tries=1, longest_wait=0.1, read=0.5, answer=0.5)

_SLOW = {"drip", "drip-head", "silent", "continue", "header-flood"}
_LARGE = {"endless", "endless-spaces", "too-long", "pages-huge", "zip-bomb", "zip-members"}
QUICK_WAYS = sorted(
    way
    for way in WAYS.keys() - _SLOW - _LARGE
    if not way.startswith(("429-", "503-", "log-drip", "log-endless", "log-one", "log-gzip"))
)

TOKENS = st.text(
    alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12, max_size=80
)


class BearerApi(Api):
    tokens = (TokenVariable("FORGE_TOKEN"),)


class BasicApi(BearerApi):
    @staticmethod
    def authorization(token: str) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(f':{token}'.encode()).decode()}"}


class PrivateApi(BearerApi):
    @staticmethod
    def authorization(token: str) -> dict[str, str]:
        return {"PRIVATE-TOKEN": token}


def _forms(token: str) -> list[str]:
    """A token, and what can be read as one."""
    forms = [token, quote(token, safe=""), json.dumps(token)[1:-1]]
    forms += [base64.b64encode(text.encode()).decode() for text in (token, f":{token}")]
    return forms


def _everything(door: Any, url: str, answers: Answers) -> list[str]:
    """Ask in every way there is. Returns whatever a check could show."""
    shown: list[str] = []

    def log() -> None:
        with door.text(url) as pieces:
            answer = log_answer(pieces, lambda each: each, with_token=True)
            answers.get(f"LOG {url}", lambda: answer)
            shown.append(repr(answer))

    asks = (
        lambda: shown.append(repr(door.get(url, Thing))),
        lambda: shown.append(repr(door.post(url, {"n": 1}, Thing))),
        lambda: shown.append(repr(list(door.pages(url, list[Thing])))),
        log,
    )
    for ask in asks:
        try:
            ask()
        except UnavailableError as error:
            shown.append(f"{error} {error!r} {error.__dict__}")
    return shown


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    token=TOKENS,
    way=st.sampled_from(QUICK_WAYS),
    api=st.sampled_from([BearerApi, BasicApi, PrivateApi]),
)
def test_a_token_is_nowhere_but_at_its_server(
    hostile_forge: HostileForge,
    other_forge: HostileForge,
    tmp_path_factory: pytest.TempPathFactory,
    logged: io.StringIO,
    token: str,
    way: str,
    api: type[Api],
) -> None:
    folder = tmp_path_factory.mktemp("secrets")
    hostile_forge.elsewhere, other_forge.elsewhere = other_forge.root, hostile_forge.root
    hostile_forge.asked.clear()
    other_forge.asked.clear()
    said: list[str] = []
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(folder / "cache")}
    cache = AnswerCache(environ, said.append, max_age=1e6, reach=ANYWHERE)
    answers = Answers(cache=cache)
    with Web(use_conda=False, patience=PATIENCE) as web:
        doors = make_doors(
            web,
            hostile_forge,
            other_forge,
            environ={"FORGE_TOKEN": token},
            answers=answers,
            warn=said.append,
        )
        door = open_door(doors, hostile_forge, api)
        with answers.noted() as questions:
            said += _everything(door, hostile_forge.url(way, "0"), answers)
            said += map(repr, (answers.outcome(*each) for each in questions.items()))
            said += questions
    answers.keep(questions)
    cache.close()
    EvidenceFolder(str(folder / "evidence")).write(make_subject(), answers, questions)

    assert any(
        token in repr(asked) or "authorization" in asked.headers or "private-token" in asked.headers
        for asked in hostile_forge.asked
    )
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    everything = "\n".join([*said, logged.getvalue(), written.decode("latin-1")])
    for form in _forms(token):
        assert form not in everything
    for asked in other_forge.asked:
        assert not asked.headers.keys() & {"authorization", "private-token", "cookie"}
        assert token not in repr(asked)


def test_the_test_would_notice(hostile_forge: HostileForge) -> None:
    """Where nothing looks for a secret, the server's echo is in the answer."""
    with Web(use_conda=False, patience=PATIENCE) as web:
        doors = make_doors(web, hostile_forge, environ={"FORGE_TOKEN": "0123456789abcdef"})
        door: Any = open_door(doors, hostile_forge, BearerApi)
        door._access = door._access._replace(secrets=())
        thing = door.get(hostile_forge.url("echo"), Thing)
    assert thing == Thing("0123456789abcdef", 1)


def test_a_server_that_a_package_names_gets_no_token(
    hostile_forge: HostileForge, other_forge: HostileForge
) -> None:
    """However the look-alike is written, a token of no server in particular stays here."""
    with Web(use_conda=False, patience=PATIENCE) as web:
        doors = make_doors(
            web, hostile_forge, other_forge, environ={"FORGE_TOKEN": "0123456789abcdef"}
        )
        for named_by in (NamedBy.NOBODY, NamedBy.POLICY):
            server = Server(other_forge.root, other_forge.host, named_by)
            doors.open(BearerApi, server).get(other_forge.url("well", named_by.value), Thing)
    assert len(other_forge.asked) == 2
    assert not any("authorization" in asked.headers for asked in other_forge.asked)
    assert origin_of(other_forge.root) != origin_of(hostile_forge.root)


def test_the_folder_of_evidence_holds_nothing_else(
    hostile_forge: HostileForge, tmp_path: Path
) -> None:
    answers = Answers()
    with Web(use_conda=False, patience=PATIENCE) as web:
        door = open_door(make_doors(web, hostile_forge, answers=answers), hostile_forge)
        with answers.noted() as questions:
            door.get(hostile_forge.url("well"), Thing)
    EvidenceFolder(str(tmp_path)).write(make_subject(), answers, questions)
    [file] = tmp_path.iterdir()
    [entry] = json.loads(file.read_text())["answers"]
    assert entry.keys() == {
        *("question", "chain", "asked_at", "about", "body", "sha256", "length", "with_token"),
    }
    assert entry["about"].keys() <= {"status", "content-type", "date", "server"}
