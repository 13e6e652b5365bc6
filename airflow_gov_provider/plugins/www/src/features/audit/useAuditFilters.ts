import { useMemo } from "react";

import { filtersOf, type Scope } from "src/components/scope";
import { type Filters, useFilters } from "src/components/useFilters";
import type { EventFilters } from "src/features/audit/queries";

const NAMES = [
  "dag_id",
  "run_id",
  "task_id",
  "map_index",
  "category",
  "type",
  "state",
  "actor",
  "witness",
  "since",
  "until",
  "q",
] as const;

export type AuditFilterName = (typeof NAMES)[number];
const PLACES = ["at", "event", "sightings"] as const;
/** By these the ledger seals who else saw an event, which stands at each event anyway. */
const SIGHTINGS = "ledger.witnessed";

export interface AuditFilters {
  readonly filters: Filters<AuditFilterName>;
  /** The filters of the address, and what the page is about. */
  readonly wanted: EventFilters;
  /** What the timeline shows of that. */
  readonly shown: EventFilters;
  readonly hasSightings: boolean;
  readonly change: (some: Filters<AuditFilterName | (typeof PLACES)[number]>) => void;
  readonly clear: () => void;
  readonly isFiltered: boolean;
  /** The moment at which the timeline begins; undefined for now. */
  readonly at?: string;
  /** The event that is open. */
  readonly eventId?: string;
}

export function useAuditFilters(scope: Scope): AuditFilters {
  const { filters, change, clear, isFiltered } = useFilters(NAMES);
  const places = useFilters(PLACES);
  const { dagId, runId, taskId, mapIndex } = scope;
  const wanted = useMemo(
    () => wantedOf(filters, { dagId, mapIndex, runId, taskId }),
    [filters, dagId, mapIndex, runId, taskId],
  );
  const hasSightings = places.filters.sightings !== undefined;
  const shown = useMemo(
    () =>
      hasSightings || wanted.type != null || wanted.category != null
        ? wanted
        : { ...wanted, without_type: SIGHTINGS },
    [hasSightings, wanted],
  );
  return {
    at: places.filters.at,
    change: change as AuditFilters["change"],
    clear,
    eventId: places.filters.event,
    filters,
    hasSightings,
    isFiltered,
    shown,
    wanted,
  };
}

function wantedOf(filters: Filters<AuditFilterName>, scope: Scope): EventFilters {
  const { map_index, ...rest } = filters;
  const fixed = Object.entries(filtersOf(scope)).filter(([, value]) => value !== undefined);
  const about = { ...rest, ...Object.fromEntries(fixed) } as EventFilters;
  const index = Number(map_index);
  // The API takes an index only together with the task.
  return map_index !== undefined && Number.isInteger(index) && about.task_id !== undefined
    ? { map_index: index, ...about }
    : about;
}
