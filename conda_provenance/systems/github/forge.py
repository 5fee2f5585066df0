"""GitHub as a forge."""

from __future__ import annotations

from conda_provenance.forges import Forge

FORGE = Forge(
    commit_page="{remote}/commit/{sha}",
    compare_page="{remote}/compare/{old}...{new}",
    self_hosted=True,
)
