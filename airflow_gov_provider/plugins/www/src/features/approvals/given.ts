import type { Approval, ApprovalView, Vote } from "src/features/approvals/queries";
import { answers } from "src/testing/server";

export const ID = "0199f0a0-0000-7000-8000-000000000001";
export const LIST = "/plugin/governance/approvals";
export const PAGE = `${LIST}/${ID}`;
export const REASON = "The gap is known and accepted";

export const item: Approval = {
  approvers: ["bob", "carol"],
  choices: [
    { choice: "Approve", may: true, why_not: null },
    { choice: "Reject", may: true, why_not: null },
  ],
  dag_id: "income",
  decided_at: null,
  decided_by: null,
  did_not_pass: 1,
  expires_at: "2126-11-21T13:00:00Z",
  map_index: -1,
  may_answer: true,
  model: { name: "income", version: "3" },
  opened_at: "2026-11-21T12:00:00Z",
  reason: null,
  refused_answers: 0,
  request_id: ID,
  requester: "alice",
  run_id: "manual__1",
  shown: 2,
  state: "pending",
  subject: "Promote income version 3?",
  task_id: "approve",
  verdict: "FAILED",
  votes: 0,
  votes_needed: 1,
  why_not: null,
};

export const piece = {
  digest: "d".repeat(64),
  digest_matches: true,
  evidence_id: "e-1",
  findings: [],
  kind: "quality",
  map_index: -1,
  more_findings: 0,
  recorded_at: "2026-11-21T11:00:00Z",
  stands: true,
  subject: "census",
  summary: "PASSED: 3 passed",
  task_id: "check_data",
  verdict: "PASSED",
};

export const bias = {
  ...piece,
  evidence_id: "e-2",
  findings: [
    {
      expected: ">= 0.8",
      is_warning: false,
      kind: "four_fifths",
      observed: "0.3592",
      reason: "women are chosen less often",
      subject: "sex",
      verdict: "FAILED",
    },
  ],
  kind: "bias",
  more_findings: 2,
  subject: "predictions",
  summary: "FAILED: 1 failed",
  task_id: "check_bias",
  verdict: "FAILED",
};

export const request: ApprovalView = {
  ...item,
  answer_form: {
    max_reason_length: 4000,
    min_reason_length: 10,
    params: { request: ID },
    path: "dags/income/dagRuns/manual__1/taskInstances/approve/-1/hitlDetails",
  },
  answers: [],
  asking: { answered_at: null, answered_by: null, state: "awaiting_input" },
  earlier: null,
  evidence: [piece, bias],
};

export const vote = (changes: Partial<Vote> = {}): Vote => ({
  answered_at: "2026-11-21T12:30:00Z",
  choice: "Approve",
  effective: true,
  reason: REASON,
  recorded_at: "2026-11-21T12:30:05Z",
  refusal: null,
  user_id: "bob",
  user_name: "Bob",
  vote_id: "v-1",
  ...changes,
});

export const judging = {
  answered_at: "2026-11-21T12:30:00Z",
  answered_by: "Bob",
  state: "scheduled",
};

/** The request, which can be changed while the page looks at it. */
export function given(first: Partial<ApprovalView> = {}) {
  const now = { request: { ...request, ...first } };
  answers(`/v1/approvals/${ID}`, () => now.request);
  return (changes: Partial<ApprovalView>) => {
    now.request = { ...now.request, ...changes };
  };
}

export const airflows = { below: "api/v2", method: "patch" } as const;
export const taken = `/${request.answer_form?.path ?? ""}`;
