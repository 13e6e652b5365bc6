import { screen } from "@testing-library/react";

import Governance from "src/main";
import { answers, refusal } from "src/testing/server";
import { show } from "src/testing/show";

test("where there is no incident the page says what opens one", async () => {
  answers("/v1/incidents", { items: [], next_cursor: null });
  show(<Governance />, "/plugin/governance/incidents");
  expect(await screen.findByText("No incidents")).toBeVisible();
});

test("what the server refuses is told, with a way to try again", async () => {
  answers("/v1/incidents", () => refusal(503, "unavailable", "the store is away"));
  const { user } = show(<Governance />, "/plugin/governance/incidents");
  expect(await screen.findByText("the store is away")).toBeVisible();
  answers("/v1/incidents", { items: [], next_cursor: null });
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("No incidents")).toBeVisible();
});
