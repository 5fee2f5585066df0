"""The names of the keys that this project writes into a package's ``extra``. Names only."""

from __future__ import annotations

CEP_KEYS = ("sha", "remote_url", "flow_run_id")
"""The keys that CEP 31 names, in its order."""

KEYS = (*CEP_KEYS, "flow_run_url")
"""Every key that this project writes."""
