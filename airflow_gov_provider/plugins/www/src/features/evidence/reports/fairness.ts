import type { Dot } from "src/components/charts/DotWhisker";
import {
  type Interval,
  interval,
  type Json,
  number,
  percent,
  record,
  records,
  text,
  valueText,
  words,
} from "src/features/evidence/reading";

export interface Group {
  readonly name: string;
  readonly n: number;
  readonly isCompared: boolean;
  /** Why it is not compared. */
  readonly reason: string | undefined;
  readonly rates: Json;
  readonly intervals: Json;
  /** What is no share of rows: AUC, errors of numbers. Absent from older documents. */
  readonly measures: Json;
  /** Rates at each threshold on the score. */
  readonly sweep: readonly Json[];
  /** How far scores keep what they promise, tenth by tenth. */
  readonly reliability: readonly Json[];
}

/** A metric within one stratum of the data, or for one class. */
export interface Part {
  readonly name: string;
  readonly n: number | undefined;
  readonly value: number | undefined;
  readonly verdict: string;
  readonly reason: string | undefined;
}

/** Two groups whose rates were compared. */
export interface Pair {
  readonly rate: string;
  readonly group: string;
  readonly against: string;
  readonly groupRate: number | undefined;
  readonly againstRate: number | undefined;
  readonly groupN: number | undefined;
  readonly againstN: number | undefined;
  readonly value: number | undefined;
}

export interface Metric {
  readonly name: string;
  readonly verdict: string;
  readonly expected: string;
  readonly reason: string | undefined;
  readonly value: number | undefined;
  readonly interval: Interval | undefined;
  readonly atLeast: number | undefined;
  readonly atMost: number | undefined;
  readonly decidesOn: string;
  /** The pair that decides. */
  readonly pair: Pair | undefined;
  /** The rate that is compared. */
  readonly rate: string;
  /** `difference` or `ratio` of two groups, `min` or `max` of one. */
  readonly gap: string | undefined;
  /** `gap`, or a comparison of another form; see the evidence document. */
  readonly kind: string;
  /** Whether values are shares, or in the units of the data. */
  readonly isShare: boolean;
  readonly parts: readonly Part[];
}

export interface Feature {
  readonly name: string;
  readonly reference: string | undefined;
  readonly groups: readonly Group[];
  readonly metrics: readonly Metric[];
}

export const featuresOf = (body: Json): readonly Feature[] =>
  records(body.features).map((item) => ({
    groups: records(item.groups).map(groupOf),
    metrics: records(item.metrics).map(metricOf),
    name: text(item.feature) ?? "",
    reference: text(item.reference),
  }));

const groupOf = (item: Json): Group => ({
  intervals: record(item.intervals),
  isCompared: item.sufficient !== false && item.excluded !== true,
  n: number(item.n) ?? 0,
  name: text(item.group) ?? "",
  measures: record(item.measures),
  rates: record(item.rates),
  reliability: records(item.reliability),
  sweep: records(item.sweep),
  reason: text(item.reason) ?? (item.excluded === true ? "left out by the author" : undefined),
});

function metricOf(item: Json): Metric {
  const threshold = record(item.threshold);
  const bound = record(item.bound);
  const decisive = Object.keys(bound).length > 0 ? record(bound.pair) : record(item.worst_pair);
  const pair = Object.keys(decisive).length > 0 ? pairOf(decisive) : undefined;
  const [first] = records(item.comparisons);
  return {
    atLeast: number(threshold.at_least),
    atMost: number(threshold.at_most),
    decidesOn: text(threshold.decide_on) ?? "estimate",
    expected: text(item.expected) ?? "",
    gap: text(item.gap),
    interval: interval(item.interval),
    isShare: text(item.unit) !== "value",
    kind: text(item.kind) ?? "gap",
    name: text(item.metric) ?? "",
    pair,
    parts: records(item.parts).map(partOf),
    rate: pair?.rate ?? text(first?.rate) ?? "selection_rate",
    reason: text(item.reason),
    value: number(item.value),
    verdict: text(item.verdict) ?? "INSUFFICIENT",
  };
}

