"""The ``stamp`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, Option, switch

COMMAND = Command(
    "Write provenance into finished .conda and .tar.bz2 files, in place. Each file is changed as a "
    "whole or not at all, and nothing else in it changes. Give the values, or --recipe, "
    "or both: the recipe then fills in what you do not give, as 'detect' finds it. Without either, "
    "the recipe in this folder is used. With --force the new values replace all old ones: a key "
    "without a new value is taken out, unless you --keep it. An index that lists a package is "
    "corrected in the same step, if it lies beside it.",
    """\
{program} stamp output/*/*.conda
{program} stamp --recipe ~/feedstocks/numpy output/*.conda
{program} stamp --flow-run-id farm_1234 old-1.0-0.tar.bz2
{program} stamp --remove remote_url *.conda
{program} stamp --output-dir stamped --dry-run *.conda""",
    (
        Option("packages", (), "a .conda or .tar.bz2 file", metavar="PACKAGE", nargs="+"),
        Option(
            "recipe",
            ("--recipe",),
            "recipe whose values fill in what you do not give, as 'detect' finds them",
            metavar="DIR",
        ),
        Option(
            "sha",
            ("--sha",),
            "full commit hash of the recipe's repository",
            metavar="VALUE",
        ),
        Option(
            "remote_url",
            ("--remote-url",),
            "that repository's URL; credentials in it are left out",
            metavar="VALUE",
        ),
        Option(
            "flow_run_id",
            ("--flow-run-id",),
            "the CI run, as in github_12345",
            metavar="VALUE",
        ),
        Option("flow_run_url", ("--flow-run-url",), "the CI run's page", metavar="VALUE"),
        Option(
            "remove",
            ("--remove",),
            "take this key out, such as remote_url; may be given again",
            metavar="KEY",
            action="append",
        ),
        Option(
            "keep",
            ("--keep",),
            "leave this key as it is in the package, with --force too; may be given again",
            metavar="KEY",
            action="append",
        ),
        Option(
            "output_dir",
            ("--output-dir",),
            "write stamped copies there and leave the packages alone",
            metavar="DIR",
        ),
        switch(
            "force",
            "--force",
            help="replace all four values, change a signed package, and overwrite files in the "
            "output folder",
        ),
        switch("dry_run", "--dry-run", help="say what would be done and write nothing"),
        JSON,
        *COMMON,
    ),
)
