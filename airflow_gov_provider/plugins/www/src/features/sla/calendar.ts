/** Days of a calendar as `2026-11-21`, counted without any time zone. */

const DAY = 86_400_000;

const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`);

export const plusDays = (day: string, days: number): string =>
  new Date(noon(day) + days * DAY).toISOString().slice(0, 10);

/** 0 for Monday. */
export const weekdayOf = (day: string): number => (new Date(noon(day)).getUTCDay() + 6) % 7;

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

export interface Week {
  readonly monday: string;
  /** Seven of them; undefined before the first day and after the last. */
  readonly days: readonly (string | undefined)[];
}

/** The weeks from one day to another, both included. */
export function weeksBetween(first: string, last: string): Week[] {
  const weeks: Week[] = [];
  for (
    let monday = plusDays(first, -weekdayOf(first));
    monday <= last;
    monday = plusDays(monday, 7)
  ) {
    const days = WEEKDAYS.map((_, weekday) => {
      const day = plusDays(monday, weekday);
      return day < first || day > last ? undefined : day;
    });
    weeks.push({ days, monday });
  }
  return weeks;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Which columns have a month's name above them, and how many each takes. */
export function monthsOf(
  weeks: readonly Week[],
): { readonly name: string; readonly weeks: number }[] {
  const months: { name: string; weeks: number }[] = [];
  let known = "";
  for (const { monday } of weeks) {
    const month = monday.slice(0, 7);
    const last = months.at(-1);
    if (month === known && last !== undefined) last.weeks += 1;
    else months.push({ name: MONTHS[Number(month.slice(5)) - 1] ?? month, weeks: 1 });
    known = month;
  }
  return months;
}

/** Where an arrow key leads in a grid of weeks; undefined for other keys. */
export function stepOf(key: string): number | undefined {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7, ArrowUp: -1 };
  return steps[key];
}

/** `Fri 2026-11-20`. */
export const dayName = (day: string): string => `${WEEKDAYS[weekdayOf(day)] ?? ""} ${day}`;