const partOf = (item: Json): Part => ({
  n: number(item.n),
  name: text(item.part) ?? "",
  reason: text(item.reason),
  value: number(item.value),
  verdict: text(item.verdict) ?? "INSUFFICIENT",
});

const pairOf = (item: Json): Pair => ({
  against: text(item.against) ?? "",
  againstN: number(item.against_n),
  againstRate: number(item.against_rate),
  group: text(item.group) ?? "",
  groupN: number(item.group_n),
  groupRate: number(item.group_rate),
  rate: text(item.rate) ?? "",
  value: number(item.value),
});

/** A rate of a group, or a measure. */
export const valueOf = ({ rates, measures }: Group, name: string): number | undefined =>
  number(rates[name]) ?? number(record(measures[name]).value);

export const intervalOf = ({ intervals, measures }: Group, name: string) =>
  interval(intervals[name]) ?? interval(record(measures[name]).interval);

/** How the values of a metric's rate are written. */
export const formatOf =
  ({ isShare }: Metric) =>
  (value: number, digits?: number): string =>
    isShare ? percent(value, digits) : valueText(value);

/** Whether the groups have values of the rate that the metric compares. */
export const hasValues = ({ groups }: Feature, { kind, rate }: Metric): boolean =>
  kind !== "inequality" && groups.some((group) => valueOf(group, rate) !== undefined);

/** The groups of a feature as dots of the rate that a metric compares. */
export const dotsOf = (feature: Feature, metric: Metric): readonly Dot[] =>
  feature.groups.map((group) => ({
    interval: intervalOf(group, metric.rate),
    isDecisive: group.name === metric.pair?.group || group.name === metric.pair?.against,
    isWeak: !group.isCompared,
    name: group.name,
    value: valueOf(group, metric.rate) ?? null,
  }));

/**
 * Where the rate of the group would have to be for the threshold, against the other of the pair.
 *
 * A ratio is the smaller rate through the larger one, a difference the larger one less the smaller.
 */
export function limitOf(metric: Metric) {
  const { pair, atLeast, atMost, gap, kind, isShare } = metric;
  const format = formatOf(metric);
  if (kind !== "gap") return undefined;
  if (gap === "min" || gap === "max") {
    const value = gap === "min" ? atLeast : atMost;
    return value === undefined ? undefined : { name: `limit ${format(value)}`, value };
  }
  if (pair?.groupRate === undefined || pair.againstRate === undefined) return undefined;
  const top = isShare ? 1 : Infinity;
  const isBelow = pair.groupRate <= pair.againstRate;
  if (atLeast !== undefined && atLeast > 0) {
    const value = isBelow ? pair.againstRate * atLeast : pair.againstRate / atLeast;
    return { name: `${percent(atLeast)} of ${pair.against}`, value: Math.min(top, value) };
  }
  if (atMost !== undefined) {
    const value = isBelow ? pair.againstRate - atMost : pair.againstRate + atMost;
    const sign = isBelow ? "−" : "+";
    return {
      name: `${pair.against} ${sign} ${format(atMost)}`,
      value: isShare ? Math.min(1, Math.max(0, value)) : value,
    };
  }
  return undefined;
}

/** The pair that decides, in one sentence. */
export function pairText(metric: Metric): string | undefined {
  const { pair, gap } = metric;
  const format = formatOf(metric);
  if (pair === undefined) return undefined;
  const one = (name: string, rate: number | undefined, n: number | undefined) =>
    `${name} ${rate === undefined ? "" : format(rate)}${n === undefined ? "" : ` (n = ${n.toLocaleString("en")})`}`;
  const group = one(pair.group, pair.groupRate, pair.groupN);
  const against = one(pair.against, pair.againstRate, pair.againstN);
  const beside = gap === "min" || gap === "max" ? "beside" : "against";
  return `${words(pair.rate)}: ${group} ${beside} ${against}`;
}
