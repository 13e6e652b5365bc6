import { screen, waitFor, within } from "@testing-library/react";

import Governance from "src/main";
import {
  anEvent,
  detailOf,
  documentOf,
  eventIdOf,
  ledgerOf,
  pageOf,
} from "src/features/audit/testing/events";
import { TestLedger } from "src/features/audit/testing/ledger";
import { answers, refusal } from "src/testing/server";
import { currentAddress, show } from "src/testing/show";

const AUDIT = "/plugin/governance/audit";
const EVIL = "<img src=x onerror=alert(1)>";

beforeEach(() => {
  // Without a layout every element is empty, and a list of which only a part is drawn draws none.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1000);
  answers("/v1/ledger", ledgerOf());
  answers("/v1/events/count", ({ url }) =>
    url.searchParams.has("newer") ? { count: 0, is_exact: true } : { count: 7, is_exact: true },
  );
});
afterEach(() => {
  vi.restoreAllMocks();
});

const grid = () => screen.findByRole("grid", { name: "Events" });
const rows = async () =>
  within(await grid())
    .getAllByRole("row")
    .slice(1);

test("the newest events are shown first, with what happened to what, and who saw it", async () => {
  answers("/v1/events", ({ url }) => pageOf(7, url));
  show(<Governance />, AUDIT);
  const [first] = await rows();
  expect(first).toHaveTextContent("2026-01-31 12:07:00");
  expect(first).toHaveTextContent("Task succeeded");
  expect(first).toHaveTextContent("income›manual__1›train");
  expect(first).toHaveTextContent("Listener, Airflow log");
  expect(await rows()).toHaveLength(7);
  expect(screen.getByText("7 events, newest arrival first")).toBeVisible();
});

test("what the ledger notes of sightings is left out until it is asked for, but never exported without", async () => {
  const asked = answers("/v1/events", ({ url }) => pageOf(3, url));
  const exported = answers("/v1/events/export", "");
  const { user } = show(<Governance />, AUDIT);
  await grid();
  expect(asked[0]?.url.searchParams.get("without_type")).toBe("ledger.witnessed");
  await user.click(screen.getByRole("button", { name: "Export" }));
  await user.click(await screen.findByRole("menuitem", { name: /CSV/u }));
  await waitFor(() => {
    expect(exported[0]?.url.searchParams.has("without_type")).toBe(false);
  });
  await user.click(screen.getByRole("checkbox", { name: "Sealed sightings" }));
  await waitFor(() => {
    expect(asked.at(-1)?.url.searchParams.has("without_type")).toBe(false);
  });
  expect(currentAddress()).toContain("sightings=shown");
});

test("what the address says is asked for, and a filter that is set goes into the address", async () => {
  const asked = answers("/v1/events", ({ url }) => pageOf(3, url));
  const { user } = show(<Governance />, `${AUDIT}?q=drift&dag_id=income`);
  await grid();
  expect(asked[0]?.url.searchParams.get("q")).toBe("drift");
  expect(asked[0]?.url.searchParams.get("dag_id")).toBe("income");
  await user.click(screen.getByRole("checkbox", { name: "Overrides only" }));
  await waitFor(() => {
    expect(asked.at(-1)?.url.searchParams.get("category")).toBe("override");
  });
  expect(currentAddress()).toContain("category=override");
  await user.click(screen.getByRole("button", { name: "Clear filters" }));
  await waitFor(() => {
    expect(asked.at(-1)?.url.searchParams.get("q")).toBeNull();
  });
});

test("the tab of a task instance asks for that alone, and its map index", async () => {
  const asked = answers("/v1/events", ({ url }) => pageOf(3, url));
  show(
    <Governance dagId="a/b" mapIndex="4" runId="r" taskId="t" />,
    "/dags/a%2Fb/runs/r/tasks/t/mapped/4/plugin/governance_task?view=audit",
  );
  await grid();
  const query = Object.fromEntries(asked[0]?.url.searchParams ?? []);
  expect(query).toMatchObject({ dag_id: "a/b", map_index: "4", run_id: "r", task_id: "t" });
});

