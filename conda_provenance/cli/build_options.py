"""The ``build`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, Option, switch

COMMAND = Command(
    "Build recipe.yaml recipes with rattler-build's engine (py-rattler-build) and stamp every "
    "package.",
    """\
{program} build examples/hello
{program} build recipes/a recipes/b -o output -c conda-forge""",
    (
        Option("recipes", (), "a recipe.yaml or its folder", metavar="RECIPE", nargs="+"),
        Option(
            "output_dir",
            ("-o", "--output-dir"),
            "folder for the packages (default: output)",
            metavar="DIR",
            default="output",
        ),
        Option(
            "channels",
            ("-c", "--channel"),
            "channel for dependencies; may be given again (default: conda-forge)",
            metavar="CHANNEL",
            action="append",
        ),
        Option(
            "variant_files",
            ("-m", "--variant-config"),
            "variant file; may be given again",
            metavar="FILE",
            action="append",
        ),
        Option(
            "package_format",
            ("--package-format",),
            "conda (default) or tar-bz2",
            metavar="FORMAT",
            choices=("conda", "tar-bz2"),
            default="conda",
        ),
        switch("no_test", "--no-test", help="do not run the recipes' tests"),
        JSON,
        *COMMON,
    ),
)
