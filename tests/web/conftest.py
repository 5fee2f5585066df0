from __future__ import annotations

from misbehaving import misbehaving, other_server
from nginx import nginx
from web_fixtures import plain_environment, web

__all__ = ["misbehaving", "nginx", "other_server", "plain_environment", "web"]
