"""Recipes that build offline in seconds, and what can be read from their packages."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

V0_SPLIT = """\
package:
  name: split
  version: "1.0"
outputs:
  - name: split-base
    build: {noarch: generic}
    script: base.sh
  - name: split-top
    build: {noarch: generic}
    script: top.sh
    requirements:
      run:
        - {{ pin_subpackage("split-base", exact=True) }}
    test:
      commands:
        - test -f $PREFIX/base.txt
"""
V0 = """\
package:
  name: hello
  version: "1.0"
build:
  noarch: generic
  script: echo hi > $PREFIX/hi
about:
  summary: says hi
"""
V1 = """\
package:
  name: hello
  version: "1.0"
build:
  noarch: generic
  script: echo hi > $PREFIX/hi
tests:
  - script: test -f $PREFIX/hi
"""
V1_SPLIT = """\
recipe:
  name: split
  version: "1.0"
outputs:
  - package: {name: split-base}
    build: {noarch: generic, script: echo base > $PREFIX/base.txt}
    tests:
      - script: test -f $PREFIX/base.txt
  - package: {name: split-top}
    build: {noarch: generic, script: echo top > $PREFIX/top.txt}
    requirements:
      host:
        - split-base ==1.0
      run:
        - split-base ==1.0
    tests:
      - script: test -f $PREFIX/base.txt
"""


def about(package: Path) -> dict[str, Any]:
    """about.json as conda-package-streaming, a reader that is not ours, finds it."""
    return json.loads(_member(package, "info/about.json"))


def packaged_recipe(package: Path) -> dict[str, Any]:
    """The rendered meta.yaml within a conda-build package."""
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(_member(package, "info/recipe/meta.yaml"))


def info_files(package: Path) -> dict[str, bytes]:
    """The files of a package's info, by name."""
    from conda_package_streaming.package_streaming import stream_conda_info

    return {
        member.name: _read(tar, member)
        for tar, member in stream_conda_info(str(package))
        if member.isfile()
    }


def extract_recipe(package: Path, folder: Path) -> Path:
    """Write the recipe out of a package into this folder."""
    for name, data in info_files(package).items():
        if name.startswith("info/recipe/"):
            file = folder / name.removeprefix("info/recipe/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return folder


def _member(package: Path, name: str) -> bytes:
    from conda_package_streaming.package_streaming import stream_conda_info

    for tar, member in stream_conda_info(str(package)):
        if member.name == name:
            return _read(tar, member)
    raise AssertionError(f"{package.name} has no {name}")


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()
