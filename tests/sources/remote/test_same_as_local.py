"""Real packages, by py-rattler-build: a server's and this disk's say the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from channel import packages_folder
from nginx import Nginx
from remote_packages import read

from conda_provenance.packages import read_package
from conda_provenance.sources.remote import Listed
from conda_provenance.web import Web

__all__ = ["packages_folder"]


@pytest.mark.parametrize("thorough", [False, True])
def test_what_a_server_has_and_what_this_disk_has_say_the_same(
    web: Web, nginx: Nginx, packages_folder: Path, thorough: bool
) -> None:
    paths = sorted([*packages_folder.rglob("*.conda"), *packages_folder.rglob("*.tar.bz2")])
    assert len(paths) > 10
    for path in paths:
        shutil.copy(path, nginx.served)
        here = read_package(path, thorough=thorough)
        for listed in (
            Listed(size=path.stat().st_size, timestamp=1700000000000),
            Listed(timestamp=1600000000000),
            Listed(),
        ):
            there = read(web, nginx.url(path.name), listed, thorough=thorough)
            assert there.location == nginx.url(path.name)
            assert replace(there, location=here.location, read_from="file") == here
