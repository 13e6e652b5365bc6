"""Airflow's own tables as a witness."""