test("without events the page says what brings some, or which filter to take away", async () => {
  answers("/v1/events", ({ url }) => pageOf(0, url));
  const { unmount } = show(<Governance />, AUDIT);
  expect(await screen.findByText("No events yet")).toBeVisible();
  unmount();
  show(<Governance />, `${AUDIT}?actor=nobody`);
  expect(await screen.findByText("No event matches the filters")).toBeVisible();
});

test("what the server refuses is told, with a way to try again", async () => {
  answers("/v1/events", () => refusal(503, "store_unavailable", "the store is away"));
  const { user } = show(<Governance />, AUDIT);
  expect(await screen.findByText("the store is away")).toBeVisible();
  answers("/v1/events", ({ url }) => pageOf(2, url));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await rows()).toHaveLength(2);
});

test("the arrow keys move through the events, Enter opens one and Escape closes it", async () => {
  answers("/v1/events", ({ url }) => pageOf(7, url));
  answers(`/v1/events/${eventIdOf(5)}`, detailOf(anEvent(5)));
  const { user } = show(<Governance />, AUDIT);
  (await grid()).focus();
  await user.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}{ArrowUp}{Enter}");
  const dialog = await screen.findByRole("dialog", { name: "Task succeeded" });
  expect(currentAddress()).toContain(`event=${eventIdOf(5)}`);
  expect(await within(dialog).findByRole("link", { name: "train" })).toHaveAttribute(
    "href",
    "/dags/income/runs/manual__1/tasks/train",
  );
  await user.keyboard("{Escape}");
  await waitFor(() => {
    expect(currentAddress()).not.toContain("event=");
  });
});

test("new events wait behind a button, and the list stays as it is until then", async () => {
  let total = 3;
  answers("/v1/events", ({ url }) => pageOf(total, url));
  answers("/v1/events/count", ({ url }) => ({
    count: total - Number(url.searchParams.get("newer") ?? 0),
    is_exact: true,
  }));
  total = 3;
  const { user } = show(<Governance />, AUDIT);
  await grid();
  total = 5;
  const { queryClient } = await import("src/api/queryClient");
  await queryClient.invalidateQueries({ queryKey: ["events", "count"] });
  const button = await screen.findByRole("button", { name: "2 new events" });
  expect(await rows()).toHaveLength(3);
  await user.click(button);
  await waitFor(async () => {
    expect(await rows()).toHaveLength(5);
  });
});

test("details are names and values, JSON is there on demand, and no text becomes markup", async () => {
  const payload = {
    effective: null,
    flags: [true, false],
    nested: { deep_value: EVIL },
    note: EVIL,
    seen_at: "2026-01-31T12:00:00Z",
  };
  const item = anEvent(1, { actor: EVIL, dag_id: EVIL, payload, type: "override.mark_task" });
  answers("/v1/events", { has_newer: false, items: [item], newer_cursor: "1", next_cursor: null });
  answers(`/v1/events/${item.event_id}`, detailOf(item));
  const { user } = show(<Governance />, `${AUDIT}?event=${item.event_id}`);
  const dialog = await screen.findByRole("dialog", { name: "Task marked by hand" });
  expect(await within(dialog).findByText("Deep value")).toBeVisible();
  expect(within(dialog).getByText("2026-01-31 12:00:00")).toBeVisible();
  expect(within(dialog).getByText("Nobody can tell")).toBeVisible();
  expect(document.querySelector("img")).toBeNull();
  await user.click(within(dialog).getByRole("button", { name: "As JSON" }));
  expect(within(dialog).getByText(/"deep_value"/)).toBeVisible();
});

