from __future__ import annotations

from airflow_gov_provider.store.database import safe_url


def test_a_url_is_shown_without_its_password_and_without_parameters_that_may_hold_one():
    url = (
        "postgresql+psycopg://gov:hunter2@db.example.com/governance?password=s3cret&sslmode=require"
    )

    assert safe_url(url) == "postgresql+psycopg://gov:***@db.example.com/governance"
