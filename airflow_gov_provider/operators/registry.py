"""Let a model version take the alias that production reads, if the evidence says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef, Origin
from airflow_gov_provider.domain.models.promotion import (
    DEFAULT_REQUIRED,
    REQUIRABLE,
    PromotionDecision,
    decide,
)
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.exceptions import (
    AliasContended,
    ArgumentInvalid,
    PromotionRefused,
    RegistryError,
)
from airflow_gov_provider.hooks.governance import (
    governance_transaction,
    recorded_in_run,
    utcnow,
)
from airflow_gov_provider.operators.base import (
    GovernanceOperator,
    checked,
    model_ref,
    origin_of,
    record_evidence,
    xcom_of,
)
from airflow_gov_provider.operators.vouchers import vouched
from airflow_gov_provider.registry import alias as aliases
from airflow_gov_provider.registry.connection import Registry, registry_at
from airflow_gov_provider.registry.reading import read_version
from airflow_gov_provider.store import leases

if TYPE_CHECKING:
    from airflow.sdk import Context

_Hold = Callable[[], None]

LEASE_LASTS = timedelta(minutes=5)

_ALIAS = re.compile(r"(?!(?i:latest|v\d+)$)[\w-]{1,255}", re.ASCII)

REFUSED, INTENDED, DONE, NOT_CONFIRMED = "refused", "intended", "done", "not confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promotion:
    """What is asked for, and what was decided about it."""

    model: ModelRef
    alias: str
    registry: Registry
    required: tuple[EvidenceKind, ...]
    decision: PromotionDecision
    earlier: tuple[Evidence, ...]

    def __str__(self) -> str:
        return f"alias {self.alias!r} of {self.model.name} to version {self.model.version}"

    @property
    def target(self) -> dict[str, str]:
        return {
            "alias": self.alias,
            "version": self.model.version,
            "registry": self.registry.name,
        }

    @property
    def lease(self) -> str:
        identity = canonical_bytes([self.registry.name, self.model.name, self.alias])
        return f"promotion:{self.model.name[:100]}@{self.alias[:50]}:{digest(identity)}"

    def body(self, stage: str, **more: Any) -> dict[str, Any]:
        return {
            **self.target,
            "stage": stage,
            "required": [kind.value for kind in self.required],
            "decided_upon": [_reference(e) for e in self.decision.considered],
            "accepted": [
                {**_reference(a.evidence), "approval": a.approval.evidence_id}
                for a in self.decision.accepted
            ],
            "approvals": [e.evidence_id for e in self.decision.approvals],
            **more,
        }


class PromoteModelOperator(GovernanceOperator):
    """Point an alias of a registered model to a version, if this Dag run's evidence allows it.

    The rules are those of ``domain.models.promotion``. The change is made under a lease in the
    governance database, so that two promotions of one alias never run at the same time, and in
    three steps: the intent is recorded with the version that the alias points to, the alias is set
    and read back, the outcome is recorded. After a crash in between, the newest record is the
    intent, and the next try completes it with the previous version that the intent names.

    Evidence counts where Airflow vouches for it (see ``operators.vouchers``), and every governance
    task upstream that was not skipped must have recorded some: one that was marked success by hand,
    an approval above all, stops the promotion.

    The lease binds those who promote through this package with the same address of the registry.
    Whoever may write to MLflow can still set an alias there; it then has no evidence.

    :param model_name: registered model (templated).
    :param model_version: its version (templated).
    :param alias: the alias to set.
    :param required: kinds of evidence that have to be there: quality, bias, card, approval.
    :param tracking_uri: MLflow; the settings, then MLflow's environment decide when it is None.
    :param registry_uri: its model registry, likewise.
    """

    template_fields = ("model_name", "model_version")

    def __init__(
        self,
        *,
        model_name: str,
        model_version: str | int,
        alias: str = "champion",
        required: Collection[str] = DEFAULT_REQUIRED,
        tracking_uri: str | None = None,
        registry_uri: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model_name = model_name
        self.model_version = model_version
        self.alias, self.required = checked(
            self.task_id, lambda: _checked_alias(alias), lambda: _kinds(required)
        )
        self.tracking_uri = tracking_uri
        self.registry_uri = registry_uri

    def govern(self, context: Context) -> dict[str, Any]:
        promotion = self._decided(context)
        if not promotion.decision.allowed:
            self._refuse(context, promotion)
        read_version(promotion.registry, promotion.model.name, promotion.model.version)
        with _lease(promotion, origin_of(context)) as hold:
            previous = _previous(promotion)
            self._record(context, promotion, INTENDED, Verdict.INSUFFICIENT, previous)
            hold()  # recording may have taken its time
            return self._set(context, promotion, previous)

    def _decided(self, context: Context) -> _Promotion:
        model = model_ref(self.model_name, self.model_version)
        if model is None:
            raise ArgumentInvalid("expected model_name and model_version, found neither")
        origin = origin_of(context)
        recorded = recorded_in_run(origin.dag_id, origin.run_id)
        found = vouched(context, self, recorded, model)
        return _Promotion(
            model=model,
            alias=self.alias,
            registry=registry_at(self.tracking_uri, self.registry_uri),
            required=self.required,
            decision=decide(
                model, found.evidence, required=self.required, objections=found.objections
            ),
            earlier=tuple(e for e in recorded if _is_of(e, origin)),
        )

    def _refuse(self, context: Context, promotion: _Promotion) -> None:
        reasons = promotion.decision.reasons
        record_evidence(
            context,
            kind=EvidenceKind.PROMOTION,
            subject=str(promotion),
            verdict=Verdict.FAILED,
            summary=f"refused: {len(reasons)} reason{'s' * (len(reasons) != 1)}",
            body=promotion.body(REFUSED, reasons=reasons),
            model=promotion.model,
        )
        raise PromotionRefused(str(promotion), reasons)

    def _set(self, context: Context, promotion: _Promotion, previous: str | None) -> dict[str, Any]:
        registry, model = promotion.registry, promotion.model
        current = aliases.version_of(registry, model.name, self.alias)
        if current != model.version:
            self._point(context, promotion, previous)
        found = aliases.version_of(registry, model.name, self.alias)
        if found != model.version:
            self._record(context, promotion, NOT_CONFIRMED, Verdict.FAILED, previous, found=found)
            raise RegistryError(
                f"{promotion}: set, and read back as {found or 'no version'}; somebody else writes "
                f"aliases at {registry.name}. Find out who before promoting again"
            )
        done = self._record(
            context,
            promotion,
            DONE,
            Verdict.PASSED,
            previous,
            changed=current != model.version,
        )
        self.log.info("%s; before: %s", promotion, previous or "no version")
        return {**xcom_of(done), **promotion.target, "previous_version": previous}

    def _point(self, context: Context, promotion: _Promotion, previous: str | None) -> None:
        model = promotion.model
        try:
            aliases.point(promotion.registry, model.name, self.alias, model.version)
        except RegistryError as error:
            # After one that a retry can cure, the intent stands until that retry.
            if not error.retry_helps:
                self._record(
                    context, promotion, NOT_CONFIRMED, Verdict.FAILED, previous, error=str(error)
                )
            raise

    def _record(
        self,
        context: Context,
        promotion: _Promotion,
        stage: str,
        verdict: Verdict,
        previous: str | None,
        **more: Any,
    ) -> Evidence:
        return record_evidence(
            context,
            kind=EvidenceKind.PROMOTION,
            subject=str(promotion),
            verdict=verdict,
            summary=f"{stage}: {promotion.alias} from {previous or 'no version'} "
            f"to {promotion.model.version}",
            body=promotion.body(stage, previous_version=previous, **more),
            model=promotion.model,
        )


def _checked_alias(alias: str) -> str:
    """MLflow would refuse the others only when the promotion is half done."""
    if not _ALIAS.fullmatch(alias):
        raise ArgumentInvalid(
            f"alias: expected letters, digits, '_' and '-', and neither 'latest' nor a version "
            f"such as 'v1'; found {alias!r}"
        )
    return alias


def _kinds(required: Collection[str]) -> tuple[EvidenceKind, ...]:
    names = [required] if isinstance(required, str) else list(required)
    allowed = ", ".join(REQUIRABLE)
    unknown = [name for name in names if name not in REQUIRABLE]
    if unknown or isinstance(required, str) or not names:
        raise ArgumentInvalid(
            f"required: expected a list of at least one of {allowed}; "
            f"found {', '.join(map(repr, names)) or 'none'}"
        )
    return tuple(EvidenceKind(name) for name in names)


def _reference(item: Evidence) -> dict[str, str]:
    return {
        "evidence_id": item.evidence_id,
        "digest": item.digest,
        "kind": item.kind.value,
        "verdict": item.verdict.value,
    }


def _is_of(item: Evidence, origin: Origin) -> bool:
    """Recorded by an earlier try, or an earlier run, of this very task instance."""
    return (
        item.kind is EvidenceKind.PROMOTION
        and item.origin.task_id == origin.task_id
        and item.origin.map_index == origin.map_index
    )


def _previous(promotion: _Promotion) -> str | None:
    """What the alias pointed to before this Dag run promoted the version.

    If it already points to the version, an earlier try of this task may have set it: then the
    record of that try knows what was there before.
    """
    current = aliases.version_of(promotion.registry, promotion.model.name, promotion.alias)
    if current != promotion.model.version:
        return current
    for item in sorted(promotion.earlier, key=lambda e: e.evidence_id, reverse=True):
        same = all(item.body.get(key) == value for key, value in promotion.target.items())
        if same and item.model == promotion.model and item.body.get("stage") in (INTENDED, DONE):
            previous = item.body.get("previous_version")
            return None if previous is None else str(previous)
    return current


@contextmanager
def _lease(promotion: _Promotion, origin: Origin) -> Iterator[_Hold]:
    """Hold the alias's lease; the function inside prolongs it.

    The holder is the task instance without its try, so that a retry after a crash goes on at once.

    :raises AliasContended: while another task instance holds it.
    """
    holder = digest(
        canonical_bytes([origin.dag_id, origin.run_id, origin.task_id, origin.map_index])
    )

    def hold() -> None:
        with governance_transaction() as connection:
            taken = leases.acquire(
                connection, promotion.lease, holder=holder, now=utcnow(), lasting=LEASE_LASTS
            )
        if not taken:
            raise AliasContended(
                f"{promotion}: another task is promoting {promotion.model.name} to "
                f"{promotion.alias!r} right now; try again when it has ended, at the latest in "
                f"{LEASE_LASTS}"
            )

    hold()
    try:
        yield hold
    finally:
        with governance_transaction() as connection:
            leases.release(connection, promotion.lease, holder=holder)
