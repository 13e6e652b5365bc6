import { useSyncExternalStore } from "react";

/** Where Airflow's UI keeps the zone that the user has chosen, as JSON. */
const KEY = "timezone";

let browsersOwn: string | undefined;
const browsers = (): string => (browsersOwn ??= Intl.DateTimeFormat().resolvedOptions().timeZone);

function chosen(): string {
  const kept = globalThis.localStorage.getItem(KEY);
  if (kept === null) return browsers();
  const zone = kept.replaceAll('"', "");
  return isZone(zone) ? zone : browsers();
}

function isZone(name: string): boolean {
  try {
    clockOf(name);
    return name !== "";
  } catch {
    return false;
  }
}

/** What has been made once for a zone; making a format takes longer than using it a hundred times. */
function perZone<Made>(make: (zone: string) => Made): (zone: string) => Made {
  const made = new Map<string, Made>();
  return (zone) => {
    const known = made.get(zone) ?? make(zone);
    made.set(zone, known);
    return known;
  };
}

const clockOf = perZone(
  (zone) =>
    new Intl.DateTimeFormat("en-GB", {
      day: "2-digit",
      hour: "2-digit",
      hourCycle: "h23",
      minute: "2-digit",
      month: "2-digit",
      second: "2-digit",
      timeZone: zone,
      year: "numeric",
    }),
);

const offsetOf = perZone(
  (zone) => new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }),
);

function subscribe(changed: () => void): () => void {
  // The first is of other windows, the second is what Airflow's UI sends in this one.
  const events = ["storage", "local-storage"];
  for (const name of events) globalThis.addEventListener(name, changed);
  return () => {
    for (const name of events) globalThis.removeEventListener(name, changed);
  };
}

/** The time zone in which Airflow shows times to this user, such as `Europe/Berlin`. */
export const useTimeZone = (): string => useSyncExternalStore(subscribe, chosen);

type Part = "year" | "month" | "day" | "hour" | "minute" | "second";

function partsOf(moment: Date, zone: string): Record<Part, string> {
  const parts = clockOf(zone)
    .formatToParts(moment)
    .map(({ type, value }) => [type, value]);
  return Object.fromEntries(parts) as Record<Part, string>;
}

/** `2026-11-21 20:15:03`, as Airflow writes times. */
export function timeText(iso: string, zone: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const { year, month, day, hour, minute, second } = partsOf(moment, zone);
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}

/** `2026-11-21`. */
export const dayText = (iso: string, zone: string): string => timeText(iso, zone).slice(0, 10);

/** `UTC+01:00`, in force at that moment. */
export function offsetText(iso: string, zone: string): string {
  const parts = offsetOf(zone).formatToParts(new Date(iso));
  const found = parts.find(({ type }) => type === "timeZoneName");
  return (found?.value ?? "").replace("GMT", "UTC");
}

/**
 * The moment that a clock on the wall of the zone shows.
 *
 * @param local as an `<input type="datetime-local">` gives it: `2026-11-21T20:15`.
 * @returns ISO 8601 in UTC; undefined if it is no time. An hour that a clock shows twice is the
 *   first of the two, one that it jumps over is moved by the jump.
 */
export function momentOf(local: string, zone: string): string | undefined {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const early = asUtc - offsetAt(asUtc - 86_400_000, zone);
  const late = asUtc - offsetAt(asUtc + 86_400_000, zone);
  const fits = [early, late].filter((moment) => moment + offsetAt(moment, zone) === asUtc);
  return new Date(fits.length === 0 ? early : Math.min(...fits)).toISOString();
}

function offsetAt(moment: number, zone: string): number {
  const whole = Math.floor(moment / 1000) * 1000;
  const { year, month, day, hour, minute, second } = partsOf(new Date(whole), zone);
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) - whole;
}

/** What `momentOf` takes, for a moment. */
export const localOf = (iso: string, zone: string): string =>
  timeText(iso, zone).replace(" ", "T").slice(0, 16);

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** The two largest units of a number of seconds: `3 d 4 h`, `12 min 5 s`, `0.4 s`. */
export function durationText(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (size < 10 && !Number.isInteger(size)) return `${sign}${size.toFixed(1)} s`;
  let rest = Math.round(size);
  const told: string[] = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || told.length > 0) told.push(`${String(count)} ${unit}`);
    if (told.length === 2) break;
  }
  const shown = told.filter((part, place) => place === 0 || !part.startsWith("0 "));
  return sign + (shown.length === 0 ? "0 s" : shown.join(" "));
}
