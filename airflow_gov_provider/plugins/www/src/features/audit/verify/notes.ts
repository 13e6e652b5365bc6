import {
  type Bytes,
  equal,
  fromBase64,
  joined,
  toHex,
  utf8,
} from "src/features/audit/verify/bytes";
import { sha256, signatureHolds } from "src/features/audit/verify/crypto";

const ED25519 = Uint8Array.of(1);
const ID_SIZE = 4;
const MARK = "\u2014 ";
const DECIMAL = /^(0|[1-9][0-9]{0,15})$/;

/** What a ledger says of itself, as c2sp.org/tlog-checkpoint writes it. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

export interface Signature {
  readonly name: string;
  readonly keyId: string;
  readonly content: Bytes;
}

/** c2sp.org/signed-note. */
export interface Note {
  readonly text: string;
  readonly checkpoint: Checkpoint;
  readonly signatures: readonly Signature[];
}

/** @throws Error with what is wrong with it. */
export function parseNote(note: string): Note {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) throw new Error("the checkpoint is no signed note");
  const text = note.slice(0, gap + 1);
  const lines = note.slice(gap + 2, -1).split("\n");
  return { checkpoint: parseCheckpoint(text), signatures: lines.map(parseSignature), text };
}

function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root] = text.split("\n");
  if (!origin || !size || !DECIMAL.test(size) || !root)
    throw new Error("the checkpoint lacks its origin, its size or its root");
  const hash = fromBase64(root);
  if (hash.length !== 32) throw new Error("the root of the checkpoint is not of 32 bytes");
  return { origin, root: hash, size: Number(size) };
}

function parseSignature(line: string): Signature {
  const [name, content, ...more] = line.slice(MARK.length).split(" ");
  if (!line.startsWith(MARK) || !name || !content || more.length > 0)
    throw new Error("a signature of the checkpoint is malformed");
  const bytes = fromBase64(content);
  return { content: bytes.slice(ID_SIZE), keyId: toHex(bytes.slice(0, ID_SIZE)), name };
}

export interface VerifierKey {
  readonly name: string;
  readonly keyId: string;
  readonly publicKey: Bytes;
}

/**
 * A key as `airflow governance ledger keys` prints it.
 *
 * @throws Error if it is none, or calls itself by the id of another.
 */
export async function parseKey(text: string): Promise<VerifierKey> {
  const [, name, keyId, content] = /^([^+ ]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim()) ?? [];
  if (name === undefined || keyId === undefined || content === undefined)
    throw new Error("this is not the text of a verifier key");
  const bytes = fromBase64(content);
  if (bytes.length !== 33 || bytes[0] !== ED25519[0]) throw new Error("this is not an Ed25519 key");
  const named = await sha256(joined(utf8(`${name}\n`), bytes));
  if (!equal(named.slice(0, ID_SIZE), hexBytes(keyId)))
    throw new Error(`the key of ${name} has the id of another one`);
  return { keyId, name, publicKey: bytes.slice(1) };
}

const hexBytes = (hex: string): Bytes =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Those of the keys that have signed; one of the ledger's own name is among them, or there are none. */
export async function signersOf(
  note: Note,
  keys: readonly VerifierKey[],
): Promise<{ readonly signers: VerifierKey[]; readonly forged: VerifierKey[] }> {
  const signers: VerifierKey[] = [];
  const forged: VerifierKey[] = [];
  for (const { name, keyId, content } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.keyId === keyId);
    if (key === undefined) continue;
    const holds = await signatureHolds(key.publicKey, content, utf8(note.text));
    (holds ? signers : forged).push(key);
  }
  const own = signers.some(({ name }) => name === note.checkpoint.origin);
  return { forged, signers: own ? signers : [] };
}
