"""What lies downstream of the Dags that incidents are about, and whose these Dags are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from airflow_gov_provider.collector.incidents.dag_links import dag_links
from airflow_gov_provider.collector.incidents.owners import owner_of
from airflow_gov_provider.domain.chain.blast_radius import (
    MOST_MODELS,
    BlastRadius,
    Link,
    downstream,
)
from airflow_gov_provider.domain.incidents.incident import Incident
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.evidence.rows import models_of_dags
from airflow_gov_provider.store.incidents.rows import note_affected, without_affected

INTERVAL = 5.0
_AT_ONCE = 100
_KEPT_SECONDS = 60.0


@dataclass(slots=True)
class Surroundings:
    """Looks at what incidents may spoil, where nobody has looked yet.

    :param monotonic: Airflow's Dags are read again when what was read is a minute old.
    """

    monotonic: Callable[[], float] = time.monotonic
    _links: Sequence[Link] = field(default=(), init=False)
    _read_at: float | None = field(default=None, init=False)

    def look(self) -> int:
        """:returns: how many incidents were looked at."""
        with governance_transaction() as connection:
            waiting = without_affected(connection, limit=_AT_ONCE)
        if not waiting:
            self._forget_old()
            return 0
        links = self._current()
        for incident in waiting:
            self._note(incident, links)
        return len(waiting)

    def _note(self, incident: Incident, links: Sequence[Link]) -> None:
        assert incident.dag_id is not None  # noqa: S101 - only such are asked for
        dags, cut = downstream(incident.dag_id, links)
        owner = None if incident.owner else owner_of(incident.dag_id)
        with governance_transaction() as connection:
            dag_ids = [incident.dag_id, *(one.dag_id for one in dags)]
            models = models_of_dags(connection, dag_ids, most=MOST_MODELS)
            radius = BlastRadius(dags=dags, models=models, cut=cut or len(models) == MOST_MODELS)
            note_affected(connection, incident.incident_id, radius.content, owner=owner)

    def _current(self) -> Sequence[Link]:
        if self._read_at is None or self.monotonic() - self._read_at > _KEPT_SECONDS:
            from airflow.utils.session import create_session

            with create_session(scoped=False) as session:
                self._links = dag_links(session)
            self._read_at = self.monotonic()
        return self._links

    def _forget_old(self) -> None:
        if self._read_at is not None and self.monotonic() - self._read_at > _KEPT_SECONDS:
            self._links, self._read_at = (), None
