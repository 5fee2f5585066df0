"""The options of ``verify`` that make statements of its verdicts, and what goes with them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping

from conda_provenance.cli.options import Option, switch, under
from conda_provenance.cli.signing_options import TRUST_CONFIG
from conda_provenance.errors import UsageError

VSA_OPTIONS = under(
    "for others who do not want to verify it again",
    Option(
        "vsa",
        ("--vsa",),
        "write the verdict on each package into this folder, as a SLSA Verification Summary "
        "Attestation by --policy: PASSED for verified, FAILED for refuted, nothing for the others",
        metavar="DIR",
    ),
    Option(
        "verifier_id",
        ("--verifier-id",),
        "with --vsa: a URI of yours that says who verifies, such as "
        "https://example.com/verifiers/packages",
        metavar="URI",
    ),
    Option(
        "resource_uri",
        ("--resource-uri",),
        "with --vsa: the address that packages are fetched from, a channel's or one package's",
        metavar="URL",
    ),
    Option(
        "policy_uri",
        ("--policy-uri",),
        "with --vsa: where others find the policy (default: the address of a ready policy, or a "
        "name made of the file's digest)",
        metavar="URI",
    ),
    switch(
        "sign",
        "--sign",
        help="with --vsa: sign each statement with Sigstore, by the CI's identity or a login in a "
        "browser; this needs the network, with --offline too",
    ),
    TRUST_CONFIG,
)

_NEEDED = {"policy": "--policy", "verifier_id": "--verifier-id", "resource_uri": "--resource-uri"}
_OF_A_VSA = {each.name: each.flags[-1] for each in VSA_OPTIONS if each.name != "vsa"}
_CHANGING = {
    "expect_repo": "--expect-repo",
    "expect_sha": "--expect-sha",
    "expect_ref": "--expect-ref",
    "expect_provider": "--expect-provider",
    "cert_identity": "--cert-identity",
    "cert_oidc_issuer": "--cert-oidc-issuer",
    "only": "--only",
    "skip": "--skip",
}
_ELSEWHERE = {
    "merge": "--merge verifies no package",
    "dask": "with --dask other machines read the packages",
}


def require_sense_of_vsa(arguments: Namespace) -> None:
    """Raise :class:`UsageError` for options that do not go together."""
    given = vars(arguments)
    if given["vsa"] is not None:
        _require_alone(given)
        _require_all(given)
        return

    for name, flag in _OF_A_VSA.items():
        if given[name] not in (None, False):
            raise UsageError(f"{flag} means nothing without --vsa.")


def _require_alone(given: Mapping[str, object]) -> None:
    for name, why in _ELSEWHERE.items():
        if given[name]:
            raise UsageError(
                f"--vsa and --{name} cannot be combined: {why}, and a VSA is about bytes that were "
                "hashed here."
            )

    for name, flag in _CHANGING.items():
        if given.get(name):
            raise UsageError(
                f"--vsa and {flag} cannot be combined: a VSA names the policy that decided, so "
                "what is expected must stand in it."
            )


def _require_all(given: Mapping[str, object]) -> None:
    for name, flag in _NEEDED.items():
        if given[name] is None:
            raise UsageError(f"--vsa needs {flag}: a VSA says who verified what by which policy.")

    if given["trust_config"] is not None and not given["sign"]:
        raise UsageError("--trust-config means nothing without --sign: give both or neither.")
