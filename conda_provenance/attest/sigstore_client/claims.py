"""What a CI's identity token says of its run.

The token's signature is not checked here. The authority checks it, and gives a certificate only
for one that holds. A token is a secret: what is read from it here is not.

Sources: https://docs.github.com/en/actions/reference/security/oidc and
https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

_MAX_TOKEN = 100_000


class TokenRun(NamedTuple):
    """The run whose token it is. A text is ``None`` where the token does not have it."""

    provider: str
    """``github`` or ``gitlab``: no other's tokens say which run and which commit."""
    run_id: str | None
    repository: str | None
    """The repository's path, such as ``owner/name``. Which server it is on, the issuer knows."""
    commit: str | None
    event: str | None
    attempt: str | None = None

    @property
    def flow_run_id(self) -> str | None:
        return f"{self.provider}_{self.run_id}" if self.run_id else None


def claims_of(token: str) -> Mapping[str, Any]:
    """What the token says. Empty if it is none."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MAX_TOKEN:
        return {}

    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def run_of(claims: Mapping[str, Any]) -> TokenRun | None:
    """The run that these claims are about. ``None``: it is nobody's whose form is known."""
    if "job_workflow_ref" in claims:
        return TokenRun(
            "github",
            _text(claims, "run_id"),
            _text(claims, "repository"),
            _text(claims, "sha"),
            _text(claims, "event_name"),
            _text(claims, "run_attempt"),
        )
    if "pipeline_id" in claims:
        return TokenRun(
            "gitlab",
            _text(claims, "pipeline_id"),
            _text(claims, "project_path"),
            _text(claims, "sha"),
            _text(claims, "pipeline_source"),
        )
    return None


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
