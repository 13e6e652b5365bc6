"""The verifier for strangers: ``python -m airflow_gov_provider.verify``; no Airflow is loaded."""
