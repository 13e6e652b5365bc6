"""What the bodies of evidence say of other things.

Evidence may have been written by another version of this package or changed in the store, so what
is not understood is left out and nothing here raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.chain.parts import Recorded
from airflow_gov_provider.domain.evidence import EvidenceKind

_SHOWN_DIGEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Data that a document names.

    :param identity: equal for two documents that name the same data: by digest where there is one.
    """

    identity: str
    title: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Evidence that a document names. :param note: what else it says of it."""

    evidence_id: str
    digest: str
    kind: str
    note: str | None = None


def measured_data(item: Recorded) -> Data | None:
    """What a quality gate or a bias check read."""
    source = _mapping(item.evidence.body.get("source"))
    if source.get("kind") == "database":
        where = _text(source.get("table")) or "a query"
        place = f"{where} of {source.get('conn_id')}"
        facts = {"Connection": _text(source.get("conn_id")), "Query": _text(source.get("query"))}
        facts["Rows"] = _rows(item)
        identity = f"database:{source.get('conn_id')}:{source.get('table')}:{source.get('query')}"
        return Data(identity=identity, title=place, facts=_stated(facts))
    path, sha256 = _text(source.get("path")), _text(source.get("sha256"))
    if not path:
        return None
    facts = {"Path": path, "SHA-256": sha256, "Files": _text(source.get("files"))}
    return Data(
        identity=f"sha256:{sha256}" if sha256 else f"path:{path}",
        title=path.rstrip("/").rpartition("/")[2] or path,
        facts=_stated({**facts, "Rows": _rows(item)}),
    )


def training_data(card: Recorded) -> list[Data]:
    """The data sets that a card says the training run used; their digests are the registry's."""
    training = _mapping(_mapping(card.evidence.body.get("card")).get("training"))
    found = []
    for item in _list(_mapping(training.get("datasets")).get("value")):
        name, digest = _text(_mapping(item).get("name")), _text(_mapping(item).get("digest"))
        if not name:
            continue
        facts = {
            "Used for": _text(item.get("role")),
            "Source": _text(item.get("source")),
            "Digest in MLflow": digest,
            "Rows": _text(item.get("rows")),
        }
        identity = f"mlflow:{name}:{digest}"
        found.append(Data(identity=identity, title=name, facts=_stated(facts)))
    return found


def training_run(card: Recorded) -> str | None:
    return _text(card.evidence.body.get("run_id"))


def named_by(item: Recorded) -> list[Named]:
    """The evidence that a card, an approval or a promotion names by id and digest."""
    body = item.evidence.body
    if item.evidence.kind is EvidenceKind.CARD:
        evaluation = _mapping(_mapping(body.get("card")).get("evaluation"))
        return [
            named
            for kind, section in (("quality", "quality"), ("bias", "fairness"))
            for entry in _list(_mapping(evaluation.get(section)).get("value"))
            if (named := _named({"kind": kind, **_mapping(entry)}))
        ]
    if item.evidence.kind is EvidenceKind.APPROVAL:
        return [named for entry in _list(body.get("shown")) if (named := _named(entry))]
    if item.evidence.kind is EvidenceKind.PROMOTION:
        accepted = {_text(_mapping(e).get("evidence_id")) for e in _list(body.get("accepted"))}
        return [
            named
            for entry in _list(body.get("decided_upon"))
            if (named := _named(entry, accepted=accepted))
        ]
    return []


def required_by(promotion: Recorded) -> list[EvidenceKind]:
    """The kinds that a promotion requires, where its document says."""
    known = {kind.value: kind for kind in EvidenceKind}
    named = _list(promotion.evidence.body.get("required"))
    return [known[kind] for kind in named if isinstance(kind, str) and kind in known]


def facts_of(item: Recorded) -> dict[str, str]:
    """A few things that a reader wants to see without opening the document."""
    body = item.evidence.body
    if item.evidence.kind is EvidenceKind.APPROVAL:
        by = _mapping(body.get("decided_by"))
        return _stated({"Decided by": _text(by.get("name")), "Reason": _text(body.get("reason"))})
    if item.evidence.kind is EvidenceKind.PROMOTION:
        return _stated(
            {
                "Alias": _text(body.get("alias")),
                "Stage": _text(body.get("stage")),
                "Before": _text(body.get("previous_version")),
            }
        )
    if item.evidence.kind is EvidenceKind.CARD:
        missing = [_text(name) or "" for name in _list(body.get("missing"))]
        return _stated({"Not stated": ", ".join(missing)})
    if item.evidence.kind is EvidenceKind.QUALITY:
        contract = _mapping(body.get("contract"))
        version = _text(contract.get("version"))
        return _stated({"Contract": _text(contract.get("id")), "Contract version": version})
    return {}


def reasons_of(promotion: Recorded) -> list[str]:
    return [text for each in _list(promotion.evidence.body.get("reasons")) if (text := _text(each))]


def short(digest: str) -> str:
    return digest[:_SHOWN_DIGEST]


def _named(entry: Any, *, accepted: set[str | None] | None = None) -> Named | None:
    entry = _mapping(entry)
    evidence_id, digest = _text(entry.get("evidence_id")), _text(entry.get("digest"))
    if not evidence_id or not digest:
        return None
    note = "did not pass; a person accepted it" if evidence_id in (accepted or ()) else None
    kind = _text(entry.get("kind")) or ""
    return Named(evidence_id=evidence_id, digest=digest, kind=kind, note=note)


def _rows(item: Recorded) -> str | None:
    rows = item.evidence.body.get("rows")
    return _text(rows.get("total") if isinstance(rows, Mapping) else rows)


def _stated(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int, float)) else None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
