"""Writes the lists in the pages of the reference that come from the code: ``python docs/lists.py``.

A list stands between ``<!-- list: NAME -->`` and ``<!-- end of list -->``. What stands around it is
written by hand. With ``--check`` it only says whether all lists are up to date.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from api import documented, name_of

from conda_provenance.claim import PROBLEMS
from conda_provenance.cli import status
from conda_provenance.cli.commands import SUMMARIES, command_of
from conda_provenance.cli.options import COMMON, JSON, Option
from conda_provenance.cli.target_options import TARGET_OPTIONS
from conda_provenance.condarc import INSTALL_SETTINGS, SETTINGS, VERIFY_SETTINGS, Setting
from conda_provenance.policy import policy
from conda_provenance.verify.roster import roster

HERE = Path(__file__).parent
_LIST = re.compile(
    r"(?<=<!-- list: )(?P<name>[a-z ]+?)(?P<arguments>(?: [a-z-]+)?) -->\n.*?(?=<!-- end of list)",
    re.DOTALL,
)
_CODE = re.compile(
    r"(?<![\w`-])(?:--?[a-zA-Z][\w-]*(?:=\S*\w)?|[\w.:/{}@-]*(?:://|[*{}=])\S*[\w*/}]"
    r"|\bsha\b(?! is| has)|[a-z]+_[a-z_0-9]+|[A-Z][A-Z_]+=[A-Z]+|[A-Z]+::[A-Z]+)"
)

Rows = Iterable[tuple[str, ...]]


def main() -> None:
    """Write all lists. With ``--check``, only say whether they are up to date."""
    for path in sorted(HERE.rglob("*.md")):
        old = path.read_text("utf-8")
        new = _LIST.sub(lambda found: f"{found[1]}{found[2]} -->\n\n{_of(found)}\n\n", old)
        if new == old:
            continue
        if "--check" in sys.argv[1:]:
            sys.exit(f"{path} is not up to date: run python docs/lists.py")
        path.write_text(new, "utf-8")


def _of(found: re.Match[str]) -> str:
    words = f"{found['name']}{found['arguments']}".split()
    return LISTS[words[0]](*words[1:])


def _table(head: tuple[str, ...], rows: Rows) -> str:
    lines = [f"| {' | '.join(line)} |" for line in (head, *rows)]
    return "\n".join((lines[0], "|---" * len(head) + "|", *lines[1:]))


def _text(sentence: str) -> str:
    """A sentence of the code in Markdown: what is typed as it stands is marked as such."""
    sentence = re.sub(r"docs/reference/([a-z-]+)\.md", r"[\1](\1.md)", sentence)
    marked = _CODE.sub(lambda found: f"`{found[0]}`", sentence)
    marked = re.sub(r"``([^`]+)``", r"`\1`", marked)
    return " ".join(marked.split()).replace("|", "\\|")


# --- commands ------------------------------------------------------------------------------------


def commands() -> str:
    """All commands, each with what it is for."""
    rows = ((f"[`{name}`](#{name})", _text(summary)) for name, summary in SUMMARIES.items())
    return _table(("command", "what it is for"), rows)


def options(command: str) -> str:
    """The options of one command, or those of ``every`` command."""
    if command == "every":
        return _options((*COMMON, JSON))

    known = (*COMMON, JSON, *(() if command == "show" else TARGET_OPTIONS))
    own = [each for each in command_of(command).options if each not in known]
    parts = []
    for heading in dict.fromkeys(each.heading for each in own):
        title = f"{heading[:1].upper()}{heading[1:]}:\n\n" if heading else ""
        parts.append(title + _options(each for each in own if each.heading == heading))
    return "\n\n".join(parts)


def _options(given: Iterable[Option]) -> str:
    return _table(("option", "what it does"), ((_typed(each), _text(each.help)) for each in given))


def _typed(option: Option) -> str:
    """How an option is typed."""
    value = option.metavar or "\\|".join(option.choices or ())
    if not option.flags:
        return f"`{(value or option.name).upper() if not option.metavar else value}`"

    *shorts, last = option.flags
    takes = option.action in ("store", "append")
    value = value or option.name.upper().replace("_", "-")
    return ", ".join([*(f"`{each}`" for each in shorts), f"`{last}{f' {value}' * takes}`"])


def statuses() -> str:
    """What the exit statuses mean."""
    (definition,) = (
        node
        for node, _ in documented(ast.parse(inspect.getsource(status)).body)
        if isinstance(node, ast.ClassDef)
    )
    meanings = {name_of(node): text for node, text in documented(definition.body)}
    rows = ((f"`{int(each)}`", _text(meanings[each.name])) for each in status.Status)
    return _table(("status", "meaning"), rows)


# --- settings ------------------------------------------------------------------------------------


def settings(kind: str) -> str:
    """The condarc keys for builds, for installing, or for verify."""
    given = {"builds": SETTINGS, "install": INSTALL_SETTINGS, "verify": VERIFY_SETTINGS}[kind]
    rows = (
        (f"`{each.name}`", _default(each), f"{_text(each.description)} `{each.variable}`")
        for each in given
    )
    return _table(("key", "default", "what it does, and its variable"), rows)


def _default(setting: Setting) -> str:
    if isinstance(setting.default, tuple):
        return ", ".join(f"`{each}`" for each in setting.default) or "empty"
    if setting.default == "":
        return "empty"
    return f"`{str(setting.default).lower()}`"


# --- packages and checks -------------------------------------------------------------------------


def problems() -> str:
    """The codes of what can be wrong with a claim."""
    rows = ((f"`{code}`", _text(text.format(key="A value"))) for code, text in PROBLEMS.items())
    return _table(("code", "what it says"), rows)


def checks() -> str:
    """The built-in checks, in their order."""
    members = [member.check for member in roster() if member.is_built_in]
    rows = (
        (str(number), f"`{check.id}`", _text(check.summary), _text(check.proves))
        for number, check in enumerate(members, 1)
    )
    return _table(("", "check", "what it asks", "what a pass proves"), rows)


def policy_keys() -> str:
    """The keys of a rule that say what is asked."""
    (definition,) = (
        node
        for node, _ in documented(ast.parse(inspect.getsource(policy)).body)
        if isinstance(node, ast.ClassDef) and node.name == "Terms"
    )
    defaults = policy.Terms._field_defaults
    rows = (
        (f"`{name_of(node)}`", _policy_default(defaults[name_of(node)]), " ".join(text.split()))
        for node, text in documented(definition.body)
        if isinstance(node, ast.AnnAssign)
    )
    return _table(("key", "default", "what it asks"), rows)


def _policy_default(value: object) -> str:
    if value is None or value == ():
        return "–"
    return f'`"{value}"`' if isinstance(value, str) else f"`{str(value).lower()}`"


# --- JSON ----------------------------------------------------------------------------------------


def schema() -> str:
    """Every object that a command prints, key by key."""
    text = resources.files("conda_provenance.cli").joinpath("schema.json").read_text("utf-8")
    definitions: dict[str, Any] = json.loads(text)["$defs"]
    return "\n\n".join(_objects(definitions))


def _objects(definitions: Mapping[str, Any]) -> Iterator[str]:
    for name, each in definitions.items():
        if name in _PLAIN:
            continue
        yield f"## {name}"
        if "description" in each:
            yield _text(each["description"])
        yield _keys(each, definitions) if "properties" in each else f"A {_form(each, definitions)}."


def _keys(described: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    needed = described.get("required", ())
    rows = (
        (f"`{key}`", _form(value, definitions), "always" if key in needed else "at times")
        for key, value in described["properties"].items()
    )
    return _table(("key", "value", "there"), rows)


def _form(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What a value may be, in words."""
    if "$ref" in value:
        return _referred(value["$ref"], definitions)
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(each)}`" for each in value["enum"])
    if "anyOf" in value:
        return " or ".join(_form(each, definitions) for each in value["anyOf"])

    types = value.get("type", "any")
    names = [types] if isinstance(types, str) else types
    return " or ".join(_typed_form(each, value, definitions) for each in names)


_PLAIN = {
    "text-or-null": "text or null",
    "names": "list of texts",
    "keys": "the name of a key",
    "sentence": "a sentence",
}


def _referred(reference: str, definitions: Mapping[str, Any]) -> str:
    """``#/$defs/NAME`` is that object. A longer one leads to a part of it."""
    _, _, name, *rest = reference.split("/")
    if not rest:
        return _PLAIN.get(name) or f"[{name}](#{name})"

    value = definitions[name]
    for each in rest:
        value = value[each]
    return _form(value, definitions)


def _typed_form(name: str, value: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if name == "array":
        items = value.get("items")
        return f"list of: {_form(items, definitions)}" if items else "list"
    if name == "object":
        if "properties" in value:
            return "object with " + ", ".join(f"`{key}`" for key in value["properties"])
        further = value.get("additionalProperties")
        is_described = isinstance(further, dict)
        return f"object of: {_form(further, definitions)}" if is_described else "object"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(name, name)


LISTS: Mapping[str, Callable[..., str]] = {
    "commands": commands,
    "options": options,
    "statuses": statuses,
    "settings": settings,
    "problems": problems,
    "checks": checks,
    "policy": lambda _: policy_keys(),
    "schema": schema,
}


if __name__ == "__main__":
    main()
