from __future__ import annotations

from misbehaving import misbehaving
from web_fixtures import plain_environment, web

__all__ = ["misbehaving", "plain_environment", "web"]
