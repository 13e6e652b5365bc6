import { screen, within } from "@testing-library/react";

import { bias, given, ID, PAGE, piece, REASON, vote } from "src/features/approvals/given";
import Governance from "src/main";
import { answers, refusal } from "src/testing/server";
import { show } from "src/testing/show";

test("the evidence stands with the worst first, and tells what did not pass", async () => {
  given();
  show(<Governance />, PAGE);
  const [first, second] = await screen
    .findAllByRole("listitem")
    .then((all) => all.filter((one) => within(one).queryByText(/^Digest/) !== null));
  expect(first).toHaveTextContent("Bias: predictions");
  expect(first).toHaveTextContent("sex: four fifths, expected >= 0.8, found 0.3592");
  expect(first).toHaveTextContent("women are chosen less often");
  expect(first).toHaveTextContent("And 2 more");
  expect(second).toHaveTextContent("Quality: census");
  expect(
    within(second as HTMLElement).getByRole("link", { name: "Read the full report" }),
  ).toHaveAttribute("href", "/plugin/governance/evidence/e-1");
});

test("a check that warned is not counted among those that passed", async () => {
  given({
    did_not_pass: 0,
    evidence: [piece, { ...bias, verdict: "WARNED" }],
    verdict: "WARNED",
  });
  show(<Governance />, PAGE);
  expect(await screen.findByText("1 passed, 1 warned.")).toBeVisible();
});

test("evidence that was changed or recorded again is told", async () => {
  given({ evidence: [{ ...piece, digest_matches: false, stands: false }] });
  show(<Governance />, PAGE);
  expect(await screen.findByText("Not what was recorded")).toBeVisible();
  expect(screen.getByText("Recorded again since")).toBeVisible();
});

test("what changed since the task asked before is told, with who answered then", async () => {
  given({
    earlier: {
      changes: [
        {
          after: { digest: "b", evidence_id: "e-1", verdict: "FAILED" },
          before: { digest: "a", evidence_id: "e-0", verdict: "PASSED" },
          kind: "quality",
          map_index: -1,
          task_id: "check_data",
        },
      ],
      decided_at: "2026-11-21T11:00:00Z",
      opened_at: "2026-11-21T10:00:00Z",
      request_id: "earlier",
      state: "superseded",
      votes: [vote({ effective: false, refusal: "the evidence has changed" })],
    },
  });
  show(<Governance />, PAGE);
  expect(await screen.findByText(/was passed, is failed now/)).toBeVisible();
  expect(screen.getByText(/Bob answered Approve then/)).toBeVisible();
});

test("a request that is not there leads back to the list", async () => {
  answers(`/v1/approvals/${ID}`, () => refusal(404, "approval_not_found", "no"));
  show(<Governance />, PAGE);
  expect(await screen.findByText("There is no such request")).toBeVisible();
});

test("what is decided shows who decided and why, and asks for nothing", async () => {
  given({
    answer_form: null,
    answers: [vote()],
    asking: null,
    decided_at: "2026-11-21T12:30:05Z",
    decided_by: "bob",
    reason: REASON,
    state: "approved",
  });
  show(<Governance />, PAGE);
  expect(await screen.findByText("Approved")).toBeVisible();
  expect(screen.getAllByText(REASON)[0]).toBeVisible();
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("nothing that people or data wrote becomes anything but text", async () => {
  const evil = '<img src=x onerror="document.title=1">';
  given({
    answers: [vote({ effective: false, reason: evil, refusal: evil, user_name: evil })],
    evidence: [
      {
        ...bias,
        findings: [{ ...bias.findings[0], reason: evil, subject: evil }],
        subject: evil,
        summary: evil,
      } as never,
    ],
    model: { name: evil, version: evil },
    subject: evil,
  });
  const { container } = show(<Governance />, PAGE);
  expect(await screen.findByRole("heading", { name: evil })).toBeVisible();
  expect(container.querySelector("img")).toBeNull();
});
