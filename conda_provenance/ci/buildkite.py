"""Buildkite: https://buildkite.com/docs/pipelines/configure/environment-variables

- ``BUILDKITE_COMMIT`` may be ``HEAD`` (manual and scheduled builds): no commit then.
- ``BUILDKITE_BUILD_NUMBER`` counts within one pipeline; the id is unique.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("BUILDKITE")


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("BUILDKITE_BUILD_ID"),
        "run_url": environ.get("BUILDKITE_BUILD_URL"),
        "sha": environ.get("BUILDKITE_COMMIT"),
        "remote_url": environ.get("BUILDKITE_REPO"),
        "workspace": environ.get("BUILDKITE_BUILD_CHECKOUT_PATH"),
    }


ADAPTER = Adapter(
    "buildkite", "Buildkite", "https://buildkite.com/docs/pipelines/configure/environment-variables", is_active, read
)
