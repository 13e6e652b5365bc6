const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Lengths that people count in, in seconds. */
const STEPS = [
  1,
  5,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY),
];
const MOST = 6;

/** From at or below the low one to at or above the high one, each a step from the one before. */
function multiples(low: number, high: number, step: number): number[] {
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

/** Round lengths of time, in seconds, that hold both ends and 0. */
export function durationTicks(low: number, high: number): number[] {
  const ends = [Math.min(low, 0), Math.max(high, 0)] as const;
  const step = STEPS.find((one) => multiples(...ends, one).length <= MOST);
  if (step !== undefined) return multiples(...ends, step);
  return multiples(...ends, Math.ceil((ends[1] - ends[0]) / (MOST - 2) / DAY) * DAY);
}

const PARTS = [0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/** Round shares from at or below the low one to 1. */
export function shareTicks(low: number): number[] {
  const step = PARTS.find((one) => multiples(low, 1, one).length <= MOST) ?? Math.ceil(-low / 4);
  return [...multiples(Math.min(low, 0), 0, step), ...(step < 1 ? multiples(step, 1, step) : [1])];
}
