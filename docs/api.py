"""Writes docs/reference/api.md, the reference of the Python API, from the docstrings.

Run it as ``python docs/api.py``; with ``--check`` it only says whether the page is up to date.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import conda_provenance
from conda_provenance import hookspecs

HERE = Path(__file__).parent
PAGE = HERE / "reference" / "api.md"
EXAMPLES = HERE.parent / "examples" / "api"

INTRO = """\
# Python API

<!-- Written by docs/api.py from the docstrings: change those. -->

This page describes everything that `conda_provenance` exports. Every other module is internal and
may change in any release. `import conda_provenance` loads next to nothing: each name is loaded when
it is first used.
"""

PROGRAMS = (
    ("Read a package", "read.py"),
    ("Stamp a package", "stamp.py"),
    ("Find out what would be stamped for a recipe", "collect.py"),
)
WIDTH = 96
_Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


def main() -> None:
    """Write the page; with ``--check``, only say whether it is up to date."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text("utf-8") != text:
            sys.exit(f"{PAGE} is not up to date: run python docs/api.py")
        return
    PAGE.write_text(text, "utf-8")


def page() -> str:
    """The whole page in Markdown."""
    parts = [INTRO]
    for title, name in PROGRAMS:
        program = (EXAMPLES / name).read_text("utf-8").strip()
        parts.append(f"## {title}\n\n```python\n{program}\n```\n")

    names = [name for name in conda_provenance.__all__ if not name.startswith("__")]
    described = {name: getattr(conda_provenance, name) for name in names}
    for title, names in _by_kind(described).items():
        parts.append(f"## {title}\n")
        parts += [_section(name) for name in names]

    parts.append("## Hooks\n")
    parts += list(_hooks())
    return "\n".join(parts)


def _hooks() -> Iterator[str]:
    """The hooks that a plugin may implement, marked by ``hookimpl``."""
    for node, text in documented(ast.parse(inspect.getsource(hookspecs)).body):
        if isinstance(node, ast.FunctionDef):
            yield f"### {node.name}\n\n{_code(_signature(node))}\n\n{text}\n"


def _by_kind(described: dict[str, object]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Errors": [], "Constants": []}
    for name, thing in described.items():
        if inspect.isclass(thing):
            kind = "Errors" if issubclass(thing, BaseException) else "Classes"
        else:
            kind = "Functions" if inspect.isfunction(thing) else "Constants"
        kinds[kind].append(name)
    return {kind: names for kind, names in kinds.items() if names}


def _section(name: str) -> str:
    definition, text = _definition(name)
    if isinstance(definition, ast.FunctionDef):
        body = [_code(_signature(definition)), text]
    elif isinstance(definition, ast.ClassDef):
        body = [text, *_members(definition)]
    else:
        body = [text]
    if name == "Problem":
        body.append("[Problem codes](problems.md) lists all codes.")
    return f"### {name}\n\n" + "\n\n".join(part for part in body if part) + "\n"


def _definition(name: str) -> tuple[_Definition, str]:
    """The source that defines ``name``, and its docstring in Markdown."""
    module = conda_provenance.__name__
    while True:
        tree = ast.parse(inspect.getsource(import_module(module)))
        for node, text in documented(tree.body):
            if name_of(node) == name:
                return node, text

        module = _imported_from(name, tree)


def _imported_from(name: str, tree: ast.Module) -> str:
    """The module that ``name`` is imported from, be it for type checkers only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return str(node.module)

    raise SystemExit(f"{name} is exported, but defined nowhere")


def documented(body: list[ast.stmt]) -> Iterator[tuple[_Definition, str]]:
    """The definitions in a module or class, each with its docstring.

    The docstring of a variable is the string below it.
    """
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node, _markdown(ast.get_docstring(node) or "")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield node, _markdown(_text_of(following))


def _text_of(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(str(node.value.value))
    return ""


def name_of(node: _Definition) -> str:
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0])
    return ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else node.name


def _members(definition: ast.ClassDef) -> Iterator[str]:
    """Fields as a list, then each public method with its own docstring."""
    members = [
        (node, text)
        for node, text in documented(definition.body)
        if not name_of(node).startswith("_")
    ]
    fields = [
        _field(node, text) for node, text in members if isinstance(node, ast.Assign | ast.AnnAssign)
    ]
    if fields:
        yield "\n".join(fields)
    for node, text in members:
        if isinstance(node, ast.FunctionDef):
            yield _method(definition.name, node, text)


def _field(node: ast.Assign | ast.AnnAssign, text: str) -> str:
    line = f"- `{name_of(node)}"
    if isinstance(node, ast.AnnAssign):
        line += f": {ast.unparse(node.annotation)}"
    if isinstance(node.value, ast.Constant | ast.Tuple):
        line += f" = {ast.unparse(node.value)}"
    return f"{line}`: {' '.join(text.split())}" if text else f"{line}`"


def _method(owner: str, node: ast.FunctionDef, text: str) -> str:
    decorators = {ast.unparse(each) for each in node.decorator_list}
    if "property" in decorators:
        returns = f": {ast.unparse(node.returns)}" if node.returns else ""
        return f"**`{owner}.{node.name}{returns}`**\n\n{text}".strip()
    return f"{_code(_signature(node, owner))}\n\n{text}".strip()


def _signature(node: ast.FunctionDef, owner: str = "") -> str:
    """A call as one types it, an argument a line where it is long."""
    arguments = _arguments(node.args, skip_first=bool(owner))
    name = f"{owner}.{node.name}" if owner else node.name
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{name}({', '.join(arguments)}){returns}"
    if len(line) <= WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in arguments) + f"){returns}"


def _arguments(arguments: ast.arguments, *, skip_first: bool) -> list[str]:
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    pairs = list(zip(plain, [*missing, *arguments.defaults], strict=True))[skip_first:]
    written = [_argument(*pair) for pair in pairs]
    if arguments.vararg:
        written.append(f"*{ast.unparse(arguments.vararg)}")
    elif arguments.kwonlyargs:
        written.append("*")
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    written += [_argument(*pair) for pair in keywords]
    if arguments.kwarg:
        written.append(f"**{ast.unparse(arguments.kwarg)}")
    return written


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def _code(text: str) -> str:
    return f"```py\n{text}\n```"


def _markdown(docstring: str) -> str:
    """A docstring's reStructuredText as Markdown: parameters, roles, literals and code blocks."""
    text = re.sub(r"^:param (\w+): ", r"- `\1`: ", docstring, flags=re.MULTILINE)
    text = re.sub(r":[a-z]+:`~[\w.]+\.(\w+)`", r"`\1`", text)
    text = re.sub(r":[a-z]+:`([^`]+)`", r"`\1`", text)
    return re.sub(r"::$", ":", text.replace("``", "`"), flags=re.MULTILINE)


if __name__ == "__main__":
    main()
