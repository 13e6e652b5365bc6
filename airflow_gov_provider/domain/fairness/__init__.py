"""Fairness of decisions about people, from counts per group.

Counts become rates, rates become gaps between groups, gaps are judged against thresholds. Nothing
here reads data: ``profiling.fairness.contingency`` counts.
"""

from airflow_gov_provider.domain.fairness.counts import Cell, ContingencyTable, Counts
from airflow_gov_provider.domain.fairness.evaluate import Assessment, evaluate
from airflow_gov_provider.domain.fairness.metrics import METRICS
from airflow_gov_provider.domain.fairness.rates import RATES
from airflow_gov_provider.domain.fairness.thresholds import Groups, Threshold, parse_thresholds

__all__ = [
    "METRICS",
    "RATES",
    "Assessment",
    "Cell",
    "ContingencyTable",
    "Counts",
    "Groups",
    "Threshold",
    "evaluate",
    "parse_thresholds",
]
