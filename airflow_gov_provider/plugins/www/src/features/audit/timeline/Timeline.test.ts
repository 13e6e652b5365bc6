import { PAGE, type Place } from "src/features/audit/queries";
import { anEvent, pageOf } from "src/features/audit/testing/events";
import { Timeline } from "src/features/audit/timeline/Timeline";

const TOTAL = 100_000;

function urlOf(place: Place): URL {
  const url = new URL("http://test/");
  url.searchParams.set("limit", String(PAGE));
  if (place.from === "below") url.searchParams.set("cursor", place.cursor);
  if (place.from === "above") url.searchParams.set("newer", place.cursor);
  if (place.from === "time") url.searchParams.set("cursor", place.at);
  return url;
}

/** A timeline over so many events, and the places that were asked for. */
function begun(start: Place, total = TOTAL) {
  const asked: Place[] = [];
  const timeline = new Timeline(start, (place) => {
    asked.push(place);
    return Promise.resolve(pageOf(total, urlOf(place), (seq) => anEvent(seq)));
  });
  timeline.subscribe(() => undefined);
  return { asked, timeline };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

async function lookedAt(timeline: Timeline, first: number) {
  timeline.look(first, first + 30);
  await settled();
  await settled();
}

const inMemory = (timeline: Timeline) => {
  const { count, rowAt } = timeline.view();
  return Array.from({ length: count }, (_, index) => rowAt(index)).filter(Boolean).length;
};

test("after a hundred thousand rows only those near what is seen are in memory", async () => {
  const { timeline } = begun({ from: "newest" });
  await settled();
  while (timeline.view().hasOlder) await lookedAt(timeline, timeline.view().count - 40);
  const { count, rowAt } = timeline.view();
  expect(count).toBe(TOTAL);
  expect(rowAt(TOTAL - 1)?.seq).toBe(1);
  expect(inMemory(timeline)).toBeLessThanOrEqual(12 * PAGE);
}, 60_000);

test("rows that were forgotten come again, the same ones in the same places", async () => {
  const { timeline } = begun({ from: "newest" }, 3_000);
  await settled();
  while (timeline.view().hasOlder) await lookedAt(timeline, timeline.view().count - 40);
  expect(timeline.view().rowAt(500)).toBeUndefined();
  await lookedAt(timeline, 490);
  expect(timeline.view().rowAt(500)?.seq).toBe(2_500);
  expect(timeline.view().count).toBe(3_000);
});

test("from a time on, newer events are put above, and what was seen keeps its place below", async () => {
  const { timeline } = begun({ at: "1001", from: "time" }, 1_350);
  await settled();
  await settled();
  const { above, count, rowAt } = timeline.view();
  expect([above, count]).toEqual([100, 200]);
  expect(rowAt(above)?.seq).toBe(1_000);
  while (timeline.view().hasNewer) await lookedAt(timeline, 0);
  const grown = timeline.view();
  expect(grown.above).toBe(350);
  expect(grown.rowAt(grown.above)?.seq).toBe(1_000);
  expect(grown.rowAt(0)?.seq).toBe(1_350);
});

test("what begins at the newest event does not move when others arrive", async () => {
  const { asked, timeline } = begun({ from: "newest" }, 30);
  await settled();
  await lookedAt(timeline, 0);
  expect(asked).toEqual([{ from: "newest" }]);
});

test("an empty page that is not the last one leads on", async () => {
  const pages = [
    { has_newer: false, items: [], newer_cursor: "9", next_cursor: "5" },
    { has_newer: true, items: [], newer_cursor: "4", next_cursor: "3" },
    { has_newer: true, items: [anEvent(1)], newer_cursor: "2", next_cursor: null },
  ];
  const timeline = new Timeline({ from: "newest" }, () =>
    Promise.resolve(
      pages.shift() ?? { has_newer: false, items: [], newer_cursor: "", next_cursor: null },
    ),
  );
  timeline.subscribe(() => undefined);
  await settled();
  await settled();
  expect(timeline.view()).toMatchObject({ count: 1, hasOlder: false, isReading: false });
});

test("what fails is told, and is read once more when asked for", async () => {
  let isAway = true;
  const timeline = new Timeline({ from: "newest" }, (place) =>
    isAway ? Promise.reject(new Error("away")) : Promise.resolve(pageOf(7, urlOf(place))),
  );
  timeline.subscribe(() => undefined);
  await settled();
  expect(timeline.view().error).toEqual(new Error("away"));
  isAway = false;
  timeline.retry();
  await settled();
  expect(timeline.view()).toMatchObject({ count: 7, error: undefined });
});
