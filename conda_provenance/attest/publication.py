"""CEP 27's statement: a package is published in a channel. It says nothing of how it was built.

Who publishes, and whether the package is there, is not known here.

https://conda.org/learn/ceps/cep-0027/
"""

from __future__ import annotations

import re

from conda_provenance.attest.package_statement import PackageStatement, subject_name
from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles.statement_types import PUBLISH_TYPE
from conda_provenance.credentials import may_hold_key
from conda_provenance.errors import UsageError
from conda_provenance.packages import read_digested
from conda_provenance.policy.channels import SUBDIR_END, channel_address
from conda_provenance.tokens import CHANNEL_KEY, CHANNEL_TOKEN, holds_at, holds_token

_MAX_CHANNEL = 2000


def target_channel(address: str) -> str:
    """The address of the channel, in the form in which a statement names it.

    Raises :class:`UsageError`, which does not repeat it: it may hold a token.
    """
    if "://" not in address:
        raise UsageError(
            "--publish-to takes the channel's whole address, such as "
            "https://prefix.dev/my-channel, not its name."
        )
    if _may_hold_secret(address):
        raise UsageError(
            "--publish-to takes the channel's address without a login, a token (/t/…/) or a query: "
            "everybody can read what is signed."
        )

    channel = channel_address(address)
    if channel is not None and may_hold_key(channel):
        raise UsageError(
            "--publish-to takes the channel's address without a key in its path: everybody can "
            "read what is signed."
        )
    if channel is None or len(channel) > _MAX_CHANNEL or channel.startswith("file:"):
        raise UsageError(
            "--publish-to takes the address at which others reach the channel, such as "
            "https://prefix.dev/my-channel."
        )
    if SUBDIR_END.search(channel):
        raise UsageError(
            "--publish-to takes the channel's address without the platform at its end."
        )
    return channel


def publish_statement(path: str, channel: str) -> PackageStatement:
    """The statement about one package file. ``channel`` is from :func:`target_channel`.

    The package need not say anything of its origin. Raises
    :class:`~conda_provenance.errors.ProvenanceError` if the file cannot be read, or has not the
    name by which channels know the package.
    """
    package, _ = read_digested(path, ())
    file_name = subject_name(path, package.claim)
    sha256 = package.sha256 or ""
    predicate = {"targetChannel": channel}
    statement = statement_bytes(file_name, sha256, PUBLISH_TYPE, predicate)
    return PackageStatement(path, file_name, sha256, statement, package.claim, predicate)


def _may_hold_secret(address: str) -> bool:
    segments = re.split(r"[/?#]", address)
    has_token = "t" in segments or holds_token(address) or CHANNEL_TOKEN.search(address)
    has_key = any(re.fullmatch(CHANNEL_KEY, segment) for segment in segments)
    return bool(has_token or has_key or holds_at(address) or re.search(r"[?#;=]", address))
