"""Shapes of JSON documents in the SQL of PostgreSQL 16 and later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow_gov_provider.domain.contracts.json_schemas.shapes import Shape
from airflow_gov_provider.domain.quality.expectations import Bounds
from airflow_gov_provider.profiling.engines import patterns
from airflow_gov_provider.profiling.engines.json_conditions import (
    Wrap,
    Writer,
    both,
    limits,
    quoted,
)


def condition(shape: Shape, text: str) -> str:
    """Whether ``text``, which is SQL, is a document of the shape; never NULL for a text."""
    body = _Postgres().condition(shape, "d")
    # Without OFFSET the document would be read again wherever it is named.
    cleaned = f"SELECT CAST({text} AS JSONB) AS d OFFSET 0"
    decided = f"(SELECT {body} FROM ({cleaned}) AS cleaned)"  # noqa: S608 - of a schema and a name
    valid = f"{text} IS JSON AND PG_INPUT_IS_VALID({text}, 'jsonb')"
    return f"(CASE WHEN {valid} THEN {decided} ELSE FALSE END)"


class _Postgres(Writer):
    def is_a(self, kind: str, value: str) -> str:
        if kind != "integer":
            return f"JSONB_TYPEOF({value}) = '{kind}'"
        number = _number(value)
        whole = f"{number} = TRUNC({number})"
        return f"(CASE WHEN JSONB_TYPEOF({value}) = 'number' THEN {whole} ELSE FALSE END)"

    def text(self, value: str) -> str:
        return f"({value} #>> '{{}}')"

    def within(self, value: str, bounds: Bounds) -> str:
        return both([f"{_number(value)} {sign} ({limit!r})" for sign, limit in limits(bounds)])

    def length(self, text: str) -> str:
        return f"CHAR_LENGTH({text})"

    def found(self, pattern: str, text: str) -> str:
        return f"({text} ~ {quoted(patterns.for_postgres(pattern, whole=False))})"

    def elements(self, value: str) -> str:
        return f"JSONB_ARRAY_LENGTH({value})"

    def element(self, value: str, place: int) -> tuple[str, str]:
        return f"({value} -> {place})", f"JSONB_ARRAY_LENGTH({value}) > {place}"

    def all_elements(self, value: str, shape: Shape, *, after: int) -> str:
        each = self.fresh("e")
        array = f"CASE WHEN JSONB_TYPEOF({value}) = 'array' THEN {value} ELSE '[]' END"
        rows = f"JSONB_ARRAY_ELEMENTS({array}) WITH ORDINALITY AS l({each}, place)"
        failing = f"place > {after} AND NOT {self.condition(shape, each)}"
        return f"(NOT EXISTS (SELECT FROM {rows} WHERE {failing}))"

    def members(self, value: str) -> str:
        keys = f"JSONB_OBJECT_KEYS({_object(value)})"
        return f"(SELECT COUNT(*) FROM {keys})"  # noqa: S608 - of a schema and a name

    def opened(self, value: str, names: Sequence[str]) -> tuple[Mapping[str, str], Wrap]:
        # To look a member up in a binary document is cheap.
        return {name: f"({value} -> {quoted(name)})" for name in names}, str

    def all_others(self, value: str, known: Sequence[str], shape: Shape) -> str:
        each = self.fresh("o")
        others = f"name NOT IN ({', '.join(map(quoted, known))}) AND " if known else ""
        rows = f"JSONB_EACH({_object(value)}) AS m(name, {each})"
        failing = f"{others}NOT {self.condition(shape, each)}"
        return f"(NOT EXISTS (SELECT FROM {rows} WHERE {failing}))"


def _number(value: str) -> str:
    return f"CAST({value} #>> '{{}}' AS NUMERIC)"


def _object(value: str) -> str:
    return f"CASE WHEN JSONB_TYPEOF({value}) = 'object' THEN {value} ELSE '{{}}' END"
