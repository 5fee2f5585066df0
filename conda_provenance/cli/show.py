"""``show``: what packages say of their origin."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conda_provenance.cli.main import add_command
from conda_provenance.errors import PackageError
from conda_provenance.provenance import KEYS, Provenance, is_full_sha
from conda_provenance.remotes import (
    RemoteUrl,
    RemoteUrlError,
    clean_page_url,
    commit_page,
    hide_credentials,
    run_page,
)

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
    from conda_provenance.packages import read_provenance

    status, entries = 0, []
    for path in map(Path, arguments.packages):
        try:
            provenance = read_provenance(path)
        except PackageError as error:
            print(f"{error}", file=sys.stderr)
            entries.append({**to_json(path, Provenance(None, None, None)), "error": str(error)})
            status = 1
            continue
        status = status if provenance else 1
        entries.append(to_json(path, provenance))
        if not arguments.json:
            _print(path, provenance)
    if arguments.json:
        print(json.dumps(entries, indent=2))
    return status


def to_json(path: Path, provenance: Provenance) -> dict[str, str | None]:
    """The object that ``--json`` prints for a package."""
    return {
        "package": path.name,
        **{key: shown(provenance, key) for key in KEYS},
        "commit_url": commit_link(provenance),
    }


def commit_link(provenance: Provenance) -> str | None:
    """The page of the commit, where the forge is known."""
    remote = _remote(provenance)
    sha = (provenance.sha or "").lower()
    if remote is None or not is_full_sha(sha):
        return None
    return commit_page(remote, sha, (provenance.flow_run_id or "").partition("_")[0])


def run_link(provenance: Provenance) -> str | None:
    """The page of the CI run: the one stamped, else one that the id leads to."""
    try:
        if provenance.flow_run_url:
            return clean_page_url(provenance.flow_run_url)
    except RemoteUrlError:
        return None
    return run_page(_remote(provenance), provenance.flow_run_id or "")


def provenance_lines(
    provenance: Provenance, further: Iterable[tuple[str, str]] = ()
) -> Iterator[Text]:
    """A line for each key of a package, and for its pages."""
    for key in KEYS:
        value = shown(provenance, key)
        if value:
            yield _line(key, value, "green")
        elif key != "flow_run_url":
            yield _line(key, "-", "yellow")
    if commit := commit_link(provenance):
        yield _line("commit", commit, "cyan", commit)
    page = run_link(provenance)
    if page and page != shown(provenance, "flow_run_url"):
        yield _line("run", page, "cyan", page)
    for key, value in further:
        yield _line(key, value, "magenta")


def print_package(title: str, lines: Iterable[Text]) -> None:
    """A package's lines, never wrapped: what is shown here is there to be copied."""
    from conda_provenance.cli.render import console, text

    console().print(text(title, "bold"), soft_wrap=True)
    for line in lines:
        console().print(line, soft_wrap=True)


def shown(provenance: Provenance, key: str) -> str | None:
    """A value without the credentials that somebody else may have left in it."""
    value: str | None = getattr(provenance, key)
    if not value:
        return value
    if key == "flow_run_url":
        try:
            return clean_page_url(value)
        except RemoteUrlError:
            pass
    return hide_credentials(value)


def _line(key: str, value: str, style: str = "", link: str | None = None) -> Text:
    from conda_provenance.cli.render import text

    return (
        text("  ")
        .append(key, "bold")
        .append(" " * (13 - len(key)))
        .append_text(text(value, style, link))
    )


def _print(path: Path, provenance: Provenance) -> None:
    from conda_provenance.cli.render import text

    nothing = (
        "  no provenance: its sha is empty, the recipe is under no version control"
        if _says_untracked(provenance)
        else "  no provenance"
    )
    print_package(
        path.name, provenance_lines(provenance) if provenance else [text(nothing, "yellow")]
    )


def _says_untracked(provenance: Provenance) -> bool:
    """Is the empty hash meant, or are all keys empty, as local builds of conda-forge have them?"""
    return provenance.sha == "" and provenance.remote_url is None and provenance.flow_run_id is None


def _remote(provenance: Provenance) -> RemoteUrl | None:
    try:
        return RemoteUrl.parse(provenance.remote_url or "")
    except RemoteUrlError:
        return None
