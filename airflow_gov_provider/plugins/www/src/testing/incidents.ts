import type { Schemas } from "src/api/client";

type Incident = Schemas["IncidentItem"];
type View = Schemas["IncidentView"];

export const MOVES = [
  "acknowledge",
  "assign",
  "comment",
  "resolve",
  "reportable",
  "report-sent",
  "report-withdrawn",
] as const;

/** What is possible of an incident that is open and of which no clock runs. */
export const movesBut = (refused: Readonly<Record<string, string>> = {}): View["moves"] =>
  MOVES.map((move) => {
    const noClock = move.startsWith("report-") ? "no clock of a duty to report runs" : null;
    return { move, why_not: refused[move] ?? noClock };
  });

export const anIncident = (some: Partial<Incident> = {}): Incident => ({
  acknowledged_at: null,
  acknowledged_by: null,
  assignee: null,
  auto_resolve: true,
  comment: null,
  dag_id: "income",
  incident_id: "0199f0a0-0000-7000-8000-000000000001",
  kind: "gate_blocked",
  last_seen_at: "2026-11-21T09:00:00Z",
  occurrences: 1,
  opened_at: "2026-11-21T09:00:00Z",
  owner: "ml-platform",
  reportable: [],
  resolution: null,
  resolved_at: null,
  resolved_by: null,
  run_id: "run 1",
  severity: "high",
  state: "open",
  task_id: "gate",
  title: "income.gate blocks: one check failed",
  version: 1,
  ...some,
});

export const anEntry = (some: Partial<Schemas["TimelineItem"]> = {}): Schemas["TimelineItem"] => ({
  actor: null,
  at: "2026-11-21T09:00:00Z",
  details: {},
  event_id: "a".repeat(64),
  kind: "opened",
  ...some,
});

export const anIncidentView = (some: Partial<View> = {}): View => ({
  ...anIncident(),
  affected: null,
  assignees: ["ada", "bob"],
  dedup_key: "gate_blocked:income/gate",
  details: {},
  duties: [
    {
      framework: "GDPR",
      obligation: "Notify the authority of a breach",
      ref: "Art. 33",
      regime: "gdpr_breach",
      who: "controller",
      why_not: null,
      within_hours: 72,
    },
  ],
  me: "ada",
  moves: movesBut(),
  notices: [],
  timeline: [anEntry()],
  timeline_total: 1,
  ...some,
});

export const aClock = (some: Partial<Schemas["ClockItem"]> = {}): Schemas["ClockItem"] => ({
  aware_at: "2026-11-21T09:00:00Z",
  due_at: "2126-11-24T09:00:00Z",
  ended: null,
  ended_at: null,
  ended_by: null,
  marked_at: "2026-11-21T09:00:00Z",
  marked_by: "ada",
  obligation: "Notify the authority of a breach",
  ref: "Art. 33",
  reference: null,
  regime: "gdpr_breach",
  seconds_left: 1000,
  ...some,
});
