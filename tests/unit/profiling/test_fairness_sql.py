"""What a fairness check sends to Snowflake, BigQuery, Databricks, Spark and Trino, to the letter."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from fakes.warehouses import Warehouse
from sqlglot import exp

from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch
from airflow_gov_provider.profiling.fairness.contingency_spec import ContingencySpec, Task
from airflow_gov_provider.profiling.fairness.populating import populate
from airflow_gov_provider.profiling.fairness.slicing import count_slices
from airflow_gov_provider.profiling.places import look as places
from airflow_gov_provider.profiling.places.source import TableSource
from airflow_gov_provider.profiling.warehouses import rewriting
from airflow_gov_provider.profiling.warehouses.functions import DOCUMENTED
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

GOLDEN = Path(__file__).parents[2] / "golden" / "dialects" / "fairness"
# A moment by the clock of the database, which no other run has.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
DECISIONS = ContingencySpec(
    features=("sex", "age"), label="repaid", positive=(1,), prediction="granted", weight="weight"
)
SCORES = dataclasses.replace(
    DECISIONS, prediction=None, score="score", threshold=0.5, score_bins=100
)
NUMBERS = ContingencySpec(
    features=("sex",),
    label="weight",
    positive=(),
    prediction="score",
    task=Task.REGRESSION,
    quantiles_by=((), ("sex",)),
)
SEARCH = SliceSearch(features=("sex", "age", "city"), max_values=2, bins=3, max_features=2)
LOOKS: dict[str, Callable[..., Any]] = {
    "decisions by two features, with weights": partial(populate, spec=DECISIONS),
    "decisions of three classes": partial(
        populate,
        spec=dataclasses.replace(DECISIONS, positive=(), task=Task.MULTICLASS, weight=None),
    ),
    "scores, in a hundred bins": partial(populate, spec=SCORES),
    "errors of predicted numbers, with their quantiles": partial(populate, spec=NUMBERS),
    "the worst slice": partial(
        count_slices, spec=dataclasses.replace(DECISIONS, features=()), search=SEARCH
    ),
}


@pytest.fixture(scope="module", params=list(WAREHOUSES))
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sent(dialect: str) -> dict[str, list[str]]:
    """The statements of each look that read rows."""
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE loans AS SELECT CASE WHEN i % 2 = 0 THEN 'f' ELSE 'm' END AS sex, "
            "i % 9 AS age, 'c' || (i % 7) AS city, i % 3 AS repaid, i % 3 AS granted, "
            "i / 90.0 :: DOUBLE AS score, CAST(1 AS DOUBLE) AS weight FROM range(90) AS r(i)"
        )
        found = {}
        for title, look in LOOKS.items():
            warehouse = Warehouse(database, dialect)
            places.in_table(warehouse, dialect, TableSource(table="loans"), look)
            reading = [sql for sql in warehouse.sent if " FROM " in sql and _reads(sql)]
            found[title] = [MOMENT.sub("2026-03-02 12:00:00+00:00", sql) for sql in reading]
        return found


def _reads(sql: str) -> bool:
    """Whether it looks at rows, and not only at what the columns are."""
    return not sql.startswith("DESCRIBE") and not sql.endswith("LIMIT 0")


def statements(sent: dict[str, list[str]]) -> list[str]:
    return [sql for each in sent.values() for sql in each]


def test_the_sql_is_what_was_reviewed(sent: dict[str, list[str]], dialect: str) -> None:
    """GOLDEN_UPDATE=1 rewrites the files; read the difference before you commit it."""
    parts = []
    for title, found in sent.items():
        pretty = [sqlglot.transpile(sql, read=dialect, pretty=True)[0] for sql in found]
        parts.append(f"-- {title}\n" + ";\n\n".join(pretty) + ";\n")
    script = "\n".join(parts)
    file = GOLDEN / f"{dialect}.sql"
    if os.environ.get("GOLDEN_UPDATE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(script, encoding="utf-8")

    assert script == file.read_text(encoding="utf-8")


def test_the_grammar_of_each_dialect_reads_back_what_was_written(
    sent: dict[str, list[str]], dialect: str
) -> None:
    for statement in statements(sent):
        tree = sqlglot.parse_one(statement, read=dialect)

        assert tree.sql(dialect=dialect) == statement
        assert not tree.find(exp.Command)


def test_every_function_is_one_that_the_database_documents(
    sent: dict[str, list[str]], dialect: str
) -> None:
    called = {name for sql in statements(sent) for name in rewriting.called(sql, dialect=dialect)}

    assert {"COUNT", "SUM", "FLOOR", "ROW_NUMBER", "ABS"} <= called
    assert called <= DOCUMENTED[dialect]


def test_no_statement_brings_rows_out(sent: dict[str, list[str]], dialect: str) -> None:
    for statement in statements(sent):
        outermost = sqlglot.parse_one(statement, read=dialect)
        if outermost.is_star:  # of groups, to put them into an order
            groups = outermost.find(exp.Subquery)
            assert groups is not None
            outermost = groups.this

        is_grouped = outermost.args.get("group") is not None
        assert is_grouped or all(each.find(exp.AggFunc) for each in outermost.expressions)
