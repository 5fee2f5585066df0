"""Writes docs/reference/systems.md, the reference of CI systems: ``python docs/providers.py``.

It also writes the list of variables by which a system is looked for before it is loaded.

All of it comes from the adapters, from the test cases and from ``no_adapter.json``.
"""

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
from conda_provenance.ci import FACTS, NO_VARIABLE, Adapter, Fact, When
from conda_provenance.ci.explain import explain

HERE = Path(__file__).parent
PAGE = HERE / "reference" / "systems.md"
MARKS = Path(systems.__file__).with_name("_marks.py")
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

INTRO = f"""\
# CI systems

<!-- Written by docs/providers.py from conda_provenance/systems and tests/systems/cases: change
those. -->

This page lists every CI system that is recognised, the variables that it is recognised by, and the
facts that its variables give. They come from the page that is linked for each system, or from the
system's own source. Every test case names its source.

A fact is *left out* if the system does not give it, or if it could not be confirmed. Then git is
asked for the commit and the repository, and other facts stay unknown. To add a system or correct
one, write [one file and its cases](../../CONTRIBUTING.md#a-ci-system).

How to read the tables:

- `{{NAME}}` is the value of a variable. It is missing if the variable is not set, is empty, is
  longer than 2048 characters or holds a control character. Then the whole text counts as missing,
  and the one after "else" is tried.
- `{{NAME:regexp}}` is missing too if the regular expression does not match the whole value. If it
  has a group, the group is used.
- A system is recognised by one of its marks. A mark `NAME` is there if the variable is set, but not
  to `false`, `0`, `no` or `off`. The mark `NAME=value` asks for that value. A mark in braces is
  there if it is not missing.
- What follows "if" and some marks counts if one of them is there. What follows "unless" counts if
  none of them is there.
- A commit that is not a full hash is dropped. So is a repository without a web address that others
  can reach. Logins, queries and fragments are cut off.
- In the addresses of pages, `{{remote}}`, `{{sha}}` and `{{id}}` are the repository, the commit and
  the run that a package names.
- A system marked *last* counts only if no other system names a run.
- "git" in the overview means that only git knows it.
- "{NO_VARIABLE[0].upper()}{NO_VARIABLE[1:]}" means that neither the linked page nor the source that
  was read has a variable for it.
"""

MARKS_HEAD = '''\
"""The variables that each built-in system's marks read. Written by docs/providers.py."""

# ruff: noqa: E501, RUF100
# fmt: off
VARIABLES = {
'''

NONE = """\
## Systems without an adapter

Packages that are built on these are stamped with git's commit and repository. You can give the run
with `CONDA_PROVENANCE_FLOW_RUN_ID`.

| system | why |
|---|---|
"""


def main() -> None:
    """Write both files. With ``--check``, only say whether they are up to date."""
    for path, text in ((PAGE, page()), (MARKS, marks())):
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif path.read_text("utf-8") != text:
            sys.exit(f"{path} is not up to date: run python docs/providers.py")


def marks() -> str:
    """The module with the variables that each system's marks read."""
    lines = (
        f"    {json.dumps(adapter.provider)}: {_tuple(adapter.mark_variables)},\n"
        for adapter in systems.adapters()
    )
    return f"{MARKS_HEAD}{''.join(lines)}}}\n"


def _tuple(names: tuple[str, ...]) -> str:
    return f"({', '.join(map(json.dumps, names))}{',' if len(names) == 1 else ''})"


def page() -> str:
    """The whole page in Markdown."""
    adapters = sorted(systems.adapters(), key=lambda adapter: adapter.name.lower())
    cases = defaultdict(
        list, {path.stem: json.loads(path.read_text("utf-8")) for path in CASES.glob("*.json")}
    )
    sections = "".join(_section(adapter, cases[adapter.provider]) for adapter in adapters)
    return (
        f"{INTRO}\n{_counts(adapters, cases)}\n\n{_overview(adapters, cases)}\n"
        f"{sections}{NONE}{_without_adapter()}"
    )


def _counts(adapters: list[Adapter], cases: Mapping[str, list[Any]]) -> str:
    given = sum(getattr(adapter, fact) is not None for adapter in adapters for fact in FACTS)
    left = sum(len(adapter.left_out) for adapter in adapters)
    return (
        f"{len(adapters)} systems, {given} facts given and {left} left out, "
        f"{sum(map(len, cases.values()))} cases "
        f"({len(cases['lookalikes'])} with no system or with several at once)."
    )


