"""Where transitions arrive without the witness of their listener.

Airflow's log has a row for every state that a task process reported, and that process also called
the hooks of all listeners. Where the row is there and our listener's event is not, somebody kept
the hook from us: a plugin that raises before ours is called, or one whose listener Airflow refuses
and with it everybody who comes after. One such row says little, because a process may die between
its report and its hooks. Several in a row on one host, or of one Dag, do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

HOST = "host"
DAG = "dag"
IN_A_ROW = 3
LEAST_SHARE = 0.05
_HEARD_AGAIN = 5  # of the newest transitions, before a finding is closed
_EXAMPLES = 5

Subject = tuple[str, str]  # HOST or DAG, and its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A state that a task process reported.

    :param heard: whether its listener's event is there as well.
    """

    event_id: str
    host: str
    dag_id: str
    at: datetime
    heard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a finding says.

    :param lost: transitions without their listener's event.
    :param of: transitions in the same time.
    :param examples: ids of events, the newest ones.
    """

    subject: Subject
    lost: int
    of: int
    since: datetime
    examples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Findings to open and to close."""

    lost: Sequence[Loss]
    restored: Sequence[Subject]


def judge(
    transitions: Iterable[Transition],
    *,
    open_findings: Iterable[Subject] = (),
    closed: Mapping[Subject, datetime] | None = None,
) -> Judgement:
    """Judge the transitions of the last minutes.

    :param open_findings: subjects that need no finding more, but may be heard again.
    :param closed: when findings were closed; what happened before is not held against a subject.
    """
    known, forgiven = set(open_findings), closed or {}
    by_subject: dict[Subject, list[Transition]] = defaultdict(list)
    for one in sorted(transitions, key=lambda one: (one.at, one.event_id)):
        by_subject[(HOST, one.host)].append(one)
        by_subject[(DAG, one.dag_id)].append(one)
    losses = {
        subject: loss
        for subject, ones in by_subject.items()
        if (loss := _loss(subject, ones, forgiven.get(subject)))
    }
    deaf = {name for kind, name in {*losses, *known} if kind == HOST}
    return Judgement(
        lost=[
            loss
            for subject, loss in sorted(losses.items())
            if subject not in known and not _is_explained(subject, by_subject[subject], deaf)
        ],
        restored=sorted(s for s in known if s in by_subject and _is_heard(by_subject[s])),
    )


def _loss(subject: Subject, ones: list[Transition], closed: datetime | None) -> Loss | None:
    recent = [one for one in ones if closed is None or one.at > closed]
    lost = [one for one in recent if not one.heard]
    streak = max((len(list(run)) for heard, run in groupby(recent, _heard) if not heard), default=0)
    if streak < IN_A_ROW or len(lost) <= LEAST_SHARE * len(recent):
        return None
    return Loss(
        subject=subject,
        lost=len(lost),
        of=len(recent),
        since=lost[0].at,
        examples=[one.event_id for one in lost[: -_EXAMPLES - 1 : -1]],
    )


def _heard(one: Transition) -> bool:
    return one.heard


def _is_explained(subject: Subject, ones: list[Transition], deaf: set[str]) -> bool:
    """A Dag whose losses are all on hosts that have a finding of their own needs none."""
    return subject[0] == DAG and all(one.host in deaf for one in ones if not one.heard)


def _is_heard(ones: list[Transition]) -> bool:
    return all(one.heard for one in ones[-_HEARD_AGAIN:])
