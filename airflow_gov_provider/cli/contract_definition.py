"""``airflow governance contract ...``: declarations only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand

_FILES = Arg(("files",), nargs="+", metavar="FILE", help="Contracts: native or ODCS, as YAML.")
_CONTRACT = Arg(("contract",), metavar="CONTRACT", help="The contract, native or ODCS.")
_DATA = Arg(
    ("data",),
    metavar="DATA",
    help=(
        "A file or a pattern of Parquet or CSV files, a .duckdb or .sqlite file, or a URL such as "
        "postgresql://user@host/database; give the password in PGPASSWORD or ~/.pgpass."
    ),
)
_CONN_ID = Arg(
    ("--conn-id",),
    metavar="CONN_ID",
    help=(
        "The data lies behind this Airflow connection, as for a gate: DATA is the name of a table "
        "there, or - beside --query."
    ),
)
_AGAINST = Arg(
    ("--data",),
    metavar="DATA",
    help="Also look whether this data has the columns. Its rows are not read.",
)
_TABLE = Arg(("--table",), metavar="NAME", help="The table of a database, schema.table if need be.")
_QUERY = Arg(("--query",), metavar="SQL", help="One SELECT, in place of --table.")
_OBJECT = Arg(
    ("--object",), metavar="NAME", help="Which schema object of an ODCS contract with several."
)
_OLD = Arg(("old",), metavar="OLD", help="The older version.")
_NEW = Arg(("new",), metavar="NEW", help="The newer version.")
_FAIL_ON = Arg(
    ("--fail-on",),
    choices=("breaking", "loosened", "tightened", "any", "never"),
    default="never",
    help="Exit with 1 if there is such a change (default: never).",
)
_NAME = Arg(("--name",), metavar="NAME", help="The name of the contract.")
_FORMAT = Arg(
    ("--format",),
    choices=("native", "odcs"),
    default="native",
    help="native (the default), or odcs for the Open Data Contract Standard v3.1.",
)
_NEW_FILE = Arg(("--output-file",), metavar="FILE", help="Write it to this new file.")
_REPORT = Arg(("--report",), metavar="FILE", help="Also write the report there, as JSON.")
_LOGICAL_DATE = Arg(
    ("--logical-date",),
    metavar="TIME",
    help=(
        "Judge as a run of this time would, such as 2026-03-02, or as a run of this data interval, "
        "such as 2026-03-01/2026-03-02; UTC where no zone is given."
    ),
)
_DIALECT = Arg(
    ("--dialect",),
    required=True,
    choices=(
        *("bigquery", "databricks", "duckdb", "postgres"),
        *("snowflake", "spark", "sqlite", "trino"),
    ),
    help="Whose SQL.",
)
_ANY_TABLE = Arg(
    ("--table",),
    metavar="NAME",
    help="The table, catalog.schema.table if need be; by default the name of the contract.",
)
_STRICT = Arg(("--strict",), action="store_true", help="Exit with 1 for warnings, too.")


Load = Callable[[str], Callable[..., Any]]


def contract_group(*, output: Arg, load: Load) -> GroupCommand:
    """:param load: gives the command at a path below ``cli.commands``."""
    return GroupCommand(
        name="contract",
        help="Data contracts: check them, try them, compare versions, write a first one",
        subcommands=(
            _lint(output, load),
            _suggest(load),
            _diff(output, load),
            _test(output, load),
            _compile(output, load),
        ),
    )


def _lint(output: Arg, load: Load) -> ActionCommand:
    return ActionCommand(
        name="lint",
        help="Check contracts and print all of their problems with their lines",
        description=(
            "Native contracts and ODCS v3.0 and v3.1, with all of their schema objects. "
            "What is wrong, what is\nprobably not meant, and what no gate evaluates is "
            "listed for all files at once.\nExits with 1 if a gate would refuse one of "
            "them, and with 2 if there is no such data as --data names."
        ),
        func=load("contracts.lint"),
        args=(_FILES, _AGAINST, _TABLE, _QUERY, _STRICT, output),
        epilog=(
            "Examples:\n"
            "  airflow governance contract lint orders.yaml people.yaml\n"
            "  airflow governance contract lint orders.yaml --data 'orders/*.parquet'"
        ),
    )


def _suggest(load: Load) -> ActionCommand:
    return ActionCommand(
        name="suggest",
        help="Write a first contract from what the data holds now",
        description=(
            "Columns, types, NULL, keys, ranges and values, each with the observation "
            "that it rests on and a margin.\nValues are listed only of text columns with "
            "few of them and where they look like nobody's. The data\npasses what is "
            "suggested."
        ),
        func=load("contract_suggestion.suggest"),
        args=(_DATA, _TABLE, _QUERY, _NAME, _FORMAT, _NEW_FILE),
        epilog=(
            "Examples:\n"
            "  airflow governance contract suggest 'orders/*.parquet' --name orders\n"
            "  airflow governance contract suggest shop.duckdb --table orders "
            "--output-file orders.yaml\n"
            "  airflow governance contract suggest orders.parquet --format odcs"
        ),
    )


def _diff(output: Arg, load: Load) -> ActionCommand:
    return ActionCommand(
        name="diff",
        help="What one version of a contract asks that another one does not",
        description=(
            "Each change says which way it goes: what is tightened can refuse data that "
            "passed before, what is\nloosened lets more data pass, so that the gate "
            "protects less. Either is breaking, unless it is about a\nwarning. What "
            "alters no answer of a gate is told as described.\nExits with 2 if one of the "
            "two cannot be used."
        ),
        func=load("contracts.diff"),
        args=(_OLD, _NEW, _FAIL_ON, output),
        epilog=(
            "Example:\n  airflow governance contract diff old.yaml new.yaml --fail-on breaking"
        ),
    )


def _test(output: Arg, load: Load) -> ActionCommand:
    return ActionCommand(
        name="test",
        help="Hold data to a contract as a gate would, outside of Airflow",
        description=(
            "The same engine and the same report as a DataQualityGate; nothing is "
            "recorded. Exits with 0 if a\ngate would let the data pass, with 1 if it "
            "failed, and with 3 if a check could not be answered;\nwith 2 if there is no "
            "verdict, because the contract or the data cannot be used."
        ),
        func=load("contract_trial.test"),
        args=(
            *(_CONTRACT, _DATA, _CONN_ID, _TABLE, _QUERY),
            *(_OBJECT, _LOGICAL_DATE, _REPORT, output),
        ),
        epilog=(
            "Examples:\n"
            "  airflow governance contract test orders.yaml 'orders/*.parquet'\n"
            "  airflow governance contract test orders.yaml "
            "postgresql://reader@db/shop --table public.orders\n"
            "  airflow governance contract test orders.yaml public.orders --conn-id shop"
        ),
    )


def _compile(output: Arg, load: Load) -> ActionCommand:
    return ActionCommand(
        name="compile",
        help="Print the SQL that a gate would send to a database",
        description=(
            "No database is asked anything. Types of columns are those that the contract "
            "gives; a gate takes them\nfrom the table. What needs a second look at the rows "
            "is printed as if it were needed. Times relative\nto a run are those of a run now. "
            "What the database cannot be asked, and why, stands in comments."
        ),
        func=load("contract_compilation.compile_"),
        args=(_CONTRACT, _DIALECT, _ANY_TABLE, _OBJECT, output),
        epilog=(
            "Example:\n"
            "  airflow governance contract compile orders.yaml --dialect snowflake "
            "--table SHOP.PUBLIC.ORDERS"
        ),
    )
