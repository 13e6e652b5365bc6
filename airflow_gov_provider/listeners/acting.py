"""Who is acting in this api-server, for hooks that Airflow calls while it answers a request.

Standard library only: task processes import this module.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """The signed-in user whose request is being answered.

    :param path: without its query.
    """

    user: str
    client: str | None
    method: str
    path: str

    @property
    def told(self) -> dict[str, Any]:
        """What an event carries of it beside its actor."""
        return {"client": self.client, "method": self.method, "path": self.path}


acting: ContextVar[Acting | None] = ContextVar("governance_acting", default=None)
