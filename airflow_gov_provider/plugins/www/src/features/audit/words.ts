import type { Tone } from "src/components/Badges";
import { sentence } from "src/components/Badges";

/** What stands before the first dot of a type, as people call it; the order is that of the filter. */
export const CATEGORIES: readonly (readonly [string, string])[] = [
  ["override", "Override"],
  ["task_instance", "Task"],
  ["dag_run", "Dag run"],
  ["action", "User action"],
  ["change", "Change of settings"],
  ["access", "Access"],
  ["human_input", "Human input"],
  ["vote", "Vote"],
  ["evidence", "Evidence"],
  ["incident", "Incident"],
  ["notice", "Notice"],
  ["sla", "SLA"],
  ["commitment", "Commitment"],
  ["ledger", "Ledger"],
  ["coverage", "Coverage"],
  ["recording", "Recording"],
  ["machinery", "Machinery"],
];

const NAMES = new Map(CATEGORIES);

const WORDS: Readonly<Record<string, string>> = {
  "access.denied": "Access denied",
  "action.pause": "Dag paused",
  "action.trigger_run": "Run triggered",
  "action.unpause": "Dag unpaused",
  "change.dag": "Dag changed",
  "coverage.lost": "Recording gap found",
  "coverage.restored": "Recording gap closed",
  "evidence.recorded": "Evidence recorded",
  "human_input.answered": "Request answered",
  "human_input.refused": "Answer refused",
  "ledger.anchored": "Checkpoint anchored",
  "ledger.exported": "Events exported",
  "ledger.key_replaced": "Ledger key replaced",
  "ledger.witnessed": "Sightings sealed",
  "notice.dead": "Notice given up",
  "notice.delivered": "Notice delivered",
  "override.clear": "Cleared by hand",
  "override.delete_dag": "Dag deleted",
  "override.delete_run": "Run deleted",
  "override.delete_task": "Task instance deleted",
  "override.mark_run": "Run marked by hand",
  "override.mark_task": "Task marked by hand",
  "recording.filled": "Recording gap filled",
  "vote.recorded": "Vote recorded",
};

const STATES: Readonly<Record<string, string>> = {
  awaiting_input: "awaits input",
  failed: "failed",
  queued: "queued",
  running: "started",
  skipped: "skipped",
  success: "succeeded",
  up_for_retry: "is up for retry",
};

const split = (type: string): readonly [string, string] => {
  const dot = type.indexOf(".");
  return dot < 0 ? [type, ""] : [type.slice(0, dot), type.slice(dot + 1)];
};

export const categoryOf = (type: string): string => split(type)[0];

export const categoryName = (type: string): string =>
  NAMES.get(categoryOf(type)) ?? sentence(categoryOf(type));

/** `task_instance.failed` as "Task failed". */
export function eventWords(type: string): string {
  const known = WORDS[type];
  if (known !== undefined) return known;
  const [category, rest] = split(type);
  if (rest.startsWith("cli_")) return `Command ${rest.slice(4).replaceAll("_", " ")}`;
  const name = NAMES.get(category) ?? sentence(category);
  return rest === "" ? name : `${name} ${STATES[rest] ?? rest.replaceAll(/[_.]+/g, " ")}`;
}

const BAD = new Set([
  "failed",
  "dead",
  "denied",
  "lost",
  "late_failed",
  "missed",
  "upstream_failed",
]);
const GOOD = new Set(["success", "restored", "met", "delivered"]);
const WARNING = new Set(["up_for_retry", "refused", "reopened", "escalated", "gap", "opened"]);

/** How loud an event is: what people override is always told apart. */
export function eventTone(type: string): Tone {
  const [category, rest] = split(type);
  if (category === "override") return "warning";
  if (BAD.has(rest)) return "bad";
  if (GOOD.has(rest)) return "good";
  return WARNING.has(rest) ? "warning" : "neutral";
}

const WITNESSES: Readonly<Record<string, string>> = {
  api: "API",
  collector: "Collector",
  cli: "Command line",
  dag_run: "Dag run table",
  dag_version: "Dag version table",
  import_error: "Import errors",
  ledger: "Ledger",
  listener: "Listener",
  log: "Airflow log",
  operator: "Operator",
  request: "Request",
  task_instance: "Task table",
};

/** Who saw an event, as people call it. */
export const witnessName = (witness: string): string => WITNESSES[witness] ?? sentence(witness);

/** `1234567` as "1,234,567". */
export const number = (count: number): string => count.toLocaleString("en");
