import type { Box, Column, Sizes, Tie } from "src/features/evidence/chain/layout";

const LANE = 4;
const CLEAR = 7;

/**
 * The way of each line, as the `d` of an SVG path.
 *
 * A line that passes columns goes around their steps, in a lane of its own: drawn behind a step it
 * would look like one that leads to that step.
 */
export function routesOf(
  ties: readonly Tie[],
  columns: readonly Column[],
  boxes: ReadonlyMap<string, Box>,
  sizes: Sizes,
): ReadonlyMap<Tie, string> {
  const place = new Map(
    columns.flatMap(({ piles }, at) => piles.map(({ id }) => [id, at] as const)),
  );
  const used = new Map<number, number>();
  const routes = new Map<Tie, string>();
  for (const tie of ties) {
    const [from, to] = [boxes.get(tie.source), boxes.get(tie.target)];
    const [first, last] = [place.get(tie.source) ?? 0, place.get(tie.target) ?? 0];
    if (from === undefined || to === undefined) continue;
    const passed = columns
      .slice(first + 1, last)
      .flatMap(({ piles }) => piles.map(({ id }) => boxes.get(id)?.y ?? 0));
    const start = { x: from.x + sizes.width, y: from.y + sizes.height / 2 };
    const end = { x: to.x, y: to.y + sizes.height / 2 };
    if (passed.length === 0) {
      routes.set(tie, curve(start, end));
      continue;
    }
    const free = freeAt((start.y + end.y) / 2, passed, sizes);
    const taken = used.get(free) ?? 0;
    used.set(free, taken + 1);
    const lane = free + (taken % 2 === 0 ? 1 : -1) * Math.ceil(taken / 2) * LANE;
    const enter = { x: start.x + sizes.across, y: lane };
    const leave = { x: end.x - sizes.across, y: lane };
    routes.set(tie, `${curve(start, enter)} L${xy(leave)} ${curve(leave, end, false)}`);
  }
  return routes;
}

/** The height nearest to the wanted one at which no step is in the way. */
function freeAt(wanted: number, passed: readonly number[], { height }: Sizes): number {
  const isFree = (y: number) =>
    passed.every((top) => y <= top - CLEAR + 1 || y >= top + height + CLEAR - 1);
  const candidates = [wanted, ...passed.flatMap((top) => [top - CLEAR, top + height + CLEAR])];
  const free = candidates.filter(isFree);
  return free.reduce(
    (best, y) => (Math.abs(y - wanted) < Math.abs(best - wanted) ? y : best),
    free[0] ?? wanted,
  );
}

const xy = ({ x, y }: Box): string => `${String(x)},${String(y)}`;

function curve(from: Box, to: Box, begins = true): string {
  const bend = Math.max(14, (to.x - from.x) / 2);
  const start = begins ? `M${xy(from)} ` : "";
  return `${start}C${xy({ x: from.x + bend, y: from.y })} ${xy({ x: to.x - bend, y: to.y })} ${xy(to)}`;
}
