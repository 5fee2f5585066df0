"""The files in a package into which rattler-build's engine writes addresses as it was given them.

It leaves the credentials out of the list of channels, but not out of the packages' addresses in
them, nor out of sources, variants, links and a script's variables.
"""

from __future__ import annotations

from conda_provenance.credentials import without_credentials

_FILES = (
    "info/about.json",
    "info/hash_input.json",
    "info/recipe/conda_build_config.yaml",
    "info/recipe/recipe.yaml",
    "info/recipe/rendered_recipe.yaml",
    "info/recipe/variant_config.yaml",
    "info/recipe/variants.yaml",
)


def _clean(data: bytes) -> bytes:
    # Whatever bytes there are come back as they were.
    text = data.decode("utf-8", "surrogateescape")
    return without_credentials(text).encode("utf-8", "surrogateescape")


EDITS = dict.fromkeys(_FILES, _clean)
"""What makes the new data of each file. paths.json has no checksum of any of them."""
