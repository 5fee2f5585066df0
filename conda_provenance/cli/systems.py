"""``detect --list`` prints the known CI systems, ``detect --explain`` the variables looked at."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from conda_provenance import __version__
from conda_provenance.ci import CIRun, detect
from conda_provenance.ci.explain import Explanation, Look, explain, unasked
from conda_provenance.cli.color import BOLD, DIM
from conda_provenance.cli.output import MAX_VALUE, Output
from conda_provenance.cli.status import Status
from conda_provenance.origin import ENVIRONMENT
from conda_provenance.plugins import ci_adapters
from conda_provenance.settings import SETTINGS, Settings
from conda_provenance.text import show, show_value


def list_systems(output: Output) -> Status:
    """Print the systems that are recognised, by name."""
    adapters = sorted(ci_adapters(), key=lambda adapter: adapter.name.lower())
    if output.json:
        output.object(
            systems=[
                {"provider": each.provider, "name": each.name, "docs": each.docs}
                for each in adapters
            ]
        )
    else:
        # A page's address is not redacted: its fragment is no secret.
        rows = [(each.name, each.provider, each.docs) for each in adapters]
        output.table(("CI system", "provider", "its variables"), rows)
    return Status.YES


@dataclass(frozen=True, slots=True)
class Report:
    """Which variables the adapters looked at, and which CI system they recognised."""

    chosen: str
    """``plugins.provenance_ci``."""
    run: CIRun | None
    explanations: tuple[Explanation, ...]
    own: tuple[str, ...]
    """The variables of this project that are set."""
    unasked: tuple[str, ...]
    """The variables that sound like a CI's and that no adapter looked at. Any of them may hold a
    token, so their values are never shown."""
    values: Mapping[str, str] | None
    """The environment if ``--show-values`` is given, else ``None``."""

    @property
    def verdict(self) -> str:
        """Which system was recognised, in a sentence."""
        run = self.run
        if run is None:
            why = "" if self.chosen == "auto" else f"; plugins.provenance_ci is {self.chosen}"
            return f"No CI system is recognised{why}."

        names = "a" if run.flow_run_id else "no"
        rivals = f" So are: {', '.join(run.rivals)}." if run.rivals else ""
        return f"Recognised: {run.name} ({run.provider}), which names {names} run.{rivals}"

    def names_of_others(self) -> list[str]:
        """The variables by which the systems that are not here would be recognised."""
        seen = _names(each for each in self.explanations if each.seen)
        unseen = _names(each for each in self.explanations if not each.seen)
        return sorted(unseen - seen)

    def value(self, name: str, state: str = "set") -> str | None:
        """The value of a variable, made fit to show. ``None`` without ``--show-values``."""
        if self.values is None or state != "set" or name not in self.values:
            return None

        return show_value(self.values[name])


def _names(explanations: Iterable[Explanation]) -> set[str]:
    """The variables that these adapters looked at."""
    return {name for each in explanations for look in each.looks for name in look.variables}


def explain_detection(
    place: Path, settings: Settings, output: Output, *, with_values: bool
) -> Status:
    """Print which variables were looked at, and ``with_values`` their values."""
    report = _report(place, settings, with_values=with_values)
    if output.json:
        output.object(**_to_json(report))
    else:
        _print_text(report, output)
    return Status.YES


def _report(place: Path, settings: Settings, *, with_values: bool) -> Report:
    adapters = ci_adapters()
    explanations = tuple(explain(os.environ, adapters))
    own = [*ENVIRONMENT.values(), *(setting.variable for setting in SETTINGS)]
    return Report(
        chosen=settings.ci,
        run=detect(os.environ, adapters, settings.ci, place),
        explanations=explanations,
        own=tuple(name for name in own if name in os.environ),
        unasked=tuple(name for name in unasked(os.environ, explanations) if name not in own),
        values=os.environ if with_values else None,
    )


# --- JSON ---------------------------------------------------------------------------------------


def _to_json(report: Report) -> dict[str, object]:
    run = report.run
    recognised = run and {
        "provider": run.provider,
        "names_a_run": run.flow_run_id is not None,
        "rivals": list(run.rivals),
    }
    return {
        "conda_provenance": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        "provenance_ci": report.chosen,
        "recognised": recognised,
        "systems": [_system_to_json(each, report) for each in report.explanations],
        "yours": {name: report.value(name) for name in report.own},
        "looked_at_by_none": list(report.unasked),
    }


def _system_to_json(explanation: Explanation, report: Report) -> dict[str, object]:
    return {
        "provider": explanation.adapter.provider,
        "name": explanation.adapter.name,
        "active": explanation.active,
        "error": explanation.error,
        "looks": [_look_to_json(look, report) for look in explanation.looks],
    }


def _look_to_json(look: Look, report: Report) -> dict[str, object]:
    values = {name: report.value(name, state) for name, state in look.variables.items()}
    shown = {name: value for name, value in values.items() if value is not None}
    return {
        "for": look.purpose,
        "variables": dict(look.variables),
        "answer": look.answer,
        **({} if report.values is None else {"values": shown}),
    }


# --- text ---------------------------------------------------------------------------------------


def _print_text(report: Report, output: Output) -> None:
    output.line(
        (f"conda-provenance {__version__}, Python {platform.python_version()}, {sys.platform}", DIM)
    )
    output.line((show(report.verdict), BOLD))

    for each in report.explanations:
        if each.seen:
            _print_system(each, report, output)

    own = [_state(name, "set", report) for name in report.own]
    unknown = [show(name) for name in report.unasked]
    _print_names("Set by you", own, output)
    _print_names("Named like a CI's variables, but unknown to every adapter", unknown, output)
    _print_names(
        "Looked at for the other systems, which are not here", report.names_of_others(), output
    )


def _print_system(explanation: Explanation, report: Report, output: Output) -> None:
    adapter = explanation.adapter
    output.line()
    output.line((f"{adapter.name} ({adapter.provider}): {_verdict(explanation)}", BOLD))
    rows = [
        (look.purpose, look.answer, _states(look, report))
        for look in explanation.looks
        if look.purpose != "unless" or look.answer == "yes"
    ]
    output.table(("asked for", "answer", "variables"), rows)


def _verdict(explanation: Explanation) -> str:
    if explanation.error:
        return f"its adapter failed ({explanation.error})"

    if explanation.active:
        return "recognised"

    copied = [
        name
        for look in explanation.looks
        if look.purpose == "unless" and look.answer == "yes"
        for name in look.variables
    ]
    if copied:
        return f"not recognised, as these are another's: {', '.join(copied[:5])}"

    return "not recognised"


def _states(look: Look, report: Report) -> str:
    return ", ".join(_state(name, state, report) for name, state in look.variables.items())


def _state(name: str, state: str, report: Report) -> str:
    value = report.value(name, state)
    shown = f"{name} ({state})" if value is None else f"{name}: {value}"
    return show(shown, MAX_VALUE)


def _print_names(title: str, names: Iterable[str], output: Output) -> None:
    names = list(names)
    if not names:
        return

    output.line()
    output.line((f"{title}:", BOLD))
    output.words(names, DIM)
