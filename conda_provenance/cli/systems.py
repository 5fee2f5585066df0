"""``detect --list`` and ``detect --explain``: the CI systems that are known, and what was looked at to recognise one."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import wrap

from conda_provenance import __version__
from conda_provenance.ci import detect
from conda_provenance.ci.explain import Explanation, explain, unasked
from conda_provenance.origin import ENVIRONMENT
from conda_provenance.plugins import ci_adapters
from conda_provenance.settings import SETTINGS, Settings


def list_systems(*, as_json: bool) -> int:
    """Print the systems that are recognised, by name."""
    adapters = sorted(ci_adapters(), key=lambda adapter: adapter.name.lower())
    if as_json:
        listed = [
            {"provider": each.provider, "name": each.name, "docs": each.docs} for each in adapters
        ]
        print(json.dumps(listed, indent=2))
        return 0
    from conda_provenance.cli.render import escaped, print_table

    rows = [(adapter.name, adapter.provider, adapter.docs) for adapter in adapters]
    print_table(
        ("CI system", "provider", "its variables"), rows, shown=escaped
    )  # a fragment of theirs is no secret
    return 0


def explain_detection(place: Path, settings: Settings, *, as_json: bool, values: bool) -> int:
    """Print which variables were looked at; their values only where ``values``."""
    adapters = ci_adapters()
    explanations = explain(os.environ, adapters)
    run = detect(os.environ, adapters, settings.ci, place)
    ours = [*ENVIRONMENT.values(), *(setting.variable for setting in SETTINGS)]
    yours = [name for name in ours if name in os.environ]
    unknown = [name for name in unasked(os.environ, explanations) if name not in ours]
    if as_json:
        print(
            json.dumps(
                {
                    "version": __version__,
                    "provenance_ci": settings.ci,
                    "recognised": run
                    and {
                        "provider": run.provider,
                        "names_a_run": run.flow_run_id is not None,
                        "rivals": run.rivals,
                    },
                    "systems": [_to_json(each, values) for each in explanations],
                    "yours": _shown(yours, values),
                    "looked_at_by_none": unknown,
                },
                indent=2,
            )
        )
        return 0
    from conda_provenance.cli.render import print_line, print_table

    print_line(
        f"conda-provenance {__version__}, Python {platform.python_version()}, {sys.platform}", "dim"
    )
    if run is None:
        said = "No CI system is recognised" + (
            "." if settings.ci == "auto" else f"; plugins.provenance_ci is {settings.ci}."
        )
    else:
        said = f"Recognised: {run.name} ({run.provider}), which names {'a' if run.flow_run_id else 'no'} run."
        if run.rivals:
            said += f" So do: {', '.join(run.rivals)}."
    print_line(said, "bold")
    for each in explanations:
        if each.seen:
            print()
            print_line(f"{each.adapter.name} ({each.adapter.provider}): {_verdict(each)}", "bold")
            rows = [
                (look.purpose, look.answer, ", ".join(_states(look.variables, values)))
                for look in each.looks
                if look.purpose != "unless" or look.answer == "yes"
            ]
            print_table(("asked for", "answer", "variables"), rows)
    # Of variables that nobody looked at the value is never shown: any of them may be a token.
    for title, names in (
        ("Set by you", _states(dict.fromkeys(yours, "set"), values)),
        ("They sound like a CI's, and no adapter looks at them", unknown),
    ):
        if names:
            print()
            _print_names(f"{title}:", names)
    seen, unseen = (
        {
            name
            for each in explanations
            if each.seen is is_seen
            for look in each.looks
            for name in look.variables
        }
        for is_seen in (True, False)
    )
    print()
    _print_names("Looked at for the other systems, of which none is there:", sorted(unseen - seen))
    return 0


def _print_names(title: str, names: Iterable[str]) -> None:
    from conda_provenance.cli.render import harmless, print_line

    print_line(title, "bold")
    for line in wrap(
        ", ".join(map(harmless, names)), 110, break_long_words=False, break_on_hyphens=False
    ):
        print_line(f"  {line}", "dim")


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


def _states(variables: Mapping[str, str], values: bool) -> list[str]:
    from conda_provenance.cli.render import harmless

    return [
        f"{name}: {harmless(os.environ[name])}"
        if values and state == "set" and name in os.environ
        else f"{name} ({state})"
        for name, state in variables.items()
    ]


def _shown(names: Iterable[str], values: bool) -> object:
    from conda_provenance.cli.render import harmless

    return {name: harmless(os.environ[name]) for name in names} if values else list(names)


def _to_json(explanation: Explanation, values: bool) -> dict[str, object]:
    return {
        "provider": explanation.adapter.provider,
        "active": explanation.active,
        "error": explanation.error,
        "looks": [
            {
                "for": look.purpose,
                "variables": dict(look.variables),
                "answer": look.answer,
                **(
                    {
                        "values": _shown(
                            [
                                name
                                for name, state in look.variables.items()
                                if state == "set" and name in os.environ
                            ],
                            True,
                        )
                    }
                    if values
                    else {}
                ),
            }
            for look in explanation.looks
        ],
    }
