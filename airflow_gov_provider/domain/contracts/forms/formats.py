"""Formats of texts: addresses, codes, numbers with a check digit, JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.formats import FORMATS
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters

JSON = "json"
_PART_OF = {("ipv4", "ip"), ("ipv6", "ip"), ("imei", "luhn")}


def _format_order(old: str, new: str) -> Effect:
    if (old, new) in _PART_OF:
        return Effect.LOOSENED
    return Effect.TIGHTENED if (new, old) in _PART_OF else Effect.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFormat(Parameters):
    """Every text has the format of this name."""

    kind: ClassVar[str] = "format"
    counts_rows: ClassVar[bool] = True
    about: ClassVar[str] = "text"
    orders: ClassVar = {"name": _format_order}

    name: str

    def words(self, check: Expectation) -> str:
        del check
        return "a JSON document" if self.name == JSON else FORMATS[self.name].words


def _format(fields: Fields, owner: Node) -> dict[str, Any] | None:
    node = required(fields, owner, "name", what=f"one of {', '.join((*FORMATS, JSON))}")
    name = node.choice((*FORMATS, JSON)) if node else None
    return {"parameters": TextFormat(name=name)} if name else None


FORMS = {"format": Form(kind=TextFormat, bare="name", keys=("name",), read=_format)}
