import { fireEvent, screen, waitFor, within } from "@testing-library/react";

import { queryClient } from "src/api/queryClient";
import { IncidentDetail } from "src/features/incidents/IncidentDetail";
import type { IncidentView } from "src/features/incidents/queries";
import { anIncidentView } from "src/testing/incidents";
import { answers } from "src/testing/server";
import { show } from "src/testing/show";

const ID = "0199f0a0-0000-7000-8000-000000000001";
const OTHER = "0199f0a0-0000-7000-8000-000000000002";

afterEach(() => {
  sessionStorage.clear();
});

function opened(some: Partial<IncidentView> = {}) {
  const id = some.incident_id ?? ID;
  answers(`/v1/incidents/${id}`, anIncidentView(some));
  return show(<IncidentDetail incidentId={id} />, `/plugin/governance/incidents/${id}`);
}

/** The page is left and nothing of it stays in memory, as when one has to sign in. */
function leave({ unmount }: Pick<ReturnType<typeof opened>, "unmount">) {
  unmount();
  queryClient.clear();
}

const comment = () => screen.getByRole("textbox", { name: /Comment/ });
const send = (name: string) => within(screen.getByRole("form")).getByRole("button", { name });

/** Type a comment and leave the page. */
async function typedAndLeft() {
  const page = opened();
  await page.user.click(await screen.findByRole("button", { name: "Comment" }));
  await page.user.type(comment(), "a long thought");
  leave(page);
}

test("who had to sign in again finds the form open and what was typed in it", async () => {
  const page = opened();
  await page.user.click(await screen.findByRole("button", { name: "Resolve" }));
  await page.user.selectOptions(screen.getByLabelText("Why it is over"), "fixed");
  await page.user.type(comment(), "a long thought");
  leave(page);
  opened();
  expect(await screen.findByRole("form", { name: "Resolve" })).toBeVisible();
  expect(comment()).toHaveValue("a long thought");
  expect(screen.getByLabelText("Why it is over")).toHaveValue("fixed");
});

test("what was sent is not kept", async () => {
  answers(`/v1/incidents/${ID}/comment`, anIncidentView({ version: 2 }), { method: "post" });
  await typedAndLeft();
  const page = opened();
  await screen.findByRole("form");
  await page.user.click(send("Comment"));
  expect(await screen.findByText("Comment: done.")).toBeVisible();
  expect(sessionStorage).toHaveLength(0);
  await page.user.click(screen.getByRole("button", { name: "Comment" }));
  expect(comment()).toHaveValue("");
});

test("what was sent is not kept though the page was left before the answer came", async () => {
  answers(`/v1/incidents/${ID}/comment`, anIncidentView({ version: 2 }), { method: "post" });
  const page = opened();
  await page.user.click(await screen.findByRole("button", { name: "Comment" }));
  await page.user.type(comment(), "a long thought");
  fireEvent.click(send("Comment"));
  page.unmount();
  expect(sessionStorage).toHaveLength(1);
  await waitFor(() => {
    expect(sessionStorage).toHaveLength(0);
  });
});

test("neither another incident nor another user shows what was typed", async () => {
  await typedAndLeft();
  leave(await shownWithoutForm({ incident_id: OTHER }));
  leave(await shownWithoutForm({ me: "bob" }));
  opened();
  await screen.findByRole("form");
  expect(comment()).toHaveValue("a long thought");
});

async function shownWithoutForm(some: Partial<IncidentView>) {
  const page = opened(some);
  await screen.findByRole("button", { name: "Comment" });
  expect(screen.queryByRole("form")).toBeNull();
  return page;
}

test("a form that was closed with nothing in it leaves nothing behind", async () => {
  const page = opened();
  await page.user.click(await screen.findByRole("button", { name: "Start a duty to report" }));
  expect(sessionStorage).toHaveLength(1);
  await page.user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(sessionStorage).toHaveLength(0);
});

test.each(["{", "7", '{"move":"fly","draft":{"comment":7}}', '{"draft":null}'])(
  "what cannot be understood of what was kept is left out: %s",
  async (stored) => {
    await typedAndLeft();
    const key = sessionStorage.key(0) ?? "";
    sessionStorage.setItem(key, stored);
    const page = opened();
    await page.user.click(await screen.findByRole("button", { name: "Comment" }));
    expect(comment()).toHaveValue("");
  },
);
