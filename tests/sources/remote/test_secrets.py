"""No secret of an address is in what is said about it, whatever the server does."""

from __future__ import annotations

import logging
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving import SECRETS, SIGNATURE, TOKEN, WAYS, Server
from remote_packages import NAME, NEW, conda
from web_fixtures import QUICK

from conda_provenance.errors import ProvenanceError
from conda_provenance.sources import Request
from conda_provenance.sources.remote import Listed, Remote
from conda_provenance.web import Web

_IMPATIENT = QUICK._replace(busy_tries=2, failed_tries=2, read=0.2, answer=0.4, longest_wait=0.5)
_SLOW = {"silent", "drip-body", "drip-head", "endless", "bomb"}
_WAYS = sorted(WAYS.keys() - _SLOW)

_PASSWORD = "P@ss/w:rd?#%-s3cr3t"


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    way=st.sampled_from(_WAYS),
    login=st.sampled_from(["", "us3r:p4ssw0rd@", f"us3r:{quote(_PASSWORD, safe='')}@"]),
    token=st.sampled_from(["", f"t/{TOKEN}/"]),
    query=st.sampled_from(["", f"?X-Amz-Signature={SIGNATURE}", f"?{SIGNATURE}"]),
    fragment=st.sampled_from(["", f"#{'0' * 32}"]),
    check=st.booleans(),
    sized=st.booleans(),
)
def test_no_secret_is_shown(
    plain_environment: None,
    misbehaving: Server,
    other_server: Server,
    caplog: pytest.LogCaptureFixture,
    way: str,
    login: str,
    token: str,
    query: str,
    fragment: str,
    check: bool,
    sized: bool,
) -> None:
    data = conda(info=100_000)
    for server in (misbehaving, other_server):
        server.files[NAME] = data
    misbehaving.elsewhere = f"{other_server.root}/forbidden"
    token = token.removeprefix("t/") if way == "t" else token
    start = misbehaving.url(way, f"{token}noarch/{NAME}")
    url = start.replace("//", f"//{login}", 1) + query + fragment
    listed = Listed(sha256="0" * 64, size=len(data), timestamp=NEW) if sized else Listed()

    caplog.set_level(logging.DEBUG, "conda_provenance")
    with Web(use_conda=False, patience=_IMPATIENT) as web:
        artifact = Remote(web, Request(check=check, max_download=1 << 20)).package(url, listed)
        said = [artifact.location, artifact.file_name, artifact.name]
        try:
            said.append(repr(artifact.contents.claim(thorough=True)))
        except ProvenanceError as error:
            said.append(str(error))
            said.append(repr(error))

    said += [record.getMessage() for record in caplog.records if "urllib3" not in record.name]
    for secret in (*SECRETS, _PASSWORD, quote(_PASSWORD, safe=""), "s3cr3t"):
        assert not [text for text in said if secret in text]
