"""Runs the steps of the Action as GitHub's runner would, from ``action.yml`` itself.

A stand-in for the runner: it knows the few expressions that the file uses, and refuses any other.
Steps that ``uses:`` another action are not run; what they would be given is returned.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'[^']*')|(?P<operator>==|!=|&&|\|\||[!()])"
    r"|(?P<name>always|success|failure|cancelled|[a-z]+(?:\.[A-Za-z0-9_-]+)+))"
)
_OPERATORS = {"&&": " and ", "||": " or ", "!": " not "}


@dataclass
class Ran:
    """What came of running the Action."""

    status: int = 0
    """That of the first step that failed, or 0."""
    log: str = ""
    """What all steps printed, as the runner would read it."""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    used: dict[str, dict[str, str]] = field(default_factory=dict)
    """What other actions would have been given, by their names without a version."""
    failed: str | None = None
    """The name of the step that failed."""


class Composite:
    """A composite action, ready to be run in a folder."""

    def __init__(self, folder: Path, *, action: Path = ROOT) -> None:
        self._action = action
        self._text = YAML(typ="safe").load((action / "action.yml").read_text("utf-8"))
        self._folder = folder
        self._temp = folder / "runner temp"
        self._temp.mkdir(exist_ok=True)

    def run(
        self, inputs: Mapping[str, str] | None = None, *, cwd: Path | None = None, **environ: str
    ) -> Ran:
        """Run all steps. ``environ``: further variables of the job."""
        declared = self._text["inputs"]
        given = dict(inputs or {})
        assert given.keys() <= declared.keys(), "an input that the Action does not declare"
        contexts: dict[str, Any] = {
            "github.token": "a-token-of-the-job",
            **{f"inputs.{name}": str(each.get("default", "")) for name, each in declared.items()},
        }
        for name in declared:
            contexts[f"inputs.{name}"] = filled(contexts[f"inputs.{name}"], contexts)
        contexts |= {f"inputs.{name}": value for name, value in given.items()}

        ran = Ran()
        summary = self._file("summary")
        for number, step in enumerate(self._text["runs"]["steps"]):
            if not _holds(step.get("if", "success()"), contexts, is_failed=ran.failed is not None):
                continue
            if "uses" in step:
                name = step["uses"].partition("@")[0]
                ran.used[name] = {key: filled(text, contexts) for key, text in step["with"].items()}
                continue

            output = self._file(f"output-{number}")
            variables = {
                **{name: filled(text, contexts) for name, text in step.get("env", {}).items()},
                "GITHUB_ACTION_PATH": str(self._action),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": str(self._temp),
            }
            done = self._shell(step, {**environ, **variables}, cwd or self._folder)
            ran.log += done.stdout
            for key, value in read_outputs(output.read_text("utf-8")).items():
                contexts[f"steps.{step.get('id')}.outputs.{key}"] = value
            if done.returncode and ran.failed is None:
                ran.failed, ran.status = step["name"], done.returncode

        ran.summary = summary.read_text("utf-8")
        ran.outputs = {
            name: filled(each["value"], contexts) for name, each in self._text["outputs"].items()
        }
        return ran

    def _shell(
        self, step: Mapping[str, Any], variables: Mapping[str, str], cwd: Path
    ) -> subprocess.CompletedProcess[str]:
        # What the runner starts for "shell: bash".
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script is code of whoever fills it"
        script = self._temp / "step.sh"
        script.write_text(step["run"], "utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=cwd,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _file(self, name: str) -> Path:
        path = self._temp / f"_{name}"
        path.write_text("", "utf-8")
        return path


def read_outputs(text: str) -> dict[str, str]:
    """The outputs in a file, by the runner's rules for ``name=value`` and ``name<<end``."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if heredoc and "=" not in name:
            found[name] = "\n".join(iter(lambda: next(lines), end))
        else:
            name, equals, value = line.partition("=")
            assert equals, f"no output: {line!r}"
            found[name] = value
    return found


def commands_in(log: str) -> list[str]:
    """The lines of a log that GitHub's runner would obey, by its rules."""
    obeyed, stopped = [], None
    for line in log.splitlines():
        text = line.lstrip()
        if stopped is not None:
            if text == f"::{stopped}::":
                stopped = None
            continue
        if match := re.match(r"::stop-commands::(.+)", text):
            stopped = match[1]
        elif re.match(r"::[^:\s]+(?: [^:]*)?::", text) or re.search(r"##\[", line):
            obeyed.append(line)
    assert stopped is None, "the log ended while commands were stopped"
    return obeyed


def filled(text: object, contexts: Mapping[str, Any]) -> str:
    """A text with the values of its expressions."""

    def value(match: re.Match[str]) -> str:
        found = _value(match[1], contexts, is_failed=False)
        return "" if found is False else str(found)

    return re.sub(r"\$\{\{(.+?)\}\}", value, str(text))


def _holds(expression: str, contexts: Mapping[str, Any], *, is_failed: bool) -> bool:
    asks = re.search(r"\b(?:always|failure|cancelled)\(\)", expression)
    return bool(_value(expression, contexts, is_failed=is_failed)) and bool(asks or not is_failed)


def _value(expression: str, contexts: Mapping[str, Any], *, is_failed: bool) -> Any:
    functions = {
        "always": lambda: True,
        "cancelled": lambda: False,
        "success": lambda: not is_failed,
        "failure": lambda: is_failed,
    }
    python, at = "", 0
    while at < len(expression.rstrip()):
        match = _TOKEN.match(expression, at)
        assert match, f"an expression that this runner does not know: {expression!r}"
        at = match.end()
        if match["name"] in functions:
            python += match["name"]
        elif match["name"]:
            python += repr(contexts.get(match["name"], ""))
        elif match["operator"]:
            python += _OPERATORS.get(match["operator"], f" {match['operator']} ")
        else:
            python += repr(match["string"][1:-1])
    return eval(python, {"__builtins__": {}}, functions)
