import type { Schemas } from "src/api/client";
import { type Bytes, equal, fromBase64, toBase64, utf8 } from "src/features/audit/verify/bytes";
import { type Kept, keepCheckpoint, keptCheckpoint } from "src/features/audit/verify/kept";
import { continues, leafHash, rootOf } from "src/features/audit/verify/merkle";
import { type Note, parseKey, parseNote, signersOf } from "src/features/audit/verify/notes";
import { number } from "src/features/audit/words";

export type Proof = Schemas["EventProof"];
export type Consistency = Schemas["ConsistencyProof"];

/** `unsure`: it could not be checked, or means something only to whoever compares it elsewhere. */
export type Verdict = "good" | "bad" | "unsure";

export interface Step {
  readonly title: string;
  /** `note`: nothing was checked, and nothing had to be. */
  readonly verdict: Verdict | "note";
  readonly said: string;
  /** What to keep once a person has compared the key with one that they were given another way. */
  readonly onTrust?: Kept;
}

/** Asks for the proof that the ledger of one size grew out of that of another. */
export type ReadConsistency = (oldSize: number, newSize: number) => Promise<Consistency>;

/** What of an event is shown, to be compared with the text that was sealed. */
export type Shown = Readonly<Record<string, unknown>>;

const COMPARED = [
  "event_id",
  "type",
  "state",
  "dag_id",
  "run_id",
  "task_id",
  "map_index",
  "try_number",
  "actor",
  "witness",
];

/** Check everything about one event that a browser can, and say how each step went. */
export async function checkEvent(
  proof: Proof,
  shown: Shown,
  readConsistency: ReadConsistency,
): Promise<Step[]> {
  const steps = [await leafStep(proof), shownStep(proof.document, shown)];
  let note: Note;
  try {
    note = parseNote(proof.checkpoint.note);
  } catch (error) {
    return [...steps, bad("Checkpoint", wordsOf(error))];
  }
  const { signers, ...signed } = await signatureStep(note, proof);
  steps.push(await treeStep(proof, note), signed);
  const isSound = steps.every(({ verdict }) => verdict !== "bad");
  // Also without a key: a server that hides it must not get around what was kept.
  if (signed.verdict === "good" || (signed.verdict === "unsure" && keptCheckpoint() !== undefined))
    steps.push(await pastStep(note, proof, { isSound, readConsistency, signers }));
  return steps;
}

/** Good only if every step is; one that is bad decides. */
export function verdictOf(steps: readonly Step[]): Verdict {
  if (steps.some(({ verdict }) => verdict === "bad")) return "bad";
  return steps.some(({ verdict }) => verdict === "unsure") ? "unsure" : "good";
}

const good = (title: string, said: string): Step => ({ said, title, verdict: "good" });
const bad = (title: string, said: string): Step => ({ said, title, verdict: "bad" });
const unsure = (title: string, said: string): Step => ({ said, title, verdict: "unsure" });
const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function leafStep(proof: Proof): Promise<Step> {
  const hash = await leafHash(utf8(proof.document));
  const leaf = `leaf ${number(proof.leaf_index)}`;
  return toBase64(hash) === proof.leaf_hash
    ? good("The event is as it was sealed", `Its SHA-256 is that of ${leaf}: ${proof.leaf_hash}`)
    : bad(
        "The event is not as it was sealed",
        `It is not what was sealed as ${leaf}. The stored text has the hash ${toBase64(hash)}; ` +
          `sealed was ${proof.leaf_hash}. Somebody changed the event in the database.`,
      );
}

function shownStep(document: string, shown: Shown): Step {
  const title = "What is shown is not what is stored";
  let stored: Record<string, unknown>;
  try {
    stored = JSON.parse(document) as Record<string, unknown>;
  } catch {
    return bad(title, "The stored text is no JSON any more.");
  }
  const names = COMPARED.filter((name) => (stored[name] ?? null) !== (shown[name] ?? null));
  if (Date.parse(String(stored.occurred_at)) !== Date.parse(String(shown.occurred_at)))
    names.push("occurred_at");
  if (sorted(stored.payload) !== sorted(shown.payload)) names.push("payload");
  return names.length === 0
    ? good("What is shown is what is stored", "Every field on this page is in the stored text.")
    : bad(title, `The stored text says something else about: ${names.join(", ")}.`);
}

