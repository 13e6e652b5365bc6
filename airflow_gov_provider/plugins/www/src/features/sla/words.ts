import type { Tone } from "src/components/Badges";

export const KINDS = [
  ["run", "Run"],
  ["task", "Task"],
  ["by", "Time of day"],
  ["asset", "Asset"],
] as const;

export const WINDOWS = [
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
  ["365d", "A year"],
] as const;
export const USUAL_WINDOW = "30d";

export const windowText = (window: string): string =>
  WINDOWS.find(([name]) => name === window)?.[1].toLowerCase() ?? window;

interface StateWords {
  readonly text: string;
  /** One letter, for where there is no room for a word. */
  readonly sign: string;
  readonly tone: Tone;
  /** A colour of Chakra's, of which the theme makes light and dark. */
  readonly palette: string;
}

export const STATES: Readonly<Record<string, StateWords>> = {
  excused: { palette: "purple", sign: "E", text: "Excused", tone: "unsure" },
  met: { palette: "green", sign: "·", text: "Met", tone: "good" },
  missed: { palette: "red", sign: "M", text: "Missed", tone: "bad" },
  pending: { palette: "blue", sign: "P", text: "Pending", tone: "waiting" },
  void: { palette: "gray", sign: "V", text: "Void", tone: "neutral" },
};

const UNKNOWN: StateWords = { palette: "gray", sign: "?", text: "Unknown", tone: "neutral" };

export const stateWords = (state: string): StateWords =>
  STATES[state] ?? { ...UNKNOWN, text: state };

export const kindText = (kind: string): string =>
  KINDS.find(([name]) => name === kind)?.[1] ?? kind;

/** `99.9 %`; what is not quite all is never rounded up to all. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined) return "–";
  const scale = 10 ** digits;
  const shown = Math.floor(share * 100 * scale + 1e-6) / scale;
  return `${shown.toLocaleString("en", { maximumFractionDigits: digits })} %`;
}

/** How an error budget stands, in a word. */
export function budgetWords(kept: {
  readonly attainment: number | null;
  readonly budget_used: number | null;
  readonly missed: number;
}): { readonly tone: Tone; readonly text: string } {
  const { attainment, budget_used: used, missed } = kept;
  if (attainment === null) return { text: "Nothing counted", tone: "neutral" };
  if (used === null) return { text: missed > 0 ? "Overspent" : "Untouched", tone: "bad" };
  if (used > 1) return { text: `Overspent: ${percent(used, 0)}`, tone: "bad" };
  if (used === 0) return { text: "Untouched", tone: "good" };
  return { text: `${percent(used, 0)} used`, tone: used >= 0.75 ? "warning" : "good" };
}
