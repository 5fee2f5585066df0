"""Every command that a page shows is run, or the page says why not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from channel import needs_rattler
from docs_workplace import Workplace, open_workplace
from shown_commands import PAGES, ROOT, Shown, shown

from conda_provenance.cli.parser import make_parser

pytestmark = [
    pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the documentation is not here"),
]

REASONS = {
    "builds from conda-forge": 1,
    "installs from the internet": 3,
    "needs CI": 1,
    "needs Dask": 1,
    "needs a browser": 1,
    "needs a keyring": 1,
    "needs conda": 6,
    "needs cron": 1,
    "needs docker": 1,
    "needs pixi": 1,
    "needs rattler-build": 3,
    "signs with a public service": 5,
    "writes below /etc": 1,
    ".ci/run does": 2,
}
"""Why a fence may be left out, and how many of them there may be at most."""

ALL = [each for page in PAGES for each in shown(page)]
WITH_COMMANDS = [page for page in PAGES if any(not each.why_not for each in shown(page))]


def test_there_are_commands():
    assert len(ALL) > 30


def test_what_is_left_out_has_a_known_reason_and_is_the_lesser_part():
    reasons = [each.why_not for each in ALL if each.why_not]
    for each in ALL:
        assert not each.why_not or each.why_not in REASONS, f"{each.place}: {each.why_not}"
    for reason, most in REASONS.items():
        assert reasons.count(reason) <= most, reason
    assert len(reasons) <= len(ALL) / 3, f"{len(reasons)} of {len(ALL)} are not run"


def test_a_note_above_a_fence_is_one_that_is_known():
    for each in ALL:
        known = r"not run: .+|ends with \d(, \d)*|in another terminal|(test|example) command|"
        assert re.fullmatch(known, each.note), f"{each.place}: {each.note}"


@pytest.mark.parametrize("fence", ALL, ids=lambda each: each.place)
def test_our_own_commands_can_be_typed(fence: Shown):
    """Those too that are not run."""
    for words in fence.ours:
        if not words or words[0].startswith("-") or "…" in words:
            continue
        parsed = make_parser().parse_args(words)
        assert parsed.provenance_command == words[0]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory):
    needs_rattler()
    with open_workplace(tmp_path_factory.mktemp("shown")) as place:
        yield place


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_run(page: Path, workplace: Workplace, tmp_path: Path):
    """In one place, one after the other: a page may build on what stands above."""
    folder = workplace.copy(tmp_path / "work")
    with ExitStack() as stack:
        for fence in shown(page):
            if fence.note == "in another terminal":
                pytest.importorskip("sigstore", reason="not installed here: the extra sigstore")
                stack.enter_context(_running(workplace.start(folder, fence.script)))
            elif not fence.why_not:
                _run(fence, folder, workplace)


@contextmanager
def _running(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _run(fence: Shown, folder: Path, workplace: Workplace) -> None:
    """Run a fence: a ``console`` one command by command, each held against what it prints."""
    parts = fence.parts if fence.kind == "console" else [(fence.script, None)]
    ended: list[tuple[str, int]] = []
    for command, printed in parts:
        done = workplace.run(folder, command)
        ended += workplace.statuses()
        _hold(fence, done, workplace)
        if printed is not None:
            _compare(fence, command, printed, done, workplace)

    assert bool(ended) == bool(list(fence.ours)), fence.place
    said = {status for _, status in ended}
    assert said | {0} == fence.statuses, f"{fence.place} ends with {said}"


def _hold(fence: Shown, done: subprocess.CompletedProcess[str], workplace: Workplace) -> None:
    where = f"{fence.place}\n{done.stdout}"
    assert "Traceback" not in done.stdout, where
    assert "command not found" not in done.stdout, where
    ended = workplace.statuses()
    assert {status for _, status in ended} <= fence.statuses, f"{ended}\n{where}"
    if fence.statuses == {0}:
        assert done.returncode == 0, where


def _compare(
    fence: Shown,
    command: str,
    printed: str,
    done: subprocess.CompletedProcess[str],
    workplace: Workplace,
) -> None:
    wanted, got = (workplace.normal(text) for text in (printed, done.stdout))
    pattern = ".*?".join(map(re.escape, wanted.split("…")))
    assert re.fullmatch(pattern, got, re.DOTALL), f"{fence.place}: $ {command}\n{got}"
