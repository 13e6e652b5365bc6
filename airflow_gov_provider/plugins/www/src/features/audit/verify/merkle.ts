import { type Bytes, equal, joined } from "src/features/audit/verify/bytes";
import { sha256 } from "src/features/audit/verify/crypto";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** SHA-256 of a zero byte and the content (RFC 9162, 2.1.1). */
export const leafHash = (content: Bytes): Promise<Bytes> => sha256(joined(LEAF, content));

export const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> =>
  sha256(joined(NODE, left, right));

// Sizes may exceed 32 bits, so there are no bit operators here.
const isOdd = (number: number) => number % 2 === 1;
const half = (number: number) => Math.floor(number / 2);

/** Where a proof stands: a node, and the last node of the same level. */
interface Climb {
  at: number;
  last: number;
}

function up(climb: Climb): void {
  climb.at = half(climb.at);
  climb.last = half(climb.last);
}

/** Whether the next hash of a proof lies to the left; moves up past levels without a neighbour. */
function isLeft(climb: Climb): boolean {
  if (!isOdd(climb.at) && climb.at !== climb.last) return false;
  while (!isOdd(climb.at) && climb.at > 0) up(climb);
  return true;
}

/**
 * The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); undefined for a proof that does
 * not fit this leaf and size.
 */
export async function rootOf(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
): Promise<Bytes | undefined> {
  if (!(index >= 0 && index < size)) return undefined;
  const climb = { at: index, last: size - 1 };
  let root = leaf;
  for (const beside of path) {
    if (climb.last === 0) return undefined;
    root = isLeft(climb) ? await nodeHash(beside, root) : await nodeHash(root, beside);
    up(climb);
  }
  return climb.last === 0 ? root : undefined;
}

export interface Tree {
  readonly size: number;
  readonly root: Bytes;
}

/** Whether the leaves of one tree are the first leaves of another (RFC 9162, 2.1.4.2). */
export async function continues(
  before: Tree,
  after: Tree,
  proof: readonly Bytes[],
): Promise<boolean> {
  if (before.size === after.size) return proof.length === 0 && equal(before.root, after.root);
  if (before.size <= 0 || before.size > after.size) return false;
  const isWhole = Number.isInteger(Math.log2(before.size));
  const [first, ...rest] = isWhole ? [before.root, ...proof] : proof;
  if (first === undefined) return false;
  const climb = { at: before.size - 1, last: after.size - 1 };
  while (isOdd(climb.at)) up(climb);
  let [older, newer] = [first, first];
  for (const beside of rest) {
    if (climb.last === 0) return false;
    if (isLeft(climb)) {
      older = await nodeHash(beside, older);
      newer = await nodeHash(beside, newer);
    } else newer = await nodeHash(newer, beside);
    up(climb);
  }
  return climb.last === 0 && equal(older, before.root) && equal(newer, after.root);
}
