import { screen, waitFor, within } from "@testing-library/react";

import { item, LIST, PAGE } from "src/features/approvals/given";
import Governance from "src/main";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

test("what waits for me comes first, with what is to be weighed", async () => {
  const asked = answers("/v1/approvals", { items: [item], next_cursor: null });
  show(<Governance />, LIST);
  const table = await screen.findByRole("table", { name: "Waiting for me" });
  expect(within(table).getByRole("link", { name: item.subject })).toHaveAttribute("href", PAGE);
  expect(within(table).getByText("1 of 2 did not pass")).toBeVisible();
  expect(within(table).getByText("income version 3")).toBeVisible();
  expect(within(table).getByText("0 of 1")).toBeVisible();
  expect(asked[0]?.url.searchParams.get("view")).toBe("mine");
});

test("which list is shown stands in the address, and filters go to the server", async () => {
  const asked = answers("/v1/approvals", { items: [], next_cursor: null });
  const { user } = show(<Governance />, `${LIST}?list=decided&decision=rejected&model=income`);
  expect(await screen.findByText("No request fits the filters")).toBeVisible();
  const query = asked.at(-1)?.url.searchParams;
  expect(query?.get("view")).toBe("decided");
  expect(query?.get("decision")).toBe("rejected");
  expect(query?.get("model_name")).toBe("income");
  await user.click(screen.getByRole("tab", { name: "Waiting for others" }));
  await waitFor(() => {
    expect(currentAddress()).toContain("list=others");
  });
  expect(currentAddress()).not.toContain("decision");
});

test.each([
  ["", "Nothing waits for you"],
  ["?list=others", "Nothing waits for others"],
  ["?list=decided", "Nothing was decided yet"],
])("an empty list says why it is empty (%s)", async (search, title) => {
  answers("/v1/approvals", { items: [], next_cursor: null });
  show(<Governance />, `${LIST}${search}`);
  expect(await screen.findByText(title)).toBeVisible();
});

test("a page that was cut short is no empty list", async () => {
  answers("/v1/approvals", ({ url }) =>
    url.searchParams.has("cursor")
      ? { items: [item], next_cursor: null }
      : { items: [], next_cursor: "x" },
  );
  const { user } = show(<Governance />, LIST);
  await user.click(await screen.findByRole("button", { name: "Show more" }));
  expect(await screen.findByRole("link", { name: item.subject })).toBeVisible();
});

test("what the server refuses is told, with a way to try again", async () => {
  answers("/v1/approvals", () => refusal(503, "unavailable", "the store is away"));
  show(<Governance />, LIST);
  expect(await screen.findByText("the store is away")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("others are told who may approve, and why I may not", async () => {
  const why = "you triggered the run, so somebody else has to approve it";
  answers("/v1/approvals", { items: [{ ...item, why_not: why }], next_cursor: null });
  show(<Governance />, `${LIST}?list=others`);
  expect(await screen.findByText("bob, carol")).toBeVisible();
  expect(screen.getByText(/Not you: you triggered the run/)).toBeVisible();
});

test("what is answered and not judged yet is told in the list", async () => {
  const told = "Bob approved at 2026-11-21 12:30:00 UTC, not judged yet";
  answers("/v1/approvals", { items: [{ ...item, why_not: told }], next_cursor: null });
  show(<Governance />, `${LIST}?list=others`);
  expect(await screen.findByText(`${told}.`)).toBeVisible();
});

test("on a task's tab the list is about that task", async () => {
  const asked = answers("/v1/approvals", { items: [item], next_cursor: null });
  const scope = { dagId: "income", mapIndex: "2", runId: "r", taskId: "approve" };
  show(<Governance {...scope} />, "/dags/income?view=approvals");
  await screen.findByRole("table");
  const query = Object.fromEntries(asked[0]?.url.searchParams ?? []);
  expect(query).toMatchObject({ dag_id: "income", map_index: "2", run_id: "r" });
  expect(screen.queryByRole("columnheader", { name: "Asked by" })).toBeNull();
});
