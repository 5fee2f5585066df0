"""TeamCity: https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html

- ``BUILD_NUMBER`` counts within one build configuration, and the unique ``teamcity.build.id`` is in no variable:
  there is no id, unless the build's page (``BUILD_URL``, since 2023) is one that names it.
- ``BUILD_URL`` and ``BUILD_NUMBER`` are what makes others take it for Jenkins.
- The repository's URL is in no variable, nor is the checkout's folder.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ

_PAGE = re.compile(
    r"https?://[^?#]*/(?:viewLog\.html\?(?:[^#]*&)?buildId=|build/|buildConfiguration/[^/?#]+/)(?P<id>\d{1,20})(?![^&?#])"
)


def is_active(environ: Environ) -> bool:
    return environ.on("TEAMCITY_VERSION")


def read(environ: Environ) -> dict[str, str | None]:
    page = _PAGE.match(environ.get("BUILD_URL", ""))
    return {
        "run_id": page["id"] if page else None,
        "run_url": environ.get("BUILD_URL"),
        "sha": environ.get("BUILD_VCS_NUMBER"),
    }


ADAPTER = Adapter(
    "teamcity", "TeamCity", "https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html", is_active, read
)
