"""Xcode Server.

- Gone from newer versions of Xcode, but a program that runs on machines that have it.
- It is known by its mark only, and names no run.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="xcodeserver",
    name="Xcode Server",
    docs="https://github.com/watson/ci-info/blob/master/vendors.json",
    active=("XCS",),
    unless=("CI_XCODE_CLOUD",),
    left_out={
        "run_id": "no page of the vendor's was found that lists its variables",
        "run_url": "no page of the vendor's was found that lists its variables",
        "sha": "no page of the vendor's was found that lists its variables",
        "remote_url": "no page of the vendor's was found that lists its variables",
    },
)
