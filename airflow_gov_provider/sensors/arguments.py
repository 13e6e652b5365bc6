"""What the author of a Dag may give the sensor, checked while the Dag is parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from airflow.sdk import Param

from airflow_gov_provider.domain.approvals.request import MAX_REASON_LENGTH, Person
from airflow_gov_provider.exceptions import ArgumentInvalid

Approver = str | Mapping[str, str]
FIXED = ("options", "defaults", "multiple", "body", "assigned_users")


def check(
    *,
    fixed: Sequence[str],
    approvers: object,
    min_reason_length: int,
    response_timeout: object,
    on_timeout: str,
    on_reject: str,
) -> None:
    """:raises ArgumentInvalid: with everything that is wrong."""
    wrong = {
        f"{', '.join(fixed)} cannot be given, the sensor sets them itself": bool(fixed),
        f"approvers is a list of user ids or of {{'id', 'name'}}, found {approvers!r}": (
            not _are_approvers(approvers)
        ),
        f"min_reason_length is from 1 to {MAX_REASON_LENGTH}, found {min_reason_length}": (
            not 1 <= min_reason_length <= MAX_REASON_LENGTH
        ),
        f"response_timeout is a positive timedelta, found {response_timeout!r}": not (
            response_timeout is None
            or (isinstance(response_timeout, timedelta) and response_timeout > timedelta())
        ),
        f"on_timeout is 'reject' or 'fail', found {on_timeout!r}": (
            on_timeout not in ("reject", "fail")
        ),
        f"on_reject is 'fail' or 'skip', found {on_reject!r}": on_reject not in ("fail", "skip"),
    }
    if problems := [problem for problem, applies in wrong.items() if applies]:
        raise ArgumentInvalid(f"HumanApprovalSensor: {'; '.join(problems)}")


def _are_approvers(approvers: object) -> bool:
    if isinstance(approvers, str) or not isinstance(approvers, Sequence):
        return False
    return all(
        set(approver) == {"id", "name"}
        if isinstance(approver, Mapping)
        else isinstance(approver, str) and bool(approver.strip())
        for approver in approvers
    )


def person(approver: Approver) -> Person:
    if isinstance(approver, str):
        return Person(id=approver, name=approver)
    return Person(id=str(approver["id"]), name=str(approver["name"]))


def reason_field(min_length: int) -> Param:
    return Param(
        "",
        type="string",
        title="Reason",
        description=f"Why you decide so, in {min_length} characters or more. It is kept.",
        minLength=min_length,
        maxLength=MAX_REASON_LENGTH,
        format="multiline",
    )
