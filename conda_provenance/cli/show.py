"""``show``: what packages say of their origin."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conda_provenance.claim import Claim
from conda_provenance.cli.main import add_command
from conda_provenance.errors import PackageError
from conda_provenance.links import commit_page, run_page
from conda_provenance.remotes import RemoteUrl, RemoteUrlError, clean_page_url
from conda_provenance.values import KEYS, is_full_sha

if TYPE_CHECKING:
    from rich.text import Text


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], program: str) -> None:
    parser = add_command(
        commands,
        "show",
        help="show where package files come from",
        description="Show the provenance in package files (.conda, .tar.bz2) or extracted packages, with links.",
        examples=f"""  {program} show output/noarch/hello-1.0-h4616a5c_0.conda
  {program} show --json output/*/*.conda""",
    )
    parser.add_argument(
        "packages",
        nargs="+",
        metavar="PACKAGE",
        help="a package file or an extracted package's folder",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a JSON list, one object a package"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from conda_provenance.packages import read_claim

    status, entries = 0, []
    for path in map(Path, arguments.packages):
        try:
            claim = read_claim(path)
        except PackageError as error:
            print(f"{error}", file=sys.stderr)
            entries.append({**to_json(path, Claim()), "error": str(error)})
            status = 1
            continue
        status = status if claim else 1
        entries.append(to_json(path, claim))
        if not arguments.json:
            _print(path, claim)
    if arguments.json:
        print(json.dumps(entries, indent=2))
    return status


def to_json(path: Path, claim: Claim) -> dict[str, str | None]:
    """The object that ``--json`` prints for a package."""
    return {
        "package": path.name,
        **{key: claim.shown(key) for key in KEYS},
        "commit_url": commit_link(claim),
    }


def commit_link(claim: Claim) -> str | None:
    """The page of the commit, where the forge is known."""
    remote = _remote(claim)
    sha = (claim.sha or "").lower()
    if remote is None or not is_full_sha(sha):
        return None
    return commit_page(remote, sha, (claim.flow_run_id or "").partition("_")[0])


def run_link(claim: Claim) -> str | None:
    """The page of the CI run: the one stamped, else one that the id leads to."""
    try:
        if claim.flow_run_url:
            return clean_page_url(claim.flow_run_url)
    except RemoteUrlError:
        return None
    return run_page(_remote(claim), claim.flow_run_id or "")


def provenance_lines(claim: Claim, further: Iterable[tuple[str, str]] = ()) -> Iterator[Text]:
    """A line for each key of a package, and for its pages."""
    for key in KEYS:
        value = claim.shown(key)
        if value:
            yield _line(key, value, "green")
        elif key != "flow_run_url":
            yield _line(key, "-", "yellow")
    if commit := commit_link(claim):
        yield _line("commit", commit, "cyan", commit)
    page = run_link(claim)
    if page and page != claim.shown("flow_run_url"):
        yield _line("run", page, "cyan", page)
    for key, value in further:
        yield _line(key, value, "magenta")


def print_package(title: str, lines: Iterable[Text]) -> None:
    """A package's lines, never wrapped: what is shown here is there to be copied."""
    from conda_provenance.cli.render import console, text

    console().print(text(title, "bold"), soft_wrap=True)
    for line in lines:
        console().print(line, soft_wrap=True)


def _line(key: str, value: str, style: str = "", link: str | None = None) -> Text:
    from conda_provenance.cli.render import text

    return (
        text("  ")
        .append(key, "bold")
        .append(" " * (13 - len(key)))
        .append_text(text(value, style, link))
    )


def _print(path: Path, claim: Claim) -> None:
    from conda_provenance.cli.render import text

    nothing = (
        "  no provenance: its sha is empty, the recipe is under no version control"
        if _says_untracked(claim)
        else "  no provenance"
    )
    print_package(path.name, provenance_lines(claim) if claim else [text(nothing, "yellow")])


def _says_untracked(claim: Claim) -> bool:
    """Is the empty hash meant, or are all keys empty, as local builds of conda-forge have them?"""
    return claim.sha == "" and claim.remote_url is None and claim.flow_run_id is None


def _remote(claim: Claim) -> RemoteUrl | None:
    try:
        return RemoteUrl.parse(claim.remote_url or "")
    except RemoteUrlError:
        return None
