"""What a check asks beyond its columns: one small frozen class for each kind of check.

A family of checks brings its parameters along with the words that stand for them, so that reading,
judging, comparing and describing a check need to know no kind by name. The oldest kinds keep their
values in the fields of the expectation itself (``bounds``, ``values``, ``pattern``, ...).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from airflow_gov_provider.domain.quality.expectations import Expectation
    from airflow_gov_provider.domain.quality.judging import Case
    from airflow_gov_provider.domain.verdicts import Finding


class Effect(StrEnum):
    """Which way a change of a contract goes; see ``domain.contracts.changes``."""

    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"
    DESCRIBED = "described"

    @property
    def opposite(self) -> Effect:
        """The effect of the way back."""
        ways = {Effect.TIGHTENED: Effect.LOOSENED, Effect.LOOSENED: Effect.TIGHTENED}
        return ways.get(self, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One difference between two versions of a check."""

    aspect: str
    effect: Effect
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(ABC):
    """The base of them all.

    :cvar kind: what findings call the check.
    :cvar counts_rows: it counts failing rows among the rows in scope (and takes a tolerance);
        otherwise it gives one number, which is held against the bounds of its expectation.
    :cvar sees_null: rows whose column is NULL are in scope.
    :cvar needs_rows: False where the names and types of the columns answer it.
    :cvar about: what its column must hold, ``text`` or ``number``; empty for anything.
    :cvar always_within: the least and the greatest that its number can be, whatever the data is.
    :cvar orders: for a field, which way a change of it goes; any other change has no direction.
    :cvar told_apart_by: fields that must agree for two checks to be versions of one.
    """

    kind: ClassVar[str] = ""
    counts_rows: ClassVar[bool] = False
    sees_null: ClassVar[bool] = False
    needs_rows: ClassVar[bool] = True
    about: ClassVar[str] = ""
    always_within: ClassVar[tuple[float | None, float | None]] = (None, None)
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {}
    told_apart_by: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def words(self, check: Expectation) -> str:
        """The requirement in words, such as ``"an e-mail address"``."""

    def judge(self, case: Case) -> Finding | None:
        """A verdict of its own, or None for the usual one of rows or of a number."""
        del case
        return None

    def suspicions(self, check: Expectation) -> Iterator[str]:
        """What its author hardly meant, for ``contract lint``."""
        del check
        yield from ()

    def identity(self) -> Hashable:
        return tuple(getattr(self, name) for name in self.told_apart_by)

    def changes(self, newer: Parameters) -> Iterator[Step]:
        """What differs in a newer version of the same kind."""
        for each in fields(self):
            before, after = getattr(self, each.name), getattr(newer, each.name)
            if before != after:
                order = self.orders.get(each.name)
                yield Step(
                    aspect=each.name,
                    effect=order(before, after) if order else Effect.CHANGED,
                    before=_worded(before),
                    after=_worded(after),
                )


def listed(*, longer: Effect) -> Callable[[tuple[Any, ...], tuple[Any, ...]], Effect]:
    """For ``orders``: what it means that a list has further entries."""

    def order(old: tuple[Any, ...], new: tuple[Any, ...]) -> Effect:
        if set(old) == set(new):
            return Effect.DESCRIBED
        if set(old) < set(new):
            return longer
        return longer.opposite if set(new) < set(old) else Effect.CHANGED

    return order


def larger(effect: Effect) -> Callable[[Any, Any], Effect]:
    """For ``orders``: what it means that a number grows; None stands for none at all."""

    def order(old: Any, new: Any) -> Effect:
        if old is None or new is None:
            return Effect.CHANGED
        return effect if new > old else effect.opposite

    return order


def flagged(effect: Effect) -> Callable[[bool, bool], Effect]:
    """For ``orders``: what it means that a switch is turned on."""
    return lambda _, new: effect if new else effect.opposite


def _worded(value: object) -> str | None:
    if value is None or value == ():
        return None
    if isinstance(value, (tuple, frozenset)):
        return ", ".join(str(each) for each in value)
    return str(value)
