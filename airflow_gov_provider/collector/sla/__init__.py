"""What became of commitments, judged from Airflow's own tables."""
