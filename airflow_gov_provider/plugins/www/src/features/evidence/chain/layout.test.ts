import { boxesOf, columnsOf, openPiles, tiesOf } from "src/features/evidence/chain/layout";
import { routesOf } from "src/features/evidence/chain/routes";
import { edge, step } from "src/features/evidence/testing";

const NONE: ReadonlySet<string> = new Set();
const SIZES = { across: 30, down: 10, height: 80, width: 100 };

const mapped = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    step(`gate ${String(index)}`, { map_index: index, task_id: "gate" }),
  );

test("steps stand in columns in the order from the data to the decision", () => {
  const columns = columnsOf(
    [step("p", { kind: "promotion" }), step("d", { kind: "data" }), step("q")],
    NONE,
  );
  expect(columns.map(({ kind }) => kind)).toEqual(["data", "quality", "promotion"]);
});

test("many instances of a mapped task are one pile until it is opened", () => {
  const [piled] = columnsOf(mapped(30), NONE);
  expect(piled?.piles).toHaveLength(1);
  expect(piled?.piles[0]?.steps).toHaveLength(30);
  const open = new Set(["pile:quality:gate"]);
  expect(columnsOf(mapped(30), open)[0]?.piles).toHaveLength(30);
  expect(openPiles(mapped(30), open)).toEqual(["pile:quality:gate"]);
});

test("a few instances are drawn one by one", () => {
  expect(columnsOf(mapped(3), NONE)[0]?.piles).toHaveLength(3);
});

test("edges of a pile are one line, which is broken if one of them is", () => {
  const steps = [...mapped(5), step("card", { kind: "card" })];
  const edges = steps
    .slice(0, 5)
    .map(({ node_id }, at) => edge(node_id, "card", { holds: at > 0 }));
  const [tie, ...others] = tiesOf(columnsOf(steps, NONE), edges);
  expect(others).toEqual([]);
  expect(tie?.edges).toHaveLength(5);
});

test("a line that a longer way stands for is a shortcut", () => {
  const steps = [step("q"), step("c", { kind: "card" }), step("a", { kind: "approval" })];
  const edges = [edge("q", "c"), edge("c", "a"), edge("q", "a")];
  const ties = tiesOf(columnsOf(steps, NONE), edges);
  expect(ties.filter(({ isShortcut }) => isShortcut)).toMatchObject([{ source: "q", target: "a" }]);
});

test("edges in a circle do not keep the picture from being drawn", () => {
  const steps = [step("q"), step("c", { kind: "card" })];
  expect(tiesOf(columnsOf(steps, NONE), [edge("q", "c"), edge("c", "q")])).toHaveLength(2);
});

test("a line that passes a column keeps clear of the steps in it", () => {
  const steps = [step("q"), step("b", { kind: "bias" }), step("c", { kind: "card" })];
  const columns = columnsOf(steps, NONE);
  const boxes = boxesOf(columns, SIZES);
  const ties = tiesOf(columns, [edge("q", "c")]);
  const [route = ""] = routesOf(ties, columns, boxes, SIZES).values();
  const lane = Number(/L[\d.]+,(-?[\d.]+)/.exec(route)?.[1]);
  const top = boxes.get("b")?.y ?? 0;
  expect(lane < top || lane > top + SIZES.height).toBe(true);
});

test("no two steps are drawn at the same place", () => {
  const columns = columnsOf([...mapped(3), step("c", { kind: "card" })], NONE);
  const places = [...boxesOf(columns, SIZES).values()].map(
    ({ x, y }) => `${String(x)} ${String(y)}`,
  );
  expect(new Set(places).size).toBe(4);
});
