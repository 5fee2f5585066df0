"""Reads many packages: at once, with a cache of what was read, and past one machine.

Where packages are is known by ``sources``; what their claims are worth is not known here.
"""

from __future__ import annotations

from conda_provenance.survey.reading import Reading
from conda_provenance.survey.survey import survey

__all__ = ["Reading", "survey"]
