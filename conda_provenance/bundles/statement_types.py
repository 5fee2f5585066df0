"""The URIs that say of what kind a statement is: the standards' own, and those of this project.

What a statement of each kind says is not known here.
"""

from __future__ import annotations

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""What a signed envelope calls a statement."""

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

SLSA_V1 = "https://slsa.dev/provenance/v1"
SLSA_V0_2 = "https://slsa.dev/provenance/v0.2"
BUILD_TYPES = (SLSA_V1, SLSA_V0_2)
"""Predicate types of statements about a build."""

PUBLISH_TYPE = "https://schemas.conda.org/attestations-publish-1.schema.json"
"""The predicate type of a statement about a publication (CEP 27)."""

VSA_TYPE = "https://slsa.dev/verification_summary/v1"
"""The predicate type of a statement about a verification."""

SITE = "https://conda-provenance.github.io/conda-provenance"
"""Where this project's own URIs are. They never change, and each is the address of a page."""

DERIVED_BUILD_TYPE = f"{SITE}/buildtypes/metadata/v1/"
"""Says how to read the fields of a statement that was made from what a package says of itself."""

DERIVED_BUILDER = f"{SITE}/builders/derived-from-metadata/"
"""The builder in such a statement. It stands for whoever made the package: nobody who could be
trusted for the build is known."""
