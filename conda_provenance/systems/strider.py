"""Strider.

- No longer developed, but a program that anybody can run.
- Its runner sets ``PAAS_NAME=strider``, the path, the home and the language, and nothing else: no ``STRIDER``, no ``CI``.
- With the project's keys it sets ``STRIDER_SSH_PRIV``, a private key: never print the environment.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="strider",
    name="Strider",
    docs="https://github.com/Strider-CD/strider/blob/HEAD/modules/strider-runner-core/lib/job.js",
    active=("PAAS_NAME=strider",),
    left_out={
        "run_id": "the runner sets no variable for it",
        "run_url": "the runner sets no variable for it",
        "sha": "the runner sets no variable for it",
        "remote_url": "the runner sets no variable for it",
        "workspace": "the runner sets no variable for it",
    },
)
