"""A deadline that is never due: it carries a promise that Airflow cannot watch over."""

from __future__ import annotations

from typing import Any

from airflow.sdk.definitions.deadline import BaseDeadlineReference


class Carrier(BaseDeadlineReference):
    """Brings what was promised into Airflow's table of deadline alerts, and does nothing else.

    Airflow knows deadlines of runs alone. It evaluates this one to nothing when a run is created,
    and so it makes no row for the run and shows no missed deadline; the collector judges.
    """

    required_kwargs: frozenset[str] = frozenset()

    def _evaluate_with(self, *, session: Any, **kwargs: Any) -> None:  # noqa: ARG002
        return None
