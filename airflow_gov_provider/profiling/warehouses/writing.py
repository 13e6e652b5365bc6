"""How the rows of one run of a task take the place of those that an earlier try wrote.

The databases differ in what they do as one: see what each warehouse makes of ``replacing``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Rows that are to be in a table, and those whose place they take.

    :param table: its name as SQL.
    :param columns: the names of its columns as SQL, in its order.
    :param run: which rows are this run's: columns and their values, both as SQL.
    """

    table: str
    columns: Sequence[str]
    run: Mapping[str, str]

    def of_run(self, prefix: str = "") -> str:
        return " AND ".join(f"{prefix}{name} = {value}" for name, value in self.run.items())

    def delete(self) -> str:
        return f"DELETE FROM {self.table} WHERE {self.of_run()}"  # noqa: S608 - quoted by sqlglot

    def insert(self, rows: str) -> str:
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) {rows}"

    def merge(self, rows: str) -> str:
        """One statement in which nothing ever matches: all of ``rows`` are new, and what stood
        there for this run is no longer found.
        """
        columns = ", ".join(self.columns)
        parts = (
            f"MERGE INTO {self.table} AS governance_there",
            f"USING ({rows}) AS governance_here ON FALSE",
            f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({columns})",  # noqa: S608
            f"WHEN NOT MATCHED BY SOURCE AND {self.of_run('governance_there.')} THEN DELETE",
        )
        return " ".join(parts)

    def replace_where(self, rows: str) -> str:
        """One statement of Delta Lake."""
        return f"INSERT INTO {self.table} REPLACE WHERE {self.of_run()} {rows}"

    def overwrite(self, rows: str) -> str:
        """The partition of the run, which holds its columns in its name, is written anew."""
        others = [name for name in self.columns if name not in self.run]
        parts = (
            f"INSERT OVERWRITE TABLE {self.table} {self.partition()}",
            f"SELECT {', '.join(others)} FROM ({rows}) AS governance_here",  # noqa: S608
        )
        return " ".join(parts)

    def drop_partition(self) -> str:
        return f"ALTER TABLE {self.table} DROP IF EXISTS {self.partition()}"

    def partition(self) -> str:
        return f"PARTITION ({', '.join(f'{name} = {value}' for name, value in self.run.items())})"


def identifier(name: str, dialect: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=dialect)


def literal(value: str | int, dialect: str) -> str:
    return exp.convert(value).sql(dialect=dialect)
