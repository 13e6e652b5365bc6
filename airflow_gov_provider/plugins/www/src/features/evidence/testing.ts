import type { Chain, Edge, Evidence, Run, Step } from "src/features/evidence/queries";

const AT = "2026-01-31T12:00:00Z";

export const step = (id: string, some: Partial<Step> = {}): Step => ({
  earlier: [],
  evidence_id: id,
  facts: [],
  intact: true,
  kind: "quality",
  map_index: -1,
  model: null,
  node_id: id,
  problem: null,
  recorded_at: AT,
  status: "recorded",
  summary: "PASSED: 3 passed",
  task_id: id,
  title: `about ${id}`,
  try_number: 1,
  verdict: "PASSED",
  ...some,
});

export const edge = (source: string, target: string, some: Partial<Edge> = {}): Edge => ({
  holds: true,
  note: null,
  relation: "shown",
  source,
  target,
  ...some,
});

export const run = (some: Partial<Run> = {}): Run => ({
  accepted: 0,
  changed: 0,
  dag_id: "credit",
  first_recorded_at: AT,
  last_recorded_at: AT,
  models: [{ name: "scorer", version: "7" }],
  run_id: "scheduled__2026-01-31T12:00:00+00:00/a",
  steps: [{ count: 2, intact: true, kind: "bias", verdict: "FAILED" }],
  verdict: "PASSED",
  waiting: 0,
  ...some,
});

export const chain = (nodes: readonly Step[], edges: readonly Edge[] = []): Chain => ({
  edges: [...edges],
  nodes: [...nodes],
  run: run(),
});

export const evidence = (
  kind: string,
  body: Readonly<Record<string, unknown>>,
  some: Partial<Evidence> = {},
): Evidence => {
  const row = rowOf(kind, some);
  const { dag_id, digest, digest_matches, map_index, run_id, task_id, try_number, ...said } = row;
  const origin = { dag_id, map_index, run_id, task_id, try_number };
  return {
    digest,
    digest_matches,
    ...origin,
    ...said,
    document: { ...said, body, origin },
    ...some,
  };
};

const rowOf = (kind: string, some: Partial<Evidence>) => ({
  dag_id: "credit",
  digest: "ab".repeat(32),
  digest_matches: true,
  evidence_id: "0199f0a0-0000-7000-8000-000000000001",
  kind,
  map_index: -1,
  model: { name: "scorer", version: "7" },
  recorded_at: AT,
  run_id: "run 1",
  subject: "census",
  summary: "PASSED: 3 passed",
  task_id: "gate",
  try_number: 1,
  verdict: "PASSED",
  ...some,
});
