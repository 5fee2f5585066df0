"""Alpic.

- A platform for MCP servers. It is known by its host's name only, and names no run.
- The variable may be there in the running server too.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="alpic",
    name="Alpic",
    docs="https://github.com/watson/ci-info/blob/master/vendors.json",
    active=("ALPIC_HOST",),
    last=True,
    left_out={
        "run_id": "no page of the vendor's was found that lists its variables",
        "run_url": "no page of the vendor's was found that lists its variables",
        "sha": "no page of the vendor's was found that lists its variables",
        "remote_url": "no page of the vendor's was found that lists its variables",
    },
)
