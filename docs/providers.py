"""Writes docs/providers.md, the reference of CI systems, from the adapters and their cases: ``python docs/providers.py``."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from conda_provenance import systems
from conda_provenance.ci import Adapter
from conda_provenance.ci import FACTS, Fact
from conda_provenance.ci.explain import explain

HERE = Path(__file__).parent
PAGE = HERE / "providers.md"
CASES = HERE.parent / "tests" / "systems" / "cases"

WORDS = {
    "active": "recognised by",
    "unless": "but not with",
    "ran_by": "provider of the id",
    "run_id": "run id",
    "run_url": "run page",
    "sha": "commit",
    "remote_url": "repository",
    "workspace": "checkout",
    "pull_request": "pull request",
    "merge": "commit is a merge if",
    "head_sha": "pull request's head",
    "head_remote_url": "pull request's repository",
}

INTRO = """\
# CI systems

<!-- Written by docs/providers.py from conda_provenance/systems and tests/systems/cases: change those. -->

Every system that is recognised, what it is recognised by, and which variable says what. A fact in the table of a system comes
from the page that is linked there, or from the system's own source; each case beside the tests names where it is from. What a
system does not tell, or what could not be confirmed, is *left out*: the commit and the repository are then git's to tell, and
nothing takes the place of the rest. Add a system, or mend one, by [one file and its cases](../CONTRIBUTING.md#a-ci-system).

- `{NAME}` is the variable's value. If it is not set, empty, longer than 2048 characters or holds a control character, the whole
  text counts as not said, and the next one, behind "else", is tried.
- `{NAME:regexp}` also has to match as a whole, and the regexp's group is what is used.
- A mark is a variable that is set, and not to `false`, `0`, `no` or `off`; `NAME=value` must have that value.
- Commits must be full hashes and repositories web addresses that others can reach, else they are dropped. Logins, queries and
  fragments are cut off.
- A system marked *last* is believed only where no other names a run.
"""

NONE = """\
## Systems without an adapter

What is built on these is stamped with git's commit and repository; the run can be given with `CONDA_PROVENANCE_FLOW_RUN_ID`.

| system | why |
|---|---|
"""


def main() -> None:
    """Write the page; with ``--check``, only say whether it is as it should be."""
    text = page()
    if "--check" in sys.argv[1:]:
        sys.exit(
            0
            if PAGE.read_text("utf-8") == text
            else f"{PAGE} is not up to date: run python docs/providers.py"
        )
    PAGE.write_text(text, "utf-8")


def page() -> str:
    """The whole page in Markdown."""
    adapters = sorted(systems.adapters(), key=lambda adapter: adapter.name.lower())
    cases = defaultdict(
        list, {path.stem: json.loads(path.read_text("utf-8")) for path in CASES.glob("*.json")}
    )
    said = sum(getattr(adapter, fact) is not None for adapter in adapters for fact in FACTS)
    left = sum(len(adapter.left_out) for adapter in adapters)
    rows = "".join(
        f"| [{adapter.name}](#{_anchor(adapter.name)}) | `{adapter.provider}` | {_yes(adapter.run_id, 'none')} "
        f"| {_yes(adapter.run_url, '–')} | {_yes(adapter.sha, 'git')} | {_yes(adapter.remote_url, 'git')} "
        f"| {_yes(adapter.pull_request, '–')} | {len(cases[adapter.provider])} |\n"
        for adapter in adapters
    )
    gone = json.loads((HERE / "no_adapter.json").read_text("utf-8"))
    without = "".join(
        f"| {name} | {why} |\n"
        for name, why in sorted(gone.items(), key=lambda item: item[0].lower())
    )
    return (
        f"{INTRO}\n{len(adapters)} systems, {said} facts said and {left} left out, "
        f"{sum(map(len, cases.values()))} cases ({len(cases['lookalikes'])} of no system or of several at once).\n\n"
        "| system | provider | run id | run page | commit | repository | pull requests | cases |\n"
        "|---|---|---|---|---|---|---|---|\n"
        f"{rows}\n{''.join(_section(adapter, cases[adapter.provider]) for adapter in adapters)}{NONE}{without}"
    )


def _section(adapter: Adapter, cases: Iterable[Mapping[str, Any]]) -> str:
    reads: dict[str, dict[str, None]] = defaultdict(dict)
    for look in (
        look
        for case in cases
        for each in explain(case["environ"], [adapter])
        for look in each.looks
    ):
        reads[look.purpose] |= dict.fromkeys(look.variables)
    notes = (
        (import_module(systems.module_name(adapter.provider)).__doc__ or "")
        .split("\n\n", 1)[1]
        .strip()
    )
    rows = "".join(
        f"| {WORDS.get(name, name)} | {_said(getattr(adapter, name), reads[name], is_mark=name in ('active', 'unless'))} |\n"
        for name in ("active", "unless", "ran_by", *FACTS)
        if getattr(adapter, name)
    )
    left = "".join(
        f"- left out: {WORDS.get(name, name)}: {why}\n" for name, why in adapter.left_out.items()
    )
    return (
        f"## {adapter.name}\n\n`{adapter.provider}`{', last' if adapter.last else ''} · [its variables]({adapter.docs})\n\n"
        f"{notes.replace('``', '`')}\n\n| | |\n|---|---|\n{rows}\n{left}" + ("\n" if left else "")
    )


def _said(fact: Fact, variables: Iterable[str], *, is_mark: bool) -> str:
    if isinstance(fact, str):
        return _code(fact)
    if isinstance(fact, tuple):
        return (" or " if is_mark else ", else ").join(map(_code, fact))
    line = (inspect.getdoc(fact) or "").splitlines()[0]
    reads = ", ".join(map(_code, variables))
    return f"{line.replace('``', '`').replace('|', chr(92) + '|').rstrip('.')} (reads {reads})"


def _code(text: str) -> str:
    return "`" + re.sub(r"\\*\|", r"\\|", text) + "`"


def _yes(fact: Fact, otherwise: str) -> str:
    return "yes" if fact else otherwise


def _anchor(name: str) -> str:
    return re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


if __name__ == "__main__":
    main()
