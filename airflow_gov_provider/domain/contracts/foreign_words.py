"""What other tools call our checks and their keys, for whoever comes from one of them.

The names are those of Great Expectations, Soda, dbt with its packages, pandera, and JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+")

# Our words first, each with what stands for it elsewhere.
ELSEWHERE: Mapping[str, str] = {
    "column_exists": "expect_column_to_exist required_columns schema",
    "type": "expect_column_values_to_be_of_type expect_column_values_to_be_in_type_list data_type"
    " dtype datatype logical_type coerce",
    "columns_match_set": "expect_table_columns_to_match_set",
    "columns_match_ordered": "expect_table_columns_to_match_ordered_list",
    "column_count": "expect_table_column_count_to_equal expect_table_column_count_to_be_between",
    "not_null": "expect_column_values_to_not_be_null missing_count null_count required no_nulls"
    " is_complete at_least_one notnull nonnull",
    "null_percent": "missing_percent missing_rate null_rate null_ratio has_completeness"
    " completeness not_null_proportion expect_column_values_to_be_null"
    " expect_column_proportion_of_non_null_values_to_be_between",
    "missing": "missing_values missing_regex na_values",
    "not_empty": "not_empty_string not_blank no_empty_strings",
    "unique": "expect_column_values_to_be_unique expect_compound_columns_to_be_unique is_unique"
    " unique_combination_of_columns no_duplicates",
    "primary_key": "primarykey key is_primary_key pk",
    "duplicate_count": "duplicates duplicate_rows",
    "duplicate_percent": "duplicate_rate duplicate_ratio",
    "distinct_count": "expect_column_unique_value_count_to_be_between cardinality unique_count"
    " n_distinct",
    "distinct_ratio": "expect_column_proportion_of_unique_values_to_be_between unique_ratio",
    "accepted_values": "expect_column_values_to_be_in_set"
    " expect_column_distinct_values_to_be_in_set valid_values in_set isin is_in enum"
    " allowed_values one_of is_contained_in",
    "rejected_values": "expect_column_values_to_not_be_in_set invalid_values not_in_set notin"
    " not_in not_accepted_values forbidden_values",
    "range": "expect_column_values_to_be_between accepted_range in_range between is_between"
    " valid_range",
    "ge": "gte greater_than_or_equal_to minimum valid_min min_value is_non_negative",
    "gt": "greater_than exclusive_minimum is_positive",
    "le": "lte less_than_or_equal_to maximum valid_max max_value",
    "lt": "exclusive_maximum",
    "eq": "equal_to equals",
    "ne": "not_equal_to",
    "length": "expect_column_value_lengths_to_be_between expect_column_value_lengths_to_equal"
    " min_length max_length valid_length valid_min_length valid_max_length str_length avg_length",
    "regex": "expect_column_values_to_match_regex valid_regex pattern matches_pattern str_matches"
    " has_pattern",
    "not_regex": "expect_column_values_to_not_match_regex invalid_regex",
    "like": "expect_column_values_to_match_like_pattern",
    "not_like": "expect_column_values_to_not_match_like_pattern",
    "starts_with": "str_startswith prefix",
    "ends_with": "str_endswith suffix",
    "contains": "str_contains",
    "format": "valid_format is_email is_credit_card_number contains_email",
    "json_schema": "expect_column_values_to_match_json_schema jsonschema",
    "no_pii": "pii personal_data",
    "eq_column": "expect_column_pair_values_to_be_equal",
    "gt_column": "expect_column_pair_values_a_to_be_greater_than_b is_greater_than",
    "sum_equals": "expect_multicolumn_sum_to_equal",
    "freshness": "recency loaded_at_field max_age latency",
    "gaps": "sequential_values expect_row_values_to_have_data_for_every_n_datepart",
    "increasing": "expect_column_values_to_be_increasing is_monotonically_increasing monotonic",
    "decreasing": "expect_column_values_to_be_decreasing",
    "min": "expect_column_min_to_be_between has_min",
    "max": "expect_column_max_to_be_between has_max",
    "mean": "expect_column_mean_to_be_between avg average has_mean",
    "median": "expect_column_median_to_be_between",
    "quantile": "expect_column_quantile_values_to_be_between percentile",
    "stddev": "expect_column_stdev_to_be_between std stdev standard_deviation",
    "sum": "expect_column_sum_to_be_between total",
    "most_common": "expect_column_most_common_value_to_be_in_set",
    "outliers": "expect_column_value_z_scores_to_be_less_than",
    "distribution": "expect_column_kl_divergence_to_be_less_than drift psi",
    "correlation": "has_correlation",
    "row_count": "expect_table_row_count_to_be_between expect_table_row_count_to_equal min_rows"
    " has_size",
    "row_count_matches": "expect_table_row_count_to_equal_other_table equal_rowcount",
    "row_count_anomaly": "anomaly_score anomaly_detection volume_anomalies",
    "row_count_change": "change_for_row_count",
    "foreign_key": "relationships references reference fk is_foreign_key relationship",
    "sql": "expression_is_true expect_column_pair_values sql_expression condition expression check",
    "sql_value": "sql_metric metric_query user_defined_metric",
    "failed_rows": "unexpected_rows_expectation fail_query failed_rows_query custom_sql",
    # Keys within a check.
    "at_least": "min minimum min_value ge gte must_be_greater_than_or_equal_to from",
    "at_most": "max maximum max_value le lte must_be_less_than_or_equal_to to",
    "more_than": "gt strict_min exclusive_minimum must_be_greater_than greater_than min_exclusive",
    "less_than": "lt strict_max exclusive_maximum must_be_less_than max_exclusive",
    "exactly": "must_be equal equals eq value",
    "values": "value_set allowed enum accepted",
    "pattern": "regex",
    "column": "column_name field",
    "columns": "column_list column_set fields combination_of_columns",
    "where": "row_condition filter condition partition samples_filter",
    "tolerance": "threshold max_failures warn_if error_if must_be_less_than_percent",
    "severity": "level criticality fail warn",
    "description": "meta notes comment doc",
    "segment_by": "group_by partition_by groupby",
    "every": "interval window datepart",
    "max_age": "max_delay age_limit within",
}


def _by_theirs() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for ours, listed in ELSEWHERE.items():
        for theirs in listed.split():
            found[theirs] = (*found.get(theirs, ()), ours)
    return found


THEIRS = _by_theirs()


def our_words(word: str, known: Collection[str]) -> tuple[str, ...]:
    """Those of the known words that another tool calls ``word``."""
    folded = _CAMEL.sub("_", word.strip()).lower()
    return tuple(each for each in THEIRS.get(folded, ()) if each in known)
