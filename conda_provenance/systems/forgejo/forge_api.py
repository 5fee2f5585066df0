"""Asks Forgejo about a repository. It answers as Gitea does.

https://forgejo.org/docs/latest/user/api-usage/
"""

from __future__ import annotations

from conda_provenance.api import Probe, TokenVariable
from conda_provenance.forge_api import json_of
from conda_provenance.systems.gitea.forge_api import RUNNERS, GiteaApi


class ForgejoApi(GiteaApi):
    """Forgejo, whoever runs it. Codeberg is the best known."""

    vendor = "forgejo"
    public_hosts = ("codeberg.org",)
    tokens = (TokenVariable("FORGEJO_TOKEN"), TokenVariable("CODEBERG_TOKEN"), RUNNERS)
    probes = ("/api/forgejo/v1/version", "/api/v1/version")

    @classmethod
    def recognises(cls, answer: Probe) -> bool:
        """Gitea does not know the first question, and answers the second one without "+gitea"."""
        version = json_of(answer).get("version")
        if answer.status != 200 or not isinstance(version, str):
            return False
        return "/api/forgejo/" in answer.url or "+gitea-" in version
