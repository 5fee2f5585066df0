"""Run as a file by ``conda-provenance run``: conda-build with the plugin active from the start.

The ``conda-build`` script may build a recipe.yaml without ever touching conda's plugins; this is how ``run`` reaches that case.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts a file's own folder first, where modules here are called as the builders are.
    sys.path[:] = [
        place
        for place in sys.path
        if os.path.realpath(place or os.curdir) != os.path.realpath(os.path.dirname(__file__))
    ]


def main() -> int:
    """Run the ``conda-build`` script of this environment with this process's arguments."""
    from importlib.metadata import entry_points

    from conda_provenance.builders import activate

    activate()
    (script,) = entry_points(group="console_scripts", name="conda-build")
    sys.argv[0] = "conda-build"
    status = script.load()()
    return int(status or 0)


if __name__ == "__main__":
    sys.exit(main())
