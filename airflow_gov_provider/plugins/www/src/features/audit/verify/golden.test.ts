import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { type Bytes, fromBase64, toBase64, toHex, utf8 } from "src/features/audit/verify/bytes";
import { continues, leafHash, nodeHash, rootOf } from "src/features/audit/verify/merkle";
import { parseKey, parseNote, signersOf } from "src/features/audit/verify/notes";

interface Golden {
  readonly leaves_hex: string[];
  readonly leaf_hashes_hex: string[];
  readonly roots_hex: Record<string, string>;
  readonly inclusion: { index: number; size: number; proof: string[] }[];
  readonly consistency: { first: number; second: number; proof: string[] }[];
  readonly big: { readonly inclusion_257_of_300: string[]; readonly roots: Record<string, string> };
  readonly signed_note: { verifier_key: string; checkpoint: string; origin: string };
}

const FILE = resolve(process.cwd(), "../../../tests/golden/golden_merkle.json");
const GOLDEN = JSON.parse(readFileSync(FILE, "utf8")) as Golden;

const bytesOf = (hex: string | undefined): Bytes =>
  Uint8Array.from(hex?.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const root = (size: number) => bytesOf(GOLDEN.roots_hex[String(size)]);
const leaf = (index: number) => bytesOf(GOLDEN.leaf_hashes_hex[index]);

/** Without WebCrypto, as on a page that came over plain http, the same has to hold. */
const CRYPTOS = ["WebCrypto", "noble"] as const;

describe.each(CRYPTOS)("with %s", (name) => {
  beforeEach(() => {
    if (name === "noble") vi.stubGlobal("crypto", {});
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("leaves have the hashes of RFC 6962", async () => {
    const hashes = await Promise.all(GOLDEN.leaves_hex.map((hex) => leafHash(bytesOf(hex))));
    expect(hashes.map(toHex)).toEqual(GOLDEN.leaf_hashes_hex);
  });

  test("every inclusion proof leads to its root, and none does with something changed", async () => {
    for (const { index, size, proof } of GOLDEN.inclusion) {
      const path = proof.map(bytesOf);
      expect(toHex((await rootOf(leaf(index), index, size, path)) ?? leaf(0))).toBe(
        GOLDEN.roots_hex[String(size)],
      );
      const other = await rootOf(await nodeHash(leaf(0), leaf(1)), index, size, path);
      expect(toHex(other ?? leaf(0))).not.toBe(GOLDEN.roots_hex[String(size)]);
      expect(await rootOf(leaf(index), index, size, [...path, leaf(0)])).toBeUndefined();
      if (path.length > 0)
        expect(await rootOf(leaf(index), index, size, path.slice(1))).not.toEqual(root(size));
    }
  });

  test("every consistency proof holds, and none does for another root", async () => {
    for (const { first, second, proof } of GOLDEN.consistency) {
      const path = proof.map(bytesOf);
      const before = { root: root(first), size: first };
      const after = { root: root(second), size: second };
      expect(await continues(before, after, path)).toBe(true);
      expect(await continues({ ...before, root: leaf(7) }, after, path)).toBe(false);
      expect(await continues(before, { ...after, root: leaf(7) }, path)).toBe(false);
    }
  });

  test("a signed note is opened with its key, and not once a letter has changed", async () => {
    const { verifier_key, checkpoint, origin } = GOLDEN.signed_note;
    const key = await parseKey(verifier_key);
    const note = parseNote(checkpoint);
    expect(note.checkpoint).toMatchObject({ origin, size: 8 });
    expect(toHex(note.checkpoint.root)).toBe(GOLDEN.roots_hex["8"]);
    expect((await signersOf(note, [key])).signers).toEqual([key]);

    const forged = parseNote(checkpoint.replace("\n8\n", "\n9\n"));
    expect(await signersOf(forged, [key])).toEqual({ forged: [key], signers: [] });
  });
});

test("a leaf of a larger tree is found at its root", async () => {
  const { inclusion_257_of_300: path, roots } = GOLDEN.big;
  const found = await rootOf(await leafHash(utf8("leaf-257")), 257, 300, path.map(bytesOf));
  expect(toHex(found ?? leaf(0))).toBe(roots["300"]);
  expect(await rootOf(leaf(0), 300, 300, [])).toBeUndefined();
});

test("the key of another ledger vouches for nothing", async () => {
  const note = parseNote(GOLDEN.signed_note.checkpoint);
  const key = await parseKey(GOLDEN.signed_note.verifier_key);
  expect((await signersOf(note, [{ ...key, name: "another" }])).signers).toEqual([]);
  await expect(parseKey(GOLDEN.signed_note.verifier_key.replace("8da5", "8da6"))).rejects.toThrow(
    "id of another",
  );
});

test.each(["", "no note", "a\n1\nAAAA\n\n", "a\n1\nAAAA\n\n\u2014 b AAAA\n"])(
  "what is no signed checkpoint is refused: %j",
  (text) => {
    expect(() => parseNote(text)).toThrow();
  },
);

test("base64 that is written in another way than ours is refused", () => {
  expect(toBase64(fromBase64("AQID"))).toBe("AQID");
  for (const text of ["AQI", "AQJ=", " AQID", "AQID\n"]) expect(() => fromBase64(text)).toThrow();
});
