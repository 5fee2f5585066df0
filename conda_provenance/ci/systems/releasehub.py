"""ReleaseHub.

- ``RELEASE_BUILD_ID`` alone is anybody's name for a release: ``RELEASE_COMMIT_SHA``, which the vendor named as its own,
  must be there too.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="releasehub",
    name="ReleaseHub",
    docs="https://github.com/watson/ci-info/issues/74",
    active=("{RELEASE_BUILD_ID}{RELEASE_COMMIT_SHA}",),
    last=True,
    left_out={
        "run_id": "no page of the vendor's was found that lists its variables",
        "run_url": "no page of the vendor's was found that lists its variables",
        "sha": "no page of the vendor's was found that lists its variables",
        "remote_url": "no page of the vendor's was found that lists its variables",
    },
)
