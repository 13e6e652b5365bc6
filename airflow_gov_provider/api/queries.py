"""Query parameters: parsed at the border, all problems at once, an unknown name is one of them."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.domain.words import phrases
from airflow_gov_provider.store.pages import DEFAULT_LIMIT, MAX_LIMIT
from airflow_gov_provider.store.tables import ID_LENGTH

# A plus sign that was not escaped in the URL arrives as a space.
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def _time_with_zone(value: Any) -> datetime:
    expected = "expected an ISO 8601 time with its zone, e.g. 2026-01-31T12:00:00Z"
    try:
        time = datetime.fromisoformat(_LOST_PLUS.sub("+", str(value)))
    except ValueError:
        raise ValueError(expected) from None
    if time.tzinfo is None:
        raise ValueError(f"{expected}; found no zone")
    return time


Time = Annotated[datetime, BeforeValidator(_time_with_zone)]
_NO_NUL = r"^[^\x00]*$"  # PostgreSQL refuses to compare with one
Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH, pattern=_NO_NUL)]
EventType = Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
Name = Annotated[str, Field(min_length=1, max_length=50, pattern=_NO_NUL)]
Count = Annotated[int, Field(ge=-1, lt=2**31)]


def _searchable(value: str) -> str:
    phrases(value)
    return value


Words = Annotated[
    str, Field(min_length=1, max_length=1000, pattern=_NO_NUL), AfterValidator(_searchable)
]
EVIDENCE_ID = r"[0-9a-f-]{36}"
EVENT_ID = r"[0-9a-f]{64}"
SOME_EVENT_ID = r"[^\x00]{1,64}"  # that of an event which was not named by what it tells


class _SpanQuery(BaseModel):
    # A misspelt filter that is ignored would answer with more than was asked for.
    model_config = ConfigDict(extra="forbid")

    dag_id: Id | None = None
    run_id: Id | None = None
    task_id: Id | None = None
    since: Time | None = Field(None, description="This time or later; ISO 8601 with a zone.")
    until: Time | None = Field(None, description="Before this time; ISO 8601 with a zone.")

    @model_validator(mode="after")
    def _some_time(self) -> _SpanQuery:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("expected since to be before until")
        return self


class _PageQuery(_SpanQuery):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class EventFilterQuery(_SpanQuery):
    type: EventType | None = Field(None, description="For example `task_instance.failed`.")
    category: EventType | None = Field(
        None, description="What stands before the first dot of the type, e.g. `override`."
    )
    without_type: EventType | None = Field(
        None,
        description="Leave out events of this type, e.g. `ledger.witnessed`, by which the ledger "
        "seals who else saw its events.",
    )
    state: Name | None = Field(None, description="The state that was reached, e.g. `failed`.")
    actor: Id | None = Field(None, description="The user who did it.")
    witness: Name | None = Field(None, description="Who gave the event, e.g. `listener`.")
    map_index: Count | None = Field(
        None, description="With `task_id`; -1 for a task that is not mapped."
    )
    try_number: Count | None = Field(None, description="With `task_id`.")
    q: Words | None = Field(
        None,
        description="Words that all stand in the ids, names, type or payload, in any case. What "
        "is written without a blank, such as `s3://bucket/file.csv`, has to stand like that.",
    )

    @model_validator(mode="after")
    def _of_one_task(self) -> EventFilterQuery:
        for name in ("map_index", "try_number"):
            if getattr(self, name) is not None and self.task_id is None:
                raise ValueError(f"expected {name} together with task_id")
        return self


class EventQuery(EventFilterQuery):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    newer: str | None = Field(
        None, description="`newer_cursor` of an earlier page: what comes right above it."
    )
    at: Time | None = Field(
        None, description="Begin with what arrived when this occurred; ISO 8601 with a zone."
    )

    @model_validator(mode="after")
    def _one_place(self) -> EventQuery:
        if sum(place is not None for place in (self.cursor, self.newer, self.at)) > 1:
            raise ValueError("expected one of cursor, newer and at")
        return self


class EventCountQuery(EventFilterQuery):
    newer: str | None = Field(
        None, description="`newer_cursor` of a page: only what has arrived since."
    )


class EventExportQuery(EventFilterQuery):
    format: Literal["csv", "jsonl", "bundle"] = Field(
        description="`bundle`: a zip that `python -m airflow_gov_provider.verify` verifies; it has "
        "the events that are sealed already."
    )


class CoverageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    open: bool | None = Field(None, description="True for what is so now, false for what was.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class EvidenceQuery(_PageQuery):
    kind: EvidenceKind | None = None
    verdict: Verdict | None = None


def cursor_to(table: str, key: str) -> str:
    """An opaque text that leads to the rows after the key."""
    return base64.urlsafe_b64encode(f"{table}:{key}".encode()).decode().rstrip("=")


def key_of(cursor: str, *, table: str, shape: str) -> str | None:
    """The key inside a cursor of ours; None for anything else.

    :param shape: the regular expression that a key of this table matches.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        prefix, _, key = text.decode("ascii").partition(":")
    except (ValueError, binascii.Error):
        return None
    return key if prefix == table and re.fullmatch(shape, key, re.ASCII) else None
