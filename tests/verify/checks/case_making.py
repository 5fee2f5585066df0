"""Cases for checks: packages made by hand, and stand-ins for what a check may ask outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import packages_making
from packages_making import make_conda, tar, zst

from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import ForgeApi
from conda_provenance.forge_api import Repository as ForgeRepository
from conda_provenance.policy import Expectations
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.sources.files import package_at
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.subject import Subject

SHA = "0123456789abcdef0123456789abcdef01234567"
REMOTE = "https://github.com/conda-forge/demo-feedstock"
CLAIM = {"sha": SHA, "remote_url": REMOTE, "flow_run_id": "github_123"}


def subject_of(folder: Path, claim: Mapping[str, Any] | None = None, **made: Any) -> Subject:
    """A package that says this, from a real file. ``index`` changes its index.json."""
    extra = CLAIM if claim is None else claim
    files = packages_making.info_files({"extra": dict(extra)})
    index = made.pop("index", {})
    if isinstance(index, bytes):
        files["info/index.json"] = index
    elif index is None:
        del files["info/index.json"]
    else:
        files["info/index.json"] = json.dumps({**packages_making.INDEX, **index}).encode()
    path = make_conda(folder, None, info=zst(tar(files)), **made)
    return subject_at(package_at(str(path)))


def subject_at(artifact: Any) -> Subject:
    contents = artifact.contents.everything(whole=True)
    try:
        remote = RemoteUrl.parse(contents.package.claim.remote_url or "")
    except RemoteUrlError:
        remote = None
    return Subject(artifact, contents, remote)


class RepositoryStandIn:
    """Stands in for a repository that led to these addresses. The real one is tested with git."""

    def __init__(self, remote: RemoteUrl, further: Iterable[str], error: str) -> None:
        self.remote = remote
        self._further = [RemoteUrl.parse(each) for each in further]
        self._error = error

    def addresses(self) -> list[RemoteUrl]:
        if self._error:
            raise UnavailableError(self._error)
        return [self.remote, *self._further]


class WorldStandIn:
    """Stands in for repositories and for the look-up of a forge."""

    def __init__(
        self,
        *,
        further: Iterable[str] = (),
        error: str = "",
        forge: ForgeRepository | None = None,
    ) -> None:
        self.asked: list[str] = []
        self._further, self._error, self._forge = further, error, forge

    def of(self, remote: RemoteUrl) -> RepositoryStandIn:
        self.asked.append(str(remote))
        return RepositoryStandIn(remote, self._further, self._error)

    def forge(self, remote: RemoteUrl, *, hint: str = "") -> ForgeApi:
        self.asked.append(f"forge {remote}")
        if self._forge is None:
            raise UnavailableError("The forge cannot be asked.")
        api = ForgeApi.__new__(ForgeApi)
        api.repository = lambda: self._forge  # type: ignore[method-assign]
        return api

    @property
    def world(self) -> World:
        return World(self, self, 0.0, Answers())  # type: ignore[arg-type]


def case_of(subject: Subject, **expected: Any) -> Case:
    return Case(subject, Expectations(**expected), {})
