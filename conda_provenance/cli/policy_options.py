"""The ``policy`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, Option

COMMAND = Command(
    "Say whether a policy is valid, or what one expects of a package. A policy is a file (see "
    "docs/reference/policy.md), or the name of a ready one: bioconda, conda-forge, "
    "private-channel, strict.",
    """\
{program} policy check policy.toml
{program} policy explain numpy --policy conda-forge
{program} policy explain numpy --policy ./policy.toml""",
    (
        Option(
            "action",
            (),
            "check: say what is wrong with a policy; explain: say which rule counts for a package, "
            "and what it asks",
            metavar="{check,explain}",
            choices=("check", "explain"),
        ),
        Option(
            "subject",
            (),
            "with check, the policy; with explain, the package: its name, CHANNEL::NAME, or the "
            "name of its file",
            metavar="POLICY|PACKAGE",
        ),
        Option(
            "policy",
            ("--policy",),
            "with explain: a policy's file or name (default: plugins.provenance_policy)",
            metavar="FILE",
        ),
        JSON,
        *COMMON,
    ),
)
