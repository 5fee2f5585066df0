"""Bitbucket Cloud as a forge. Bitbucket Data Center has other pages; they are not known here.

Its page of a comparison names the newer commit first.
"""

from __future__ import annotations

from conda_provenance.forges import Forge

FORGE = Forge(
    commit_page="{remote}/commits/{sha}",
    compare_page="{remote}/branches/compare/{new}..{old}",
)
