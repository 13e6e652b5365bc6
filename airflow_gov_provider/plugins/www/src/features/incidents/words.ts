import type { Tone } from "src/components/Badges";
import { sentence } from "src/components/Badges";
import type { Entry, IncidentView } from "src/features/incidents/queries";

export const KINDS = [
  ["sla_miss", "Missed SLA"],
  ["gate_blocked", "Gate blocks"],
  ["approval_bypass", "Approval bypassed"],
  ["coverage", "Gap in the record"],
  ["ledger", "Ledger damaged"],
] as const;

export const STATES = [
  ["unresolved", "Not resolved"],
  ["open", "Open"],
  ["acknowledged", "Acknowledged"],
  ["resolved", "Resolved"],
] as const;

export const SEVERITIES = [
  ["critical", "Critical"],
  ["high", "High"],
  ["medium", "Medium"],
  ["low", "Low"],
] as const;

/** Reasons that people may give; a machine says `healed`. */
export const RESOLUTIONS = [
  ["fixed", "Fixed: what was wrong is well again"],
  ["false_alarm", "False alarm: nothing was wrong"],
  ["accepted", "Accepted: it stays, and somebody answers for it"],
  ["duplicate", "Duplicate: another incident is about it"],
] as const;

const TONES: Record<string, Tone> = { acknowledged: "waiting", open: "warning", resolved: "good" };

export const stateTone = (state: string): Tone => TONES[state] ?? "neutral";

export const kindText = (kind: string): string =>
  KINDS.find(([name]) => name === kind)?.[1] ?? sentence(kind);

export function resolutionText(resolution: string): string {
  if (resolution === "healed") return "Well again by itself";
  return sentence(resolution);
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const STEPS: Record<string, string> = {
  half: "half of the time to report is over",
  ninety_percent: "nine tenths of the time to report are over",
  overdue: "the time to report is over",
};

/** `GDPR Art. 33`. */
function dutyText(regime: string | undefined, duties: IncidentView["duties"]): string {
  const found = duties.find((duty) => duty.regime === regime);
  if (found === undefined) return regime ?? "a duty";
  return `${found.framework.replaceAll("_", " ")} ${found.ref}`;
}

/** The run or the day; what is only an id tells nobody anything. */
function occasionText({ occasion }: Entry["details"]): string {
  const told = text(occasion);
  return told === undefined || /^[0-9a-f-]{32,}$/.test(told) ? "" : ` (${told})`;
}

/** What happened, so that it can follow a name: "ada" "acknowledged it". */
export function didWhat({ kind, details }: Entry, duties: IncidentView["duties"]): string {
  const regime = dutyText(text(details.regime), duties);
  switch (kind) {
    case "opened":
      return "opened it";
    case "repeated":
      return `saw it again${occasionText(details)}`;
    case "reopened":
      return `opened it again${occasionText(details)}`;
    case "acknowledged":
      return "acknowledged it";
    case "assigned":
      return assigned(text(details.assignee), text(details.before));
    case "commented":
      return "commented";
    case "resolved":
      return `resolved it: ${resolutionText(text(details.resolution) ?? "").toLowerCase()}`;
    case "escalated":
      return escalated(details, regime);
    case "reportable":
      return `started the clock to report it under ${regime}`;
    case "report_sent": {
      const reference = text(details.reference);
      return `reported it under ${regime}${reference === undefined ? "" : `, reference ${reference}`}`;
    }
    case "report_withdrawn":
      return `said that no report is due under ${regime}`;
    default:
      return sentence(kind).toLowerCase();
  }
}

function assigned(to: string | undefined, before: string | undefined): string {
  if (to === undefined) return `took it from ${before ?? "nobody"}`;
  return before === undefined ? `assigned it to ${to}` : `assigned it to ${to}, before ${before}`;
}

function escalated(details: Entry["details"], regime: string): string {
  const step = text(details.step);
  if (step !== undefined) {
    return `reminded: ${STEPS[step] ?? step} (${regime})`;
  }
  const severity = text(details.severity);
  return `escalated it: ${text(details.escalation) ?? "nobody looked after it"}${
    severity === undefined ? "" : `; severity ${severity}`
  }`;
}
