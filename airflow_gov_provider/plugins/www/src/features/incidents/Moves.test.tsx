import { screen, within } from "@testing-library/react";

import { queryClient } from "src/api/queryClient";
import { IncidentDetail } from "src/features/incidents/IncidentDetail";
import type { IncidentView } from "src/features/incidents/queries";
import { anEntry, anIncidentView, movesBut } from "src/testing/incidents";
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

test("what is sent names the version that was seen, and the answer is shown", async () => {
  const posted = answers(
    `${PATH}/resolve`,
    anIncidentView({ resolved_by: "ada", state: "resolved", version: 4 }),
    { method: "post" },
  );
  const { user } = opened(() => anIncidentView({ version: 3 }));
  await user.click(await screen.findByRole("button", { name: "Resolve" }));
  const form = within(screen.getByRole("form", { name: "Resolve" }));
  await user.click(form.getByRole("button", { name: "Resolve" }));
  expect(form.getByRole("alert")).toHaveTextContent("Choose why it is over.");
  await user.selectOptions(form.getByLabelText("Why it is over"), "false_alarm");
  await user.click(form.getByRole("button", { name: "Resolve" }));
  expect(form.getByRole("alert")).toHaveTextContent("Write a comment.");
  await user.type(form.getByRole("textbox", { name: /Comment/ }), "nothing was wrong");
  await user.click(form.getByRole("button", { name: "Resolve" }));
  expect(await screen.findByText("Resolve: done.")).toBeVisible();
  expect(screen.getByText("Resolved", { selector: "span" })).toBeVisible();
  expect(posted.map(({ body }) => body)).toEqual([
    { comment: "nothing was wrong", resolution: "false_alarm", version: 3 },
  ]);
});

test("of two people the second is told who was faster and keeps what was typed", async () => {
  const bobs = anEntry({ actor: "bob", event_id: "2", kind: "acknowledged" });
  let now = anIncidentView();
  answers(
    `${PATH}/acknowledge`,
    () => {
      now = anIncidentView({
        acknowledged_at: "2026-11-21T10:00:00Z",
        acknowledged_by: "bob",
        moves: movesBut({ acknowledge: "bob acknowledged it at 10:00:00" }),
        state: "acknowledged",
        timeline: [anEntry(), bobs],
        version: 2,
      });
      return refusal(409, "incident_conflict", "bob: acknowledged at 2026-11-21 10:00:00 UTC");
    },
    { method: "post" },
  );
  const { user, asked } = opened(() => now);
  await user.click(await screen.findByRole("button", { name: "Acknowledge" }));
  await user.type(screen.getByRole("textbox", { name: /Comment/ }), "a long thought");
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Acknowledge" }));
  expect(await screen.findByText("Acknowledge: not possible any more")).toBeVisible();
  expect(asked).toHaveLength(2);
  expect(screen.getByText("What you typed is still here.")).toBeVisible();
  expect(screen.getByRole("textbox", { name: /Comment/ })).toHaveValue("a long thought");
  const posted = answers(`${PATH}/comment`, anIncidentView(), { method: "post" });
  await user.click(button("Comment"));
  expect(screen.getByRole("textbox", { name: /Comment/ })).toHaveValue("a long thought");
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Comment" }));
  await screen.findByText("Comment: done.");
  expect(posted[0]?.body).toEqual({ comment: "a long thought", version: 2 });
});

const LATE = "bob: acknowledged, so the incident has version 2; expected version 1";

test("who comes too late with nothing typed reads one box: who did it and when", async () => {
  localStorage.setItem("timezone", JSON.stringify("Asia/Tokyo"));
  let now = anIncidentView();
  answers(
    `${PATH}/acknowledge`,
    () => {
      now = anIncidentView({
        acknowledged_at: "2026-11-21T10:00:00Z",
        acknowledged_by: "ada",
        moves: movesBut({ acknowledge: "ada acknowledged it at 2026-11-21 10:00:00 UTC" }),
        state: "acknowledged",
        timeline: [
          anEntry(),
          anEntry({
            actor: "ada",
            at: "2026-11-21T10:00:00Z",
            event_id: "2",
            kind: "acknowledged",
          }),
        ],
        version: 2,
      });
      return refusal(409, "incident_conflict", LATE);
    },
    { method: "post" },
  );
  const { user } = opened(() => now);
  await user.click(await screen.findByRole("button", { name: "Acknowledge" }));
  const form = within(screen.getByRole("form"));
  await user.click(form.getByRole("button", { name: "Acknowledge" }));
  expect(await form.findByText("Acknowledge: not possible any more")).toBeVisible();
  expect(form.getByRole("listitem")).toHaveTextContent(
    /^You acknowledged it, 2026-11-21 19:00:00$/,
  );
  const told = screen.getByRole("form").textContent;
  expect(told).not.toMatch(/version|UTC|typed|send|Since you began/);
  expect(form.getByRole("button", { name: "Acknowledge" })).toBeDisabled();
});

