import { screen, within } from "@testing-library/react";

import { IncidentDetail } from "src/features/incidents/IncidentDetail";
import type { IncidentView } from "src/features/incidents/queries";
import { aClock, anEntry, anIncidentView, movesBut } from "src/testing/incidents";
import { answers, refusal } from "src/testing/server";
import { show } from "src/testing/show";

const ID = "0199f0a0-0000-7000-8000-000000000001";
const PATH = `/v1/incidents/${ID}`;

afterEach(() => {
  sessionStorage.clear();
});

/** Show an incident; what `answer` says is what the server knows at that moment. */
function opened(answer: () => IncidentView) {
  const asked = answers(PATH, answer);
  return {
    asked,
    ...show(<IncidentDetail incidentId={ID} />, `/plugin/governance/incidents/${ID}`),
  };
}

const button = (name: string) => screen.getByRole("button", { name });

test("an incident that is not there is told as one that may not be read", async () => {
  answers(PATH, () => refusal(404, "incident_not_found", "there is none"));
  show(<IncidentDetail incidentId={ID} />);
  expect(await screen.findByText("There is no such incident")).toBeVisible();
});

test("an incident that cannot be read now can be asked for again", async () => {
  answers(PATH, () => refusal(503, "unavailable", "the store is away"));
  const { user } = show(<IncidentDetail incidentId={ID} />);
  expect(await screen.findByText("the store is away")).toBeVisible();
  answers(PATH, anIncidentView());
  await user.click(button("Try again"));
  expect(await screen.findByRole("heading", { name: /one check failed/ })).toBeVisible();
});

test("the timeline says who did what, the newest first, with what was said", async () => {
  const timeline = [
    anEntry({ event_id: "1" }),
    anEntry({ actor: "bob", details: { comment: "I look" }, event_id: "2", kind: "acknowledged" }),
    anEntry({ actor: "bob", details: { assignee: "ada" }, event_id: "3", kind: "assigned" }),
    anEntry({
      actor: "ada",
      details: { regime: "gdpr_breach" },
      event_id: "4",
      kind: "reportable",
    }),
  ];
  opened(() => anIncidentView({ timeline, timeline_total: 300 }));
  const list = within(await screen.findByRole("list"));
  expect(list.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    expect.stringContaining("ada started the clock to report it under GDPR Art. 33"),
    expect.stringContaining("bob assigned it to ada"),
    expect.stringContaining("bob acknowledged itI look"),
    expect.stringContaining("The collector opened it"),
  ]);
  expect(screen.getByText(/The newest 4 of 300 entries/)).toBeVisible();
});

test("what is seen again and again is one line that unfolds", async () => {
  const timeline = [
    anEntry(),
    ...Array.from({ length: 9 }, (_, at) =>
      anEntry({
        details: { occasion: `run ${String(at)}` },
        event_id: String(at),
        kind: "repeated",
      }),
    ),
  ];
  const { user } = opened(() => anIncidentView({ timeline }));
  expect(await screen.findByText(/Seen again 9 times/)).toBeVisible();
  await user.click(button("Show each"));
  expect(screen.getByText(/saw it again \(run 8\)/)).toBeVisible();
});

test("comments and titles that are HTML are shown as they are written", async () => {
  const comment = "<img src=x onerror=alert(1)>";
  const timeline = [anEntry({ actor: "<b>eve</b>", details: { comment }, kind: "commented" })];
  const title = "<script>alert(1)</script>";
  const details = { description: comment, marked_by: comment };
  const { container } = opened(() =>
    anIncidentView({ comment, details, resolved_at: "2026-11-21T09:00:00Z", timeline, title }),
  );
  expect(await screen.findByRole("heading", { name: title })).toBeVisible();
  expect(screen.getAllByText(comment)).toHaveLength(4);
  expect(container.querySelector("img, script, b")).toBeNull();
});

test("who may change nothing is told why and offered nothing", async () => {
  const why = "you may read this incident; whoever changes it needs the permission to edit its Dag";
  const moves = movesBut().map(({ move }) => ({ move, why_not: why }));
  opened(() => anIncidentView({ moves }));
  expect(await screen.findByText(new RegExp("needs the permission to edit its Dag"))).toBeVisible();
  expect(screen.queryByRole("button", { name: "Acknowledge" })).toBeNull();
});

