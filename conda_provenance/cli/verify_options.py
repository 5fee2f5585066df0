"""The ``verify`` command and its own options, as data."""

from __future__ import annotations

from conda_provenance.cli.options import COMMON, JSON, Command, Option, under
from conda_provenance.cli.target_options import TARGET_OPTIONS
from conda_provenance.cli.verify_vsa_options import VSA_OPTIONS

EXPECT_OPTIONS = under(
    "what is expected",
    Option(
        "expect_repo",
        ("--expect-repo",),
        "the repository that packages must be from, or a pattern such as "
        "https://github.com/conda-forge/*; may be given again",
        metavar="REPO",
        action="append",
    ),
    Option("expect_sha", ("--expect-sha",), "the commit that they must be from", metavar="SHA"),
    Option(
        "expect_ref",
        ("--expect-ref",),
        "a branch or tag that has the commit (default: the default branch); may be given again",
        metavar="REF",
        action="append",
    ),
    Option(
        "expect_provider",
        ("--expect-provider",),
        "the CI system that built them, such as github; may be given again",
        metavar="NAME",
        action="append",
    ),
    Option(
        "policy",
        ("--policy",),
        "a file that says what is expected of which package, or the name of a ready one, such as "
        "conda-forge",
        metavar="FILE",
    ),
)

SIGNED_OPTIONS = under(
    "signed statements",
    Option(
        "bundle",
        ("--bundle",),
        "a file or address with Sigstore bundles about the packages, besides those beside them; "
        "may be given again",
        metavar="FILE_OR_URL",
        action="append",
    ),
    Option(
        "cert_identity",
        ("--cert-identity",),
        "who must have signed: a workflow's address with its ref, in which * is a whole segment, "
        "or an e-mail address (default: any workflow of the expected repository); may be given "
        "again",
        metavar="IDENTITY",
        action="append",
    ),
    Option(
        "cert_oidc_issuer",
        ("--cert-oidc-issuer",),
        "who may vouch for the signer (default: the public forge of the expected repository); may "
        "be given again",
        metavar="URL",
        action="append",
    ),
    Option(
        "trust_root",
        ("--trust-root",),
        "the root of trust of a Sigstore instance of one's own, a trusted_root.json (default: the "
        "public one that the library brings)",
        metavar="FILE",
    ),
)

CHECK_OPTIONS = under(
    "which checks run",
    Option(
        "only",
        ("--only",),
        "these checks alone, separated by commas",
        metavar="CHECK,...",
        action="append",
    ),
    Option(
        "skip",
        ("--skip",),
        "all but these checks, separated by commas",
        metavar="CHECK,...",
        action="append",
    ),
)

ASKING_OPTIONS = under(
    "what is asked outside",
    Option(
        "allow",
        ("--allow",),
        "servers that may be asked, besides public ones over https: http, private, or both",
        metavar="WHAT,...",
        action="append",
    ),
    Option(
        "max_age",
        ("--max-age",),
        "use answers of earlier runs that are not older than this, such as 12h or 1d (default: ask "
        "everything again)",
        metavar="DURATION",
    ),
    Option(
        "token_file",
        ("--token-file",),
        "take the access token for this server from this file; may be given again",
        metavar="HOST=FILE",
        action="append",
    ),
    Option(
        "evidence",
        ("--evidence",),
        "keep every answer that a check stood on in this folder, a file for each package; with "
        "--offline, take the answers from there",
        metavar="DIR",
    ),
    Option(
        "evidence_digest",
        ("--evidence-digest",),
        "with --offline: the digest that a file of evidence must have to be believed; may be "
        "given again",
        metavar="SHA256",
        action="append",
    ),
)

FORM_OPTIONS = under(
    "further forms of the report",
    Option(
        "html",
        ("--html",),
        "write a page for the browser, a table of packages and checks; for both forms, - is stdout",
        metavar="FILE",
    ),
    Option(
        "markdown",
        ("--markdown",),
        'write a page for a CI, as with --markdown "$GITHUB_STEP_SUMMARY"',
        metavar="FILE",
    ),
)

LARGE_OPTIONS = under(
    "many packages",
    Option(
        "since_last",
        ("--since-last",),
        "verify what is new since the last run that wrote this file, and write it again: leave out "
        "packages that were good enough then, and have the same sha256",
        metavar="FILE",
    ),
    Option(
        "shard",
        ("--shard",),
        "verify one part of N, for several machines: 1/N, 2/N, ...; --merge joins their results",
        metavar="I/N",
    ),
    Option(
        "dask",
        ("--dask",),
        "verify remote packages on the Dask cluster whose scheduler is at this address, such as "
        "tcp://host:8786",
        metavar="ADDRESS",
    ),
    Option(
        "merge",
        ("--merge",),
        "join the results of 'verify --json' in these files, and verify no package",
        metavar="FILE",
        nargs="+",
    ),
)

COMMAND = Command(
    "Check what packages say about their origin against the repository, the forge and the CI that "
    "they name. A package is verified only if you or a policy named its repository, and that "
    "repository's build names the file's digest. Exit status: 0 verified or accepted by the "
    "policy, 1 something contradicts what a package says, 3 otherwise.",
    """\
{program} verify a-1.0-0.conda --expect-repo https://github.com/o/n
{program} verify output --expect-repo 'https://github.com/o/*'
{program} verify -n science --policy conda-forge
{program} verify a-1.0-0.conda --only commit-on-branch
{program} verify a-1.0-0.conda --bundle a.sigstore.json
{program} verify a-1.0-0.conda --evidence kept
{program} verify a-1.0-0.conda --evidence kept --offline
{program} verify a-1.0-0.conda --policy policy.toml --vsa statements \\
  --verifier-id https://example.com/me --resource-uri https://example.com/c""",
    (
        *TARGET_OPTIONS,
        *EXPECT_OPTIONS,
        *SIGNED_OPTIONS,
        *CHECK_OPTIONS,
        *ASKING_OPTIONS,
        *FORM_OPTIONS,
        *VSA_OPTIONS,
        *LARGE_OPTIONS,
        JSON,
        *COMMON,
    ),
)
