"""The ``cache`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, Option

COMMAND = Command(
    "Show where the results of remote packages are kept, so that no package is read twice, and how "
    "many there are; or forget them.",
    """\
{program} cache info
{program} cache clear""",
    (
        Option(
            "action",
            (),
            "info: show where it is and what is in it; clear: forget all of it",
            metavar="{info,clear}",
            choices=("info", "clear"),
        ),
        JSON,
        *COMMON,
    ),
)
