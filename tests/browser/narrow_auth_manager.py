"""Airflow's simple auth manager, with Dags that viewers may not see."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

HIDDEN_FROM_VIEWERS = frozenset({"credit_scoring", "credit_rollback"})


class NarrowAuthManager(SimpleAuthManager):
    def is_authorized_dag(self, *, user: Any, details: Any = None, **asked: Any) -> bool:
        is_hidden = details is not None and details.id in HIDDEN_FROM_VIEWERS
        if is_hidden and user.role.lower() == "viewer":
            return False
        return super().is_authorized_dag(user=user, details=details, **asked)
