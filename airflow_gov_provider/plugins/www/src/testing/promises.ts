import type { Schemas } from "src/api/client";

type Attainment = Schemas["AttainmentItem"];

export const COMMITMENT_ID = "c".repeat(64);

export const anAttainment = (some: Partial<Attainment> = {}): Attainment => ({
  attainment: 0.9,
  budget_used: 10,
  burn_rates: { "1h": null, "30d": 10, "3d": 50, "6h": null },
  dag_id: "income",
  excused: 1,
  met: 18,
  missed: 2,
  name: "by",
  pending: 0,
  subject: COMMITMENT_ID,
  target: 0.99,
  title: "done by 10:00 (Europe/Berlin)",
  void: 0,
  ...some,
});

export const aCommitment = (
  some: Partial<Schemas["CommitmentItem"]> = {},
): Schemas["CommitmentItem"] => ({
  commitment_id: COMMITMENT_ID,
  dag_id: "income",
  declared_at: "2026-01-01T00:00:00Z",
  kind: "by",
  name: "by",
  owner: "ml-platform",
  retired_at: null,
  severity: "high",
  source: "dag",
  subject: "income",
  target: 0.99,
  terms: { by: "10:00:00", calendar: { weekdays: [0, 1, 2, 3, 4] }, tz: "Europe/Berlin" },
  title: "done by 10:00 (Europe/Berlin)",
  updated_at: "2026-01-01T00:00:00Z",
  ...some,
});

export const aSummary = (
  some: Partial<Schemas["CommitmentSummary"]> = {},
): Schemas["CommitmentSummary"] => ({
  ...aCommitment(),
  kept: anAttainment(),
  trend: [1, 1, null, 0, 1],
  ...some,
});

export const anOutcome = (some: Partial<Schemas["OutcomeItem"]> = {}): Schemas["OutcomeItem"] => ({
  actual_at: "2026-11-20T10:31:00Z",
  commitment_id: COMMITMENT_ID,
  created_at: "2026-11-20T00:00:00Z",
  dag_id: "income",
  expected_at: "2026-11-20T09:00:00Z",
  incident_id: null,
  judged_at: "2026-11-20T10:31:00Z",
  judged_by: "collector",
  kind: "by",
  name: "by",
  occasion: "2026-11-20",
  outcome_id: "0199f0a0-0000-7000-8000-000000000001",
  owner: null,
  reason: null,
  run_id: null,
  severity: "high",
  state: "missed",
  subject: "income",
  title: "done by 10:00 (Europe/Berlin)",
  ...some,
});

export const aPoint = (some: Partial<Schemas["SeriesPoint"]> = {}): Schemas["SeriesPoint"] => ({
  actual_at: "2026-11-20T08:30:00Z",
  dag_id: "income",
  expected_at: "2026-11-20T09:00:00Z",
  incident_id: null,
  occasion: "2026-11-20",
  outcome_id: "1",
  reason: null,
  run_id: null,
  seconds_late: -1800,
  state: "met",
  ...some,
});

export const aDay = (some: Partial<Schemas["CalendarDay"]> = {}): Schemas["CalendarDay"] => ({
  day: "2026-11-20",
  excused: 0,
  met: 0,
  missed: 0,
  pending: 0,
  state: "met",
  void: 0,
  ...some,
});

export const aBudget = (some: Partial<Schemas["BudgetReport"]> = {}): Schemas["BudgetReport"] => ({
  allowed: 0.2,
  attainment: 0.9,
  budget_used: 10,
  burn_rates: { "1h": null, "30d": 10, "3d": 50, "6h": null },
  commitment_id: COMMITMENT_ID,
  days: [
    { day: "2026-11-18", missed: 0, remaining: 1 },
    { day: "2026-11-19", missed: 1, remaining: -4 },
    { day: "2026-11-20", missed: 1, remaining: -9 },
  ],
  excused: 1,
  met: 18,
  missed: 2,
  pending: 0,
  remaining: -9,
  since: "2026-10-22T00:00:00Z",
  target: 0.99,
  title: "done by 10:00 (Europe/Berlin)",
  tz: "UTC",
  until: "2026-11-21T00:00:00Z",
  void: 0,
  ...some,
});
