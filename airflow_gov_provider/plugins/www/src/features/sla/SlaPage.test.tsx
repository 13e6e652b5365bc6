import { screen, within } from "@testing-library/react";
import { Route, Routes } from "react-router-dom";

import { EVERYTHING } from "src/components/scope";
import { SlaPage } from "src/features/sla/SlaPage";
import { anAttainment, anOutcome, aSummary, COMMITMENT_ID } from "src/testing/promises";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

const AT = "/plugin/governance/sla";
const PAGE = (
  <Routes>
    <Route element={<SlaPage scope={EVERYTHING} />} path="sla/*" />
  </Routes>
);
const summaries = (items: ReturnType<typeof aSummary>[], cut = false) => ({
  cut,
  items,
  next_cursor: null,
  since: "2026-10-22T00:00:00Z",
  until: "2026-11-21T00:00:00Z",
});

test("where nothing is promised the page says how to promise something", async () => {
  answers("/v1/sla/commitments", summaries([]));
  show(PAGE, AT);
  expect(screen.getByRole("status", { name: "Loading commitments" })).toBeVisible();
  expect(await screen.findByText("There is no commitment yet")).toBeVisible();
  expect(screen.getByText(/sla\(/)).toBeVisible();
});

test("what the server refuses is told, with a way to try again", async () => {
  answers("/v1/sla/commitments", () => refusal(503, "unavailable", "the store is away"));
  const { user } = show(PAGE, AT);
  expect(await screen.findByText("the store is away")).toBeVisible();
  answers("/v1/sla/commitments", summaries([]));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("There is no commitment yet")).toBeVisible();
});

test("a promise is shown with how it was kept, in figures and in words", async () => {
  answers("/v1/sla/commitments", summaries([aSummary()], true));
  show(PAGE, AT);
  const row = within(await screen.findByRole("row", { name: /done by 10:00/ }));
  expect(row.getByRole("link", { name: /done by/ })).toHaveAttribute(
    "href",
    `${AT}/${COMMITMENT_ID}`,
  );
  expect(row.getByText("90 %")).toBeVisible();
  expect(row.getByText(/below 99 %/)).toBeVisible();
  expect(row.getByText("Overspent: 1,000 %")).toBeVisible();
  expect(row.getByText("18 met, 2 missed, 1 excused")).toBeVisible();
  expect(row.getByRole("img", { name: /at least 0 %/ })).toBeInTheDocument();
  expect(screen.getByText(/^There are more/)).toBeVisible();
});

test.each([
  [{ attainment: null, budget_used: null, met: 0, missed: 0 }, "Nothing counted"],
  [{ attainment: 1, budget_used: 0, met: 9, missed: 0 }, "Untouched"],
  [{ attainment: 0.995, budget_used: 0.5, met: 199, missed: 1 }, "50 % used"],
  [{ attainment: 0.5, budget_used: null, met: 1, missed: 1 }, "Overspent"],
])("how a budget stands is a word: %o", async (kept, word) => {
  answers("/v1/sla/commitments", summaries([aSummary({ kept: anAttainment(kept) })]));
  show(PAGE, AT);
  expect(await screen.findByText(word)).toBeVisible();
});

test("what is not quite all is never shown as all", async () => {
  const kept = anAttainment({ attainment: 0.99996, budget_used: 0.04, met: 99_996, missed: 4 });
  answers("/v1/sla/commitments", summaries([aSummary({ kept, target: 0.999 })]));
  show(PAGE, AT);
  expect(await screen.findByText("99.9 %")).toBeVisible();
  expect(screen.queryByText("100 %")).toBeNull();
});

test("a title that is HTML is shown as it is written", async () => {
  const title = "<img src=x onerror=alert(1)>";
  answers("/v1/sla/commitments", summaries([aSummary({ dag_id: title, title })]));
  const { container } = show(PAGE, AT);
  expect(await screen.findAllByText(title)).toHaveLength(2);
  expect(container.querySelector("img")).toBeNull();
});

test("filters stand in the address and are asked for, with the zone of the reader", async () => {
  const asked = answers("/v1/sla/commitments", summaries([]));
  const { user } = show(PAGE, `${AT}?owner=ml`);
  await screen.findByText("No commitment fits the filters");
  await user.selectOptions(screen.getByLabelText("Last"), "90 days");
  await user.selectOptions(screen.getByLabelText("Order"), "Dag and name");
  await user.selectOptions(screen.getByLabelText("About"), "Task");
  expect(currentAddress()).toBe(`${AT}?owner=ml&window=90d&order=name&kind=task`);
  await vi.waitFor(() => {
    const query = Object.fromEntries(asked.at(-1)?.url.searchParams ?? []);
    expect(query).toEqual({
      kind: "task",
      order: "name",
      owner: "ml",
      retired: "false",
      tz: "UTC",
      window: "90d",
    });
  });
});

test("on the tab of a Dag its promises are shown", async () => {
  const asked = answers("/v1/sla/commitments", summaries([aSummary()]));
  show(<SlaPage scope={{ dagId: "income" }} />, "/dags/income/plugin/governance");
  expect(await screen.findByRole("table", { name: "Commitments" })).toBeVisible();
  expect(screen.getByRole("heading", { name: "SLA commitments" })).toBeVisible();
  expect(asked[0]?.url.searchParams.get("dag_id")).toBe("income");
  expect(screen.queryByLabelText("Dag")).toBeNull();
});

const ofRun = (some: Parameters<typeof anOutcome>[0]) =>
  anOutcome({ kind: "run", occasion: "run 1", run_id: "run 1", ...some });

test("on the tab of a run it is shown what became of the promises about it", async () => {
  const outcome = ofRun({ incident_id: "7", reason: "a holiday", state: "excused" });
  const asked = answers("/v1/outcomes", { items: [outcome], next_cursor: null });
  show(<SlaPage scope={{ dagId: "income", runId: "run 1" }} />, "/dags/income/runs/run%201");
  const row = within(await screen.findByRole("row", { name: /done by/ }));
  expect(row.getByText("Excused")).toBeVisible();
  expect(row.getByText("a holiday")).toBeVisible();
  expect(row.getByText("1 h 31 min late")).toBeVisible();
  expect(row.getByRole("link", { name: /Incident/ })).toHaveAttribute(
    "href",
    "/plugin/governance/incidents/7",
  );
  expect(asked[0]?.url.searchParams.get("run_id")).toBe("run 1");
});

test("on the tab of a task instance only promises about the task are shown", async () => {
  const items = [
    ofRun({ title: "of the run" }),
    ofRun({ kind: "task", outcome_id: "2", subject: "train", title: "of train" }),
    ofRun({ kind: "task", outcome_id: "3", subject: "test", title: "of test" }),
  ];
  answers("/v1/outcomes", { items, next_cursor: null });
  show(<SlaPage scope={{ dagId: "income", runId: "run 1", taskId: "train" }} />, "/dags/income");
  expect(await screen.findByText("of train")).toBeVisible();
  expect(screen.queryByText("of test")).toBeNull();
  expect(screen.queryByText("of the run")).toBeNull();
});

test("a run about which nothing is promised says so", async () => {
  answers("/v1/outcomes", { items: [], next_cursor: null });
  show(<SlaPage scope={{ dagId: "income", runId: "run 1" }} />, "/dags/income");
  expect(await screen.findByText("There is no commitment about this run")).toBeVisible();
});
