import { screen, within } from "@testing-library/react";

import { Report } from "src/features/evidence/EvidenceReport";
import { bodyOf } from "src/features/evidence/reading";
import { featuresOf, limitOf, type Metric } from "src/features/evidence/reports/fairness";
import { evidence } from "src/features/evidence/testing";
import { answers, refusal } from "src/testing/server";
import { show } from "src/testing/show";

function open(item: ReturnType<typeof evidence>) {
  answers(`/v1/evidence/${item.evidence_id}`, item);
  return show(<Report evidenceId={item.evidence_id} />);
}

const finding = (check: string, some: object = {}) => ({
  check,
  details: {},
  expected: "<= 1 %",
  failing: null,
  kind: "not_null",
  observed: 0.5,
  reason: null,
  severity: "error",
  subject: check,
  total: 10,
  verdict: "PASSED",
  ...some,
});

const point = (observed: number, verdict = "PASSED") => ({ expected: "<= 1 %", observed, verdict });

test("a quality report has its worst checks first, each with how it went before", async () => {
  answers("/v1/checks/history", {
    checks: [
      {
        check: "age",
        kind: "not_null",
        points: [point(0.1), point(0.9, "FAILED")],
        subject: "age",
      },
    ],
    runs: [],
  });
  open(
    evidence("quality", {
      contract: { id: "census", name: "Census", version: "1.0" },
      findings: [finding("sex"), finding("age", { failing: 3, verdict: "FAILED" })],
      occasion: { logical_date: "2026-01-31T00:00:00+00:00" },
      quarantine: { groups: [], place: "/aside/run.parquet", rows: 3 },
      rows: 45222,
      source: { kind: "files", path: "adult.parquet", sha256: "cd".repeat(32) },
    }),
  );
  const rows = within(await screen.findByRole("table", { name: "Checks of the contract" }));
  const verdicts = rows.getAllByText(/^(Failed|Passed)$/).map((element) => element.textContent);
  expect(verdicts.map((text) => text.trim())).toEqual(["Failed", "Passed"]);
  expect(rows.getByText("3 of 10 rows fail")).toBeVisible();
  expect(
    await rows.findByRole("img", {
      name: /age, not null: 0.9 in the last of 2 runs, did not pass in 1/,
    }),
  ).toBeVisible();
  expect(screen.getByText("45,222")).toBeVisible();
  expect(screen.getByText("2026-01-31 00:00:00")).toBeVisible();
  expect(screen.getByText("/aside/run.parquet")).toBeVisible();
});

test("evidence that was changed says so before anything else", async () => {
  answers("/v1/checks/history", { checks: [], runs: [] });
  open(evidence("quality", {}, { digest_matches: false, document: null }));
  expect(await screen.findByText("This is not what was recorded")).toBeVisible();
  expect(screen.getByText("Changed")).toBeVisible();
  expect(screen.queryByText("Passed", { ignore: "option" })).toBeNull();
});

test("a row whose verdict is not that of its document has none", async () => {
  answers("/v1/checks/history", { checks: [], runs: [] });
  const failed = evidence("quality", {}, { verdict: "FAILED" });
  open({ ...failed, verdict: "PASSED" });
  expect(await screen.findByText("Changed")).toBeVisible();
  expect(screen.getByText(/The columns of its row do not say/)).toBeVisible();
  expect(screen.queryByText("Passed", { ignore: "option" })).toBeNull();
});

test("evidence that is not there or not to be read is not found", async () => {
  answers("/v1/evidence/nothing", () => refusal(404, "evidence_not_found", "no"));
  show(<Report evidenceId="nothing" />);
  expect(await screen.findByText("There is no such evidence")).toBeVisible();
});

const group = (name: string, rate: number, some: object = {}) => ({
  group: name,
  intervals: { selection_rate: [rate - 0.01, rate + 0.01] },
  n: 1000,
  rates: { selection_rate: rate },
  reason: null,
  sufficient: true,
  ...some,
});

const BIAS = {
  features: [
    {
      feature: "sex",
      groups: [
        group("Female", 0.1),
        group("Male", 0.3),
        group("Other", 0.2, { n: 12, reason: "12 judged rows, fewer than 30", sufficient: false }),
      ],
      metrics: [
        {
          expected: ">= 0.8",
          interval: [0.3, 0.4],
          metric: "four_fifths",
          reason: null,
          threshold: { at_least: 0.8, at_most: null },
          value: 0.333,
          verdict: "FAILED",
          worst_pair: {
            against: "Male",
            against_n: 1000,
            against_rate: 0.3,
            group: "Female",
            group_n: 1000,
            group_rate: 0.1,
            rate: "selection_rate",
            value: 0.333,
          },
        },
      ],
    },
  ],
  findings: [],
  level: 0.95,
};

