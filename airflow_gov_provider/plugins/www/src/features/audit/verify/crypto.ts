import { hashes, verify } from "@noble/ed25519";
import { sha256 as plainSha256, sha512 } from "@noble/hashes/sha2.js";

import type { Bytes } from "src/features/audit/verify/bytes";

/** A page that did not come over https or from localhost has no WebCrypto. */
const subtle = (): SubtleCrypto | undefined =>
  (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;

export async function sha256(content: Bytes): Promise<Bytes> {
  const own = subtle();
  return own === undefined
    ? new Uint8Array(plainSha256(content))
    : new Uint8Array(await own.digest("SHA-256", content));
}

/** Whether an Ed25519 signature holds (RFC 8032). */
export async function signatureHolds(
  publicKey: Bytes,
  signature: Bytes,
  content: Bytes,
): Promise<boolean> {
  const own = subtle();
  if (own !== undefined) {
    try {
      const key = await own.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
      return await own.verify({ name: "Ed25519" }, key, signature, content);
    } catch {
      // Older browsers do not know Ed25519; what is no key at all fails below as well.
    }
  }
  hashes.sha512 = sha512;
  try {
    return verify(signature, content, publicKey);
  } catch {
    return false;
  }
}
