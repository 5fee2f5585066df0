"""What many packages say on the whole: the state of each, a summary, and what falls short.

It works on what others have read. Where packages are, and how they are read, is not known here.
"""

from __future__ import annotations

from conda_provenance.audit.state import State, state_of
from conda_provenance.audit.summary import percent_complete, summarize

__all__ = ["State", "percent_complete", "state_of", "summarize"]
