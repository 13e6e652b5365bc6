import { screen, within } from "@testing-library/react";

import { EVERYTHING } from "src/components/scope";
import { EvidencePage } from "src/features/evidence/EvidencePage";
import { chain, edge, evidence, run, step } from "src/features/evidence/testing";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

const NO_HISTORY = { checks: [], runs: [] };

// The page has the routes of its own below `evidence`.
const page = (scope = EVERYTHING) => <EvidencePage scope={scope} />;

test("runs are listed with their verdict, their steps and a link to the chain", async () => {
  answers("/v1/runs", {
    items: [run({ accepted: 1, verdict: "WARNED", waiting: 1 })],
    next_cursor: null,
  });
  show(page(), "/plugin/evidence");
  const table = await screen.findByRole("table", { name: "Runs with evidence" });
  expect(within(table).getByText("Warned")).toBeVisible();
  expect(within(table).getByText("Bias ×2: failed")).toBeVisible();
  expect(within(table).getByText("1 accepted by a person")).toBeVisible();
  expect(within(table).getByText("Waits for an answer")).toBeVisible();
  const link = within(table).getByRole("link", { name: /scheduled__/ });
  expect(link).toHaveAttribute(
    "href",
    expect.stringContaining("run_id=scheduled__2026-01-31T12%3A00%3A00%2B00%3A00%2Fa"),
  );
});

test("without any run the page says how one comes to be here", async () => {
  answers("/v1/runs", { items: [], next_cursor: null });
  show(page(), "/plugin/evidence");
  expect(await screen.findByText("No run has recorded evidence yet")).toBeVisible();
  expect(screen.getByText(/Put a DataQualityGate/)).toBeVisible();
});

test("a list that cannot be read says why and is read again", async () => {
  let calls = 0;
  answers("/v1/runs", () =>
    calls++ === 0
      ? refusal(503, "unavailable", "the database is away")
      : { items: [run()], next_cursor: null },
  );
  const { user } = show(page(), "/plugin/evidence");
  expect(await screen.findByText("the database is away")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table", { name: "Runs with evidence" })).toBeVisible();
});

test("while it is read the list is busy", () => {
  answers("/v1/runs", { items: [], next_cursor: null });
  show(page(), "/plugin/evidence");
  expect(screen.getByRole("status", { name: "Loading runs" })).toHaveAttribute("aria-busy", "true");
});

test("filters stand in the address and are asked for", async () => {
  const asked = answers("/v1/runs", { items: [run()], next_cursor: null });
  const { user } = show(page(), "/plugin/evidence?model=scorer");
  await screen.findByRole("table");
  await user.selectOptions(screen.getByLabelText("Verdict"), "FAILED");
  expect(currentAddress()).toBe("/plugin/evidence?model=scorer&verdict=FAILED");
  expect(asked.at(-1)?.url.search).toBe("?model=scorer&verdict=FAILED");
});

const CHAIN = chain(
  [
    step("data:1", {
      evidence_id: null,
      kind: "data",
      task_id: null,
      title: "adult.parquet",
      verdict: null,
    }),
    step("gate"),
    step("bias", { kind: "bias", verdict: "FAILED" }),
    step("missing", {
      evidence_id: null,
      kind: "card",
      problem: "The promotion requires card evidence, and there is none",
      status: "missing",
      verdict: null,
    }),
    step("promote", { kind: "promotion", verdict: "FAILED" }),
  ],
  [
    edge("data:1", "gate", { relation: "measured" }),
    edge("gate", "promote", { relation: "counted" }),
    edge("missing", "promote", {
      holds: false,
      note: "required, and not there",
      relation: "required",
    }),
  ],
);

const tab = { dagId: "credit", runId: "run 1" };
const steps = (name: RegExp) => screen.findAllByRole("button", { name });

test("a run is shown as a chain whose steps can be chosen with the keyboard", async () => {
  answers("/v1/runs/chain", CHAIN);
  answers("/v1/evidence/gate", evidence("quality", { findings: [] }));
  answers("/v1/checks/history", NO_HISTORY);
  const { user } = show(page(tab), "/dags/credit/runs/run+1");
  const [gate] = await steps(/^Quality gate 3 passed Passed$/);
  gate?.focus();
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("heading", { name: "Quality: census" })).toBeVisible();
  expect(currentAddress()).toBe("/dags/credit/runs/run+1?step=gate");
  expect(screen.getByText("was counted by")).toBeVisible();
});

test("a missing step is told in words, with what requires it", async () => {
  answers("/v1/runs/chain", CHAIN);
  const { user } = show(page(tab), "/dags/credit/runs/run+1");
  const [missing] = await steps(
    /^Model card missing The promotion requires card evidence, and there is none Missing$/,
  );
  expect(screen.getByText("1 missing")).toBeVisible();
  if (missing !== undefined) await user.click(missing);
  expect(screen.getByRole("heading", { name: "Model card: missing" })).toBeVisible();
  expect(
    screen.getAllByText("The promotion requires card evidence, and there is none").length,
  ).toBeGreaterThan(0);
  expect(screen.getByText("required, and not there")).toBeVisible();
});

