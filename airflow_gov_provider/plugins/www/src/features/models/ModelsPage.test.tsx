import { screen, within } from "@testing-library/react";

import { EVERYTHING } from "src/components/scope";
import { ModelDetail } from "src/features/models/ModelDetail";
import { ModelsPage } from "src/features/models/ModelsPage";
import type { Alias, Card, Model, Move, RegistryState } from "src/features/models/queries";
import { answers, refusal } from "src/testing/server";
import { show } from "src/testing/show";

const AT = "2026-01-31T12:00:00Z";

const alias = (some: Partial<Alias> = {}): Alias => ({
  alias: "champion",
  dag_id: "credit",
  evidence_id: "promotion-1",
  registry: "http://mlflow",
  run_id: "run 1",
  since: AT,
  version: "7",
  ...some,
});

const model = (some: Partial<Model> = {}): Model => ({
  aliases: [alias()],
  dag_id: "credit",
  last_recorded_at: AT,
  name: "scorer/v2",
  newest_version: "8",
  ...some,
});

const move = (some: Partial<Move> = {}): Move => ({
  alias: "champion",
  approvers: [{ evidence_id: "approval-1", name: "Ada", reason: "It is better." }],
  at: AT,
  changed: true,
  dag_id: "credit",
  evidence_id: "promotion-1",
  moved_outside_from: null,
  previous_version: "6",
  registry: "http://mlflow",
  run_id: "run 1",
  task_id: "promote",
  version: "7",
  ...some,
});

const card = (version: string): Card => ({
  dag_id: "credit",
  digest: "ab".repeat(32),
  evidence_id: `card-${version}`,
  kind: "card",
  map_index: -1,
  model: { name: "scorer", version },
  recorded_at: AT,
  run_id: "run 1",
  subject: "scorer",
  summary: "PASSED: 26 passed",
  task_id: "card",
  try_number: 1,
  verdict: "PASSED",
});

const registry = (some: Partial<RegistryState> = {}): RegistryState => ({
  elsewhere: [],
  items: [],
  problem: null,
  registry: "http://mlflow",
  status: "answered",
  ...some,
});

const page = () => <ModelsPage scope={EVERYTHING} />;

test("models are listed with where their aliases point, and lead to their page", async () => {
  answers("/v1/models", { items: [model()], next_cursor: null });
  show(page(), "/plugin/models");
  const table = within(await screen.findByRole("table", { name: "Models" }));
  expect(table.getByText("champion: version 7")).toBeVisible();
  expect(table.getByRole("link", { name: "scorer/v2" })).toHaveAttribute(
    "href",
    "/plugin/governance/models/scorer%2Fv2",
  );
});

test("without a model the page says how one comes to be here", async () => {
  answers("/v1/models", { items: [], next_cursor: null });
  show(page(), "/plugin/models");
  expect(await screen.findByText("No evidence names a model yet")).toBeVisible();
});

