"""dsari.

- Other programs use the name ``RUN_ID`` too. Here it is a UUID, and ``DSARI`` is set as well.
- A job may ask for Jenkins' variables. ``JENKINS_URL`` is then a ``file:`` address, and
  ``BUILD_TAG`` begins with ``dsari-``.
- dsari knows no repository. ``GIT_COMMIT`` may come from the author of the trigger.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter

ADAPTER = Adapter(
    provider="dsari",
    name="dsari",
    docs="https://github.com/rfinnie/dsari/blob/main/doc/environment.md",
    active=("DSARI",),
    run_id="{RUN_ID:[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+}",
    event="{TRIGGER_TYPE}",
    left_out={
        "run_url": "BUILD_URL is the address of a file",
        "sha": "GIT_COMMIT is whatever the author of the trigger put there",
        "remote_url": "dsari knows no repository",
        "workspace": "RUN_DIR is the folder for the run's output, not a checkout",
    },
)
