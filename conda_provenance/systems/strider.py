"""Strider.

- Nobody develops it any longer, but anybody can run it.
- Its runner sets ``PAAS_NAME=strider``, the path, the home folder and the language, and nothing
  else: no ``STRIDER`` and no ``CI``.
- With the project's keys it sets ``STRIDER_SSH_PRIV``, a private key. Never print its environment.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="strider",
    name="Strider",
    docs="https://github.com/Strider-CD/strider/blob/HEAD/modules/strider-runner-core/lib/job.js",
    active=("PAAS_NAME=strider",),
    left_out={
        "run_id": NO_VARIABLE,
        "run_url": NO_VARIABLE,
        "sha": NO_VARIABLE,
        "remote_url": NO_VARIABLE,
        "workspace": NO_VARIABLE,
    },
)
