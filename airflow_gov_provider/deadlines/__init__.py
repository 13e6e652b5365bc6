"""Promises in Dag code: ``deadline=sla(within=timedelta(hours=1))``."""

from airflow_gov_provider.deadlines.declaring import sla
from airflow_gov_provider.domain.severity import Severity

__all__ = ["Severity", "sla"]
