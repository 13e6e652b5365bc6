import { group } from "d3-array";

import type { Edge, Step } from "src/features/evidence/queries";
import { type Kind, KINDS } from "src/features/evidence/words";

/** From this many instances on, a mapped task is drawn as one pile. */
const PILE = 4;

export interface Pile {
  readonly id: string;
  readonly kind: Kind;
  /** One step, or the instances of one mapped task. */
  readonly steps: readonly Step[];
}

export interface Column {
  readonly kind: Kind;
  readonly piles: readonly Pile[];
}

const pileOf = (step: Step): string =>
  step.task_id !== null && step.map_index >= 0 ? `pile:${step.kind}:${step.task_id}` : step.node_id;

/**
 * Steps in columns by their kind; many instances of one task are one pile unless it is open.
 *
 * @param open ids of piles whose steps are drawn one by one.
 */
export function columnsOf(steps: readonly Step[], open: ReadonlySet<string>): readonly Column[] {
  const groups = group(steps, pileOf);
  const piles = [...groups].flatMap(([id, members]): Pile[] => {
    const [first] = members;
    if (first === undefined) return [];
    if (members.length >= PILE && !open.has(id)) return [{ id, kind: first.kind, steps: members }];
    return members.map((step) => ({ id: step.node_id, kind: step.kind, steps: [step] }));
  });
  return KINDS.map((kind) => ({ kind, piles: piles.filter((pile) => pile.kind === kind) })).filter(
    (column) => column.piles.length > 0,
  );
}

/** The ids of the piles that are open and could be closed. */
export const openPiles = (steps: readonly Step[], open: ReadonlySet<string>): readonly string[] =>
  [...group(steps, pileOf)]
    .filter(([id, members]) => members.length >= PILE && open.has(id))
    .map(([id]) => id);

export interface Tie {
  readonly source: string;
  readonly target: string;
  readonly edges: readonly Edge[];
  /** Whether a longer way leads there as well, so that it need not always be drawn. */
  readonly isShortcut: boolean;
}

/** Edges between what is drawn, those of a pile taken together. */
export function tiesOf(columns: readonly Column[], edges: readonly Edge[]): readonly Tie[] {
  const place = new Map(
    columns.flatMap(({ piles }) =>
      piles.flatMap(({ id, steps }) => steps.map((step) => [step.node_id, id] as const)),
    ),
  );
  const drawn = edges.flatMap((edge) => {
    const [source, target] = [place.get(edge.source), place.get(edge.target)];
    return source === undefined || target === undefined || source === target
      ? []
      : [{ edge, source, target }];
  });
  const groups = group(drawn, ({ source, target }) => JSON.stringify([source, target]));
  const ties = [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { source, target } = first;
    return [{ edges: members.map(({ edge }) => edge), source, target }];
  });
  const next = group(ties, ({ source }) => source);
  return ties.map((tie) => ({ ...tie, isShortcut: leadsThere(tie.source, tie.target, next) }));
}

/** Whether another way of more than one tie leads from one to the other. */
function leadsThere(
  source: string,
  target: string,
  next: ReadonlyMap<string, readonly { readonly target: string }[]>,
): boolean {
  const seen = new Set<string>();
  const waiting = (next.get(source) ?? []).map((tie) => tie.target).filter((at) => at !== target);
  while (waiting.length > 0) {
    const at = waiting.pop() ?? "";
    if (seen.has(at)) continue;
    seen.add(at);
    for (const tie of next.get(at) ?? []) {
      if (tie.target === target) return true;
      waiting.push(tie.target);
    }
  }
  return false;
}

export interface Box {
  readonly x: number;
  readonly y: number;
}

export interface Sizes {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly down: number;
}

/** Where each pile is drawn; columns are centred on the longest one. */
export function boxesOf(columns: readonly Column[], sizes: Sizes): ReadonlyMap<string, Box> {
  const longest = Math.max(...columns.map(({ piles }) => piles.length));
  const step = sizes.height + sizes.down;
  return new Map(
    columns.flatMap(({ piles }, place) =>
      piles.map(({ id }, row) => [
        id,
        {
          x: place * (sizes.width + sizes.across),
          y: ((longest - piles.length) / 2 + row) * step,
        },
      ]),
    ),
  );
}