test("a bias report draws the groups, says which pair decides, and has the numbers beside it", async () => {
  answers("/v1/checks/history", { checks: [], runs: [] });
  open(evidence("bias", BIAS));
  expect(await screen.findByText(/Female 10.0 % \(n = 1,000\) against Male 30.0 %/)).toBeVisible();
  expect(screen.getByRole("img", { name: /selection rate of each group of sex/ })).toBeVisible();
  expect(screen.getByText("80.0 % of Male")).toBeInTheDocument();
  const table = within(screen.getByRole("table", { name: "selection rate by sex" }));
  expect(table.getByText("10.0 % (9.0 % to 11.0 %)")).toBeVisible();
  expect(table.getByText("Not compared")).toBeVisible();
  expect(table.getByText("12 judged rows, fewer than 30")).toBeVisible();
});

const metric = (some: object): Metric => {
  const [feature] = featuresOf(bodyOf({ body: BIAS }));
  return { ...(feature?.metrics[0] as Metric), ...some };
};

test.each([
  ["a ratio", { atLeast: 0.8, atMost: undefined }, 0.24],
  ["a difference", { atLeast: undefined, atMost: 0.05 }, 0.25],
  ["no threshold", { atLeast: undefined, atMost: undefined }, undefined],
  ["no pair", { pair: undefined }, undefined],
])("the limit that is drawn for %s lies in the rates of the groups", (_, some, expected) => {
  const value = limitOf(metric(some))?.value;
  if (expected === undefined) expect(value).toBeUndefined();
  else expect(value).toBeCloseTo(expected);
});

test("the limit of a group that fares better lies above its counterpart", () => {
  const better = metric({ pair: { ...metric({}).pair, againstRate: 0.4, groupRate: 0.6 } });
  expect(limitOf(better)?.value).toBeCloseTo(0.5);
});

const SHOWN = [
  {
    digest: "ef".repeat(32),
    evidence_id: "one",
    kind: "bias",
    map_index: 2,
    task_id: "check",
    verdict: "FAILED",
  },
];

test("an approval tells who decided, why, and what they saw", async () => {
  open(
    evidence("approval", {
      decided_by: { id: "ada", name: "Ada" },
      decision: "approved",
      reason: "The gap is <b>known</b>.",
      shown: SHOWN,
    }),
  );
  expect(await screen.findByText("The gap is <b>known</b>.")).toBeVisible();
  expect(screen.getByText("Ada")).toBeVisible();
  const seen = screen.getByRole("link", { name: "Bias of check[2]" });
  expect(seen).toHaveAttribute("href", "/plugin/governance/evidence/one");
});

test("a refused promotion gives its reasons, and what was counted with what a person accepted", async () => {
  open(
    evidence("promotion", {
      accepted: [{ evidence_id: "one" }],
      alias: "champion",
      decided_upon: SHOWN,
      reasons: ["no card evidence for scorer version 7"],
      stage: "refused",
    }),
  );
  expect(await screen.findByText("no card evidence for scorer version 7")).toBeVisible();
  expect(screen.getByText("Accepted by a person")).toBeVisible();
});

test("a model card is shown in a frame that may do nothing", async () => {
  const item = evidence("card", { missing: ["owner"], run_id: "r1" });
  const html = "<!doctype html><p>Card</p><script>alert(1)</script>";
  answers(
    `/v1/cards/${item.evidence_id}.html`,
    () => new Response(html, { headers: { "Content-Type": "text/html" } }),
  );
  open(item);
  const frame = await screen.findByTitle("Model card: census");
  expect(frame).toHaveAttribute("sandbox", "");
  const source = frame.getAttribute("srcdoc") ?? "";
  expect(source).toMatch(
    /^<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none';/,
  );
  expect(source).not.toMatch(/script-src|unsafe-eval/);
  expect(screen.getByRole("link", { name: "Markdown" })).toHaveAttribute(
    "href",
    expect.stringContaining(`/v1/cards/${item.evidence_id}.md`),
  );
});

test.each(["quality", "bias", "approval", "promotion"])(
  "a %s document that cannot be understood is shown as far as it goes",
  async (kind) => {
    answers("/v1/checks/history", { checks: [], runs: [] });
    open(
      evidence(kind, {
        contract: 3,
        features: [null, { groups: 3, metrics: [{}] }],
        findings: "x",
        shown: [1],
      }),
    );
    expect(await screen.findByRole("heading", { level: 2 })).toBeVisible();
  },
);
