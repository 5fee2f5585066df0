"""The ``audit`` command and its own options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, Option, switch, under
from conda_provenance.cli.survey_options import SURVEY_OPTIONS
from conda_provenance.cli.target_options import FETCHING, TARGET_OPTIONS

GATE_OPTIONS = under(
    "the gate",
    Option(
        "require",
        ("--require",),
        "keys that every package must have, with nothing wrong with them, separated by commas "
        "(default: the setting provenance_required; '' for none)",
        metavar="KEY,...",
        action="append",
    ),
    Option(
        "repo",
        ("--repo",),
        "allowed repositories, such as https://github.com/conda-forge/*; may be given again",
        metavar="PATTERN",
        action="append",
    ),
    Option(
        "provider",
        ("--provider",),
        "allowed CI system, such as github or azure; may be given again",
        metavar="NAME",
        action="append",
    ),
    Option(
        "fail_under",
        ("--fail-under",),
        "how many percent of the packages must be complete",
        metavar="PERCENT",
    ),
    Option(
        "exclude",
        ("--exclude",),
        "leave out what this spec matches, such as a name; may be given again",
        metavar="SPEC",
        action="append",
    ),
    Option(
        "baseline",
        ("--baseline",),
        "an earlier 'audit --json': only what is new fails",
        metavar="FILE",
    ),
)
"""What makes ``audit`` end with exit status 1."""

FILE_OPTIONS = under(
    "further forms of the report",
    Option("csv", ("--csv",), "write a table; for all four forms, - is stdout", metavar="FILE"),
    Option("html", ("--html",), "write a page for the browser", metavar="FILE"),
    Option(
        "markdown",
        ("--markdown",),
        'write a page for a CI, as with --markdown "$GITHUB_STEP_SUMMARY"',
        metavar="FILE",
    ),
    Option("junit", ("--junit",), "write a test report for a CI", metavar="FILE"),
)
"""The forms of the report that go to files."""

COMMAND = Command(
    "Say how many packages of an environment, a channel, a folder or a lockfile say where they "
    "come from, and which do not. With a gate (--require, --repo, --provider, --fail-under, "
    "--baseline) the exit status is 1 if they fall short of it. What packages say is their own "
    "claim: nothing is verified.",
    """\
{program} audit
{program} audit -n science --require sha,remote_url
{program} audit output --junit audit.xml
{program} audit output --markdown "$GITHUB_STEP_SUMMARY"
{program} audit -n science --repo 'https://github.com/conda-forge/*'
{program} audit --lockfile pixi.lock --fail-under 90
{program} audit --channel example --newest --html audit.html
{program} audit --channel example --json > before.json
{program} audit --channel example --baseline before.json
{program} audit --merge part-*.json --csv audit.csv""",
    (
        *TARGET_OPTIONS,
        *under(
            FETCHING,
            switch(
                "full_download",
                "--full-download",
                help="read a whole package where its server cannot send a part of it",
            ),
        ),
        *GATE_OPTIONS,
        *FILE_OPTIONS,
        *SURVEY_OPTIONS,
        JSON,
        *COMMON,
    ),
)
