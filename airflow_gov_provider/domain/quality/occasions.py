"""The moment that a contract speaks of: that of one Dag run, and not of the clock on the wall.

A check may ask something relative to a run: how old data was at its logical date, whether an hour
of its data interval has no rows, whether a number is like those of the runs before. Such a check is
settled before anything is measured; a backfill is then judged by its own day.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.quality.anomalies import Earlier
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.parameters import Parameters


class RelativeTo(StrEnum):
    """What times of the data are held against.

    ``logical_date`` is the end of the run's data interval, else its logical date, else the time
    from which it may run: the moment up to which the run has to know the world.
    """

    NOW = "now"
    LOGICAL_DATE = "logical_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When, and after what, a contract is held against data. All times have a zone.

    :param now: the time of judging.
    :param logical: the run's own moment; None outside of a run.
    :param taken_from: what of the run gave that moment, such as ``data_interval_end``; None where
        there is no run, or somebody named the moment.
    :param start: where the run's data interval begins.
    :param end: where it ends; the same as ``start`` for a schedule without intervals.
    :param earlier: by the id of a check, what its earlier runs measured; empty outside of a run.
    """

    now: datetime
    logical: datetime | None = None
    taken_from: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    earlier: Mapping[str, Sequence[Earlier]] = field(default_factory=dict)

    def moment(self, relative_to: RelativeTo) -> datetime | None:
        return self.now if relative_to is RelativeTo.NOW else self.logical


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated(Parameters):
    """Parameters of a check that is about the occasion as well as the data."""

    @abstractmethod
    def at(self, occasion: Occasion, check: Expectation) -> Parameters:
        """The same on this occasion: whatever was relative is absolute."""

    @property
    def remembers(self) -> bool:
        """Whether it is about earlier runs."""
        return False


def settled(contract: Contract, occasion: Occasion) -> Contract:
    """The contract as it is meant on an occasion."""
    expectations = tuple(at_occasion(check, occasion) for check in contract.expectations)
    return replace(contract, expectations=expectations)


def remembers(expectations: Iterable[Expectation]) -> bool:
    """Whether any of them is about earlier runs."""
    return any(
        isinstance(check.parameters, Dated) and check.parameters.remembers for check in expectations
    )


def at_occasion(check: Expectation, occasion: Occasion) -> Expectation:
    """One check as it is meant on an occasion."""
    if not isinstance(check.parameters, Dated):
        return check
    return replace(check, parameters=check.parameters.at(occasion, check))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering(Dated):
    """Parameters of a check against its own history.

    :param earlier: what this check measured in earlier runs, in any order.
    """

    earlier: tuple[Earlier, ...] = ()

    @property
    def remembers(self) -> bool:
        return True
