"""``python -m conda_provenance.builders.launch``: conda-build with the plugin active from the start.

The ``conda-build`` script may build a recipe.yaml without ever touching conda's plugins; this is how
``conda-provenance run`` reaches that case.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

from conda_provenance.builders import activate


def main() -> int:
    """Run the ``conda-build`` script of this environment with this process's arguments."""
    activate()
    (script,) = entry_points(group="console_scripts", name="conda-build")
    sys.argv[0] = "conda-build"
    status = script.load()()
    return int(status or 0)


if __name__ == "__main__":
    sys.exit(main())
