"""The table of forgeries at a second vendor, reached with ``--allow http,private``."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from acceptance_asking import hold
from acceptance_table import Row
from cli_running import validator
from forgery_workshop import Workshop, workshop
from gitlab_rows import ALLOWED, GITLAB

from conda_provenance.cli.main import main


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("workshop")) as made:
        yield made


@pytest.mark.parametrize("row", GITLAB, ids=str)
def test_the_same_is_said(row: Row, shop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    package = row.make(shop)
    capsys.readouterr()
    status = main(["verify", str(package), "--json", *ALLOWED, *row.options(shop)])
    answer = json.loads(capsys.readouterr().out)
    validator().validate(answer)
    (said,) = answer["packages"]
    hold(row, said, status)


def test_without_leave_a_private_server_is_not_asked(
    shop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The package leads to a private address, which the user did not admit."""
    package = shop.run(shop.copy())
    before = len(shop.server.asked)
    status = main(["verify", str(package), "--json", "--expect-repo", shop.repo])
    (said,) = json.loads(capsys.readouterr().out)["packages"]
    assert (said["outcome"], status) == ("unavailable", 3)
    assert len(shop.server.asked) == before
