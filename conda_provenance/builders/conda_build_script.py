"""The file that ``conda-provenance run`` starts in place of the ``conda-build`` script.

It runs conda-build with our wrappers in place. The ``conda-build`` script itself does not always
load conda's plugins before it builds a recipe.yaml.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts this folder first in sys.path, where our modules would hide the builders' modules.
    folder = os.path.realpath(os.path.dirname(__file__))
    sys.path[:] = [place for place in sys.path if os.path.realpath(place or os.curdir) != folder]


def main() -> int:
    """Run the ``conda-build`` script of this environment with the arguments of this process."""
    from importlib.metadata import entry_points

    from conda_provenance.builders import activate

    activate()
    (script,) = entry_points(group="console_scripts", name="conda-build")
    sys.argv[0] = "conda-build"
    status = script.load()()
    return int(status or 0)


if __name__ == "__main__":
    sys.exit(main())
