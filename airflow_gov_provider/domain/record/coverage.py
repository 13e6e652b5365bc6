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
from collections.abc import Set as AbstractSet
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
    known = set(open_findings)
    by_subject: dict[Subject, list[Transition]] = defaultdict(list)
    for one in sorted(transitions, key=lambda one: (one.at, one.event_id)):
        by_subject[(HOST, one.host)].append(one)
        by_subject[(DAG, one.dag_id)].append(one)
    losses: list[Loss] = []
    deaf = {name for kind, name in known if kind == HOST}
    for subject, ones in sorted(by_subject.items(), key=lambda item: item[0][0] == DAG):
        counted = [one for one in ones if _counts(one, subject, deaf, closed or {})]
        loss = _loss(subject, counted)
        if loss is not None and subject not in known:
            losses.append(loss)
            deaf |= {subject[1]} if subject[0] == HOST else set()
    return Judgement(
        lost=sorted(losses, key=lambda loss: loss.subject),
        restored=sorted(s for s in known if s in by_subject and _is_heard(by_subject[s])),
    )


def _counts(
    one: Transition, subject: Subject, deaf: AbstractSet[str], closed: Mapping[Subject, datetime]
) -> bool:
    """What a host is blamed for, or was, is not held against a Dag as well."""
    if subject[0] == DAG and one.host in deaf:
        return False
    ends = [closed[s] for s in (subject, (HOST, one.host)) if s in closed]
    return all(one.at > end for end in ends)


def _loss(subject: Subject, ones: list[Transition]) -> Loss | None:
    lost = [one for one in ones if not one.heard]
    streak = max((len(list(run)) for heard, run in groupby(ones, _heard) if not heard), default=0)
    if streak < IN_A_ROW or len(lost) <= LEAST_SHARE * len(ones):
        return None
    return Loss(
        subject=subject,
        lost=len(lost),
        of=len(ones),
        since=lost[0].at,
        examples=[one.event_id for one in lost[: -_EXAMPLES - 1 : -1]],
    )


def _heard(one: Transition) -> bool:
    return one.heard


def _is_heard(ones: list[Transition]) -> bool:
    return all(one.heard for one in ones[-_HEARD_AGAIN:])
