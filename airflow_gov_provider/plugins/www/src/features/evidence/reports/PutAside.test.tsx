import { screen, within } from "@testing-library/react";

import { PutAside } from "src/features/evidence/reports/PutAside";
import { show } from "src/testing/show";

const KEPT = {
  groups: [
    { checks: ["status.rejected_values"], rows: 1263 },
    { checks: ["net.gt", "total"], rows: 21 },
  ],
  left_out: ["newest.keys"],
  limit: 10000,
  place: "/data/aside/run.parquet",
  reached_limit: false,
  rows: 1284,
  sha256: "8ee04f",
  shapes: { "status.rejected_values": ["aaaaaaa"] },
};

test("the page tells how many rows were put aside, where, and by which checks", async () => {
  show(<PutAside body={{ quarantine: KEPT }} />);
  const table = within(await screen.findByRole("table", { name: /Rows that were put aside/ }));
  expect(table.getByText("net.gt, total")).toBeVisible();
  expect(table.getByText("1,263")).toBeVisible();
  expect(screen.getByText("/data/aside/run.parquet")).toBeVisible();
  expect(screen.getByText("status.rejected_values: aaaaaaa")).toBeVisible();
  expect(screen.getByText("newest.keys")).toBeVisible();
  expect(screen.queryByText(/More rows fail/)).toBeNull();
});

test("a limit that was reached is told", async () => {
  show(<PutAside body={{ quarantine: { ...KEPT, limit: 500, reached_limit: true } }} />);
  expect(
    await screen.findByText(/More rows fail than the 500 that may be put aside/),
  ).toBeVisible();
});

test.each([{}, { quarantine: null }, { quarantine: "x" }, { quarantine: { groups: [{}] } }])(
  "evidence without rows put aside that can be understood does no harm",
  (body) => {
    expect(() => show(<PutAside body={body} />)).not.toThrow();
  },
);
