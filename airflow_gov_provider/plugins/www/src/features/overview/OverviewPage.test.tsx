import { screen, within } from "@testing-library/react";

import Governance from "src/main";
import type { OverviewData } from "src/features/overview/queries";
import { queryClient } from "src/api/queryClient";
import { answers, refusal } from "src/testing/server";
import { show } from "src/testing/show";

const PAGE = "/plugin/governance/overview";
const none: number[] = Array.from({ length: 30 }, () => 0);

const well: OverviewData = {
  approvals: {
    is_cut: false,
    level: "good",
    mine: 0,
    next_deadline_at: null,
    oldest_at: null,
    overdue: 0,
    query: "",
    waiting: 0,
  },
  as_of: "2026-11-21T12:00:00Z",
  attainment: {
    attainment: 1,
    below_target: 0,
    commitments: 3,
    level: "good",
    met: 90,
    missed: 0,
    query: "window=30d",
    target: 0.95,
    trend: [...none.slice(1).map(() => 1), null],
  },
  collector: {
    failing: [],
    is_well: true,
    last_round_at: "2026-11-21T12:00:00Z",
    level: "good",
    mode: "embedded",
    problem: null,
    query: "",
  },
  days: 30,
  gates: {
    blocked: none,
    last_week: { failed: 0, insufficient: 0, passed: 12, warned: 0 },
    level: "good",
    query: "since=2026-11-14",
    warned: none,
    week_before: { failed: 0, insufficient: 0, passed: 9, warned: 0 },
  },
  incidents: {
    by_severity: { critical: 0, high: 0, low: 0, medium: 0 },
    level: "good",
    opened: none,
    query: "",
    unacknowledged: 0,
    unresolved: 0,
  },
  ledger: {
    last_checkpoint_at: "2026-11-21T11:59:00Z",
    level: "good",
    open_findings: 0,
    problems: 0,
    query: "",
    size: 1234567,
    status: "intact",
    unsealed_events: 0,
    verified_at: "2026-11-21T11:58:00Z",
  },
  level: "good",
};

const given = (data: Partial<OverviewData> = {}) => answers("/v1/overview", { ...well, ...data });
const tile = (name: string) => screen.findByRole("region", { name });

test("when all is well one sentence says so", async () => {
  given();
  show(<Governance />, PAGE);
  expect(await screen.findByText("Everything is all right")).toBeVisible();
  expect(screen.queryByText(/Look at/)).toBeNull();
  expect(screen.getAllByText("All right")).toHaveLength(6);
  expect(await tile("Ledger")).toHaveTextContent("1,234,567 events are sealed");
  expect(await tile("SLA commitments")).toHaveTextContent("All 3 commitments reach their targets.");
});

test("what is not well is named, with the number, the words and the way to it", async () => {
  given({
    approvals: { ...well.approvals, level: "attention", mine: 2, overdue: 1, waiting: 5 },
    gates: {
      ...well.gates,
      blocked: [...none.slice(3), 1, 0, 2],
      last_week: { failed: 2, insufficient: 1, passed: 7, warned: 0 },
      level: "bad",
    },
    incidents: {
      ...well.incidents,
      by_severity: { critical: 1, high: 0, low: 2, medium: 0 },
      level: "bad",
      unacknowledged: 1,
      unresolved: 3,
    },
    level: "bad",
  });
  show(<Governance />, PAGE);
  expect(await screen.findByText("Not everything is all right")).toBeVisible();
  expect(screen.getByText("Look at approvals, incidents, and gates.")).toBeVisible();
  const approvals = await tile("Approvals");
  expect(approvals).toHaveTextContent(/2\s*requests wait for you/);
  expect(approvals).toHaveTextContent("4 requests wait in all.");
  expect(within(approvals).getByRole("link")).toHaveAttribute(
    "href",
    "/plugin/governance/approvals",
  );
  const incidents = await tile("Incidents");
  expect(incidents).toHaveTextContent(/^Incidents ?Not all right3.*incidents are not resolved/);
  expect(within(incidents).getByRole("link", { name: /Critical/ })).toHaveAttribute(
    "href",
    "/plugin/governance/incidents?severity=critical",
  );
  const gates = await tile("Gates");
  expect(gates).toHaveTextContent(/3.*of 10 gates did not pass in 7 days/);
  expect(within(gates).getByRole("img")).toHaveAccessibleName(
    "Gates that did not pass a day: 2 on the last day, 0 to 2 in 30 days",
  );
});

test("what nobody can tell is never called all right", async () => {
  given({
    ledger: { ...well.ledger, level: "unknown", status: "unverified", verified_at: null },
    level: "unknown",
  });
  show(<Governance />, PAGE);
  expect(await screen.findByText("Nothing is wrong as far as is known")).toBeVisible();
  expect(screen.getByText("Nothing is known yet of the ledger.")).toBeVisible();
  expect(await tile("Ledger")).toHaveTextContent("Not known yet");
});

