"""The options of ``audit`` beside those that say which packages are meant. Data only."""

from __future__ import annotations

from conda_provenance.cli.options import Option

GATE_OPTIONS = (
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

FILE_OPTIONS = (
    Option("csv", ("--csv",), "write a table (-: to stdout)", metavar="FILE"),
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
