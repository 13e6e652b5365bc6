import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";

import { Report } from "src/features/evidence/EvidenceReport";
import { evidence } from "src/features/evidence/testing";
import { answers } from "src/testing/server";
import { show } from "src/testing/show";

const FILE = resolve(process.cwd(), "../../../tests/golden/fairness_of_version_1.json");
const BODY = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, unknown>;

it("shows what the first version recorded of groups and gaps", async () => {
  const item = evidence("bias", BODY);
  answers(`/v1/evidence/${item.evidence_id}`, item);
  answers("/v1/checks/history", { checks: [], runs: [] });
  show(<Report evidenceId={item.evidence_id} />);

  const [groups] = await screen.findAllByRole("table", { name: "selection rate by sex" });
  expect(within(groups as HTMLElement).getByText("Female")).toBeVisible();
  expect(screen.getAllByText(/four fifths/iu)[0]).toBeVisible();
  expect(screen.getAllByText(/^Insufficient$/u)[0]).toBeVisible();
  expect(screen.queryByText(/worst slice/iu)).toBeNull();
});