function sorted(value: unknown): string {
  return JSON.stringify(value ?? {}, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

async function treeStep(proof: Proof, { checkpoint }: Note): Promise<Step> {
  const size = number(checkpoint.size);
  const leaf = await leafHash(utf8(proof.document));
  const path = proof.path.map(fromBase64);
  const root = await rootOf(leaf, proof.leaf_index, checkpoint.size, path);
  return root !== undefined && equal(root, checkpoint.root)
    ? good(
        "It is in the ledger",
        `${String(path.length)} hashes lead from it to the root over ${size} leaves.`,
      )
    : bad(
        "It is not in the ledger",
        `The hashes do not lead to the root that was signed over ${size} leaves.`,
      );
}

/** With the keys that have signed, as `airflow governance ledger keys` prints them. */
type Signed = Step & { readonly signers: readonly string[] };

async function signatureStep(note: Note, proof: Proof): Promise<Signed> {
  const title = "The ledger is not signed as it should be";
  const unsigned = (step: Step): Signed => ({ ...step, signers: [] });
  if (proof.keys.length === 0)
    return unsigned(
      unsure(
        "The signature was not checked",
        "This api-server has no public key of the ledger, so nobody can tell. Give it a " +
          "verifier key in [governance] ledger_key.",
      ),
    );
  try {
    const keys = await Promise.all(proof.keys.map(({ text }) => parseKey(text)));
    const { signers, forged } = await signersOf(note, keys);
    const named = (some: typeof keys) => some.map((key) => `${key.name} (${key.keyId})`).join(", ");
    if (forged.length > 0)
      return unsigned(bad(title, `The signature of ${named(forged)} does not hold.`));
    if (signers.length === 0)
      return unsigned(bad(title, "None of the ledger's keys has signed it."));
    const begins = signers.map(({ name, keyId }) => `${name}+${keyId}+`);
    const texts = proof.keys.map(({ text }) => text);
    return {
      ...good(
        "The ledger is signed",
        `Signed by ${named(signers)}; the key came from this server.`,
      ),
      signers: texts.filter((text) => begins.some((begin) => text.startsWith(begin))),
    };
  } catch (error) {
    return unsigned(bad(title, wordsOf(error)));
  }
}

interface Past {
  /** Whether all that was checked before holds; what does not is no measure for later. */
  readonly isSound: boolean;
  readonly signers: readonly string[];
  readonly readConsistency: ReadConsistency;
}

async function pastStep({ checkpoint }: Note, proof: Proof, past: Past): Promise<Step> {
  const title = "It continues what this browser saw before";
  const notSo = "It does not continue what this browser saw before";
  const before = keptCheckpoint();
  const { size, origin } = checkpoint;
  const fresh = { keys: past.signers, origin, root: toBase64(checkpoint.root), size };
  if (before === undefined) return firstStep(fresh, past.isSound);
  if (before.origin !== origin)
    return unsure(
      "It cannot be compared with what this browser saw before",
      `Before, the ledger here was called ${before.origin}.`,
    );
  const given = proof.keys.map(({ text }) => text);
  if (given.length > 0 && !before.keys.some((key) => given.includes(key)))
    return bad(notSo, "The ledger has other keys than before, and none of the old ones is known.");
  if (before.size > size)
    return bad(
      notSo,
      `The ledger had ${number(before.size)} leaves before: it was set back to an older state.`,
    );
  const first = `the first ${number(before.size)} leaves`;
  if (!(await isContinued(before, checkpoint, past.readConsistency)))
    return bad(notSo, `What is there now for ${first} is not what was verified here before.`);
  const known = { ...fresh, keys: [...new Set([...before.keys, ...past.signers])] };
  if (past.signers.length > 0 && !past.signers.some((key) => before.keys.includes(key)))
    return {
      ...unsure(
        "It is signed with a key that is new to this browser",
        `Nothing of ${first} was rewritten. Keys are replaced now and then; a forger would bring ` +
          "a new one as well. Compare it with the key that you were given another way.",
      ),
      onTrust: past.isSound ? known : undefined,
    };
  if (past.isSound && past.signers.length > 0) keepCheckpoint(known);
  return good(title, `Nothing of ${first} was rewritten since.`);
}

function firstStep(fresh: Kept, isSound: boolean): Step {
  if (isSound) keepCheckpoint(fresh);
  return {
    said: isSound
      ? "This is the first checkpoint that it verifies; it is kept, and later ones are compared."
      : "This is the first checkpoint here, and it is not kept, since not everything holds.",
    title: "This browser has nothing to compare it with",
    verdict: "note",
  };
}

async function isContinued(
  before: Kept,
  now: { readonly size: number; readonly root: Bytes },
  readConsistency: ReadConsistency,
): Promise<boolean> {
  const old = { root: fromBase64(before.root), size: before.size };
  if (old.size === now.size) return equal(old.root, now.root);
  const { path } = await readConsistency(old.size, now.size);
  return continues(old, now, path.map(fromBase64));
}