def _overview(adapters: list[Adapter], cases: Mapping[str, list[Any]]) -> str:
    rows = [
        "| system | provider | run id | run page | commit | repository | pull requests | cases |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for adapter in adapters:
        cells = (
            f"[{adapter.name}](#{_anchor(adapter.name)})",
            f"`{adapter.provider}`",
            _yes(adapter.run_id, "none"),
            _yes(adapter.run_url, "–"),
            _yes(adapter.sha, "git"),
            _yes(adapter.remote_url, "git"),
            _yes(adapter.pull_request, "–"),
            str(len(cases[adapter.provider])),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "".join(f"{row}\n" for row in rows)


def _without_adapter() -> str:
    reasons = json.loads((HERE / "no_adapter.json").read_text("utf-8"))
    names = sorted(reasons, key=str.lower)
    return "".join(f"| {name} | {reasons[name]} |\n" for name in names)


def _section(adapter: Adapter, cases: Iterable[Mapping[str, Any]]) -> str:
    module = import_module(systems.module_name(adapter.provider))
    notes = (module.__doc__ or "").partition("\n\n")[2].strip().replace("``", "`")
    last = ", last" if adapter.last else ""

    variables = _variables(adapter, cases)
    rows = "".join(
        f"| {_words(name)} | {_text(adapter, name, variables[name])} |\n"
        for name in ("active", "unless", "ran_by", *FACTS)
        if getattr(adapter, name)
    )
    rows += "".join(f"| {words} | {_code(page)} |\n" for words, page in _pages(adapter))
    left_out = _left_out(adapter)
    return (
        f"## {adapter.name}\n\n`{adapter.provider}`{last} · [its variables]({adapter.docs})\n\n"
        f"{notes}\n\n| | |\n|---|---|\n{rows}\n{left_out}" + ("\n" if left_out else "")
    )


def _pages(adapter: Adapter) -> Iterable[tuple[str, str]]:
    """The pages that can be found from what a package says, without the run's variables."""
    if adapter.forge:
        yield "page of a commit", _named(adapter.forge).commit_page
    if adapter.runs:
        yield "page of a run by its id", _named(adapter.runs).page


def _named(reference: str) -> Any:
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def _left_out(adapter: Adapter) -> str:
    """One line for each reason."""
    facts: dict[str, list[str]] = defaultdict(list)
    for name, reason in adapter.left_out.items():
        facts[reason].append("merge" if name == "merge" else _words(name))
    return "".join(f"- left out: {', '.join(names)}: {why}\n" for why, names in facts.items())


def _variables(adapter: Adapter, cases: Iterable[Mapping[str, Any]]) -> Mapping[str, Iterable[str]]:
    """The variables that the adapter reads in its cases, for each fact."""
    variables: dict[str, dict[str, None]] = defaultdict(dict)
    for case in cases:
        (explanation,) = explain(case["environ"], [adapter])
        for look in explanation.looks:
            variables[look.purpose] |= dict.fromkeys(look.variables)
    return variables


def _text(adapter: Adapter, name: str, variables: Iterable[str]) -> str:
    """The table's cell for a fact or for marks."""
    value = getattr(adapter, name)
    return _marks(value) if name in ("active", "unless") else _fact(value, variables)


def _fact(fact: Fact, variables: Iterable[str] = ()) -> str:
    if fact is None:
        return "nothing"
    if isinstance(fact, str):
        return _code(fact)
    if isinstance(fact, tuple):
        return ", else ".join(map(_fact, fact))
    if isinstance(fact, When):
        return _when(fact)

    line = (inspect.getdoc(fact) or "").splitlines()[0]
    reads = ", ".join(map(_code, variables))
    return f"{line.replace('``', '`').replace('|', chr(92) + '|').rstrip('.')} (reads {reads})"


def _when(fact: When) -> str:
    marks = _marks(fact.marks)
    if fact.then is None:
        return f"unless {marks}: {_part(fact.otherwise)}"

    text = f"if {marks}: {_part(fact.then)}"
    if fact.otherwise is None:
        return text
    comma = "," if isinstance(fact.otherwise, When) else ""
    return f"{text}; otherwise{comma} {_part(fact.otherwise)}"


def _part(fact: Fact) -> str:
    return f"({_fact(fact)})" if isinstance(fact, tuple) else _fact(fact)


def _marks(marks: Iterable[str]) -> str:
    return " or ".join(map(_code, marks))


def _code(text: str) -> str:
    return "`" + re.sub(r"\\*\|", r"\\|", text) + "`"


def _words(name: str) -> str:
    return WORDS.get(name, name)


def _yes(fact: Fact, otherwise: str) -> str:
    return "yes" if fact else otherwise


def _anchor(name: str) -> str:
    return re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


if __name__ == "__main__":
    main()
