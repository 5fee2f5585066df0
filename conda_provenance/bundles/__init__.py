"""Signed statements about files: the containers that hold them, and who signed them.

What a package says of itself is not known here, nor who may sign. Everything is a stranger's until
it was verified. Each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.bundles.certificate import Certificate as Certificate
    from conda_provenance.bundles.containers import beside as beside
    from conda_provenance.bundles.containers import bundles_in as bundles_in
    from conda_provenance.bundles.signed import BundleError as BundleError
    from conda_provenance.bundles.signed import BundleVerifier as BundleVerifier
    from conda_provenance.bundles.signed import SignedStatement as SignedStatement
    from conda_provenance.bundles.signed import Statement as Statement
    from conda_provenance.bundles.signed import StatementSubject as StatementSubject
    from conda_provenance.bundles.signed import UncheckableError as UncheckableError
    from conda_provenance.bundles.sigstore import SigstoreVerifier as SigstoreVerifier
    from conda_provenance.bundles.snappy import decompress as decompress
    from conda_provenance.bundles.statement_types import BUILD_TYPES as BUILD_TYPES
    from conda_provenance.bundles.statement_types import PUBLISH_TYPE as PUBLISH_TYPE

_HOMES = {
    "BUILD_TYPES": "statement_types",
    "BundleError": "signed",
    "BundleVerifier": "signed",
    "Certificate": "certificate",
    "PUBLISH_TYPE": "statement_types",
    "SignedStatement": "signed",
    "SigstoreVerifier": "sigstore",
    "Statement": "signed",
    "StatementSubject": "signed",
    "UncheckableError": "signed",
    "beside": "containers",
    "bundles_in": "containers",
    "decompress": "snappy",
}
"""The module that each public name is loaded from."""

__all__ = [
    "BUILD_TYPES",
    "BundleError",
    "BundleVerifier",
    "Certificate",
    "PUBLISH_TYPE",
    "SignedStatement",
    "SigstoreVerifier",
    "Statement",
    "StatementSubject",
    "UncheckableError",
    "beside",
    "bundles_in",
    "decompress",
]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
