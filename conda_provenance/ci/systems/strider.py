"""Strider.

- No longer developed, but a program that anybody can run.
- It is known by its mark only, and names no run.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="strider",
    name="Strider",
    docs="https://github.com/watson/ci-info/blob/master/vendors.json",
    active=("STRIDER",),
    left_out={
        "run_id": "no page of the vendor's was found that lists its variables",
        "run_url": "no page of the vendor's was found that lists its variables",
        "sha": "no page of the vendor's was found that lists its variables",
        "remote_url": "no page of the vendor's was found that lists its variables",
    },
)
