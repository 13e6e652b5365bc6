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
  rates: record(item.rates),
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
    interval: interval(item.interval),
    name: text(item.metric) ?? "",
    pair,
    rate: pair?.rate ?? text(first?.rate) ?? "selection_rate",
    reason: text(item.reason),
    value: number(item.value),
    verdict: text(item.verdict) ?? "INSUFFICIENT",
  };
}

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

/** The groups of a feature as dots of the rate that a metric compares. */
export const dotsOf = (feature: Feature, metric: Metric): readonly Dot[] =>
  feature.groups.map(({ name, rates, intervals, isCompared }) => ({
    interval: interval(intervals[metric.rate]),
    isDecisive: name === metric.pair?.group || name === metric.pair?.against,
    isWeak: !isCompared,
    name,
    value: number(rates[metric.rate]) ?? null,
  }));

/**
 * Where the rate of the group would have to be for the threshold, against the other of the pair.
 *
 * A ratio is the smaller rate through the larger one, a difference the larger one less the smaller.
 */
export function limitOf({ pair, atLeast, atMost }: Metric) {
  if (pair?.groupRate === undefined || pair.againstRate === undefined) return undefined;
  const isBelow = pair.groupRate <= pair.againstRate;
  if (atLeast !== undefined && atLeast > 0) {
    const value = isBelow ? pair.againstRate * atLeast : pair.againstRate / atLeast;
    return { name: `${percent(atLeast)} of ${pair.against}`, value: Math.min(1, value) };
  }
  if (atMost !== undefined) {
    const value = isBelow ? pair.againstRate - atMost : pair.againstRate + atMost;
    const sign = isBelow ? "−" : "+";
    return {
      name: `${pair.against} ${sign} ${percent(atMost)}`,
      value: Math.min(1, Math.max(0, value)),
    };
  }
  return undefined;
}

/** The pair that decides, in one sentence. */
export function pairText({ pair }: Metric): string | undefined {
  if (pair === undefined) return undefined;
  const one = (name: string, rate: number | undefined, n: number | undefined) =>
    `${name} ${rate === undefined ? "" : percent(rate)}${n === undefined ? "" : ` (n = ${n.toLocaleString("en")})`}`;
  const group = one(pair.group, pair.groupRate, pair.groupN);
  const against = one(pair.against, pair.againstRate, pair.againstN);
  return `${words(pair.rate)}: ${group} against ${against}`;
}
