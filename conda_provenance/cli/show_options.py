"""The ``show`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, switch
from conda_provenance.cli.target_options import TARGET_OPTIONS

COMMAND = Command(
    "Show where packages come from, with links: package files, folders, addresses, environments, "
    "channels and lockfiles. Without TARGET, it shows the active environment. "
    "What a package says is its own claim: nothing is verified.",
    """\
{program} show numpy-2.3.1-py313h17eae1a_0.conda
{program} show numpy zlib
{program} show -n science
{program} show --json output
{program} show conda-forge::numpy
{program} show --channel https://example.org/chan --newest
{program} show --lockfile pixi.lock --platform linux-64
{program} show --diff old-1.0-0.conda new-1.1-0.conda
{program} show @targets.txt""",
    (
        *TARGET_OPTIONS,
        switch("diff", "--diff", help="compare two TARGETs, and show what differs"),
        JSON,
        *COMMON,
    ),
)
