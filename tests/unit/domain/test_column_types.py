"""Names of physical types, as the three databases print them."""

from __future__ import annotations

import pytest

from airflow_gov_provider.domain.quality.column_types import (
    is_wider,
    logical_types,
    same_physical_type,
)
from airflow_gov_provider.domain.quality.expectations import LogicalType


@pytest.mark.parametrize(
    ("physical", "logical"),
    [
        ("BIGINT", "integer number"),
        ("bigint unsigned", "integer number"),
        ("HUGEINT", "integer number"),
        ("INTEGER", "integer number"),
        ("DECIMAL(18,0)", "integer number"),
        ("NUMERIC(10)", "integer number"),
        ("DECIMAL(18, 3)", "number"),
        ("numeric", "number"),
        ("double precision", "number"),
        ("REAL", "number"),
        ("character varying(20)", "string"),
        ("VARCHAR(255)", "string"),
        ("TEXT", "string"),
        ("uuid", "string"),
        ("ENUM('a', 'b(c)')", "string"),
        ("BOOLEAN", "boolean"),
        ("DATE", "date"),
        ("DATETIME", "timestamp"),
        ("timestamp(3) without time zone", "timestamp"),
        ("timestamp with time zone", "timestamp"),
        ("TIMESTAMP_NS", "timestamp"),
        ("time without time zone", "time"),
        ("INTEGER[]", "array"),
        ("VARCHAR[3]", "array"),
        ("STRUCT(a INTEGER, b VARCHAR)", "object"),
        ("STRUCT(a INTEGER)[]", "array"),
        ("MAP(VARCHAR, DOUBLE)", "object"),
        ("jsonb", "object array"),
        ("BLOB", ""),
        ("interval", ""),
    ],
)
def test_a_physical_type_satisfies_these_logical_ones(physical: str, logical: str):
    assert logical_types(physical) == {LogicalType(word) for word in logical.split()}


@pytest.mark.parametrize("physical", ["", "GEOGRAPHY", "USER-DEFINED", "(", "POINTY INT"])
def test_an_unknown_name_satisfies_nothing_that_could_be_said(physical: str):
    assert logical_types(physical) is None


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("int", "INTEGER", True),
        ("bigint", "INTEGER", False),
        ("varchar", "character varying(18)", True),
        ("varchar(18)", "VARCHAR", True),
        ("varchar(18)", "character varying(20)", False),
        ("numeric(10,2)", "DECIMAL(10, 2)", True),
        ("timestamp", "timestamp without time zone", True),
        ("timestamp", "timestamp with time zone", False),
        ("text", "TEXT", True),
        ("INTEGER[]", "INTEGER[]", True),
        ("INTEGER[]", "INTEGER", False),
        ("variant_x", "VARIANT_X", True),
        ("number_38", "BIGINT", None),
    ],
)
def test_two_names_of_one_type(expected: str, found: str, same: bool | None):  # noqa: FBT001
    assert same_physical_type(expected, found) is same


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("varchar(20)", "VARCHAR(10)", True),
        ("varchar(10)", "text(20)", False),
        ("numeric(12,2)", "decimal(10,2)", True),
        ("numeric(12,4)", "numeric(12,2)", None),  # more behind the point, fewer before it
        ("varchar", "varchar(10)", None),
        ("varchar(10)", "char(5)", None),
    ],
)
def test_a_type_is_wider_where_it_takes_every_value_of_the_other(one, other, expected):
    assert is_wider(one, other) is expected
