"""The commands and their options, as data. The module of a command's name does its work.

Conda loads this whenever it runs any command. So these are named tuples: Python defines them five
times as fast as dataclasses.
"""

from __future__ import annotations

from conda_provenance.cli.audit_options import AUDIT
from conda_provenance.cli.options import COMMON, JSON, Command, Option, switch
from conda_provenance.cli.survey_options import CACHE
from conda_provenance.cli.target_options import TARGET_OPTIONS

DETECT = Command(
    "detect",
    "show what would be stamped into a package built here",
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
            "text (default); json: one object, described in docs/json.md; extra-meta: flags for "
            "the builders; env: NAME=value lines for a container's --env-file; shell: lines for a "
            "shell's eval",
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

BUILD = Command(
    "build",
    "build recipe.yaml recipes with rattler-build's engine, stamped",
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

RUN = Command(
    "run",
    "run a builder's command so that its packages are stamped",
    "Run a builder's command so that its packages are stamped. rattler-build gets the --extra-meta "
    "flags that you have not given. conda-build is started with the plugin active. Everything "
    "after the -- is passed on as it is, so give the options of this command before the --.",
    """\
{program} run -- rattler-build build -r recipe.yaml
{program} run -- pixi exec rattler-build build -r recipe.yaml
{program} run -- conda-build recipe --override-channels -c conda-forge""",
    (
        Option("words", (), "the command, after --", metavar="-- COMMAND ...", nargs="..."),
        *COMMON,
    ),
)

STAMP = Command(
    "stamp",
    "write provenance into finished package files",
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

SHOW = Command(
    "show",
    "show where packages come from",
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

COMMANDS = (DETECT, BUILD, RUN, STAMP, SHOW, AUDIT, CACHE)
"""All commands, in the order of the help."""
