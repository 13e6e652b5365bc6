import { etc, getPublicKeyAsync, hashes, sign, utils } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

import { type Bytes, joined, toBase64, toHex, utf8 } from "src/features/audit/verify/bytes";
import type { Consistency, Proof } from "src/features/audit/verify/check";
import { sha256 } from "src/features/audit/verify/crypto";
import { leafHash, nodeHash } from "src/features/audit/verify/merkle";

const ORIGIN = "a-ledger";

/** A ledger of few events in the memory of a test, with a key of its own. */
export class TestLedger {
  private constructor(
    private readonly secret: Bytes,
    readonly key: Proof["keys"][number],
  ) {}

  static async make(): Promise<TestLedger> {
    const secret = new Uint8Array(utils.randomSecretKey());
    const content = joined(Uint8Array.of(1), await getPublicKeyAsync(secret));
    const keyId = toHex((await sha256(joined(utf8(`${ORIGIN}\n`), content))).slice(0, 4));
    return new TestLedger(secret, {
      is_current: true,
      key_id: keyId,
      name: ORIGIN,
      public_key: toBase64(content.slice(1)),
      text: `${ORIGIN}+${keyId}+${toBase64(content)}`,
    });
  }

  /** The proof of one of the documents, which are all the leaves there are. */
  async proof(documents: readonly string[], index: number): Promise<Proof> {
    const leaves = await Promise.all(documents.map((document) => leafHash(utf8(document))));
    const { root, path } = await climbed(leaves, index);
    const document = documents[index] ?? "";
    return {
      checkpoint: this.checkpoint(documents.length, root),
      document,
      event_id: (JSON.parse(document) as { event_id: string }).event_id,
      keys: [this.key],
      leaf_hash: toBase64(leaves[index] ?? root),
      leaf_index: index,
      path: path.map(toBase64),
      tlog_proof: "",
    };
  }

  /** That four leaves continue the first two. */
  async consistencyOfTwoAndFour(documents: readonly string[]): Promise<Consistency> {
    const leaves = await Promise.all(documents.map((document) => leafHash(utf8(document))));
    const [, , third, fourth] = leaves;
    const { root } = await climbed(leaves, 0);
    return {
      checkpoint: this.checkpoint(documents.length, root),
      keys: [this.key],
      old_size: 2,
      path: third && fourth ? [toBase64(await nodeHash(third, fourth))] : [],
    };
  }

  private checkpoint(size: number, root: Bytes): Proof["checkpoint"] {
    hashes.sha512 = sha512;
    const text = `${ORIGIN}\n${String(size)}\n${toBase64(root)}\n`;
    const signature = sign(utf8(text), this.secret);
    const both = joined(etc.hexToBytes(this.key.key_id), signature);
    return {
      note: `${text}\n\u2014 ${ORIGIN} ${toBase64(both)}\n`,
      sealed_at: "2026-01-31T12:00:00Z",
      size,
    };
  }
}

/** The root of a tree whose size is a power of two, and the way to one of its leaves. */
async function climbed(leaves: readonly Bytes[], index: number) {
  const path: Bytes[] = [];
  let [row, at] = [[...leaves], index];
  while (row.length > 1) {
    const beside = row[at % 2 === 0 ? at + 1 : at - 1];
    if (beside) path.push(beside);
    const above: Bytes[] = [];
    for (let place = 0; place + 1 < row.length; place += 2) {
      const [left, right] = row.slice(place, place + 2);
      if (left && right) above.push(await nodeHash(left, right));
    }
    [row, at] = [above, Math.floor(at / 2)];
  }
  const [root] = row;
  if (root === undefined) throw new Error("a ledger has at least one event");
  return { path, root };
}
