"""What this package adds to Airflow: listeners, what carries promises, an API and its pages.

Every process that runs Airflow imports this module, task processes included, so it imports next to
nothing. The API is built when ``fastapi_apps`` is read, and only the api-server and ``airflow
plugins`` read it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.providers.common.compat.sdk import AirflowPlugin

from airflow_gov_provider.listeners import hooks


class GovernancePlugin(AirflowPlugin):
    name = "governance"
    listeners = [hooks]

    @cached_property
    def deadline_references(self) -> list[Any]:  # type: ignore[override]
        from airflow_gov_provider.deadlines.carrier import Carrier

        return [Carrier]

    @cached_property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override]
        from airflow_gov_provider.plugins.bundle import PREFIX
        from airflow_gov_provider.plugins.mount import api_app

        return [{"name": "governance", "url_prefix": PREFIX, "app": api_app()}]

    @cached_property
    def react_apps(self) -> list[Any]:  # type: ignore[override]
        from airflow_gov_provider.plugins.bundle import react_apps

        return react_apps()

    @cached_property
    def fastapi_root_middlewares(self) -> list[Any]:  # type: ignore[override]
        from airflow_gov_provider.plugins.requests import RequestWitness

        return [{"name": "governance request witness", "middleware": RequestWitness}]
