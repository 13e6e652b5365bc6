import { screen } from "@testing-library/react";

import { DotWhisker } from "src/components/charts/DotWhisker";
import { LineChart } from "src/components/charts/LineChart";
import { Sparkline } from "src/components/charts/Sparkline";
import { show } from "src/testing/show";

const marks = () => document.querySelectorAll("svg [transform]");

test("a sparkline is a picture with a text, and marks the last value", () => {
  show(<Sparkline label="rows: 3 now" values={[1, null, 3]} />);
  expect(screen.getByRole("img", { name: "rows: 3 now" })).toBeVisible();
  expect(marks()).toHaveLength(1);
});

test("a sparkline marks every value that is off", () => {
  show(<Sparkline label="rows" tones={["bad", "good", "unsure", "good"]} values={[1, 2, 3, 4]} />);
  expect(marks()).toHaveLength(3);
});

test.each([[[]], [[null, null]], [[7]]])("a sparkline of %j has no broken line", (values) => {
  show(<Sparkline label="rows" values={values} />);
  expect(document.querySelector("svg")?.outerHTML).not.toMatch(/NaN|Infinity/);
});

const MOMENTS = [
  { at: "2026-01-01T00:00:00Z", value: 0.9 },
  { at: "2026-01-02T00:00:00Z", value: null },
  { at: "2026-01-03T00:00:00Z", tone: "bad" as const, value: 0.4 },
];

test("a line chart tells each value with its time, and names its limits", () => {
  show(
    <LineChart
      format={(value) => `${String(value * 100)} %`}
      label="Attainment"
      limits={[{ name: "target 95 %", value: 0.95 }]}
      lines={[{ moments: MOMENTS, name: "attainment" }]}
    />,
  );
  expect(screen.getByRole("img", { name: "Attainment" })).toBeVisible();
  expect(screen.getByText("2026-01-03 00:00:00: 40 %")).toBeInTheDocument();
  expect(screen.getByText("target 95 %")).toBeInTheDocument();
});

test("a line chart of nothing is empty and not broken", () => {
  show(<LineChart label="Nothing" lines={[]} />);
  expect(document.querySelector("svg")?.outerHTML).not.toMatch(/NaN|Infinity/);
});

test("several lines have a legend", () => {
  show(
    <LineChart
      label="Two"
      lines={[
        { moments: MOMENTS, name: "expected" },
        { dashed: true, moments: MOMENTS, name: "actual" },
      ]}
    />,
  );
  expect(screen.getByText("expected")).toBeVisible();
  expect(screen.getByText("actual")).toBeVisible();
});

test("dots tell their values and intervals, and which of them are not compared", () => {
  show(
    <DotWhisker
      dots={[
        { interval: [0.1, 0.3], isDecisive: true, name: "Female", value: 0.2 },
        { isWeak: true, name: "Other", value: null },
      ]}
      format={(value) => `${String(Math.round(value * 100))} %`}
      label="Rates by sex"
      limits={[{ name: "80 % of Male", value: 0.24 }]}
    />,
  );
  expect(screen.getByRole("img", { name: "Rates by sex" })).toBeVisible();
  expect(screen.getByText("Female: 20 %, 10 % to 30 %")).toBeInTheDocument();
  expect(screen.getByText("Other: no value, not compared")).toBeInTheDocument();
  expect(screen.getByText("80 % of Male")).toBeInTheDocument();
});
