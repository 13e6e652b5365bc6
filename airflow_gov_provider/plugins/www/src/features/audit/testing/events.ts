import type { EventDetail, EventItem, LedgerReport } from "src/features/audit/queries";

const NOON = Date.parse("2026-01-31T12:00:00Z");

export const eventIdOf = (seq: number): string => seq.toString(16).padStart(64, "0");

/** An event as the list gives it. */
export const anEvent = (seq: number, changes: Partial<EventItem> = {}): EventItem => ({
  actor: null,
  dag_id: "income",
  event_id: eventIdOf(seq),
  map_index: -1,
  occurred_at: new Date(NOON + seq * 60_000).toISOString(),
  payload: { operator: "PythonOperator" },
  recorded_at: new Date(NOON + seq * 60_000 + 1000).toISOString(),
  run_id: "manual__1",
  seq,
  state: "success",
  task_id: "train",
  try_number: 1,
  type: "task_instance.success",
  witness: "listener",
  witnesses: ["listener", "log"],
  ...changes,
});

export const detailOf = (item: EventItem, changes: Partial<EventDetail> = {}): EventDetail => ({
  ...item,
  leaf: { is_unchanged: true, leaf_index: 1, sealed_at: "2026-01-31T12:00:10Z" },
  sightings: [
    { document: null, occurred_at: item.occurred_at, reference: "log 7", witness: "log" },
  ],
  ...changes,
});

/** What the ledger seals of an event. */
export const documentOf = (item: EventItem): string =>
  JSON.stringify({ ...item, recorded_at: undefined, seq: undefined, v: 1, witnesses: undefined });

/** Pages as the server cuts them, of events numbered from 1. */
export function pageOf(total: number, url: URL, made = anEvent) {
  const limit = Number(url.searchParams.get("limit"));
  const [cursor, newer] = [url.searchParams.get("cursor"), url.searchParams.get("newer")];
  const from =
    newer === null ? Number(cursor ?? total + 1) - 1 : Math.min(total, Number(newer) + limit);
  const to = newer === null ? Math.max(0, from - limit) : Number(newer);
  return {
    has_newer: from < total,
    items: Array.from({ length: from - to }, (_, place) => made(from - place)),
    newer_cursor: String(from),
    next_cursor: to > 0 ? String(to + 1) : null,
  };
}

type Verification = LedgerReport["verification"];

export const ledgerOf = (verification: Partial<Verification> = {}): LedgerReport => ({
  anchors: { last_at: null, last_size: null, receipts: {} },
  checkpoint: {
    note: "",
    origin: "a-ledger",
    root: "AAAA",
    sealed_at: "2026-01-31T12:00:00Z",
    signers: ["01234567"],
    size: 12_345,
  },
  coverage: { incomplete_runs: 0, open_findings: 0, reconciled_until: null, since: null },
  keys: [],
  unsealed_events: 3,
  verification: {
    checked: 12_345,
    incident_id: null,
    problem_count: 0,
    problems: [],
    reread_until: 100,
    status: "intact",
    verified_at: "2026-01-31T12:00:00Z",
    ...verification,
  },
});
