import { screen, waitFor, within } from "@testing-library/react";

import { keepDraft } from "src/features/approvals/drafts";
import {
  airflows,
  given,
  ID,
  item,
  judging,
  PAGE,
  piece,
  REASON,
  request,
  taken,
  vote,
} from "src/features/approvals/given";
import Governance from "src/main";
import { answers } from "src/testing/server";
import { show } from "src/testing/show";

async function decide(user: ReturnType<typeof show>["user"], choice: "Approve" | "Reject") {
  await user.type(await screen.findByRole("textbox", { name: /Reason/ }), REASON);
  await user.click(screen.getByRole("button", { name: choice }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: `Yes, ${choice.toLowerCase()}` }));
}

afterEach(() => {
  keepDraft(ID, "");
});

test("an approval goes to Airflow with its reason, and the page tells that it counts", async () => {
  const change = given();
  const sent = answers(
    taken,
    () => {
      change({ asking: judging });
      return {};
    },
    airflows,
  );
  const { user } = show(<Governance />, PAGE);
  await decide(user, "Approve");
  expect(await screen.findByText(/Airflow has taken your answer/)).toBeVisible();
  expect(sent[0]?.body).toEqual({
    chosen_options: ["Approve"],
    params_input: { reason: REASON, request: ID },
  });
  change({ answer_form: null, answers: [vote()], asking: null, state: "approved" });
  expect(await screen.findByText(/The run goes on/, {}, { timeout: 5000 })).toBeVisible();
});

test("what will be accepted is named before it is sent, and can be taken back", async () => {
  given();
  const sent = answers(taken, {}, airflows);
  const { user } = show(<Governance />, PAGE);
  await user.type(await screen.findByRole("textbox", { name: /Reason/ }), REASON);
  await user.click(screen.getByRole("button", { name: "Approve" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent(/you accept what did not pass:\s*Failed: predictions/);
  await user.keyboard("{Escape}");
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  expect(screen.getByRole("textbox", { name: /Reason/ })).toHaveValue(REASON);
  expect(sent).toHaveLength(0);
});

test("an answer that the task refuses is told with its reason, and can be given anew", async () => {
  const change = given();
  answers(
    taken,
    () => {
      change({ asking: judging });
      return {};
    },
    airflows,
  );
  const { user } = show(<Governance />, PAGE);
  await decide(user, "Reject");
  await screen.findByText(/Airflow has taken your answer/);
  const refused = vote({
    choice: "Reject",
    effective: false,
    refusal: "it answers an older page",
  });
  change({ answers: [refused], asking: request.asking });
  expect(
    await screen.findByText(
      /The task says: it answers an older page\. The question is still open/,
      {},
      { timeout: 5000 },
    ),
  ).toBeVisible();
  expect(screen.getByRole("textbox", { name: /Reason/ })).toBeVisible();
});

test("a second answer is told as an error that keeps its reason, whatever becomes of the first", async () => {
  const change = given();
  answers(
    taken,
    () => {
      change({ asking: judging });
      return Response.json({ detail: "already updated" }, { status: 409 });
    },
    airflows,
  );
  const { user } = show(<Governance />, PAGE);
  await decide(user, "Reject");
  const told = await screen.findByText("Your Reject did not count");
  expect(await screen.findByText(/was already answered by Bob/)).toBeVisible();
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(told).toBeVisible();
  expect(screen.getByText(REASON)).toBeVisible();
});

test("a confirmation names evidence that is not what it was", async () => {
  given({
    evidence: [
      { ...piece, digest_matches: false },
      { ...piece, evidence_id: "e-3", stands: false, subject: "races" },
    ],
  });
  const { user } = show(<Governance />, PAGE);
  await user.type(await screen.findByRole("textbox", { name: /Reason/ }), REASON);
  await user.click(screen.getByRole("button", { name: "Approve" }));
  const dialog = await screen.findByRole("dialog");
  expect(
    within(dialog)
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent),
  ).toEqual([
    "Not what was recorded (its digest does not match): census (check_data)",
    "Recorded again since: races (check_data)",
  ]);
});

test("what Airflow refuses keeps the reason that was typed", async () => {
  given();
  answers(
    taken,
    () =>
      Response.json(
        { detail: "User=bob (id=bob) is not a respondent for the task." },
        { status: 403 },
      ),
    airflows,
  );
  const { user } = show(<Governance />, PAGE);
  await decide(user, "Approve");
  expect(await screen.findByText(/is not a respondent for the task/)).toBeVisible();
  expect(screen.getByRole("textbox", { name: /Reason/ })).toHaveValue(REASON);
});

test("an answer that got lost because the task began anew is not waited for", async () => {
  given();
  answers(taken, {}, airflows);
  const { user } = show(<Governance />, PAGE);
  await decide(user, "Approve");
  expect(await screen.findByText("Your answer was lost")).toBeVisible();
});

test("a reason that is too short is not sent, and the page says how long it has to be", async () => {
  given();
  const { user } = show(<Governance />, PAGE);
  await user.type(await screen.findByRole("textbox", { name: /Reason/ }), "  too     short ");
  await user.click(screen.getByRole("button", { name: "Approve" }));
  expect(await screen.findByText(/10 characters or more; it has 9/)).toBeVisible();
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a reason that is typed is there again after looking at something else", async () => {
  given();
  answers("/v1/approvals", { items: [item], next_cursor: null });
  const { user } = show(<Governance />, PAGE);
  await user.type(await screen.findByRole("textbox", { name: /Reason/ }), "half a thought");
  await user.click(screen.getByRole("link", { name: /All approvals/ }));
  await user.click(await screen.findByRole("link", { name: item.subject }));
  expect(await screen.findByRole("textbox", { name: /Reason/ })).toHaveValue("half a thought");
});

test("whoever may only reject is told why, and may reject", async () => {
  const why = "you triggered the run, so somebody else has to approve it";
  given({
    choices: [
      { choice: "Approve", may: false, why_not: why },
      { choice: "Reject", may: true, why_not: null },
    ],
    why_not: why,
  });
  show(<Governance />, PAGE);
  expect(await screen.findByRole("button", { name: "Approve" })).toBeDisabled();
  expect(screen.getByRole("button", { name: "Reject" })).toBeEnabled();
  expect(screen.getByText(/You cannot approve: you triggered the run/)).toBeVisible();
});

test("whoever may not answer sees no form, and why", async () => {
  given({ may_answer: false, why_not: "you are not one of the approvers (bob, carol)" });
  show(<Governance />, PAGE);
  expect(await screen.findByText("You cannot answer this")).toBeVisible();
  expect(screen.getByText("Because you are not one of the approvers (bob, carol).")).toBeVisible();
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("an answer of somebody else that is being judged is told", async () => {
  const told = "Bob approved at 2026-11-21 12:30:00 UTC, not judged yet: “fine”";
  given({ asking: judging, may_answer: false, why_not: told });
  show(<Governance />, PAGE);
  expect(await screen.findByText(`${told}.`)).toBeVisible();
  expect(screen.getByText("Answered, not judged yet")).toBeVisible();
  expect(screen.queryByRole("textbox")).toBeNull();
});
