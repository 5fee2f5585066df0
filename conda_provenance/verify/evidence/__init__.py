"""Evidence: the answers that the checks of a package stood on, in one file a package.

What the answers mean is not known here.
"""

from __future__ import annotations

from conda_provenance.verify.evidence.folder import EvidenceFolder
from conda_provenance.verify.evidence.recorded import RecordedAnswers

__all__ = ["EvidenceFolder", "RecordedAnswers"]
