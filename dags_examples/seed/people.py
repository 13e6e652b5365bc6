"""What people do about incidents: somebody sees it, looks after it, and says what it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from world import Happening, World

from airflow_gov_provider.domain.incidents.incident import Incident, Kind, State
from airflow_gov_provider.exceptions import IncidentConflict
from airflow_gov_provider.hooks import incident_decisions as decisions
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.hooks.incident_decisions import Author
from airflow_gov_provider.store.incidents.pages import IncidentFilter, page_of_incidents
from airflow_gov_provider.store.incidents.rows import get_incident

_UNTOUCHED = timedelta(hours=26)  # what is so new is still waiting for somebody
_SAID: Mapping[str, tuple[tuple[str, str], ...]] = {
    Kind.SLA_MISS: (
        ("fixed", "The warehouse answers again; the queue was worked off by hand."),
        ("accepted", "Known: the month's close takes longer. The owner of the report agreed."),
    ),
    Kind.GATE_BLOCKED: (
        ("fixed", "The source was corrected upstream and delivered again."),
        ("fixed", "A release of the source system wrote the field anew; mapping adapted."),
    ),
    Kind.APPROVAL_BYPASS: (
        ("accepted", "Marked by hand during the release freeze; told to the model committee."),
    ),
}


class People:
    """Looks at the list of incidents after each round of the collector."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def look(self, world: World) -> None:
        with governance_transaction() as connection:
            page = page_of_incidents(connection, IncidentFilter(state=State.OPEN), limit=50)
        for incident in page.items:
            if incident.incident_id in self._seen or world.until - world.now < _UNTOUCHED:
                continue
            self._seen.add(incident.incident_id)
            minutes = world.random.uniform(6, 50)
            world.begins(self._handle(world, incident), world.now + timedelta(minutes=minutes))

    def _handle(self, world: World, incident: Incident) -> Happening:
        who, now = _of_team(incident), world.now
        if not _try(world, incident, "acknowledge", who):
            return
        yield now + timedelta(minutes=world.random.uniform(2, 9))
        _try(world, incident, "assign", who)
        if world.random.random() < 0.5:  # noqa: PLR2004 - one in two
            yield world.now + timedelta(minutes=world.random.uniform(10, 40))
            _try(world, incident, "comment", who)
        yield world.now + timedelta(hours=world.random.uniform(1, 7))
        _try(world, incident, "resolve", who)


def _of_team(incident: Incident) -> str:
    return "reviewer" if incident.kind == Kind.APPROVAL_BYPASS else "requester"


def _try(world: World, incident: Incident, what: str, who: str) -> bool:
    """Do it, unless it has healed meanwhile."""
    author, now = Author(name=who), world.now
    with governance_transaction() as connection:
        current = get_incident(connection, incident.incident_id)
        if current is None or current.state is State.RESOLVED:
            return False
        try:
            _do(world, current, what, author, now, connection)
        except IncidentConflict:
            return False
    return True


def _do(  # noqa: PLR0917
    world: World, incident: Incident, what: str, author: Author, now: datetime, connection: object
) -> None:
    id_ = incident.incident_id
    match what:
        case "acknowledge":
            decisions.acknowledge(connection, id_, author=author, now=now)
        case "assign":
            decisions.assign(connection, id_, author=author, assignee=author.name, now=now)
        case "comment":
            text = "Looking at it with the team that owns the source."
            decisions.comment(connection, id_, author=author, text=text, now=now)
        case "resolve":
            resolution, said = world.random.choice(_SAID.get(incident.kind, _SAID[Kind.SLA_MISS]))
            decisions.resolve(
                connection, id_, author=author, resolution=resolution, comment=said, now=now
            )
