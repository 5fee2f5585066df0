"""``python -m conda_provenance``."""

import sys

from conda_provenance.cli.main import main

sys.exit(main())
