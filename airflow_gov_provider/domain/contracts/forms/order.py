"""Values that go one way when the rows stand in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, names, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class Monotonic(Parameters):
    """A row fails if its value goes back behind that of the row before it.

    :param by: the columns that put the rows in order; rows that are equal there stand in the order
        of their values, so that they never go back. Where no row comes after another one, there is
        no order to speak of, and no answer.
    :param per: each combination of these columns is a sequence of its own.
    :param strictly: a value that stays the same fails as well.
    """

    counts_rows: ClassVar[bool] = True
    told_apart_by: ClassVar[tuple[str, ...]] = ("by", "per")
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {
        "strictly": flagged(Effect.TIGHTENED)
    }

    by: tuple[str, ...]
    per: tuple[str, ...] = ()
    strictly: bool = False

    def words(self, check: Expectation) -> str:
        del check
        strictly = "strictly " if self.strictly else ""
        per = f" within each {', '.join(self.per)}" if self.per else ""
        return f"{strictly}{self.kind} in the order of {', '.join(self.by)}{per}"

    def suspicions(self, check: Expectation) -> Iterator[str]:
        if set(check.columns[:1]) & {*self.by, *self.per}:
            yield "the column stands in an order that it makes itself; order it by another one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Increasing(Monotonic):
    kind: ClassVar[str] = "increasing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decreasing(Monotonic):
    kind: ClassVar[str] = "decreasing"


def _form(kind: type[Monotonic]) -> Form:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        node = required(fields, owner, "by", what="the column that puts the rows in order")
        by = names(node) if node else ()
        per = names(fields["per"]) if "per" in fields else ()
        strictly = fields["strictly"].flag() if "strictly" in fields else False
        if not by or strictly is None or ("per" in fields and not per):
            return None
        return {"parameters": kind(by=by, per=per, strictly=strictly)}

    return Form(kind=kind, bare="by", keys=("by", "per", "strictly"), read=read)


FORMS = {"increasing": _form(Increasing), "decreasing": _form(Decreasing)}
