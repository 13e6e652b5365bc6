"""Why a task goes on although its gate lets nobody pass, for the end of its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_gov_provider.domain.verdicts import OnFail, Verdict

_CONSEQUENCES: Mapping[OnFail, str] = {
    OnFail.WARN: "records it as WARNED, which stops neither later tasks nor a promotion",
    OnFail.REVIEW: (
        "keeps it, and PromoteModelOperator refuses in this run until a person has approved what "
        "it says"
    ),
}


def why_it_goes_on(verdict: Verdict, on_fail: OnFail, settled: Mapping[str, Any]) -> str | None:
    """One line; None where the gate lets pass, or stops the task.

    :param verdict: of the report, before ``on_fail`` has softened it.
    :param settled: what ``settle`` has returned.
    """
    if verdict.lets_pass or on_fail not in _CONSEQUENCES:
        return None
    return (
        f"The verdict is {verdict}, and the task goes on because of on_fail={on_fail.value!r}: "
        f"evidence {settled['evidence_id']} {_CONSEQUENCES[on_fail]}"
    )
