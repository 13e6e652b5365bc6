import { type EventItem, PAGE, type Place } from "src/features/audit/queries";
import { type Row, rowOf } from "src/features/audit/timeline/rows";

interface Page {
  readonly items: readonly EventItem[];
  readonly next_cursor: string | null;
  readonly newer_cursor: string;
  readonly has_newer: boolean;
}

export type ReadPage = (place: Place, signal: AbortSignal) => Promise<Page>;

/** Lines that were read together; those far from what is seen are forgotten and read again. */
interface Block {
  readonly place: Place;
  readonly count: number;
  readonly newest: number;
  readonly oldest: number;
  readonly rows?: readonly Row[];
}

export interface View {
  /** Lines that are known, read or forgotten. */
  readonly count: number;
  /** Lines that were put above the first one since the beginning. */
  readonly above: number;
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
  readonly isReading: boolean;
  readonly isBegun: boolean;
  readonly error?: unknown;
  /** Leads to what arrives after the newest line. */
  readonly head?: string;
  readonly rowAt: (index: number) => Row | undefined;
}

const NEAR_END = 60;
const KEPT_AROUND = 4;

/**
 * Events as one long list of which little is in memory.
 *
 * Pages are chained by their cursors in both directions. What has been read is remembered as
 * blocks; the rows of a block are dropped when it is far from what is seen, and since events never
 * change, they come again with the same cursor.
 */
export class Timeline {
  #blocks: readonly Block[] = [];
  #above = 0;
  #older: string | null | undefined;
  #newer: string | undefined;
  #hasNewer = false;
  #error: unknown;
  #seen: readonly [number, number] = [0, 0];
  readonly #reading = new Map<string, AbortController>();
  readonly #listeners = new Set<() => void>();
  #view: View;

  constructor(
    private readonly start: Place,
    private readonly read: ReadPage,
  ) {
    this.#view = this.#made();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#older === undefined) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  };

  readonly view = (): View => this.#view;

  /** Say which lines are seen: what is missing there is read, and what is far is forgotten. */
  look(first: number, last: number): void {
    this.#seen = [first, last];
    if (this.#error !== undefined || this.#older === undefined) return;
    this.#keepNear();
    if (this.#older !== null && last >= this.#count() - NEAR_END) this.#readOlder(this.#older);
    if (this.#hasNewer && this.#newer !== undefined && first < NEAR_END && this.#mayGrowUp())
      this.#readNewer(this.#newer);
  }

  retry(): void {
    this.#error = undefined;
    if (this.#older === undefined) this.#begin();
    else this.look(...this.#seen);
    this.#tell();
  }

  /** What begins with the newest line stays where it is until somebody asks for what is new. */
  #mayGrowUp(): boolean {
    return this.start.from !== "newest";
  }

  #begin(): void {
    this.#run("begin", this.start, (page) => {
      this.#blocks = [blockOf(this.start, page.items)];
      this.#older = page.next_cursor;
      this.#newer = page.newer_cursor;
      this.#hasNewer = page.has_newer;
    });
  }

  #readOlder(cursor: string): void {
    const place = { cursor, from: "below" } as const;
    this.#run("older", place, (page) => {
      this.#older = page.next_cursor;
      if (page.items.length > 0) this.#blocks = [...this.#blocks, blockOf(place, page.items)];
    });
  }

  #readNewer(cursor: string): void {
    const place = { cursor, from: "above" } as const;
    this.#run("newer", place, (page) => {
      this.#newer = page.newer_cursor;
      this.#hasNewer = page.has_newer;
      if (page.items.length === 0) return;
      this.#blocks = [blockOf(place, page.items), ...this.#blocks];
      this.#above += page.items.length;
      this.#seen = [this.#seen[0] + page.items.length, this.#seen[1] + page.items.length];
    });
  }

  #readAgain(block: Block): void {
    this.#run(`again ${String(block.newest)}`, block.place, (page) => {
      const inside = ({ seq }: Row) => seq <= block.newest && seq >= block.oldest;
      const rows = page.items.map(rowOf).filter(inside);
      this.#blocks = this.#blocks.map((one) =>
        one.newest === block.newest ? { ...one, count: rows.length, rows } : one,
      );
    });
  }

  #run(name: string, place: Place, done: (page: Page) => void): void {
    if (this.#reading.has(name)) return;
    const control = new AbortController();
    this.#reading.set(name, control);
    this.#tell();
    this.read(place, control.signal)
      .then((page) => {
        if (!control.signal.aborted) done(page);
      })
      .catch((error: unknown) => {
        if (!control.signal.aborted) this.#error = error;
      })
      .finally(() => {
        if (control.signal.aborted) return;
        this.#reading.delete(name);
        this.#tell();
        this.look(...this.#seen);
      });
  }

  #stop(): void {
    for (const control of this.#reading.values()) control.abort();
    this.#reading.clear();
    this.#view = this.#made();
  }

  #keepNear(): void {
    const [from, to] = this.#blocksInSight();
    const isNear = (at: number) => at >= from - 1 && at <= to + 1;
    for (const block of this.#blocks.filter((block, at) => !block.rows && isNear(at)))
      this.#readAgain(block);
    const isFar = (at: number) => at < from - KEPT_AROUND || at > to + KEPT_AROUND;
    const isLost = (block: Block, at: number) => block.rows && isFar(at) && canBeReadAgain(block);
    if (this.#blocks.some(isLost))
      this.#blocks = this.#blocks.map((block, at) =>
        isLost(block, at) ? { ...block, rows: undefined } : block,
      );
  }

  #blocksInSight(): readonly [number, number] {
    const [first, last] = this.#seen;
    let [start, from, to] = [0, 0, 0];
    for (const [at, { count }] of this.#blocks.entries()) {
      if (start <= first) from = at;
      if (start <= last) to = at;
      start += count;
    }
    return [from, to];
  }

  #count(): number {
    return this.#blocks.reduce((sum, { count }) => sum + count, 0);
  }

  #tell(): void {
    this.#view = this.#made();
    for (const listener of this.#listeners) listener();
  }

  #made(): View {
    const blocks = this.#blocks;
    return {
      above: this.#above,
      count: this.#count(),
      error: this.#error,
      hasNewer: this.#hasNewer,
      hasOlder: this.#older !== null && this.#older !== undefined,
      head: this.#newer,
      isBegun: this.#older !== undefined,
      isReading: this.#reading.size > 0,
      rowAt: (index) => rowIn(blocks, index),
    };
  }
}

function rowIn(blocks: readonly Block[], index: number): Row | undefined {
  let left = index;
  for (const { count, rows } of blocks) {
    if (left < count) return rows?.[left];
    left -= count;
  }
  return undefined;
}

/** What begins at the newest event or at a time, or ended there, may be another page later. */
const canBeReadAgain = ({ place, count }: Block): boolean =>
  place.from === "below" || (place.from === "above" && count >= PAGE);

const blockOf = (place: Place, items: readonly EventItem[]): Block => ({
  count: items.length,
  newest: items[0]?.seq ?? 0,
  oldest: items.at(-1)?.seq ?? 0,
  place,
  rows: items.map(rowOf),
});
