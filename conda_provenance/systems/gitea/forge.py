"""Gitea as a forge. Forgejo began as a copy of it and has the same pages."""

from __future__ import annotations

from conda_provenance.forges import Forge

FORGE = Forge(
    commit_page="{remote}/commit/{sha}",
    compare_page="{remote}/compare/{old}...{new}",
    self_hosted=True,
)
