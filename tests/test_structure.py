"""The house: imports point up the table in CONTRIBUTING only, and no module grows too long."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import conda_provenance

PACKAGE = Path(conda_provenance.__file__).parent

FLOORS = (
    ("errors", "keys", "lazy_exports", "log", "paths", "subdirs", "tokens"),
    ("text", "condarc"),
    ("net",),
    ("remotes",),
    ("patterns", "values", "remote_doubts", "credentials", "api", "yaml_text"),
    ("provenance", "claim", "forge_api", "package_line"),
    ("recipes", "ignore_rules", "settings", "git", "ci", "forges", "runs", "run_api"),
    ("packages", "web"),
    ("bundles",),
    ("settings_doubts",),
    ("systems",),
    ("hookspecs",),
    ("builtin",),
    ("plugins",),
    ("links", "lookup"),
    ("sources",),
    ("survey",),
    ("policy",),
    ("audit",),
    ("verify",),
    ("attest",),
    ("origin",),
    ("checkout",),
    ("snapshot",),
    ("collector",),
    ("builders",),
    ("cli",),
    ("conda_plugin", "__main__"),
)
"""The rooms from the ground up. A room imports those below it, and its own modules."""

LEVELS = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MAX_LINES = 350
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    return module.split(".")[1]


KNOWN = frozenset(map(_name, MODULES))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _imported(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    """The modules of ours that a module imports when it runs, not those for type checkers only."""
    waiting: list[ast.AST] = [_tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.expr) or (top_level_only and isinstance(node, ast.FunctionDef)):
            continue  # No expression holds an import.
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in KNOWN)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("conda_provenance"):
            for each in node.names:
                submodule = f"{node.module}.{each.name}"
                if submodule in KNOWN:
                    yield submodule
                elif node.module in KNOWN:
                    yield str(node.module)
        waiting += ast.iter_child_nodes(node)


def test_every_room_has_its_floor() -> None:
    assert {_room(_name(path)) for path in MODULES} <= LEVELS.keys()


def test_imports_point_up_the_table_only() -> None:
    wrong = []
    for path in MODULES:
        room = _room(_name(path))
        others = {module for module in _imported(path) if _room(module) != room}
        higher = sorted(module for module in others if LEVELS[_room(module)] >= LEVELS[room])
        wrong += [f"{_name(path)} imports {module}" for module in higher]
    assert not wrong


def test_no_import_runs_in_a_circle() -> None:
    arrows = {_name(path): set(_imported(path, top_level_only=True)) for path in MODULES}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in done:
            for target in arrows.get(module, set()) - {module}:
                visit(target, (*way, module))
            done.add(module)

    for module in arrows:
        visit(module, ())


def test_no_module_is_too_long() -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert not {name: length for name, length in lengths.items() if length > MAX_LINES}


def test_detecting_loads_no_forge() -> None:
    """``ci.py`` names the other modules of its vendor by string."""
    for path in PACKAGE.glob("systems/*/ci.py"):
        assert not [name for name in _imported(path) if name.endswith((".forge", ".runs"))]
