"""git.sr.ht has no changes that could be asked about: patches come by mail."""

from __future__ import annotations

from conda_provenance.forge_api import ForgeApi, path_of, site_of
from conda_provenance.remotes import RemoteUrl


class SourceHutApi(ForgeApi):
    """SourceHut. Its API answers nobody without a token, and is not asked."""

    vendor = "sourcehut"
    has_changes = False
    change_word = "merge request"

    @classmethod
    def api_url(cls, remote: RemoteUrl, prefix: str = "") -> str:
        return f"{site_of(remote, prefix)}/{path_of(remote, prefix, count=2)}"
