"""The commands and their options, as data. The module of a command's name does its work.

Conda loads this whenever it runs any command. So these are named tuples: Python defines them five
times as fast as dataclasses.
"""

from __future__ import annotations

from typing import NamedTuple


class Option(NamedTuple):
    """An option. If ``flags`` is empty, it is a positional argument."""

    name: str
    """The attribute of the parsed arguments that holds the value."""
    flags: tuple[str, ...]
    help: str
    metavar: str | None = None
    action: str = "store"
    default: object = None
    const: object = None
    choices: tuple[str, ...] | None = None
    nargs: str | None = None
    group: str = ""
    """Only one option of a group can be given."""


class Command(NamedTuple):
    """A command; ``run(arguments, output)`` of the module of the same name does its work."""

    name: str
    help: str
    """One line, for the list of commands."""
    description: str
    examples: str
    """One example a line; ``{program}`` is the name by which we were called."""
    options: tuple[Option, ...]


def _switch(name: str, *flags: str, help: str, group: str = "") -> Option:
    return Option(name, flags, help, action="store_true", default=False, group=group)


_QUIET = _switch(
    "quiet", "-q", "--quiet", help="print results and errors only", group="how much is printed"
)
_VERBOSE = _switch(
    "verbose", "-v", "--verbose", help="print more details", group="how much is printed"
)
_COLOR = Option(
    "color",
    ("--color",),
    "when to use colour (default: auto, on a terminal)",
    choices=("auto", "always", "never"),
    default="auto",
)
_COMMON = (_QUIET, _VERBOSE, _COLOR)
_JSON = _switch("json", "--json", help="print one JSON object, described in docs/json.md")

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
        _switch(
            "list",
            "--list",
            help="list the CI systems that are recognised, and do nothing else",
            group="instead",
        ),
        _switch(
            "explain",
            "--explain",
            help="say which variables were looked at, without their values, for a bug report",
            group="instead",
        ),
        _switch(
            "show_values",
            "--show-values",
            help="with --explain: show the values too; check them for secrets before you send them",
        ),
        *_COMMON,
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
        _switch("no_test", "--no-test", help="do not run the recipes' tests"),
        _JSON,
        *_COMMON,
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
        *_COMMON,
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
        _switch(
            "force",
            "--force",
            help="replace all four values, change a signed package, and overwrite files in the "
            "output folder",
        ),
        _switch("dry_run", "--dry-run", help="say what would be done and write nothing"),
        _JSON,
        *_COMMON,
    ),
)

SHOW = Command(
    "show",
    "show where package files come from",
    "Show the provenance in package files (.conda, .tar.bz2) or extracted packages, with links. "
    "What a package says is its own claim: nothing is verified.",
    """\
{program} show output/noarch/hello-1.0-h4616a5c_0.conda
{program} show --json output/*/*.conda""",
    (
        Option(
            "packages",
            (),
            "a package file or an extracted package's folder",
            metavar="PACKAGE",
            nargs="+",
        ),
        _JSON,
        *_COMMON,
    ),
)

COMMANDS = (DETECT, BUILD, RUN, STAMP, SHOW)
"""All commands, in the order of the help."""
