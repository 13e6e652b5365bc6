"""Expectations on their way into a contract: they get their identifiers last, all together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from airflow_gov_provider.domain.contracts.model import NotEvaluated
from airflow_gov_provider.domain.contracts.problems import Problems, hint
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An expectation, or a statement that is not evaluated, before it has its final identifier.

    :param check: an expectation whose ``check_id`` is what its author wrote, or a base to number.
    :param named: its author wrote the identifier, so a second one like it is a mistake.
    """

    check: Expectation | NotEvaluated
    named: bool = False


def draft(kind: str, *, base: str, check_id: str | None = None, **fields: Any) -> Draft:
    return Draft(
        check=Expectation(check_id=check_id or base, kind=kind, **fields),
        named=check_id is not None,
    )


def base_id(columns: Iterable[str], word: str) -> str:
    """``age.range``, ``first+last.unique``, ``row_count``."""
    subject = "+".join(columns)
    return f"{subject}.{word}" if subject else word


def with_ids(
    drafts: Iterable[Draft], problems: Problems
) -> tuple[tuple[Expectation, ...], tuple[NotEvaluated, ...]]:
    """Give every draft its identifier: the author's own, or the base, numbered where it repeats."""
    drafts = list(drafts)
    taken: dict[str, str] = {}
    for item in drafts:
        if not item.named:
            continue
        check_id, place = item.check.check_id, item.check.place
        if check_id in taken:
            problems.add(place, f"the id {check_id!r} is already taken by {taken[check_id]}")
        taken.setdefault(check_id, place)
    finished = [
        item.check if item.named else replace(item.check, check_id=_free(item.check, taken))
        for item in drafts
    ]
    return (
        tuple(check for check in finished if isinstance(check, Expectation)),
        tuple(check for check in finished if isinstance(check, NotEvaluated)),
    )


def _free(check: Expectation | NotEvaluated, taken: dict[str, str]) -> str:
    base, number = check.check_id, 1
    candidate = base
    while candidate in taken:
        number += 1
        candidate = f"{base}.{number}"
    taken[candidate] = check.place
    return candidate


def report_unknown_columns(
    drafts: Iterable[Draft], known: Collection[str], problems: Problems
) -> None:
    """Where a contract declares its columns, a check of any other column is a slip of the pen."""
    for item in drafts:
        if isinstance(item.check, Expectation):
            for column in item.check.columns:
                if column not in known:
                    problems.add(
                        item.check.place,
                        f"the contract declares no column {column!r}{hint(column, known)}",
                    )


def implied_existence(drafts: Iterable[Draft], declared: Iterable[str] = ()) -> list[Draft]:
    """One ``column_exists`` for every column that has none, in the order of appearance."""
    existing, wanted = set[str](), dict[str, str]()
    for column in declared:
        wanted.setdefault(column, f"columns.{column}")
    for item in drafts:
        if isinstance(item.check, Expectation):
            for column in item.check.columns:
                wanted.setdefault(column, item.check.place)
            if item.check.kind == CheckKind.COLUMN_EXISTS:
                existing.update(item.check.columns)
    return [
        draft(
            CheckKind.COLUMN_EXISTS,
            base=base_id((column,), "exists"),
            columns=(column,),
            place=place,
        )
        for column, place in wanted.items()
        if column not in existing
    ]
