"""MLflow: what is read of runs, versions and data sets, and the few things that are written."""
