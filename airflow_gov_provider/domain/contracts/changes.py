"""What one version of a contract asks that another one does not.

Two versions are compared check by check as a gate would hold data to them, so that two documents
that ask the same in different words do not differ, and neither does the format count.

The direction is the gate's: a change *tightens* if data that passed may be refused now, and
*loosens* if data that was refused may pass now. Whoever supplies the data breaks on the first,
whoever relies on it on the second. A change with both sides, or one that nobody can order, is
*changed*. What alters no answer of the gate is *described*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from airflow_gov_provider.domain.contracts.comparing import Effect, differences
from airflow_gov_provider.domain.contracts.model import Contract, NotEvaluated
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation
from airflow_gov_provider.domain.quality.phrases import expected_words
from airflow_gov_provider.domain.verdicts import Severity

Check = Expectation | NotEvaluated


class Aspect(StrEnum):
    """Changes of a whole check; those within one are called after what differs."""

    OBJECT = "object"
    COLUMN = "column"
    REQUIRED = "required"
    TYPE = "type"
    CHECK = "check"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    :param check: the id of the check that it is about, of the newer version where there is one.
    :param aspect: what differs, such as ``column``, ``values`` or ``tolerance``.
    :param before: what the older version says, in words; None if it says nothing.
    :param is_breaking: it can change what a blocking gate lets pass.
    """

    check: str
    subject: str
    aspect: str
    effect: Effect
    before: str | None = None
    after: str | None = None
    is_breaking: bool = False
    object_name: str | None = None

    def as_json(self) -> dict[str, str | bool | None]:
        return {
            "object": self.object_name,
            "check": self.check,
            "subject": self.subject,
            "aspect": str(self.aspect),
            "effect": self.effect.value,
            "breaking": self.is_breaking,
            "before": self.before,
            "after": self.after,
        }


def compare_all(old: Sequence[Contract], new: Sequence[Contract]) -> list[Change]:
    """The changes of a whole document, whose schema objects are known by their names.

    Two documents of one object each are about that object, whatever it is called.
    """
    if len(old) == len(new) == 1:
        return compare(old[0], new[0])
    before = {contract.object_name: contract for contract in old}
    after = {contract.object_name: contract for contract in new}
    changes: dict[Change, None] = {}
    for name in (*after, *(name for name in before if name not in after)):
        if name in before and name in after:
            found = compare(before[name], after[name])
        else:
            found = _object_came_or_went(before.get(name), after.get(name))
        for change in found:
            about = change.subject != "contract" or change.aspect == "name"
            changes[replace(change, object_name=name) if about else change] = None
    return list(changes)


def _object_came_or_went(old: Contract | None, new: Contract | None) -> list[Change]:
    effect = Effect.LOOSENED if new is None else Effect.TIGHTENED
    contract = old or new
    checks = _checks(contract) if contract else []
    count = f"{len(checks)} checks"
    return [
        Change(
            check="",
            subject="table",
            aspect=Aspect.OBJECT,
            effect=effect,
            before=None if old is None else count,
            after=None if new is None else count,
            is_breaking=any(check.severity is Severity.ERROR for check in checks),
        )
    ]


def compare(old: Contract, new: Contract) -> list[Change]:
    """Every difference, in the order of the newer version, what was removed last."""
    changes = list(_of_documents(old, new))
    pairs = _paired(_checks(old), _checks(new))
    for before, after in pairs:
        changes += _of_pair(before, after)
    return changes


def _of_documents(old: Contract, new: Contract) -> Iterator[Change]:
    for aspect in ("id", "version", "name"):
        before, after = getattr(old, aspect), getattr(new, aspect)
        if before != after:
            yield Change(
                check="",
                subject="contract",
                aspect=aspect,
                effect=Effect.DESCRIBED,
                before=before,
                after=after,
            )


def _checks(contract: Contract) -> list[Check]:
    return [*contract.expectations, *contract.not_evaluated]


def _of_pair(before: Check | None, after: Check | None) -> Iterator[Change]:
    if before is None or after is None:
        yield from _came_or_went(before, after)
        return
    blocks = Severity.ERROR in (before.severity, after.severity)
    for found in differences(before, after):
        yield Change(
            check=after.check_id,
            subject=after.subject,
            aspect=found.aspect,
            effect=found.effect,
            before=found.before,
            after=found.after,
            is_breaking=blocks and found.effect is not Effect.DESCRIBED,
        )


def _came_or_went(before: Check | None, after: Check | None) -> Iterator[Change]:
    check = after or before
    if check is not None:
        yield Change(
            check=check.check_id,
            subject=check.subject,
            aspect=_aspect(check),
            effect=Effect.LOOSENED if after is None else Effect.TIGHTENED,
            before=None if before is None else _words(before),
            after=None if after is None else _words(after),
            is_breaking=check.severity is Severity.ERROR,
        )


def _aspect(check: Check) -> Aspect:
    if isinstance(check, NotEvaluated):
        return Aspect.NOT_EVALUATED
    special: dict[str, Aspect] = {
        CheckKind.COLUMN_EXISTS: Aspect.COLUMN,
        CheckKind.COLUMN_TYPE: Aspect.TYPE,
        CheckKind.NOT_NULL: Aspect.REQUIRED,
    }
    return special.get(check.kind, Aspect.CHECK)


def _words(check: Check) -> str:
    return check.expected if isinstance(check, NotEvaluated) else expected_words(check)


Key = tuple[object, ...]


def _paired(old: Sequence[Check], new: Sequence[Check]) -> list[tuple[Check | None, Check | None]]:
    """Each check beside its counterpart: by its content, its id, and then by what it is about.

    The result is the same from either side, but for the order.
    """
    left_old, left_new = list(old), list(new)
    matched: dict[int, Check] = {}
    for key in (_content, _named, _meant):
        olds, news = _grouped(left_old, key), _grouped(left_new, key)
        for each, there in news.items():
            for before, after in zip(olds.get(each, ()), there, strict=False):
                matched[id(after)] = before
        taken = {id(check) for check in matched.values()}
        left_old = [check for check in left_old if id(check) not in taken]
        left_new = [check for check in left_new if id(check) not in matched]
    return [
        *((matched.get(id(check)), check) for check in new),
        *((check, None) for check in left_old),
    ]


def _grouped(checks: Iterable[Check], key: Callable[[Check], Key | None]) -> dict[Key, list[Check]]:
    groups: dict[Key, list[Check]] = {}
    for check in checks:
        if (found := key(check)) is not None:
            groups.setdefault(found, []).append(check)
    for group in groups.values():
        group.sort(key=lambda check: (check.check_id, _words(check)))
    return groups


def _content(check: Check) -> Key:
    differing = () if isinstance(check, NotEvaluated) else (check.columns,)
    return (*differing, check.severity, _kind(check), check.subject, _words(check))


def _named(check: Check) -> Key:
    return (check.check_id, *_about(check))


def _meant(check: Check) -> Key | None:
    """Two conditions in SQL have nothing in common but their kind."""
    if isinstance(check, NotEvaluated) or check.kind == CheckKind.SQL_EXPRESSION:
        return None
    return _about(check)


def _about(check: Check) -> Key:
    if isinstance(check, NotEvaluated):
        return (check.kind, check.subject)
    typed = check.kind == CheckKind.COLUMN_TYPE and check.physical_type is not None
    own = check.parameters.identity() if check.parameters else ()
    return (check.kind, check.columns, check.statistic, check.quantile, typed, own)


def _kind(check: Check) -> str:
    return str(check.kind)
