"""The options that say which packages are meant: the same for every command that takes TARGETs.

What they mean together is in ``target_request``, which is loaded when a command runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.cli.options import Option, switch, under

if TYPE_CHECKING:
    from argparse import Namespace

    from conda_provenance.sources import Request

FETCHING = "what is fetched from servers"

TARGET_OPTIONS = (
    Option(
        "targets",
        (),
        "a package file, an extracted package, a folder of packages, a package's address, "
        "CHANNEL::SPEC, the name of an installed package, or @FILE with one of these a line "
        "(@-: standard input)",
        metavar="TARGET",
        nargs="*",
    ),
    *under(
        "environments",
        Option(
            "environment",
            ("-n", "--name"),
            "the environment to look in (default: the active one); without names, all of its "
            "packages",
            metavar="ENV",
        ),
        Option(
            "prefix", ("-p", "--prefix"), "the same, by the environment's folder", metavar="PREFIX"
        ),
        switch(
            "remote",
            "--remote",
            help="ask a package's channel, if no package cache has it any more",
        ),
    ),
    *under(
        "channels",
        Option(
            "channels",
            ("-c", "--channel"),
            "all packages of this channel, a name or an address; may be given again",
            metavar="CHANNEL",
            action="append",
        ),
        Option(
            "subdirs",
            ("--subdir",),
            "of this subdir; may be given again (default: this platform's and noarch)",
            metavar="SUBDIR",
            action="append",
        ),
        switch("newest", "--newest", help="the newest build of each name only"),
        Option(
            "since",
            ("--since",),
            "what is not older than this date (YYYY-MM-DD)",
            metavar="DATE",
        ),
        Option(
            "match",
            ("--match",),
            "what this spec matches; may be given again",
            metavar="SPEC",
            action="append",
        ),
        switch(
            "every", "--all", help="every build that CHANNEL::SPEC matches, not the newest alone"
        ),
    ),
    *under(
        "lockfiles",
        Option(
            "lockfiles",
            ("--lockfile",),
            "all packages of a lockfile: explicit, conda-lock or pixi.lock; may be given again",
            metavar="FILE",
            action="append",
        ),
        Option("lock_environment", ("--environment",), "of this environment", metavar="NAME"),
        Option(
            "platform", ("--platform",), "of this platform, such as linux-64", metavar="PLATFORM"
        ),
    ),
    *under(
        FETCHING,
        switch("offline", "--offline", help="fetch nothing at all"),
        switch(
            "check",
            "--check",
            help="read whole packages, and compare their sha256 with the index's",
        ),
        Option(
            "max_download",
            ("--max-download",),
            "read no more of a package than this where its server cannot send a part of it "
            "(default: 256MiB)",
            metavar="SIZE",
        ),
    ),
)
"""The options of ``show`` and ``audit``."""


def request_of(arguments: Namespace) -> Request:
    """What the options ask for. Lists (``@FILE``, ``-``) are read here.

    Raises :class:`~conda_provenance.errors.UsageError` where options contradict each other.
    """
    from conda_provenance.cli.target_request import make_request

    return make_request(arguments)
