"""The options of ``audit`` for what is too much for one go, as data."""

from __future__ import annotations

from conda_provenance.cli.options import Option, switch, under

SURVEY_OPTIONS = under(
    "large audits",
    switch(
        "no_cache",
        "--no-cache",
        help="read everything again, and keep nothing for the next time",
    ),
    Option(
        "shard",
        ("--shard",),
        "audit one part of N, for several machines: 1/N, 2/N, ...; --merge joins their results",
        metavar="I/N",
    ),
    Option(
        "dask",
        ("--dask",),
        "read remote packages on the Dask cluster whose scheduler is at this address, such as "
        "tcp://host:8786",
        metavar="ADDRESS",
    ),
    Option(
        "merge",
        ("--merge",),
        "join the results of 'audit --json' in these files, and read no package",
        metavar="FILE",
        nargs="+",
    ),
)
"""The options of ``audit`` for what is too much for one go, or for one machine."""
