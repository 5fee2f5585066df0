from __future__ import annotations

from web_fixtures import plain_environment, web

__all__ = ["plain_environment", "web"]
