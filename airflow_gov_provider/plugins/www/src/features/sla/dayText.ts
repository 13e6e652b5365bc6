import { dayName } from "src/features/sla/calendar";
import type { Day } from "src/features/sla/queries";
import { STATES, stateWords } from "src/features/sla/words";

/** `Fri 2026-11-20: missed (1 missed, 23 met)`. */
export function dayText(day: string, found: Day | undefined): string {
  if (found === undefined) return `${dayName(day)}: nothing was due`;
  const counts = Object.keys(STATES)
    .map((state) => [found[state as "met"], state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${String(count)} ${state}`);
  return `${dayName(day)}: ${stateWords(found.state).text.toLowerCase()} (${counts.join(", ")})`;
}
