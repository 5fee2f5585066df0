"""The ``attest`` command and its options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, Command, Option, switch, under
from conda_provenance.cli.signing_options import SIGNING_OPTIONS
from conda_provenance.cli.target_options import FETCHING
from conda_provenance.cli.verify_options import ASKING_OPTIONS, EXPECT_OPTIONS, SIGNED_OPTIONS

DECIDING_OPTIONS = (
    *EXPECT_OPTIONS,
    *SIGNED_OPTIONS,
    *ASKING_OPTIONS,
    *under(FETCHING, switch("offline", "--offline", help="fetch nothing at all")),
)
"""What ``verify`` decides by. They need ``--verified``."""

COMMAND = Command(
    "Write what packages say of their origin as statements that the tools of others read: in-toto "
    "Statement v1 with SLSA provenance v1, one for each package file. They are derived from the "
    "package's metadata, and unsigned and unverified unless you ask for it. Exit status: 0 all "
    "stated, 1 a package says too little, is refuted or may not be signed here, 3 otherwise.",
    """\
{program} attest output/linux-64/*.conda
{program} attest -o statements output/linux-64/*.conda
{program} attest --predicate-only a-1.0-0.conda > predicate.json
{program} attest --verified --policy conda-forge a-1.0-0.conda
{program} attest --sign output/linux-64/*.conda
{program} attest --sign --publish-to https://prefix.dev/me a-1-0.conda""",
    (
        Option(
            "packages",
            (),
            "a .conda or .tar.bz2 file, or @FILE with one of these a line (@-: standard input)",
            metavar="PACKAGE",
            nargs="+",
        ),
        Option(
            "output",
            ("-o", "--output"),
            "write PACKAGE.statement.json, or with --sign PACKAGE.sigstore.json, into this folder "
            "(default: print the statements, one a line)",
            metavar="DIR",
        ),
        switch(
            "predicate_only",
            "--predicate-only",
            help="print the predicate alone, of one package, for actions/attest",
        ),
        switch(
            "verified",
            "--verified",
            help="state nothing of a package that is not verified, as 'verify' decides by the "
            "options below",
        ),
        *SIGNING_OPTIONS,
        *DECIDING_OPTIONS,
        *COMMON,
    ),
)
