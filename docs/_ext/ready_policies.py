"""Give each ready policy an address of its own on the site, ``policies/NAME.toml``.

Statements of ``verify --vsa`` name it. What is in a policy is not known here.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from conda_provenance.policy.loading import ready_path, ready_policies


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("build-finished", _copy)
    return {"version": "1", "parallel_read_safe": True}


def _copy(app: Any, error: Exception | None) -> None:
    if error is not None:
        return

    folder = Path(app.outdir, "policies")
    folder.mkdir(exist_ok=True)
    for name in ready_policies():
        shutil.copy(ready_path(name), folder)
