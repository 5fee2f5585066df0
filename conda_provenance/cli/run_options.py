"""The ``run`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, Command, Option

COMMAND = Command(
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
