"""What people did, who did it, from where, and what changed."""

from airflow_gov_provider.collector.actions.recording import record_actions

__all__ = ["record_actions"]
