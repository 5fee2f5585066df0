from __future__ import annotations

from conda_gate import conda, gate_channels

__all__ = ["conda", "gate_channels"]