test("a ledger that is not read any more is not called intact, however well it was", async () => {
  given({
    ledger: {
      ...well.ledger,
      level: "attention",
      status: "unverified",
      verified_at: "2026-08-21T11:58:00Z",
    },
    level: "attention",
  });
  show(<Governance />, PAGE);
  expect(await tile("Ledger")).toHaveTextContent("Not read to its end");
  expect(await tile("Ledger")).not.toHaveTextContent("Intact");
});

test("a share that is not all of it is never rounded to all of it", async () => {
  given({ attainment: { ...well.attainment, attainment: 0.99996, missed: 1 } });
  show(<Governance />, PAGE);
  expect(await tile("SLA commitments")).toHaveTextContent("99.9 %");
});

test("commitments below target come before the share that hides them", async () => {
  given({
    attainment: {
      ...well.attainment,
      attainment: 0.986,
      below_target: 2,
      commitments: 7,
      level: "attention",
      missed: 3,
      target: 0.982,
    },
    level: "attention",
  });
  show(<Governance />, PAGE);
  const shown = await tile("SLA commitments");
  expect(shown).toHaveTextContent(/Look at it ?2 of 7.*commitments are below target/);
  expect(shown).toHaveTextContent("90 kept, 3 missed: 98.6 % of all that was promised in 30 days.");
  expect(shown).not.toHaveTextContent("98.2");
});

const expired = { level: "attention", oldest_at: "2026-09-20T12:00:00Z", overdue: 1 } as const;

test("a request that nobody can answer any more calls for no look", async () => {
  given({ approvals: { ...well.approvals, ...expired, waiting: 1 }, level: "attention" });
  show(<Governance />, PAGE);
  const shown = await tile("Approvals");
  expect(shown).toHaveTextContent("All right");
  expect(shown).toHaveTextContent("Nobody is asked for anything.");
  expect(shown).toHaveTextContent("1 request is past the deadline: nobody can answer it any more.");
  expect(shown).not.toHaveTextContent("The oldest");
  expect(screen.getByText("Everything is all right")).toBeVisible();
});

test("beside one that expired, what else is wrong and what waits for the reader still count", async () => {
  const approvals = { ...well.approvals, ...expired, waiting: 2 };
  const gates = { ...well.gates, level: "bad" } as const;
  given({ approvals, gates, level: "bad" });
  const first = show(<Governance />, PAGE);
  expect(await screen.findByText("Not everything is all right")).toBeVisible();
  expect(screen.getByText("Look at gates.")).toBeVisible();
  first.unmount();
  queryClient.clear();
  given({ approvals: { ...approvals, mine: 1 }, level: "attention" });
  show(<Governance />, PAGE);
  expect(await screen.findByText("Look at approvals.")).toBeVisible();
});

test("a broken ledger and a collector in trouble say so", async () => {
  given({
    collector: {
      ...(well.collector as NonNullable<OverviewData["collector"]>),
      failing: ["seal"],
      is_well: false,
      level: "bad",
      problem: "no collector leads",
    },
    ledger: { ...well.ledger, level: "bad", problems: 2, status: "broken", unsealed_events: 10000 },
    level: "bad",
  });
  show(<Governance />, PAGE);
  const ledger = await tile("Ledger");
  expect(ledger).toHaveTextContent("Broken");
  expect(ledger).toHaveTextContent("2 places differ from what was sealed.");
  expect(ledger).toHaveTextContent("10,000 or more wait to be sealed");
  expect(await tile("Collector")).toHaveTextContent("no collector leads");
});

test("where nothing was ever recorded the page says what to do", async () => {
  given({
    attainment: { ...well.attainment, attainment: null, commitments: 0, level: "unknown" },
    gates: { ...well.gates, last_week: { failed: 0, insufficient: 0, passed: 0, warned: 0 } },
    ledger: { ...well.ledger, last_checkpoint_at: null, size: 0, status: "unverified" },
  });
  show(<Governance />, PAGE);
  expect(await screen.findByText("Nothing is recorded yet")).toBeVisible();
});

test("while it is read, and when it cannot be, the page says so", async () => {
  answers("/v1/overview", () => refusal(503, "unavailable", "the store is away"));
  show(<Governance />, PAGE);
  expect(screen.getByRole("status", { name: "Loading the overview" })).toBeInTheDocument();
  expect(await screen.findByText("the store is away")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("figures stay in sight while they are read again, and when that fails", async () => {
  given();
  show(<Governance />, PAGE);
  await tile("Ledger");
  answers("/v1/overview", () => refusal(503, "unavailable", "the store is away"));
  await queryClient.refetchQueries({ queryKey: ["overview"] });
  expect(await screen.findByText("the store is away")).toBeVisible();
  expect(await tile("Ledger")).toHaveTextContent("1,234,567");
});
