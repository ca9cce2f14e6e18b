import { LogWriter, OTHER_SIGNER, SIGNER, utf8 } from "@proclaw/conformance/tamper";
import { ProclawError } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import {
  formatTlogProof,
  inclusionProof,
  parseTlogProof,
  parseVerifierKey,
  verifyTlogProof,
  type TlogProof,
} from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const log = new LogWriter({ n: 1, signer: SIGNER }).call("a").call("b").call("c").close();
const key = parseVerifierKey(nodeHasher, SIGNER.vkey);
const options = { keys: [key], hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
const proofOf = (index: number, from: LogWriter = log): TlogProof => ({
  index,
  hashes: inclusionProof(nodeHasher, from.leaves, index),
  note: from.note().note,
  extra: null,
});
const line = (index: number): Uint8Array => log.lines[index] ?? new Uint8Array(0);
const verify = (proof: TlogProof, bytes: Uint8Array): Promise<unknown> => verifyTlogProof(proof, bytes, options);

describe("a .tlog-proof", () => {
  test("reads back as it was written, and proves each record", async () => {
    for (let index = 0; index < log.size; index++) {
      const text = formatTlogProof(proofOf(index));
      expect(text.split("\n").slice(0, 2)).toEqual(["c2sp.org/tlog-proof@v1", `index ${index}`]);
      expect(parseTlogProof(utf8(text))).toEqual(proofOf(index));
      expect(await verify(parseTlogProof(text), line(index))).toMatchObject({
        ok: true,
        checkpoint: { size: log.size },
      });
    }
    const extra = { ...proofOf(2), extra: utf8("more") };
    expect(formatTlogProof(extra)).toContain("\nextra bW9yZQ==\nindex 2\n");
    expect(parseTlogProof(formatTlogProof(extra))).toEqual(extra);
  });

  test("proves nothing else", async () => {
    const proof = proofOf(2);
    const other = new LogWriter({ n: 2, signer: SIGNER }).call("a").call("b").call("c").close();
    const [first = new Uint8Array(32)] = proof.hashes;
    const wrong: readonly (readonly [TlogProof, Uint8Array, string])[] = [
      [proof, line(3), "is not the one that the checkpoint covers"],
      [{ ...proof, index: 3 }, line(2), "is not the one that the checkpoint covers"],
      [{ ...proof, hashes: proof.hashes.slice(1) }, line(2), "is not the one that the checkpoint covers"],
      [{ ...proof, hashes: [...proof.hashes, first] }, line(2), "is not the one that the checkpoint covers"],
      [{ ...proof, note: log.note(5).note }, line(2), "is not the one that the checkpoint covers"],
      [{ ...proof, note: log.note(log.size, [OTHER_SIGNER]).note }, line(2), "no given key signed"],
      [
        { ...proof, note: log.note(log.size, [{ ...SIGNER, sign: OTHER_SIGNER.sign }]).note },
        line(2),
        "does not verify",
      ],
      [proofOf(2, other), line(2), "is not the one that the checkpoint covers"],
      // The key signs another origin over the same tree: the record itself says where it belongs.
      [{ ...proof, note: log.note(log.size, [SIGNER], "proclaw.log/other").note }, line(2), "stands elsewhere"],
    ];
    for (const [bad, bytes, why] of wrong)
      expect(await verify(bad, bytes)).toEqual({ ok: false, why: expect.stringContaining(why) });
  });

  test("is refused unless it is written as C2SP says", () => {
    const text = formatTlogProof(proofOf(2));
    const broken = [
      "",
      text.replace("@v1", "@v2"),
      text.replace("index 2", "index 02"),
      text.replace("index 2", "index -2"),
      text.replace("index 2\n", ""),
      text.replace("index 2\n", "index 2\nAAAA\n"),
      text.replace("index 2\n", "index 2\nextra AAAA\n"),
      text.replace("\n\n", "\n"),
      text.replace("index 2\n", `index 2\n${`${"A".repeat(43)}=\n`.repeat(60)}`),
      text.replaceAll("\n", "\r\n"),
      text.slice(0, text.indexOf("\u2014")),
    ];
    for (const bad of broken) expect(() => parseTlogProof(bad), bad.slice(0, 60)).toThrow(ProclawError);
    expect(() => formatTlogProof({ ...proofOf(2), index: -1 })).toThrow("make no proof");
  });
});
