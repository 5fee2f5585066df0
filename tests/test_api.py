"""The public face: what a library user and a plugin's author may rely on."""

from __future__ import annotations

import subprocess
import sys

import pytest

import conda_provenance


@pytest.mark.parametrize("name", [n for n in conda_provenance.__all__ if n != "__version__"])
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(conda_provenance, name)
    assert value.__doc__


def test_no_public_name_is_hidden_by_a_module_of_that_name() -> None:
    """Importing a submodule sets an attribute of the package, in the place of what was there."""
    for name in conda_provenance.__all__:
        first, second = getattr(conda_provenance, name), getattr(conda_provenance, name)
        assert first is second, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = conda_provenance.no_such_name


def test_importing_it_loads_no_module_of_ours_and_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import conda_provenance;"
        "print(*sorted(set(sys.modules) - before - {'__future__', 'typing'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] != "typing"}
    ours = {name for name in loaded if name.startswith("conda_provenance")}
    assert ours == {"conda_provenance"}
    assert not loaded & {"git", "rich", "conda", "json", "subprocess", "pluggy"}
