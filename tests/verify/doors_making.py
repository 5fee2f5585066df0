"""Doors for tests: to servers on loopback, with tokens that nothing but those servers may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import msgspec
from hostile_forge import HostileForge

from conda_provenance.api import Api, Door, NamedBy, Server, TokenVariable
from conda_provenance.claim import Claim
from conda_provenance.net import Reach, Tls, origin_of
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.contents import PackageContents
from conda_provenance.sources import Artifact
from conda_provenance.sources.artifact import Contents
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.doors import HostDoors
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.tokens import Tokens
from conda_provenance.web import Web

SECRET = "s3cr3tT0k3nOfTheUser"
ENVIRON = {"FORGE_TOKEN": SECRET}

ANYWHERE = Reach(http=True, private=True)


class Thing(msgspec.Struct):
    """What the test's forge documents."""

    name: str
    number: int


class TestApi(Api):
    __test__ = False
    tokens = (TokenVariable("FORGE_TOKEN"), TokenVariable("FIXED_TOKEN", "FIXED_SERVER_URL"))
    headers: ClassVar[Mapping[str, str]] = {"X-Api-Version": "1"}
    without_token = "10 packages an hour."


def make_doors(
    web: Web,
    *forges: HostileForge,
    environ: Mapping[str, str] = ENVIRON,
    reach: Reach = ANYWHERE,
    answers: Answers | None = None,
    **options: Any,
) -> HostDoors:
    """``forges``: those whose certificates are known."""
    tls = {
        origin: Tls(authority=str(forge.certificate))
        for forge in forges
        if forge.certificate and (origin := origin_of(forge.root))
    }
    kept = Answers() if answers is None else answers
    return HostDoors(web, kept, Tokens(environ), reach, tls=tls, **options)


def open_door(doors: HostDoors, forge: HostileForge, api: type[Api] = TestApi) -> Door:
    return doors.open(api, Server(forge.root, forge.host, NamedBy.USER))


def make_subject(
    name: str = "example",
    *,
    version: str = "1.0",
    subdir: str | None = "noarch",
    sha256: str | None = "a" * 64,
) -> Subject:
    """A package that holds nothing."""
    artifact = Artifact(
        name,
        version,
        "0",
        f"{name}-{version}-0.conda",
        f"/packages/{name}",
        cast(Contents, None),
        subdir,
    )
    claim = PackageClaim(
        name, artifact.location, "file", Claim({}), sha256=sha256, sha256_from="file"
    )
    return Subject(artifact, PackageContents(claim, {}), None)
