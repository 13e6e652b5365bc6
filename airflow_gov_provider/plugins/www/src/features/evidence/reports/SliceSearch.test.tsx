import { screen, within } from "@testing-library/react";

import { SliceSearch } from "src/features/evidence/reports/SliceSearch";
import { show } from "src/testing/show";

const SEARCH = {
  complete: false,
  correction: { method: "benjamini-hochberg", q: 0.05, tests: 1180 },
  least_rows: 226,
  slices: 420,
  terms: { features: ["region", "age"] },
  worst: [
    {
      interval: [0.4, 0.48],
      n: 600,
      p_adjusted: 0.00001234,
      rate: "accuracy",
      rest: 0.95,
      slice: "region=south & age=> 61",
      value: 0.51,
      worse: 0.44,
    },
  ],
};

test("slices are shown with what they were compared with, and how many comparisons there were", async () => {
  show(<SliceSearch body={{ search: SEARCH }} />);
  const table = within(
    await screen.findByRole("table", { name: "Slices that are worse than the rest" }),
  );
  expect(table.getByText("region=south & age=> 61")).toBeVisible();
  expect(table.getByText("51.0 %")).toBeVisible();
  expect(table.getByText("44.0 (40.0 to 48.0)")).toBeVisible();
  expect(screen.getByText(/420 slices of at least 226 rows, by region, age; 1,180/)).toBeVisible();
  expect(screen.getByText(/ended before it had seen all of them/)).toBeVisible();
});

test("errors of predicted numbers are in the units of the data", async () => {
  const one = { interval: [1.1, 2.5], rate: "mean_error", rest: 0.01, value: 1.81234, worse: 1.8 };
  const terms = { ...SEARCH.terms, task: "regression" };
  const worst = [{ ...SEARCH.worst[0], ...one }];
  show(<SliceSearch body={{ search: { ...SEARCH, terms, worst } }} />);
  const table = within(
    await screen.findByRole("table", { name: "Slices that are worse than the rest" }),
  );
  expect(table.getByText("1.812")).toBeVisible();
  expect(table.getByText("1.8 (1.1 to 2.5)")).toBeVisible();
  expect(table.queryByText(/points/)).toBeNull();
});

test.each([
  ["high", /by region, age, for class high;/],
  [1, /by region, age, for class 1;/],
])("the class %s that was searched for is named", async (positive_class, heard) => {
  show(
    <SliceSearch body={{ search: { ...SEARCH, terms: { ...SEARCH.terms, positive_class } } }} />,
  );
  expect(await screen.findByText(heard)).toBeVisible();
});

test("a search that found nothing says so", async () => {
  show(<SliceSearch body={{ search: { ...SEARCH, worst: [] } }} />);
  expect(await screen.findByText("No slice is significantly worse than the rest.")).toBeVisible();
});

test.each([{}, { search: null }, { search: "x" }, { search: { worst: [{ worse: "?" }] } }])(
  "evidence without a search that can be understood does no harm",
  (body) => {
    expect(() => show(<SliceSearch body={body} />)).not.toThrow();
  },
);