test("models that cannot be read say why and are read again", async () => {
  let calls = 0;
  answers("/v1/models", () =>
    calls++ === 0 ? refusal(503, "unavailable", "away") : { items: [model()], next_cursor: null },
  );
  const { user } = show(page(), "/plugin/models");
  await user.click(await screen.findByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table", { name: "Models" })).toBeVisible();
});

test("on a Dag only the models of that Dag are asked for", async () => {
  const asked = answers("/v1/models", { items: [], next_cursor: null });
  show(<ModelsPage scope={{ dagId: "credit" }} />, "/dags/credit");
  await screen.findByText("No evidence names a model yet");
  expect(asked[0]?.url.searchParams.get("dag_id")).toBe("credit");
});

function detail({ moves = [move()], state = registry() } = {}) {
  const asked = answers("/v1/models/aliases", ({ url }) => ({
    at: AT,
    items: [alias({ version: url.searchParams.has("at") ? "3" : "7" })],
    name: "scorer",
  }));
  answers("/v1/models/moves", { is_complete: true, items: moves });
  answers("/v1/models/registry", state as never);
  return asked;
}

const open = (at = "/plugin/models") => show(<ModelDetail name="scorer" />, at);

test("a model tells who moved its aliases, when, and on whose word", async () => {
  detail();
  open();
  const table = within(await screen.findByRole("table", { name: "Promotions" }));
  expect(table.getByRole("link", { name: "6 → 7" })).toBeVisible();
  expect(table.getByRole("link", { name: "Ada" })).toHaveAttribute(
    "href",
    "/plugin/governance/evidence/approval-1",
  );
  expect(table.getByText("It is better.")).toBeVisible();
  expect(screen.getByRole("img", { name: /Versions over time of champion/ })).toBeVisible();
});

test("which version was live at a time stands in the address", async () => {
  const asked = detail();
  open("/plugin/models?at=2026-01-01T00%3A00%3A00.000Z");
  const table = within(await screen.findByRole("table", { name: "Aliases" }));
  expect(table.getByText("3")).toBeVisible();
  expect(screen.getByRole("heading", { name: "Aliases then" })).toBeVisible();
  expect(asked[0]?.url.searchParams.get("at")).toBe("2026-01-01T00:00:00.000Z");
});

test("an alias that was moved outside of governance stands out", async () => {
  const item = { alias: "champion", drift: "moved" as const, found: "9", recorded: alias() };
  detail({ state: registry({ items: [item] }) });
  open();
  const alert = await screen.findByText(/were changed outside of governance/);
  expect(alert).toBeVisible();
  expect(
    screen.getByText(
      "champion points to version 9; the last recorded promotion left it at version 7",
    ),
  ).toBeVisible();
});

test("a move between two promotions stands out in the history", async () => {
  detail({ moves: [move({ moved_outside_from: "5" })] });
  open();
  expect(await screen.findByText("Moved from 5 in between")).toBeVisible();
});

test.each([
  ["unavailable", "The registry did not answer"],
  ["unknown_model", "The registry does not have this model"],
  ["asking", /^Asking the registry/],
  ["not_configured", /^The registry is not compared/],
] as const)("a registry that is %s does not keep the page waiting", async (status, told) => {
  detail({ state: registry({ problem: "no answer", status }) });
  open();
  expect(await screen.findByText(told)).toBeVisible();
  expect(await screen.findByRole("table", { name: "Promotions" })).toBeVisible();
});

test("a user who may not read every Dag sees the page without the registry", async () => {
  detail();
  answers("/v1/models/registry", () => refusal(403, "registry_not_for_you", "no"));
  open();
  expect(await screen.findByRole("table", { name: "Promotions" })).toBeVisible();
  expect(screen.queryByText(/registry/i, { selector: "[role=alert] *" })).toBeNull();
});

test("a model that nothing names says so", async () => {
  detail();
  answers("/v1/models/moves", () => refusal(404, "model_not_found", "no"));
  open();
  expect(await screen.findByText("No evidence names this model")).toBeVisible();
});

test("versions lead to their newest evidence of each kind and carry their aliases", async () => {
  detail();
  answers("/v1/models/versions", {
    items: [
      {
        evidence: [{ ...card("7"), verdict: "FAILED" }],
        first_recorded_at: AT,
        last_recorded_at: AT,
        version: "7",
      },
    ],
    next_cursor: null,
  });
  open("/plugin/models?part=versions");
  expect(screen.getByRole("tab", { name: "Versions" })).toHaveAttribute("aria-selected", "true");
  const table = within(await screen.findByRole("table", { name: "Versions" }));
  expect(await table.findByText("champion")).toBeVisible();
  expect(table.getByRole("link", { name: "Card: failed" })).toHaveAttribute(
    "href",
    "/plugin/governance/evidence/card-7",
  );
});

test("evidence of a version that was changed by hand is told as changed", async () => {
  detail();
  answers("/v1/models/versions", {
    items: [
      {
        evidence: [{ ...card("7"), verdict: "CHANGED" }],
        first_recorded_at: AT,
        last_recorded_at: AT,
        version: "7",
      },
    ],
    next_cursor: null,
  });
  open("/plugin/models?part=versions");
  expect(await screen.findByRole("link", { name: "Card: changed" })).toBeVisible();
});

test("two cards are compared statement by statement, numbers with their difference", async () => {
  detail();
  answers("/v1/cards", { items: [card("8"), card("7")], next_cursor: null });
  const asked = answers("/v1/cards/card-7/diff/card-8", {
    changes: [
      {
        after: 0.75,
        before: 0.9,
        difference: -0.15,
        kind: "changed",
        path: ["evaluation", "metrics", "auc"],
      },
      {
        after: "<b>x</b>",
        before: null,
        difference: null,
        kind: "added",
        path: ["provider", "owner"],
      },
    ],
    equal: 12,
    first: { evidence: card("7"), generated_at: AT },
    second: { evidence: card("8"), generated_at: AT },
  });
  open("/plugin/models?part=compare");
  const table = within(
    await screen.findByRole("table", { name: "What the cards say differently" }),
  );
  expect(table.getAllByText("Version 7 (from)").length).toBeGreaterThan(0);
  expect(table.getByText(/▼ −0.15/)).toBeVisible();
  expect(table.getByText("<b>x</b>")).toBeVisible();
  expect(screen.getByText("2 statements differ, 12 are alike.")).toBeVisible();
  expect(asked).toHaveLength(1);
});

test("with one card there is nothing to compare", async () => {
  detail();
  answers("/v1/cards", { items: [card("8")], next_cursor: null });
  open("/plugin/models?part=compare");
  expect(await screen.findByText("There are no two cards to compare")).toBeVisible();
});

test("the card that is chosen is shown in a frame without rights", async () => {
  detail();
  answers("/v1/cards", { items: [card("8"), card("7")], next_cursor: null });
  answers("/v1/cards/card-7.html", () => new Response("<p>Seven</p>"));
  open("/plugin/models?part=card&card=card-7");
  const frame = await screen.findByTitle("Model card of scorer");
  expect(frame).toHaveAttribute("sandbox", "");
  expect(frame.getAttribute("srcdoc")).toContain("<p>Seven</p>");
});
