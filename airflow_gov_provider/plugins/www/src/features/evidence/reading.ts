/**
 * Documents of evidence as data of unknown shape: another version may have written them, and
 * somebody may have changed them. What is not understood is left out, and nothing here throws.
 */

export type Json = Readonly<Record<string, unknown>>;

export const record = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const records = (value: unknown): readonly Json[] =>
  list(value).filter((item) => typeof item === "object" && item !== null) as Json[];

export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== ""
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined;

export const texts = (value: unknown): readonly string[] =>
  list(value).flatMap((item) => text(item) ?? []);

export const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

export type Interval = readonly [number, number];

export function interval(value: unknown): Interval | undefined {
  const [low, high] = list(value).map(number);
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** The kind's own part of a document. */
export const bodyOf = (document: unknown): Json => record(record(document).body);

/** One check and its answer. */
export interface Finding {
  readonly check: string;
  readonly kind: string;
  readonly subject: string;
  readonly verdict: string;
  readonly severity: string;
  readonly expected: string;
  readonly observed: unknown;
  readonly reason: string | undefined;
  readonly failing: number | undefined;
  readonly total: number | undefined;
}

export const findingsOf = (body: Json): readonly Finding[] =>
  records(body.findings).map((item) => ({
    check: text(item.check) ?? "",
    expected: text(item.expected) ?? "",
    failing: number(item.failing),
    kind: text(item.kind) ?? "",
    observed: item.observed,
    reason: text(item.reason),
    severity: text(item.severity) ?? "error",
    subject: text(item.subject) ?? "",
    total: number(item.total),
    verdict: text(item.verdict) ?? "INSUFFICIENT",
  }));

/** A measured value for people: numbers with four digits that count, texts as they are. */
export function valueText(value: unknown): string {
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? value.toLocaleString("en")
      : String(Number(value.toPrecision(4)));
  }
  return text(value) ?? "–";
}

/** `0.0659` as `6.6 %`. */
export const percent = (value: number, digits = 1): string => `${(value * 100).toFixed(digits)} %`;

/** Names of code for people: `true_positive_rate` as "true positive rate". */
export const words = (name: string): string => name.replaceAll("_", " ");
