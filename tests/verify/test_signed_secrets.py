"""The query of a bundle's address lets its bearer in: whatever the other server does, it is in no
message, answer, evidence, cache or log. Nor is the user's token, which that server never gets.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import quote

import pytest
from doors_making import ANYWHERE, make_doors, make_subject
from hostile_forge import WAYS, HostileForge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_fixtures import QUICK

from conda_provenance.api import NamedBy, Server, TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Attestation, ForgeApi
from conda_provenance.remotes import RemoteUrl
from conda_provenance.systems.github import attestations
from conda_provenance.verify.answer_cache import AnswerCache
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.attested.listing import Listing
from conda_provenance.verify.attested.verifying import Bundles
from conda_provenance.verify.check import World
from conda_provenance.verify.evidence import EvidenceFolder
from conda_provenance.web import Web

pytestmark = pytest.mark.usefixtures("plain_environment")

PATIENCE = QUICK._replace(busy_tries=1, failed_tries=1, longest_wait=0.1, read=0.5, answer=0.5)
_SLOW = ("drip", "silent", "continue", "flood", "endless", "too-long", "huge", "zip-", "429", "503")
QUICK_WAYS = sorted(way for way in WAYS if not any(each in way for each in _SLOW))
SECRETS = st.text(
    alphabet=st.characters(min_codepoint=0x30, max_codepoint=0x7A), min_size=16, max_size=80
).map(lambda text: f"zq9{text}")
"""No word of our own begins so: hypothesis also tries the texts of the program."""
TOKEN = "0123456789abcdef-of-the-user"


class ListingApi(ForgeApi):
    """A stand-in for GitHub's API: it lists one bundle, at another server."""

    tokens = (TokenVariable("FORGE_TOKEN"),)
    address = ""

    def attestations(self, sha256: str) -> Sequence[Attestation]:
        page = self.address.partition("?")[0]
        return (Attestation(page, address=self.address),)

    def bundle(self, attestation: Attestation) -> bytes:
        return attestations.bundle(self.door, attestation)

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        return f"https://{remote.host}:{remote.port}"


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(secret=SECRETS, way=st.sampled_from(QUICK_WAYS))
def test_the_query_of_an_address_is_nowhere(
    hostile_forge: HostileForge,
    other_forge: HostileForge,
    tmp_path_factory: pytest.TempPathFactory,
    logged: io.StringIO,
    secret: str,
    way: str,
) -> None:
    folder = tmp_path_factory.mktemp("secrets")
    hostile_forge.elsewhere, other_forge.elsewhere = other_forge.root, hostile_forge.root
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
            environ={"FORGE_TOKEN": TOKEN},
            answers=answers,
            warn=said.append,
        )
        server = Server(hostile_forge.root, hostile_forge.host, NamedBy.VENDOR)
        api = ListingApi(
            doors.open(ListingApi, server), RemoteUrl.parse(f"{hostile_forge.root}/o/n")
        )
        api.address = f"{other_forge.url(way)}?se=2026&sig={quote(secret, safe='')}"
        world = World(cast(Any, None), cast(Any, None), 0.0, answers, Bundles())
        with answers.noted() as questions:
            listing = Listing(api, "d" * 64, world)
            said += map(repr, listing.entries())
            try:
                said.append(repr(listing.bundle(0)))
            except UnavailableError as error:
                said.append(f"{error} {error!r} {error.__dict__}")
            said += [repr(api), repr(listing)]
        said += map(repr, (answers.outcome(*each) for each in questions.items()))
        said += questions
    answers.keep(questions)
    cache.close()
    EvidenceFolder(str(folder / "evidence")).write(make_subject(), answers, questions)

    assert any(quote(secret, safe="") in asked.path for asked in other_forge.asked)
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    everything = "\n".join([*said, logged.getvalue(), written.decode("latin-1")])
    for form in {secret, quote(secret, safe=""), TOKEN}:
        assert form not in everything
    for asked in other_forge.asked:
        assert TOKEN not in repr(asked)
        assert "authorization" not in asked.headers
