import { screen, within } from "@testing-library/react";
import { Route, Routes } from "react-router-dom";

import { EVERYTHING } from "src/components/scope";
import { IncidentsPage } from "src/features/incidents/IncidentsPage";
import { aClock, anIncident } from "src/testing/incidents";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

const NONE = { items: [], next_cursor: null };
const AT = "/plugin/governance/incidents";
const PAGE = (
  <Routes>
    <Route element={<IncidentsPage scope={EVERYTHING} />} path="incidents/*" />
  </Routes>
);

function counts(items: { count: number; severity: string; state: string }[] = []) {
  const unresolved = items.filter(({ state }) => state !== "resolved");
  return answers("/v1/incidents/counts", {
    items,
    unresolved: unresolved.reduce((sum, { count }) => sum + count, 0),
  });
}

test("where there is no incident the page says what opens one", async () => {
  counts();
  answers("/v1/incidents", NONE);
  show(PAGE, AT);
  expect(await screen.findByText("No incidents")).toBeVisible();
  expect(screen.getByText(/a gate that blocks/)).toBeVisible();
});

test("where the filters find nothing the page says so", async () => {
  counts();
  answers("/v1/incidents", NONE);
  show(PAGE, `${AT}?severity=low`);
  expect(await screen.findByText("No incident fits the filters")).toBeVisible();
});

test("what the server refuses is told, with a way to try again", async () => {
  counts();
  answers("/v1/incidents", () => refusal(503, "unavailable", "the store is away"));
  const { user } = show(PAGE, AT);
  expect(await screen.findByText("the store is away")).toBeVisible();
  answers("/v1/incidents", NONE);
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("No incidents")).toBeVisible();
});

test("while incidents are read the page says that it reads them", async () => {
  counts();
  answers("/v1/incidents", NONE);
  show(PAGE, AT);
  expect(screen.getByRole("status", { name: "Loading incidents" })).toBeVisible();
  expect(await screen.findByText("No incidents")).toBeVisible();
});

test("an incident is shown with what is known of it, and leads to its page", async () => {
  counts();
  const incident = anIncident({ occurrences: 3, reportable: [aClock()] });
  answers("/v1/incidents", { items: [incident], next_cursor: null });
  show(PAGE, AT);
  const row = within(await screen.findByRole("row", { name: /blocks/ }));
  expect(row.getByText("High")).toBeVisible();
  expect(row.getByText("Open")).toBeVisible();
  expect(row.getByText("Gate blocks, seen 3 times")).toBeVisible();
  expect(row.getByText(/^Report within/)).toBeVisible();
  expect(row.getByText("Nobody (owner: ml-platform)")).toBeVisible();
  expect(row.getByRole("link", { name: incident.title })).toHaveAttribute(
    "href",
    `/plugin/governance/incidents/${incident.incident_id}`,
  );
});

test("a title that is HTML is shown as it is written", async () => {
  counts();
  const title = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  answers("/v1/incidents", { items: [anIncident({ title })], next_cursor: null });
  const { container } = show(PAGE, AT);
  expect(await screen.findByText(title)).toBeVisible();
  expect(container.querySelector("img, script")).toBeNull();
});

test("filters stand in the address and are asked for", async () => {
  counts();
  const asked = answers("/v1/incidents", NONE);
  const { user } = show(PAGE, `${AT}?kind=ledger`);
  await screen.findByText("No incident fits the filters");
  await user.selectOptions(screen.getByLabelText("State"), "All");
  await user.selectOptions(screen.getByLabelText("Severity"), "Critical");
  await user.type(screen.getByLabelText("Dag"), "income{Enter}");
  await vi.waitFor(() => {
    const query = Object.fromEntries(asked.at(-1)?.url.searchParams ?? []);
    expect(query).toEqual({ dag_id: "income", kind: "ledger", severity: "critical" });
  });
  expect(currentAddress()).toBe(`${AT}?kind=ledger&state=all&severity=critical&dag=income`);
  await user.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(currentAddress()).toBe(AT);
});

test("without a filter only what is not resolved is asked for", async () => {
  counts();
  const asked = answers("/v1/incidents", NONE);
  show(PAGE, AT);
  await screen.findByText("No incidents");
  expect(asked[0]?.url.searchParams.get("state")).toBe("unresolved");
});

test("a count of a severity is a filter", async () => {
  counts([
    { count: 2, severity: "critical", state: "open" },
    { count: 1, severity: "critical", state: "acknowledged" },
    { count: 9, severity: "low", state: "resolved" },
  ]);
  answers("/v1/incidents", NONE);
  const { user } = show(PAGE, AT);
  expect(await screen.findByText("3 not resolved")).toBeVisible();
  expect(screen.getByText("2 not acknowledged")).toBeVisible();
  expect(screen.queryByRole("button", { name: /Low/ })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Critical 3" }));
  expect(currentAddress()).toBe(`${AT}?severity=critical`);
  await user.click(screen.getByRole("button", { name: "Critical 3", pressed: true }));
  expect(currentAddress()).toBe(AT);
});

test("on the tab of a task instance only its incidents are asked for", async () => {
  const counted = counts();
  const asked = answers("/v1/incidents", NONE);
  const scope = { dagId: "income", mapIndex: 2, runId: "run 1", taskId: "gate" };
  show(<IncidentsPage scope={scope} />, "/dags/income/runs/run%201/tasks/gate/plugin/governance");
  await screen.findByText("No incidents");
  for (const request of [asked[0], counted[0]]) {
    const query = request?.url.searchParams;
    expect([query?.get("dag_id"), query?.get("run_id"), query?.get("task_id")]).toEqual([
      "income",
      "run 1",
      "gate",
    ]);
  }
  expect(screen.queryByLabelText("Dag")).toBeNull();
});

test("a list that goes on is read further where it ended", async () => {
  counts();
  const asked = answers("/v1/incidents", ({ url }) =>
    url.searchParams.get("cursor") === null
      ? { items: [anIncident()], next_cursor: "more" }
      : { items: [anIncident({ incident_id: "2", title: "the second" })], next_cursor: null },
  );
  const { user } = show(PAGE, AT);
  await user.click(await screen.findByRole("button", { name: "Show more" }));
  expect(await screen.findByText("the second")).toBeVisible();
  expect(asked.at(-1)?.url.searchParams.get("cursor")).toBe("more");
});
