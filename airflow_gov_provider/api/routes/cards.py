from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response

from airflow_gov_provider.api.deps import ReaderDep, only_visible, visible_dag_ids
from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.api.model_schemas import (
    CardChange,
    CardDiffItem,
    CardsQuery,
    ComparedCard,
)
from airflow_gov_provider.api.negotiation import preferred
from airflow_gov_provider.api.queries import EVIDENCE_ID, cursor_to, key_of
from airflow_gov_provider.api.routes.events import bad_cursor
from airflow_gov_provider.api.routes.evidence import readable_evidence
from airflow_gov_provider.api.schemas import EvidenceItem, EvidencePage
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.evidence.rows import EvidenceFilter, StoredEvidence, page_of_rows
from airflow_gov_provider.store.tables import evidence as table

if TYPE_CHECKING:
    from airflow_gov_provider.domain.cards import ModelCard

Read = TypeVar("Read")

router = APIRouter(tags=["cards"])

# A card is written by Dag authors and shown on Airflow's origin, so it may run and load nothing.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    media_type: str
    render: Callable[[Mapping[str, Any]], bytes]


def _json(card: Mapping[str, Any]) -> bytes:
    from airflow_gov_provider.domain import cards

    content: bytes = cards.to_json_bytes(cards.from_json(card))
    return content


def _html(card: Mapping[str, Any]) -> bytes:
    from airflow_gov_provider.domain import cards

    page: str = cards.to_html(cards.from_json(card))
    return page.encode()


def _markdown(card: Mapping[str, Any]) -> bytes:
    from airflow_gov_provider.domain import cards

    text: str = cards.to_markdown(cards.from_json(card))
    return text.encode()


_FORMATS: Mapping[str, _Format] = {  # the first is the default
    "json": _Format(media_type="application/json", render=_json),
    "html": _Format(media_type="text/html", render=_html),
    "md": _Format(media_type="text/markdown", render=_markdown),
}
_CONTENT: dict[str, Any] = {
    "application/json": {"schema": {"type": "object"}},
    "text/html": {"schema": {"type": "string"}},
    "text/markdown": {"schema": {"type": "string"}},
}


@router.get(
    "/v1/cards/{evidence_id}",
    response_class=Response,
    responses={
        200: {"description": "The card in the requested format.", "content": _CONTENT},
    },
)
def get_card(evidence_id: str, request: Request, reader: ReaderDep) -> Response:
    """A model card as JSON, Markdown or HTML.

    The format is taken from a suffix of the id (`.json`, `.md`, `.html`), else from `Accept`.
    """
    evidence_id, dot, suffix = evidence_id.partition(".")
    name = suffix if dot else _accepted(request.headers.get("accept"))
    if name not in _FORMATS:
        raise Refusal(
            HTTPStatus.NOT_ACCEPTABLE,
            "not_acceptable",
            "a card comes as application/json, text/html or text/markdown in Accept, "
            "or with .json, .html or .md after its id",
        )
    with governance_transaction() as connection:
        stored = readable_evidence(connection, evidence_id, reader)
    chosen = _FORMATS[name]
    return Response(
        _read(stored, chosen.render),
        media_type=chosen.media_type,
        headers={
            "Vary": "Accept",
            "Content-Security-Policy": _PAGE_POLICY,
            "Content-Disposition": f'inline; filename="model-card-{stored.row.evidence_id}.{name}"',
        },
    )


@router.get("/v1/cards")
def list_cards(query: Annotated[CardsQuery, Query()], reader: ReaderDep) -> EvidencePage:
    """Model cards, newest first."""
    before = None
    if query.cursor is not None:
        before = key_of(query.cursor, table="card", shape=EVIDENCE_ID)
        if before is None:
            raise bad_cursor()
    with governance_transaction() as connection:
        wanted = EvidenceFilter(
            dag_ids=visible_dag_ids(connection, table, reader, dag_id=None),
            kind=EvidenceKind.CARD,
            model_name=query.model,
        )
        page = page_of_rows(connection, wanted, before=before, limit=query.limit)
    shown = only_visible(page.items, reader, dag_id_of=lambda row: row.origin.dag_id)
    return EvidencePage(
        items=[EvidenceItem.of(row) for row in shown],
        next_cursor=page.next_cursor and cursor_to("card", page.next_cursor),
    )


@router.get("/v1/cards/{first}/diff/{second}")
def get_card_diff(first: str, second: str, reader: ReaderDep) -> CardDiffItem:
    """What two model cards say differently, statement by statement."""
    from airflow_gov_provider.domain.cards.diff import diff

    with governance_transaction() as connection:
        stored = [readable_evidence(connection, each, reader) for each in (first, second)]
    before, after = (_read(each, _card) for each in stored)
    found = diff(before, after)
    return CardDiffItem(
        first=_compared(stored[0], before),
        second=_compared(stored[1], after),
        changes=[CardChange.of(change) for change in found.changes],
        equal=found.equal,
    )


def _card(content: Mapping[str, Any]) -> ModelCard:
    from airflow_gov_provider.domain import cards

    card: ModelCard = cards.from_json(content)
    return card


def _compared(stored: StoredEvidence, card: ModelCard) -> ComparedCard:
    at = datetime.fromisoformat(card.generated_at)
    return ComparedCard(evidence=EvidenceItem.of(stored.row), generated_at=at)


def _accepted(header: str | None) -> str:
    by_type = {known.media_type: name for name, known in _FORMATS.items()}
    return by_type.get(preferred(header, list(by_type)) or "", "")


def _read(stored: StoredEvidence, read: Callable[[Mapping[str, Any]], Read]) -> Read:
    """What a function makes of the card.

    :raises Refusal: for evidence that is no card, was changed or cannot be read.
    """
    if stored.row.kind != EvidenceKind.CARD:
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "card_not_found",
            f"this is evidence of kind {stored.row.kind}, expected kind card; "
            "GET /governance/v1/evidence?kind=card lists the cards",
        )
    if not stored.digest_matches:
        raise Refusal(
            HTTPStatus.CONFLICT,
            "evidence_changed",
            "the stored card is not the one that was recorded: its digest differs; "
            "GET /governance/v1/evidence/{id} shows what is stored",
        )
    try:
        return read(Evidence.from_document(stored.document).body["card"])
    except (ValueError, KeyError):  # its text would repeat what the card says
        raise Refusal(
            HTTPStatus.NOT_IMPLEMENTED,
            "card_unreadable",
            "the card was recorded by another version of airflow-gov-provider, which this one "
            "cannot read; GET /governance/v1/evidence/{id} shows its document",
        ) from None
