import { screen, within } from "@testing-library/react";

import { CommitmentDetail } from "src/features/sla/CommitmentDetail";
import { aBudget, aCommitment, aDay, anOutcome, aPoint, COMMITMENT_ID } from "src/testing/promises";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

const AT = `/plugin/governance/sla/${COMMITMENT_ID}`;

interface Known {
  commitment?: ReturnType<typeof aCommitment>;
  days?: ReturnType<typeof aDay>[];
  points?: ReturnType<typeof aPoint>[];
  budget?: ReturnType<typeof aBudget>;
}

/** Show a promise of which the server knows this. */
function opened({ commitment, days = [], points = [], budget }: Known = {}, at = AT) {
  const { commitment_id, dag_id, title } = commitment ?? aCommitment();
  answers(`/v1/commitments/${COMMITMENT_ID}`, commitment ?? aCommitment());
  answers("/v1/sla/calendar", {
    cut: false,
    first_day: "2025-11-22",
    items: [{ commitment_id, dag_id, days, title }],
    last_day: "2026-11-21",
    tz: "UTC",
  });
  answers("/v1/sla/series", { commitment_id, points, title, within_seconds: null });
  answers("/v1/sla/budget", budget ?? aBudget());
  const asked = answers("/v1/outcomes", { items: [anOutcome()], next_cursor: null });
  return { asked, ...show(<CommitmentDetail commitmentId={COMMITMENT_ID} />, at) };
}

test("a promise that is not there is told as one that may not be read", async () => {
  answers(`/v1/commitments/${COMMITMENT_ID}`, () => refusal(404, "not_found", "none"));
  show(<CommitmentDetail commitmentId={COMMITMENT_ID} />, AT);
  expect(await screen.findByText("There is no such commitment")).toBeVisible();
});

test("a day of the calendar is a letter, and tells all of itself to whoever hears it", async () => {
  opened({ days: [aDay({ met: 23, missed: 1, state: "missed" })] });
  const day = await screen.findByLabelText("Fri 2026-11-20: missed (23 met, 1 missed)");
  expect(day).toHaveTextContent("M");
  expect(screen.getByLabelText("Thu 2026-11-19: nothing was due")).toBeVisible();
  expect(screen.getAllByRole("gridcell").length).toBeGreaterThanOrEqual(365);
});

test("arrow keys move through the calendar, of which the Tab key reaches one day", async () => {
  const { user } = opened({ days: [aDay({ met: 1 })] });
  const last = await screen.findByLabelText(/^Sat 2026-11-21/);
  last.focus();
  await user.keyboard("{ArrowUp}{ArrowLeft}");
  expect(screen.getByLabelText(/^Fri 2026-11-13/)).toHaveFocus();
  await user.keyboard("{ArrowRight}{ArrowRight}");
  expect(screen.getByLabelText(/^Fri 2026-11-20/)).toHaveFocus();
  const grid = within(screen.getByRole("grid"));
  const reached = grid.getAllByRole("button").filter((button) => button.tabIndex === 0);
  expect(reached).toHaveLength(1);
  expect(screen.getByText("Fri 2026-11-20: met (1 met)")).toBeVisible();
});

test("a day that is chosen stands in the address and narrows the outcomes to it", async () => {
  const { user, asked } = opened({ days: [aDay({ missed: 1, state: "missed" })] });
  await user.click(await screen.findByLabelText(/^Fri 2026-11-20/));
  expect(currentAddress()).toBe(`${AT}?day=2026-11-20`);
  expect(screen.getByRole("heading", { name: "Outcomes of Fri 2026-11-20" })).toBeVisible();
  await vi.waitFor(() => {
    const query = asked.at(-1)?.url.searchParams;
    expect(query?.get("since")).toBe("2026-11-20T00:00:00.000Z");
    expect(query?.get("until")).toBe("2026-11-21T00:00:00.000Z");
  });
  await user.click(screen.getByRole("button", { name: "Show all days" }));
  expect(currentAddress()).toBe(AT);
});

test("the calendar is a table for those whom that tells more", async () => {
  const { user } = opened({
    days: [aDay({ met: 3 }), aDay({ day: "2026-11-21", pending: 1, state: "pending" })],
  });
  await user.click(await screen.findByRole("button", { name: "Show as table" }));
  const table = within(screen.getByRole("table", { name: "Outcomes by day" }));
  const newest = table.getByRole("row", { name: /Sat 2026-11-21/ });
  expect(within(newest).getByText("Pending", { selector: ".chakra-badge" })).toBeVisible();
  expect(newest.nextSibling).toHaveTextContent("Fri 2026-11-20");
});

test("what was late is a cross, and all of it is told in words", async () => {
  const points = [
    aPoint(),
    aPoint({ outcome_id: "2", seconds_late: 5400, state: "missed" }),
    aPoint({ outcome_id: "3", seconds_late: null, state: "pending" }),
  ];
  opened({ points });
  const label = "2 occasions, 1 of them late, by 1 h 30 min at most";
  const chart = await screen.findByRole("img", { name: label });
  expect(chart.querySelectorAll("circle")).toHaveLength(1);
  expect(chart.querySelectorAll("path")).toHaveLength(1);
  expect(within(chart).getByText(/missed, 1 h 30 min late/)).toBeInTheDocument();
  expect(screen.getByText(/Not happened yet: 1/)).toBeVisible();
});

test("an error budget is told in figures and burns down in a picture", async () => {
  opened();
  expect(await screen.findByText("2 of 0.2 that the target allows")).toBeVisible();
  expect(screen.getByText("50 in 3 days, 10 in 30 days; 1 is as fast as allowed")).toBeVisible();
  expect(
    screen.getByRole("img", { name: "Error budget left: 100 % at first, -900 % now" }),
  ).toBeInTheDocument();
});

test("a target that allows for nothing has no budget to burn", async () => {
  const days = [{ day: "2026-11-20", missed: 1, remaining: null }];
  opened({ budget: aBudget({ allowed: 0, budget_used: null, days, remaining: null, target: 1 }) });
  expect(await screen.findByText("The target is 100 %: nothing may be missed.")).toBeVisible();
});

test("where nothing was judged each part says so", async () => {
  opened({ budget: aBudget({ attainment: null, met: 0, missed: 0 }) });
  expect(await screen.findByText("Nothing was counted in this time.")).toBeVisible();
  expect(await screen.findByText("Nothing that was due has happened yet.")).toBeVisible();
});

test("one part that cannot be read leaves the others", async () => {
  const { user } = opened();
  answers("/v1/sla/budget", () => refusal(503, "unavailable", "the store is away"));
  expect(await screen.findByText("the store is away")).toBeVisible();
  expect(await screen.findByRole("table", { name: "Outcomes" })).toBeVisible();
  answers("/v1/sla/budget", aBudget());
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/that the target allows$/)).toBeVisible();
});

test("the terms are told in words, and what is HTML as it is written", async () => {
  const description = "<img src=x onerror=alert(1)>";
  const terms = { ...aCommitment().terms, description };
  const { container } = opened({ commitment: aCommitment({ terms, title: description }) });
  expect(await screen.findByText("Mon, Tue, Wed, Thu, Fri")).toBeVisible();
  expect(screen.getByText("10:00 Europe/Berlin, a run counts from 00:00 on")).toBeVisible();
  expect(screen.getByText("the code of the Dag")).toBeVisible();
  expect(screen.getByText(description)).toBeVisible();
  expect(container.querySelector("img")).toBeNull();
});