test("a run with a changed record has no verdict in the list", async () => {
  const steps = [
    { count: 1, intact: false, kind: "quality" as const, verdict: "INSUFFICIENT" as const },
    { count: 1, intact: true, kind: "bias" as const, verdict: "PASSED" as const },
  ];
  answers("/v1/runs", { items: [run({ changed: 1, steps })], next_cursor: null });
  show(page(), "/plugin/evidence");
  const table = await screen.findByRole("table", { name: "Runs with evidence" });
  expect(within(table).getByText("Changed")).toBeVisible();
  expect(within(table).getByText("Quality: changed")).toBeVisible();
  expect(within(table).queryByText("Passed", { ignore: "option" })).toBeNull();
});

test("a changed record has no verdict in its run, its step and its report", async () => {
  const earlier = {
    evidence_id: "first",
    intact: false,
    recorded_at: "2026-01-31T11:00:00Z",
    summary: "1 failed",
    try_number: 1,
    verdict: "PASSED" as const,
  };
  const changed = step("gate", { earlier: [earlier], intact: false, verdict: null });
  answers("/v1/runs/chain", { ...chain([changed]), run: run({ changed: 2 }) });
  answers("/v1/evidence/gate", evidence("quality", { findings: [] }, { digest_matches: false }));
  answers("/v1/checks/history", NO_HISTORY);
  show(page(tab), "/dags/credit/runs/run+1?step=gate");
  expect(await screen.findByText("This is not what was recorded")).toBeVisible();
  // The run, its step as picture and as list, the report and what it replaced.
  expect(screen.getAllByText("Changed")).toHaveLength(5);
  expect(screen.queryByText("Passed", { ignore: "option" })).toBeNull();
});

test("what a step names leads to that step", async () => {
  answers("/v1/runs/chain", CHAIN);
  const { user } = show(page(tab), "/dags/credit/runs/run+1?step=data:1");
  await user.click(await screen.findByRole("button", { name: "Quality gate" }));
  expect(currentAddress()).toContain("step=gate");
});

test("a run that recorded nothing says what would", async () => {
  answers("/v1/runs/chain", () => refusal(404, "run_not_found", "no"));
  show(page(tab), "/dags/credit/runs/run+1");
  expect(await screen.findByText("This run has recorded no evidence")).toBeVisible();
});

test("many instances of a task are one step that says how they did", async () => {
  const mapped = Array.from({ length: 30 }, (_, index) =>
    step(`gate-${String(index)}`, {
      map_index: index,
      task_id: "gate",
      verdict: index === 3 ? "FAILED" : "PASSED",
    }),
  );
  answers("/v1/runs/chain", chain(mapped));
  const { user } = show(page(tab), "/dags/credit/runs/run+1");
  const [pile] = await steps(/^Quality gate 30 mapped instances Failed 29 passed$/);
  if (pile !== undefined) await user.click(pile);
  expect((await steps(/^Quality gate\[3\] 3 passed Failed$/)).length).toBeGreaterThan(0);
});

test("names from data are shown as text and never as markup", async () => {
  const evil = '<img src=x onerror="alert(1)">';
  answers("/v1/runs/chain", chain([step("gate", { summary: evil, task_id: evil, title: evil })]));
  show(page(tab), "/dags/credit/runs/run+1");
  expect((await screen.findAllByText(evil)).length).toBeGreaterThan(0);
  expect(document.querySelector("img")).toBeNull();
});

test("a task instance shows its newest report and what that replaced", async () => {
  const newest = evidence("quality", { findings: [] });
  answers("/v1/evidence", {
    items: [
      newest,
      { ...newest, evidence_id: "older", summary: "FAILED: 1 failed", try_number: 1 },
      { ...newest, evidence_id: "oldest", summary: "PASSED: 9 passed", verdict: "CHANGED" },
    ],
    next_cursor: null,
  });
  answers(`/v1/evidence/${newest.evidence_id}`, newest);
  answers("/v1/checks/history", NO_HISTORY);
  show(page({ ...tab, taskId: "gate" }), "/dags/credit/runs/run+1/tasks/gate");
  expect(await screen.findByRole("heading", { name: "Quality: census" })).toBeVisible();
  expect(screen.getByRole("heading", { name: "Replaced by it" })).toBeVisible();
  expect(screen.getByRole("link", { name: "1 failed" })).toBeVisible();
  expect(screen.getByRole("row", { name: /^Changed 9 passed/ })).toBeVisible();
});
