import { screen, within } from "@testing-library/react";

import Governance from "src/main";
import { PAGES } from "src/site/pages";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

// Whatever a page asks is refused here: these tests are about what stands around the pages.
beforeEach(() => {
  answers("/v1/*", () => refusal(503, "unavailable", "away"));
});

const links = () =>
  within(screen.getByRole("navigation", { name: "Governance" })).getAllByRole("link");

test("the site begins with its first page and links to all of them", () => {
  show(<Governance />, "/plugin/governance");
  expect(links().map((link) => link.textContent)).toEqual(PAGES.map(({ label }) => label));
  expect(currentAddress()).toBe(`/plugin/governance/${PAGES[0]?.path ?? ""}`);
  expect(links()[0]).toHaveAttribute("aria-current", "page");
});

test.each(PAGES.map(({ path, label }) => [path, label]))(
  "the address of %s opens %s and marks it in the navigation",
  (path, label) => {
    show(<Governance />, `/plugin/governance/${path}`);
    const current = links().filter((link) => link.getAttribute("aria-current") === "page");
    expect(current.map((link) => link.textContent)).toEqual([label]);
  },
);

test("an address that does not exist says so and leads back", async () => {
  const { user } = show(<Governance />, "/plugin/governance/nowhere");
  expect(screen.getByText("There is nothing at this address")).toBeVisible();
  await user.click(screen.getByRole("link", { name: "Go to the start of governance" }));
  expect(currentAddress()).toMatch(/^\/plugin\/governance\/\w+/);
});

test("a tab stays at the path that Airflow marks as its own, and keeps its page in the query", async () => {
  const { user } = show(<Governance dagId="a/b" />, "/dags/a%2Fb/plugin/governance_dag");
  const tabs = PAGES.filter(({ tabOf }) => tabOf.includes("dag"));
  expect(links().map((link) => link.textContent)).toEqual(tabs.map(({ label }) => label));
  for (const { label, path } of tabs) {
    await user.click(screen.getByRole("link", { name: label }));
    expect(currentAddress()).toBe(`/dags/a%2Fb/plugin/governance_dag?view=${path}`);
    expect(screen.getByRole("link", { name: label })).toHaveAttribute("aria-current", "page");
  }
});

test("a tab asks for what it is about and for nothing else", async () => {
  const asked = answers("/v1/incidents", { items: [], next_cursor: null });
  show(
    <Governance dagId="credit" runId="manual__1" taskId="train" />,
    "/dags/credit/runs/manual__1/tasks/train/plugin/governance_task?view=incidents",
  );
  await screen.findByRole("heading", { name: "Incidents" });
  const query = asked[0]?.url.searchParams;
  expect(query?.get("dag_id")).toBe("credit");
  expect(query?.get("run_id")).toBe("manual__1");
  expect(query?.get("task_id")).toBe("train");
});
