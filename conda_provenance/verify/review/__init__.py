"""How a commit came in: by which change, who approved that, and is it what was approved?"""

from __future__ import annotations

from conda_provenance.verify.review.approvals import Tally, is_bot, tally
from conda_provenance.verify.review.bringing import bringing_change, wanted_branches
from conda_provenance.verify.review.contents import unreviewed_files

__all__ = ["Tally", "bringing_change", "is_bot", "tally", "unreviewed_files", "wanted_branches"]