test("what is still possible after others came first is sent again as it is", async () => {
  let now = anIncidentView();
  const posted = answers(
    `${PATH}/assign`,
    () => {
      if (now.version === 2) return anIncidentView({ assignee: "ada", version: 3 });
      const bobs = anEntry({ actor: "bob", event_id: "2", kind: "commented" });
      now = anIncidentView({ timeline: [anEntry(), bobs], version: 2 });
      return refusal(409, "incident_conflict", LATE);
    },
    { method: "post" },
  );
  const { user } = opened(() => now);
  await user.click(await screen.findByRole("button", { name: "Assign" }));
  await user.click(button("Assign to me"));
  const form = within(screen.getByRole("form"));
  await user.click(form.getByRole("button", { name: "Assign" }));
  expect(await form.findByText(/^Assign: not done/)).toBeVisible();
  expect(form.getByRole("listitem")).toHaveTextContent(/^bob commented, /);
  expect(form.getByText("If it is still right, send it again.")).toBeVisible();
  expect(form.queryByText(/version/)).toBeNull();
  await user.click(form.getByRole("button", { name: "Assign" }));
  await screen.findByText("Assign: done.");
  expect(posted.map(({ body }) => (body as { version: number }).version)).toEqual([1, 2]);
});

test("what others do while the form is open is told without calling it too late", async () => {
  let now = anIncidentView();
  const { user } = opened(() => now);
  await user.click(await screen.findByRole("button", { name: "Resolve" }));
  const bobs = anEntry({ actor: "bob", event_id: "2", kind: "acknowledged" });
  now = anIncidentView({ state: "acknowledged", timeline: [anEntry(), bobs], version: 2 });
  await queryClient.invalidateQueries();
  const form = within(screen.getByRole("form"));
  expect(await form.findByText("Since you began")).toBeVisible();
  expect(form.getByRole("listitem")).toHaveTextContent(/^bob acknowledged it, /);
  expect(form.queryByText(/typed|send it again|not possible/)).toBeNull();
  expect(form.getByRole("button", { name: "Resolve" })).toBeEnabled();
});

test("a comment is not refused because of what others did meanwhile", async () => {
  let version = 1;
  const posted = answers(
    `${PATH}/comment`,
    ({ body }) => {
      const seen = (body as { version: number }).version;
      if (seen === 2) return anIncidentView({ version: 3 });
      version = 2;
      return refusal(409, "incident_conflict", LATE);
    },
    { method: "post" },
  );
  const { user } = opened(() => anIncidentView({ version }));
  await user.click(await screen.findByRole("button", { name: "Comment" }));
  await user.type(screen.getByRole("textbox", { name: /Comment/ }), "I look");
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Comment" }));
  expect(await screen.findByText("Comment: done.")).toBeVisible();
  expect(posted.map(({ body }) => body)).toEqual([
    { comment: "I look", version: 1 },
    { comment: "I look", version: 2 },
  ]);
});

test("a comment is sent again once, and then says that it was not done", async () => {
  const late = () => refusal(409, "incident_conflict", LATE);
  const posted = answers(`${PATH}/comment`, late, { method: "post" });
  const { user } = opened(() => anIncidentView());
  await user.click(await screen.findByRole("button", { name: "Comment" }));
  await user.type(screen.getByRole("textbox", { name: /Comment/ }), "I look");
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Comment" }));
  expect(await screen.findByText(/^Comment: not done/)).toBeVisible();
  expect(screen.getByText("What you typed is still here.")).toBeVisible();
  expect(posted).toHaveLength(2);
});

test("a refusal leaves what was typed", async () => {
  answers(`${PATH}/comment`, () => refusal(422, "invalid_request", "expected some words"), {
    method: "post",
  });
  const { user } = opened(() => anIncidentView());
  await user.click(await screen.findByRole("button", { name: "Comment" }));
  await user.type(screen.getByRole("textbox", { name: /Comment/ }), "...");
  await user.click(within(screen.getByRole("form")).getByRole("button", { name: "Comment" }));
  expect(await screen.findByText("expected some words")).toBeVisible();
  expect(screen.getByRole("textbox", { name: /Comment/ })).toHaveValue("...");
});
