from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection

from airflow_gov_provider.api.answerers import Answerer, AnswererDep
from airflow_gov_provider.api.deps import Reader, ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.overview_figures import DAYS, Figures, figures_of, sights_of
from airflow_gov_provider.api.overview_schemas import (
    ApprovalTile,
    AttainmentTile,
    CollectorTile,
    GateTile,
    IncidentTile,
    LedgerTile,
    Overview,
    Verdicts,
)
from airflow_gov_provider.api.routes.approvals import waits_for
from airflow_gov_provider.api.routes.ledger import verification_now
from airflow_gov_provider.api.schemas import CollectorHealth
from airflow_gov_provider.domain import overview as judging
from airflow_gov_provider.domain.approvals.request import Request as Approval
from airflow_gov_provider.domain.approvals.request import State
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.outcomes import State as Outcome
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.store.approvals.pages import MOST_READ, RequestFilter, page_of_requests
from airflow_gov_provider.store.events.coverage import open_findings
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.overview import DayCount, Window
from airflow_gov_provider.store.tables import approval_request

router = APIRouter(tags=["overview"])

_WEEK = timedelta(days=judging.WEEK)


@router.get("/v1/overview")
def get_overview(request: Request, reader: ReaderDep, answerer: AnswererDep) -> Overview:
    """Is everything all right? The figures of every page, over the Dags that you may read."""
    now = utcnow()
    collector = _collector(request.app.state.collector_status())
    with governance_transaction() as connection:
        sights = sights_of(connection, reader)
        figures = figures_of(connection, sights, window=Window(until=now, days=DAYS))
        tiles: dict[str, Any] = {
            "attainment": _attainment(figures),
            "incidents": _incidents(figures),
            "approvals": _approvals(connection, reader, answerer, now),
            "gates": _gates(figures),
            "ledger": _ledger(connection, reader, figures, sees_all=sights.all_of_it),
            "collector": collector,
        }
    levels = [judging.Level(tile.level) for tile in tiles.values() if tile is not None]
    return Overview(
        as_of=figures.window.until, days=DAYS, level=judging.worst_level(levels).value, **tiles
    )


def _attainment(figures: Figures) -> AttainmentTile:
    found = judging.promises((one.target, one.met, one.missed) for one in figures.kept)
    trend = judging.shares(
        _trend(figures.outcomes, Outcome.MET), _trend(figures.outcomes, Outcome.MISSED)
    )
    return AttainmentTile(
        level=found.level.value,
        query=urlencode({"window": f"{DAYS}d"}),
        attainment=found.attainment,
        target=found.target,
        met=found.met,
        missed=found.missed,
        commitments=found.commitments,
        below_target=found.below,
        trend=trend,
    )


def _incidents(figures: Figures) -> IncidentTile:
    counts = {severity.value: 0 for severity in reversed(Severity)}
    for one in figures.unresolved:
        counts[one.severity] = counts.get(one.severity, 0) + one.count
    total, grave = sum(counts.values()), (Severity.CRITICAL, Severity.HIGH)
    level = judging.level_of_incidents(
        critical=counts[Severity.CRITICAL],
        high=counts[Severity.HIGH],
        other=total - sum(counts[severity] for severity in grave),
    )
    return IncidentTile(
        level=level.value,
        query="",  # the list begins with what is not resolved,
        unresolved=total,
        unacknowledged=sum(one.count for one in figures.unresolved if not one.is_acknowledged),
        by_severity=counts,
        opened=_trend(figures.opened, "opened"),
    )


def _approvals(
    connection: Connection, reader: Reader, answerer: Answerer, now: datetime
) -> ApprovalTile:
    waiting, is_cut = _waiting(connection, reader)
    mine = sum(waits_for(one, answerer, now=now) for one in waiting)
    deadlines = [one.expires_at for one in waiting if one.expires_at is not None]
    overdue = sum(deadline < now for deadline in deadlines)
    level = judging.level_of_approvals(mine=mine, overdue=overdue)
    return ApprovalTile(
        level=level.value,
        query=urlencode({"list": "others"}) if waiting and not mine else "",
        waiting=len(waiting),
        mine=mine,
        overdue=overdue,
        is_cut=is_cut,
        oldest_at=min((one.opened_at for one in waiting), default=None),
        next_deadline_at=min((one for one in deadlines if one >= now), default=None),
    )


def _waiting(connection: Connection, reader: Reader) -> tuple[Sequence[Approval], bool]:
    dag_ids = visible_dag_ids(connection, approval_request, reader, dag_id=None)
    wanted = RequestFilter(dag_ids=dag_ids, states=(State.PENDING,))
    page = page_of_requests(connection, wanted, oldest_first=True, limit=MOST_READ - 1)
    shown = only_visible(page.items, reader, dag_id_of=lambda it: it.origin.dag_id)
    return shown, page.next_cursor is not None


def _gates(figures: Figures) -> GateTile:
    weeks = [_verdicts(figures.gates, week) for week in (0, 1)]
    last = Verdicts.of(weeks[0])
    level = judging.level_of_gates(**last.model_dump())
    since = figures.window.until - _WEEK
    blocked = [_trend(figures.gates, it) for it in (Verdict.FAILED, Verdict.INSUFFICIENT)]
    return GateTile(
        level=level.value,
        query=urlencode({"since": since.isoformat(timespec="seconds")}),
        last_week=last,
        week_before=Verdicts.of(weeks[1]),
        blocked=[sum(of_day) for of_day in zip(*blocked, strict=True)],
        warned=_trend(figures.gates, Verdict.WARNED),
    )


def _verdicts(counts: Sequence[DayCount], week: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        if one.age // judging.WEEK == week and one.name in Verdict.__members__:
            found[one.name] += one.count
    return found


def _trend(counts: Sequence[DayCount], name: str) -> list[int]:
    return judging.by_day(((one.age, one.count) for one in counts if one.name == name), days=DAYS)


def _ledger(
    connection: Connection, reader: Reader, figures: Figures, *, sees_all: bool
) -> LedgerTile:
    last = ledger.last_checkpoint(connection)
    now = figures.window.until
    found = verification_now(connection, last, sees_all=sees_all, now=now)
    findings = only_visible(open_findings(connection), reader, dag_id_of=lambda it: it.dag_id)
    sealed_at = last.sealed_at if last else None
    level = judging.level_of_ledger(
        found.status,
        sealed_at=sealed_at,
        unsealed=figures.unsealed,
        findings=len(findings),
        verified_at=found.verified_at,
        now=now,
    )
    return LedgerTile(
        level=level.value,
        query="",
        status=found.status,
        verified_at=found.verified_at,
        problems=found.problem_count,
        size=last.size if last else 0,
        last_checkpoint_at=sealed_at,
        unsealed_events=figures.unsealed,
        open_findings=len(findings),
    )


def _collector(status: Any) -> CollectorTile | None:
    if status is None:
        return None
    health = CollectorHealth.model_validate(dict(status))
    problem = status.get("problem")
    is_well = health.is_well and not problem
    return CollectorTile(
        level="good" if is_well else "bad",
        query="",
        mode=health.mode,
        is_well=is_well,
        problem=problem,
        last_round_at=health.last_round_at,
        failing=[duty.name for duty in health.duties if duty.failures],
    )
