"""The ``detect`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, Command, Option, switch

COMMAND = Command(
    "Show what would be stamped into a package built from RECIPE, and where each value comes from.",
    """\
{program} detect
{program} detect recipes/numpy --json
{program} detect --format env > ../provenance.env
docker run --env-file ../provenance.env ...
eval "$({program} detect --format shell)" && pixi run build
flags=$({program} detect --format extra-meta)
rattler-build build -r recipe.yaml $flags
{program} detect --explain""",
    (
        Option(
            "recipe",
            (),
            "a recipe's file or folder (default: the recipe in this folder or in its folder "
            "'recipe')",
            metavar="RECIPE",
            nargs="?",
            default=".",
        ),
        Option(
            "format",
            ("--json",),
            "the same as --format json",
            action="store_const",
            default="text",
            const="json",
            group="format",
        ),
        Option(
            "format",
            ("--format",),
            "text (default); json: one object, described in docs/reference/json.md; extra-meta: "
            "flags for the builders; env: NAME=value lines for a container's --env-file; shell: "
            "lines for a shell's eval",
            metavar="FORMAT",
            choices=("text", "json", "extra-meta", "env", "shell"),
            default="text",
            group="format",
        ),
        switch(
            "list",
            "--list",
            help="list the CI systems that are recognised, and do nothing else",
            group="instead",
        ),
        switch(
            "explain",
            "--explain",
            help="say which variables were looked at, without their values, for a bug report",
            group="instead",
        ),
        switch(
            "show_values",
            "--show-values",
            help="with --explain: show the values too; check them for secrets before you send them",
        ),
        *COMMON,
    ),
)