test("what the state does not let anybody do is shown with who brought it there", async () => {
  const refused = { acknowledge: "x", assign: "x", resolve: "x" };
  opened(() =>
    anIncidentView({
      moves: movesBut(refused),
      resolution: "healed",
      resolved_at: "2026-11-21T10:00:00Z",
      state: "resolved",
    }),
  );
  expect(
    await screen.findByText(/Not possible any more: acknowledge, assign, resolve/),
  ).toBeVisible();
  expect(button("Resolve")).toBeDisabled();
  expect(button("Comment")).toBeEnabled();
  expect(screen.getByText(/^By itself/)).toBeVisible();
});

test("somebody takes an incident with one click on their own name", async () => {
  const posted = answers(`${PATH}/assign`, anIncidentView({ assignee: "ada" }), { method: "post" });
  const { user } = opened(() => anIncidentView());
  await user.click(await screen.findByRole("button", { name: "Assign" }));
  await user.click(button("Assign to me"));
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Assign" }));
  await screen.findByText("Assign: done.");
  expect(posted[0]?.body).toEqual({ assignee: "ada", comment: null, version: 1 });
});

test("the one clock that runs is the one that a report is about", async () => {
  const moves = movesBut().map(({ move }) => ({ move, why_not: null }));
  const posted = answers(`${PATH}/report-sent`, anIncidentView(), { method: "post" });
  const { user } = opened(() => anIncidentView({ moves, reportable: [aClock()] }));
  expect(await screen.findByText(/^Report within/)).toBeVisible();
  await user.click(button("Report sent"));
  await user.type(screen.getByLabelText(/Reference/), "7/26");
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Report sent" }));
  await screen.findByText("Report sent: done.");
  expect(posted[0]?.body).toEqual({
    comment: null,
    reference: "7/26",
    regime: "gdpr_breach",
    version: 1,
  });
});

test("a report that is overdue, sent or withdrawn says so", async () => {
  const reportable = [
    aClock({ due_at: "2026-01-01T00:00:00Z", regime: "a" }),
    aClock({ ended: "sent", ended_at: "2026-11-21T09:00:00Z", ended_by: "bob", regime: "b" }),
    aClock({ ended: "withdrawn", ended_at: "2026-11-21T09:00:00Z", ended_by: "bob", regime: "c" }),
  ];
  opened(() => anIncidentView({ reportable }));
  expect(await screen.findByText(/^Report .* overdue$/)).toBeVisible();
  expect(screen.getByText("Reported")).toBeVisible();
  expect(screen.getByText("Withdrawn")).toBeVisible();
});

test("what is known leads to the promise that was missed and to the report that blocks", async () => {
  const details = {
    commitment: "by",
    commitment_id: "c",
    evidence_id: "e",
    promise: "done by 10:00",
  };
  opened(() => anIncidentView({ details }));
  const link = await screen.findByRole("link", { name: "done by 10:00" });
  expect(link).toHaveAttribute("href", "/plugin/governance/sla/c");
  expect(screen.getByRole("link", { name: "The report that blocks" })).toHaveAttribute(
    "href",
    "/plugin/governance/evidence/e",
  );
});

test("a moment before the opening is told as that of what happened", async () => {
  opened(() =>
    anIncidentView({
      details: { expected_at: "2026-11-21T05:00:00Z" },
      last_seen_at: "2026-11-21T05:00:00Z",
      opened_at: "2026-11-21T05:31:00Z",
    }),
  );
  const last = await screen.findByText("Happened last");
  expect(last.nextElementSibling).toHaveTextContent("05:00:00");
  expect(screen.getByText("Opened").nextElementSibling).toHaveTextContent("05:31:00");
  expect(screen.getByText("In fact").nextElementSibling).toHaveTextContent("not by then");
  expect(screen.queryByText("Last seen")).toBeNull();
});

test("what lies downstream leads to its Dags and models", async () => {
  const affected = {
    cut: false,
    dags: [
      { after: "income", dag_id: "scores", name: "s3://scores", steps: 1, via: "asset" },
      { after: null, dag_id: "report", name: "wait", steps: 2, via: "sensor" },
    ],
    models: [{ name: "income/model", version: "3" }],
  };
  opened(() => anIncidentView({ affected }));
  const table = within(await screen.findByRole("table", { name: "Dags downstream" }));
  expect(table.getByRole("link", { name: "scores" })).toHaveAttribute("href", "/dags/scores");
  expect(table.getByText("Through a Dag that you may not read")).toBeVisible();
  expect(screen.getByRole("link", { name: "income/model version 3" })).toHaveAttribute(
    "href",
    "/plugin/governance/models/income%2Fmodel",
  );
});
