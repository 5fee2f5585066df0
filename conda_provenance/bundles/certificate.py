"""``Certificate``: what a Sigstore certificate says about who signed, and about the run.

The authority that made it took these texts from the CI's token. Nobody who runs the job can change
them, so they count before what the statement says. Who is trusted is not known here.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md. The numbers are the last
parts of the extensions' identifiers, 1.3.6.1.4.1.57264.1.N.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from conda_provenance.text import show

_MAX_SHOWN = 300


class Certificate(NamedTuple):
    """Who signed. A text is ``None`` where the certificate does not have it."""

    identity: str
    """The workflow that signed, or an e-mail address. A shared workflow is often in another
    repository than what was built."""
    issuer: str | None = None
    """1 and 8: who vouches for the identity, such as https://token.actions.githubusercontent.com."""
    runner: str | None = None
    """11: ``github-hosted`` or ``self-hosted``."""
    repository: str | None = None
    """12: the address of the repository whose run it was."""
    commit: str | None = None
    """13: the commit that the run was about. It says something only about :attr:`repository`."""
    ref: str | None = None
    """14: such as ``refs/heads/main``, or ``refs/pull/7/merge``."""
    repository_id: str | None = None
    """15: the forge's number, which stays when the repository is renamed."""
    owner_id: str | None = None
    """17."""
    workflow: str | None = None
    """18: the workflow that began the run."""
    trigger: str | None = None
    """20: such as ``push`` or ``pull_request``."""
    run: str | None = None
    """21: the address of the run, with its attempt or its job."""

    @property
    def signer(self) -> str:
        """Who signed, for a sentence."""
        return _shown(self.identity)


@lru_cache(maxsize=256)  # One workflow signs many packages.
def _shown(identity: str) -> str:
    """An e-mail address looks like a login, which is hidden."""
    is_mail = "://" not in identity and identity.count("@") == 1
    return show(identity.replace("@", " at ") if is_mail else identity, _MAX_SHOWN)