describe("verifying one event", () => {
  const events = [1, 2, 3, 4].map((seq) => anEvent(seq));
  const second = events[1] ?? anEvent(2);

  const opened = async (documents: readonly string[]) => {
    const ledger = await TestLedger.make();
    answers("/v1/events", ({ url }) => pageOf(4, url));
    answers(`/v1/events/${second.event_id}`, detailOf(second));
    const sealed = await ledger.proof(events.map(documentOf), 1);
    const { document } = await ledger.proof(documents, 1);
    answers(`/v1/events/${second.event_id}/proof`, { ...sealed, document });
    const { user } = show(<Governance />, `${AUDIT}?event=${second.event_id}`);
    await user.click(await screen.findByRole("button", { name: "Verify in this browser" }));
    return screen.findByRole("list", { name: "What was checked" });
  };

  test("shows every step, and that all hold", async () => {
    const steps = await opened(events.map(documentOf));
    expect(within(steps).getAllByRole("img", { name: "Holds" })).toHaveLength(4);
    expect(screen.getByText("Verified")).toBeVisible();
  });

  test("is red for one that was changed, and says what that means", async () => {
    const changed = events.map((event) => documentOf({ ...event, actor: "eve" }));
    const steps = await opened(changed);
    expect(screen.getByText("Not verified")).toBeVisible();
    expect(within(steps).getAllByRole("img", { name: "Failed" })).toHaveLength(3);
    expect(steps).toHaveTextContent("Somebody changed the event in the database");
  });
});

test("an event that waits for its leaf says so and offers nothing to verify", async () => {
  answers("/v1/events", ({ url }) => pageOf(1, url));
  answers(`/v1/events/${eventIdOf(1)}`, detailOf(anEvent(1), { leaf: null }));
  show(<Governance />, `${AUDIT}?event=${eventIdOf(1)}`);
  expect(await screen.findByText("Waiting to be sealed")).toBeVisible();
  expect(screen.queryByRole("button", { name: /Verify/ })).toBeNull();
});

test("a ledger that is not as it was sealed is red, with the leaf and the way to its event", async () => {
  answers("/v1/events", ({ url }) => pageOf(1, url));
  answers(`/v1/events/${eventIdOf(1)}`, detailOf(anEvent(1)));
  answers(
    "/v1/ledger",
    ledgerOf({
      incident_id: "0199f0a0-0000-7000-8000-000000000001",
      problem_count: 2,
      problems: [
        { event_id: eventIdOf(1), leaf_index: 4711, what: "the event was changed" },
        { event_id: null, leaf_index: null, what: "the checkpoint is gone" },
      ],
      status: "broken",
    }),
  );
  const { user } = show(<Governance />, AUDIT);
  const alert = await screen.findByText("The ledger is not as it was sealed");
  expect(alert).toBeVisible();
  expect(screen.getByText(/Leaf 4,711/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Open the incident" })).toHaveAttribute(
    "href",
    "/plugin/governance/incidents/0199f0a0-0000-7000-8000-000000000001",
  );
  await user.click(screen.getByRole("button", { name: "Show the event" }));
  expect(await screen.findByRole("dialog", { name: "Task succeeded" })).toBeVisible();
});

describe("exporting", () => {
  const picked = async (content: string) => {
    const saved: HTMLAnchorElement[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      saved.push(this);
    });
    answers("/v1/events", ({ url }) => pageOf(1, url));
    const asked = answers(
      "/v1/events/export",
      () =>
        new Response(content, {
          headers: {
            "Content-Disposition": 'attachment; filename="events.csv"',
            "Content-Type": "text/csv",
          },
        }),
    );
    const { user } = show(<Governance />, `${AUDIT}?q=drift`);
    await grid();
    await user.click(screen.getByRole("button", { name: "Export" }));
    await user.click(await screen.findByRole("menuitem", { name: /CSV/ }));
    return { asked, saved };
  };

  test("saves what the filters find, once its end has come", async () => {
    const { asked, saved } = await picked("seq\r\n1\r\nend of export,1,complete,,\r\n");
    expect(await screen.findByText("1 events in events.csv")).toBeVisible();
    expect(saved.map(({ download }) => download)).toEqual(["events.csv"]);
    const query = Object.fromEntries(asked[0]?.url.searchParams ?? []);
    expect(query).toEqual({ format: "csv", q: "drift" });
  });

  test("saves nothing of what broke off", async () => {
    const { saved } = await picked("seq\r\n1\r\n2\r\n");
    expect(await screen.findByText(/broke off before its end/)).toBeVisible();
    expect(saved).toEqual([]);
  });
});
