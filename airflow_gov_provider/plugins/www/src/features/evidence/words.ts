import type { IconType } from "react-icons";
import {
  FiAward,
  FiCheckSquare,
  FiCpu,
  FiDatabase,
  FiFileText,
  FiTrendingUp,
  FiUserCheck,
} from "react-icons/fi";
import { FiUsers } from "react-icons/fi";

import { sentence, type Tone, verdictTone } from "src/components/Badges";
import { governancePath } from "src/components/paths";
import type { Step } from "src/features/evidence/queries";

export type Kind = Step["kind"];

/** The steps from the data to the decision, in their order. */
export const KINDS: readonly Kind[] = [
  "data",
  "quality",
  "training",
  "bias",
  "card",
  "approval",
  "promotion",
];

const TITLES: Record<Kind, string> = {
  approval: "Approval",
  bias: "Bias",
  card: "Model card",
  data: "Data",
  promotion: "Promotion",
  quality: "Quality",
  training: "Training run",
};

export const ICONS: Record<Kind, IconType> = {
  approval: FiUserCheck,
  bias: FiUsers,
  card: FiFileText,
  data: FiDatabase,
  promotion: FiTrendingUp,
  quality: FiCheckSquare,
  training: FiCpu,
};

export const DECIDED = FiAward;

export const kindText = (kind: string): string => TITLES[kind as Kind] ?? sentence(kind);

export const VERDICTS = ["PASSED", "WARNED", "INSUFFICIENT", "FAILED"].map(
  (verdict) => [verdict, sentence(verdict)] as const,
);

/** What a step is at a glance. */
export function stepState(step: Step): { tone: Tone; word: string } {
  if (!step.intact) return { tone: "bad", word: "Changed" };
  if (step.status === "missing") return { tone: "unsure", word: "Missing" };
  if (step.status === "waiting") return { tone: "waiting", word: "Waiting" };
  if (step.status === "running") return { tone: "waiting", word: "Running" };
  if (step.verdict === null) return { tone: "neutral", word: "Recorded" };
  return { tone: verdictTone(step.verdict), word: sentence(step.verdict) };
}

/** A task as Airflow writes it: `check_data[3]`. */
export const taskText = (taskId: string, mapIndex: number): string =>
  mapIndex < 0 ? taskId : `${taskId}[${String(mapIndex)}]`;

export const runPath = (dagId: string, runId: string, step?: string): string =>
  governancePath("evidence/run", { dag_id: dagId, run_id: runId, step });

export const evidencePath = (evidenceId: string): string =>
  governancePath(`evidence/${encodeURIComponent(evidenceId)}`);

/** `FAILED: 2 passed, 3 failed` as what stands beside a badge that says the verdict already. */
export const withoutVerdict = (summary: string): string =>
  summary.replace(/^(PASSED|WARNED|INSUFFICIENT|FAILED): /, "");
