"""The options of the commands that sign."""

from __future__ import annotations

from conda_provenance.cli.options import Option, switch, under

TRUST_CONFIG = Option(
    "trust_config",
    ("--trust-config",),
    "with --sign: the client trust configuration of a private Sigstore instance (default: the "
    "public one)",
    metavar="FILE",
)

SIGNING_OPTIONS = under(
    "signing",
    switch(
        "sign",
        "--sign",
        help="sign with Sigstore, as the run of the CI that built the package, and write "
        "PACKAGE.sigstore.json beside it, or into DIR",
    ),
    Option(
        "publish_to",
        ("--publish-to",),
        "state that the package is published in the channel with this address (CEP 27), instead of "
        "where it comes from; whoever publishes may sign that",
        metavar="CHANNEL",
    ),
    TRUST_CONFIG,
)
