"""How far Airflow's tables were looked at for occasions of commitments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAME = "sla_judging"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingPosition:
    """What was seen, all in all.

    :param run_id: the highest row id of a Dag run.
    :param asset_event_id: the highest id of an asset's event.
    :param open: row ids of runs that have begun and are judged once they have ended.
    :param catalogue: what was declared then: by kind, how many and when changed last.
    """

    run_id: int
    asset_event_id: int
    open: frozenset[int] = frozenset()
    catalogue: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """JSON-safe; the inverse of ``from_content``."""
        return {
            "run_id": self.run_id,
            "asset_event_id": self.asset_event_id,
            "open": sorted(self.open),
            "catalogue": {kind: list(one) for kind, one in self.catalogue.items()},
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> JudgingPosition:
        return cls(
            run_id=content["run_id"],
            asset_event_id=content["asset_event_id"],
            open=frozenset(content["open"]),
            catalogue={kind: (one[0], one[1]) for kind, one in content["catalogue"].items()},
        )
