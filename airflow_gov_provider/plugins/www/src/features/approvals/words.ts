import { sentence, type Tone } from "src/components/Badges";
import type { Approval, Choice, Shown } from "src/features/approvals/queries";

export const LISTS = [
  ["mine", "Waiting for me"],
  ["others", "Waiting for others"],
  ["decided", "Decided"],
] as const;
export type ListName = (typeof LISTS)[number][0];

export const DECISIONS = [
  ["approved", "Approved"],
  ["rejected", "Rejected"],
  ["timed_out", "Timed out"],
  ["superseded", "Asked anew"],
] as const;

const TONES: Record<string, Tone> = {
  approved: "good",
  pending: "waiting",
  rejected: "bad",
  superseded: "neutral",
  timed_out: "warning",
};

export const stateTone = (state: string): Tone => TONES[state] ?? "neutral";

export const stateText = (state: string): string =>
  state === "pending"
    ? "Waiting"
    : (DECISIONS.find(([name]) => name === state)?.[1] ?? sentence(state));

export const modelText = ({ model }: Pick<Approval, "model">): string | undefined =>
  model === null ? undefined : `${model.name} version ${model.version}`;

export const approversText = ({ approvers }: Pick<Approval, "approvers">): string =>
  approvers.length === 0 ? "Anyone who may edit the Dag" : approvers.join(", ");

/** So that a list tells what is to be weighed; it knows no more of warnings than that there are. */
export function shownText({ shown, did_not_pass, verdict }: Approval): string {
  if (shown === 0) return "Nothing was recorded before";
  if (did_not_pass > 0) return `${String(did_not_pass)} of ${String(shown)} did not pass`;
  if (verdict === "WARNED") {
    return shown === 1 ? "It warned" : `Not all ${String(shown)} passed: there are warnings`;
  }
  return shown === 1 ? "It passed" : `All ${String(shown)} passed`;
}

const COUNTED = ["PASSED", "WARNED", "INSUFFICIENT", "FAILED"];

/** "2 passed, 1 warned". */
export function countsText(evidence: readonly Pick<Shown, "verdict">[]): string {
  const counts = COUNTED.map((wanted) => ({
    count: evidence.filter(({ verdict }) => verdict === wanted).length,
    verdict: wanted.toLowerCase(),
  })).filter(({ count }) => count > 0);
  return counts.map(({ count, verdict }) => `${String(count)} ${verdict}`).join(", ");
}

export function votesText({ votes, votes_needed, refused_answers }: Approval): string {
  const counted = `${String(votes)} of ${String(votes_needed)}`;
  return refused_answers === 0 ? counted : `${counted}, ${String(refused_answers)} refused`;
}

/** Letters that can be seen: a run of blanks counts as one, as the server counts. */
export const lengthOf = (reason: string): number =>
  reason
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, (some) => (/\s/.test(some) ? " " : ""))
    .replaceAll(/\s+/g, " ")
    .trim().length;

/** `task_id` or `task_id[3]`. */
export const taskText = (taskId: string, mapIndex: number): string =>
  mapIndex < 0 ? taskId : `${taskId}[${String(mapIndex)}]`;

export const DOING: Record<Choice, string> = { Approve: "approval", Reject: "rejection" };

/** With a full stop. It may begin with a name, which is left as it is. */
export const stopped = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
