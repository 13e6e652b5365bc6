import type { Tone } from "src/components/Badges";
import type { Level } from "src/features/overview/queries";

const WEEK = 7;

export const LEVELS: Record<Level, { readonly tone: Tone; readonly text: string }> = {
  attention: { text: "Look at it", tone: "warning" },
  bad: { text: "Not all right", tone: "bad" },
  good: { text: "All right", tone: "good" },
  unknown: { text: "Not known yet", tone: "unsure" },
};

const numbers = new Intl.NumberFormat("en");

/** `1,234,567`. */
export const countText = (count: number): string => numbers.format(count);

/** `1 incident`, `2 incidents`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

/** `97.3 %`; what is not all of it is never rounded to 100 %. */
export function shareText(share: number): string {
  if (share === 1) return "100 %";
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

const sum = (days: readonly number[]): number => days.reduce((all, day) => all + day, 0);

/** Of the last seven days, and of the seven before. */
export const weeksOf = (days: readonly number[]): readonly [number, number] => [
  sum(days.slice(-WEEK)),
  sum(days.slice(-2 * WEEK, -WEEK)),
];

/** What a picture of a number a day shows, for those who do not see it. */
export function trendText(
  what: string,
  days: readonly (number | null)[],
  text = countText,
): string {
  const known = days.filter((day) => day !== null);
  const last = known.at(-1);
  if (last === undefined) return `${what}: nothing in ${String(days.length)} days`;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return `${what}: ${text(last)} on the last day, ${text(low)} to ${text(high)} in ${String(days.length)} days`;
}
