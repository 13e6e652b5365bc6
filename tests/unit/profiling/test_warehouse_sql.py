"""What is sent to Snowflake, BigQuery, Databricks, Spark and Trino, to the letter."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from airflow_gov_provider.cli.commands.contract_compilation import as_script
from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.profiling.compiling import compiled
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.warehouses import rewriting
from airflow_gov_provider.profiling.warehouses.functions import DOCUMENTED
from airflow_gov_provider.profiling.warehouses.known import WAREHOUSES

GOLDEN = Path(__file__).parents[2] / "golden" / "dialects"
TABLE = "shop.public.orders"


@pytest.fixture(scope="module")
def contract() -> Contract:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    run = Occasion(now=noon, logical=noon, start=noon - timedelta(days=1), end=noon)
    return settled(load(GOLDEN / "contract.yaml"), run)


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_the_sql_is_what_was_reviewed(contract: Contract, dialect: str) -> None:
    """GOLDEN_UPDATE=1 rewrites the files; read the difference before you commit it."""
    found = compiled(contract.expectations, dialect=dialect, table=TABLE)
    script = as_script(found, title=f"{contract} on {TABLE}")
    file = GOLDEN / f"{dialect}.sql"
    if os.environ.get("GOLDEN_UPDATE"):
        file.write_text(script, encoding="utf-8")

    assert script == file.read_text(encoding="utf-8")
    assert not found.refused


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_the_grammar_of_each_dialect_reads_back_what_was_written(
    contract: Contract, dialect: str
) -> None:
    for statement in compiled(contract.expectations, dialect=dialect, table=TABLE).statements:
        tree = sqlglot.parse_one(statement, read=dialect)
        written = tree.sql(dialect=dialect, pretty=True)

        assert written == statement
        assert sqlglot.parse_one(written, read=dialect) == tree
        assert not tree.find(exp.Command)


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_every_function_is_one_that_the_database_documents(
    contract: Contract, dialect: str
) -> None:
    statements = compiled(contract.expectations, dialect=dialect, table=TABLE).statements

    called = {name for sql in statements for name in rewriting.called(sql, dialect=dialect)}

    assert {"COUNT", "SUM", "MAX"} <= called
    assert called <= DOCUMENTED[dialect]


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_a_function_that_only_duckdb_has_is_not_sent(dialect: str) -> None:
    column = exp.column(exp.to_identifier("a", quoted=True))
    ours = exp.Anonymous(this="epoch_us", expressions=[column])

    with pytest.raises(Unmeasurable, match="documents no function EPOCH_US"):
        WAREHOUSES[dialect].compiled(exp.select(ours).from_("t"))


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_a_condition_may_call_what_its_author_has_there(dialect: str) -> None:
    theirs = exp.Paren(this=exp.Var(this="my_function(a) > 0"))

    sql = WAREHOUSES[dialect].compiled(exp.select("1").from_("t").where(theirs))

    assert sql.endswith("(my_function(a) > 0)")


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_an_exact_quantile_of_each_group_is_refused(dialect: str) -> None:
    mark = rewriting.quantile(exp.column("a"), exp.Literal.number(0.5))

    with pytest.raises(Unmeasurable, match="quantile of each group"):
        WAREHOUSES[dialect].compiled(exp.select("g", mark).from_("t").group_by("g"))
