/** The largest checkpoint that this browser has verified, and the keys that it came with. */
export interface Kept {
  readonly origin: string;
  readonly size: number;
  /** In base64. */
  readonly root: string;
  /** As `airflow governance ledger keys` prints them. */
  readonly keys: readonly string[];
}

const KEY = "governance.ledger.checkpoint";

function isKept(value: unknown): value is Kept {
  const one = value as Partial<Kept> | null;
  return (
    typeof one?.origin === "string" &&
    typeof one.size === "number" &&
    typeof one.root === "string" &&
    Array.isArray(one.keys)
  );
}

export function keptCheckpoint(): Kept | undefined {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return isKept(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Keep it, unless a larger one of the same ledger is kept. */
export function keepCheckpoint(fresh: Kept): void {
  const before = keptCheckpoint();
  if (before?.origin === fresh.origin && before.size > fresh.size) return;
  try {
    localStorage.setItem(KEY, JSON.stringify(fresh));
  } catch {
    // A browser that keeps nothing loses only this comparison.
  }
}
