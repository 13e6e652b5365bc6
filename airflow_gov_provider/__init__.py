"""AI governance in the path of execution, for Apache Airflow."""

__version__ = "0.1.0"
