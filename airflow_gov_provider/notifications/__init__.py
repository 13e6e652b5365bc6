"""Notifiers for Dags and for channels of incidents."""
