from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from airflow_gov_provider.api.deps import Reader, ReaderDep, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.export_formats import Csv, Format, JsonLines
from airflow_gov_provider.api.exporting import Bundle, Lines, leaves_of, slots
from airflow_gov_provider.api.queries import EventExportQuery
from airflow_gov_provider.api.writers import WriterDep
from airflow_gov_provider.hooks.governance import governance_transaction, utcnow
from airflow_gov_provider.hooks.ledger import keys_given
from airflow_gov_provider.store.ledger import tree as ledger
from airflow_gov_provider.store.search.pages import EventFilter
from airflow_gov_provider.store.tables import event as table

router = APIRouter(tags=["events"])

_FORMATS: dict[str, Format] = {"csv": Csv(), "jsonl": JsonLines()}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The events as they are found. Lines end with one that counts them (`end of "
        "export`, or `end_of_export`); a file without it, or a zip without its directory, is torn.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    409: {"description": "Nothing is sealed yet that a bundle could prove."},
    422: {"description": "A parameter is wrong, or a bundle would be too large."},
    429: {"description": "Too many exports are on their way."},
}


@router.get("/v1/events/export", response_class=Response, responses=_CONTENT)
def export_events(
    query: Annotated[EventExportQuery, Query()], reader: ReaderDep, writer: WriterDep
) -> Response:
    """Everything that a filter finds, as a file; that it was exported becomes an event.

    At most 1,000,000 events as lines, 100,000 as a bundle. Of lines the newest are first.
    """
    actor = writer.name()
    with slots.taken(actor) as held:  # also while a bundle looks for its leaves
        kept = ExitStack()
        response = _response(query, reader, actor, kept)
        kept.push(held.pop_all())
    return response


def _response(
    query: EventExportQuery, reader: Reader, actor: str, slot: ExitStack
) -> StreamingResponse:
    asked = query.model_dump(mode="json", exclude_none=True)
    kind = asked.pop("format")
    wanted = _wanted(query, reader)
    who: dict[str, Any] = {
        "actor": actor,
        "asked": {"format": kind, "filter": asked},
        "wanted": wanted,
        "reader": reader,
        "slot": slot,
    }
    name = f"governance-events-{utcnow():%Y%m%dT%H%M%SZ}"
    if kind != "bundle":
        form = _FORMATS[kind]
        lines = Lines(**who, format=form)
        return lines.response(media_type=form.media_type, name=f"{name}.{form.suffix}")
    checkpoint, given = _last_checkpoint(), keys_given()
    bundle = Bundle(
        **who,
        leaves=leaves_of(wanted, checkpoint.size),
        checkpoint=checkpoint,
        keys=given.verifiers if given else (),
    )
    return bundle.response(media_type="application/zip", name=f"{name}.zip")


def _wanted(query: EventExportQuery, reader: Reader) -> EventFilter:
    wanted = EventFilter(**query.model_dump(exclude={"format"}))
    with governance_transaction() as connection:
        dag_ids = visible_dag_ids(connection, table, reader, dag_id=wanted.dag_id)
    return replace(wanted, dag_ids=dag_ids)


def _last_checkpoint() -> ledger.StoredCheckpoint:
    with governance_transaction() as connection:
        last = ledger.last_checkpoint(connection)
    if last is None:
        raise Refusal(
            HTTPStatus.CONFLICT,
            "nothing_sealed",
            "there is no checkpoint yet that a bundle could be proved against; the collector seals "
            "within seconds what arrives",
        )
    return last
