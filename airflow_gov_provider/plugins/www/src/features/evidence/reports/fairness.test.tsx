import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { Report } from "src/features/evidence/EvidenceReport";
import { featuresOf, limitOf, type Metric } from "src/features/evidence/reports/fairness";
import { evidence } from "src/features/evidence/testing";
import { answers } from "src/testing/server";
import { show } from "src/testing/show";

const group = (name: string, auc: number) => ({
  excluded: false,
  group: name,
  intervals: {},
  measures: { auc: { error: 0, interval: null, n: 100, value: auc } },
  n: 100,
  rates: { selection_rate: 0.25 },
  reason: null,
  reliability: [{ from: 0, mean_score: 0.04, n: 60, positive_share: 0.05, to: 0.1 }],
  sufficient: true,
  sweep: [
    { false_positive_rate: 0.2, selection_rate: 0.5, threshold: 0.1, true_positive_rate: 0.9 },
  ],
});

const auc = {
  comparisons: [],
  expected: ">= 0.8",
  gap: "min",
  interval: null,
  kind: "gap",
  metric: "auc_min",
  parts: [
    { n: 40, part: "age=old", reason: null, value: 0.71, verdict: "FAILED" },
    { n: 60, part: "age=young", reason: null, value: 0.91, verdict: "PASSED" },
  ],
  reason: "age=old: auc 0.7100 of F (n=20) beside 0.7500 of (overall) (n=40)",
  threshold: { at_least: 0.8, at_most: null, decide_on: "estimate" },
  unit: "share",
  value: 0.71,
  verdict: "FAILED",
  worst_pair: {
    against: "(overall)",
    against_n: 200,
    against_rate: 0.75,
    group: "F",
    group_n: 100,
    group_rate: 0.71,
    rate: "auc",
    value: 0.04,
  },
};

const theil = {
  comparisons: [],
  expected: "<= 0.1",
  gap: "difference",
  interval: null,
  kind: "inequality",
  metric: "theil_index",
  parts: [],
  reason: null,
  threshold: { at_least: null, at_most: 0.1, decide_on: "estimate" },
  unit: "value",
  value: 0.146,
  verdict: "FAILED",
  worst_pair: null,
};

const body = {
  features: [
    { feature: "sex", groups: [group("F", 0.71), group("M", 0.9)], metrics: [auc] },
    { feature: "(overall)", groups: [], metrics: [theil] },
  ],
  findings: [],
  question: { control_features: ["age"], label: "paid", score: "risk", threshold: 0.5 },
  schema: "fairness/1",
};

describe("a bias report with scores and strata", () => {
  it("shows the strata, the thresholds and the calibration of each group", async () => {
    const item = evidence("bias", body);
    answers(`/v1/evidence/${item.evidence_id}`, item);
    answers("/v1/checks/history", { checks: [], runs: [] });
    show(<Report evidenceId={item.evidence_id} />);

    const sweep = await screen.findByRole("table", { name: /Rates of each group of sex/ });
    expect(within(sweep).getAllByText("50.0 % · 90.0 % · 20.0 %")).toHaveLength(2);
    const parts = screen.getByRole("table", { name: /auc min in each part/ });
    expect(within(parts).getByText("age=old")).toBeVisible();
    expect(
      screen.getByRole("table", { name: /Calibration of each group of sex/ }),
    ).toHaveTextContent("4.0 % → 5.0 % (n = 60)");
    expect(screen.getByText(/auc: F 71.0 % \(n = 100\) beside/)).toBeVisible();
    expect(screen.getByText("0.146")).toBeVisible();
  });
});

it.each([
  ["interval", "the bound of the interval decides"],
  ["test", /a test, corrected for the number of comparisons/],
])("the report says that it was decided by %s", async (decide_on, said) => {
  const metric = { ...auc, threshold: { ...auc.threshold, decide_on } };
  const item = evidence("bias", {
    ...body,
    features: [{ feature: "sex", groups: [group("F", 0.7)], metrics: [metric] }],
  });
  answers(`/v1/evidence/${item.evidence_id}`, item);
  answers("/v1/checks/history", { checks: [], runs: [] });
  show(<Report evidenceId={item.evidence_id} />);

  expect(await screen.findByText(said)).toBeVisible();
});

describe("the limit of a metric", () => {
  const metricOf = (some: object): Metric => {
    const [feature] = featuresOf({ features: [{ metrics: [{ ...auc, ...some }] }] });
    const metric = feature?.metrics[0];
    if (metric === undefined) throw new Error("no metric");
    return metric;
  };

  it("is the limit itself for the worst group", () => {
    expect(limitOf(metricOf({}))).toEqual({ name: "limit 80.0 %", value: 0.8 });
  });

  it("is not cut at 1 where values have the units of the data", () => {
    const found = limitOf(
      metricOf({
        gap: "difference",
        threshold: { at_least: null, at_most: 40, decide_on: "estimate" },
        unit: "value",
        worst_pair: { ...auc.worst_pair, against: "M", against_rate: 100, group_rate: 50 },
      }),
    );
    expect(found).toEqual({ name: "M − 40", value: 60 });
  });

  it("is not drawn for a metric of another form", () => {
    expect(limitOf(metricOf({ kind: "facet" }))).toBeUndefined();
  });
});
