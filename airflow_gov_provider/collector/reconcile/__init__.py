"""Airflow's tables against the events, and where a witness is missing."""
