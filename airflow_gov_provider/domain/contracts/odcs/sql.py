"""ODCS ``sql`` rules.

``SELECT COUNT(*) FROM {object} WHERE ...`` is a row count with a condition, and ``SELECT
AVG({property}) FROM {object}`` a statistic; both are measured together with everything else. Any
other SELECT that reads ``{object}`` and gives one number is run as it stands, in a snapshot that
can change nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_gov_provider.domain.contracts.forms.custom import TABLE
from airflow_gov_provider.domain.contracts.odcs.tables import Table
from airflow_gov_provider.domain.quality.expectations import CheckKind, Statistic

SUPPORTED = (
    "only one SELECT FROM {object} that gives a number of the unit 'rows' is evaluated; write it "
    "so, or as a custom rule with engine airflow-gov"
)
_STATISTICS = {
    "avg": Statistic.MEAN,
    "min": Statistic.MIN,
    "max": Statistic.MAX,
    "sum": Statistic.SUM,
    "stddev": Statistic.STDDEV,
    "stddev_samp": Statistic.STDDEV,
}
_NAME = r'(?:\$?\{\w+\}|"(?:[^"]|"")+"|[A-Za-z_]\w*)'
_QUERY = re.compile(
    rf"\s*select\s+(?P<function>\w+)\s*\(\s*(?P<argument>\*|1|{_NAME})\s*\)\s*(?:as\s+\w+\s+)?"
    rf"\s*from\s+(?P<table>(?:{_NAME}\s*\.\s*)?{_NAME})\s*(?:where\s+(?P<where>.+?))?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_OBJECT = re.compile(r"\$?\{(?:object|table|model)\}", re.IGNORECASE)
_PROPERTY = re.compile(r"\$?\{(?:property|column|field)\}", re.IGNORECASE)
_MORE_THAN_A_CONDITION = re.compile(
    r"\b(?:group\s+by|having|order\s+by|limit|offset|union|intersect|except|window|join|select)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """What the query means as an expectation."""

    kind: CheckKind
    columns: tuple[str, ...] = ()
    statistic: Statistic | None = None
    where: str | None = None


def answerable(query: str, *, table: Table, column: str | None) -> Answerable | None:
    """The expectation behind a query, or None if it needs to be run as it is."""
    found = _QUERY.fullmatch(query)
    if found is None or not _is_object(found["table"], table):
        return None
    where = _with_column(found["where"], column)
    if where is None and found["where"] is not None:
        return None
    function, argument = found["function"].lower(), found["argument"]
    if function == "count":
        return _counted(argument, where, table, column)
    if function not in _STATISTICS or argument in ("*", "1"):
        return None
    name = _column_name(argument, table, column)
    if name is None:
        return None
    return Answerable(
        kind=CheckKind.STATISTIC,
        columns=(name,),
        statistic=_STATISTICS[function],
        where=where,
    )


def over_object(query: str, *, column: str | None) -> str | None:
    """The query with its placeholders filled, to be run as it is; None if it cannot be.

    It reads the object by its placeholder, so that it is about the data that is checked and not
    about a table of that name somewhere.
    """
    if re.match(r"\s*(?:select|with)\b", query, re.IGNORECASE) is None:
        return None
    filled = _OBJECT.sub(TABLE, query)
    if column is not None:
        filled = _PROPERTY.sub(lambda _: quoted(column), filled)
    others = set(re.findall(r"\$?\{\w+\}", filled)) - {TABLE}
    if TABLE not in filled or others:
        return None
    return filled.strip().removesuffix(";").strip()


def quoted(column: str) -> str:
    """An identifier as all three databases read it."""
    return '"' + column.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _counted(
    argument: str, where: str | None, table: Table, column: str | None
) -> Answerable | None:
    if argument in ("*", "1"):
        return Answerable(kind=CheckKind.ROW_COUNT, where=where)
    name = _column_name(argument, table, column)
    if name is None:
        return None
    present = f"{quoted(name)} IS NOT NULL"
    both = f"{present} AND ({where})" if where else present
    return Answerable(kind=CheckKind.ROW_COUNT, where=both)


def _is_object(text: str, table: Table) -> bool:
    if _OBJECT.fullmatch(text):
        return True
    last = _unquoted(text.rpartition(".")[2].strip())
    return last.lower() in {name.lower() for name in (*table.names,)} | {
        table.physical.rpartition(".")[2].lower()
    }


def _with_column(where: str | None, column: str | None) -> str | None:
    """The condition with its placeholder filled; None if it is more than a condition."""
    if where is None or _MORE_THAN_A_CONDITION.search(_QUOTED.sub("''", where)):
        return None
    filled = _PROPERTY.sub(lambda _: quoted(column), where) if column else where
    return None if re.search(r"\$?\{\w+\}", _QUOTED.sub("''", filled)) else filled.strip()


def _column_name(argument: str, table: Table, column: str | None) -> str | None:
    if _PROPERTY.fullmatch(argument):
        return column
    name = _unquoted(argument)
    return table.columns.get(name, name) if not argument.startswith(("{", "$")) else None


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
