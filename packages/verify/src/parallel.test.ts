import {
  boundTrail,
  cleanTrail,
  SIGNER,
  sourceOf,
  tamper,
  TAMPER_CASES,
  type NoteImage,
  type TrailImage,
} from "@proclaw/conformance/tamper";
import { describe, expect, test } from "vitest";
import { verifyTrail, type VerifyProgress, type VerifyReport } from "./index.ts";
import { nodeEd25519Verify, nodeHasher, verifyTrailParallel } from "./node.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";
const worker = new URL("./fixtures/image-worker.ts", import.meta.url);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const encoded = ({ logs }: TrailImage): string =>
  JSON.stringify({
    logs: logs.map(({ id, segments, notes }) => ({
      id,
      segments: segments.map(({ name, bytes }) => ({ name, bytes: base64(bytes) })),
      notes: notes.map(({ name, note }) => ({ name, note: base64(note) })),
    })),
  });

type Given = { readonly anchors?: readonly NoteImage[]; readonly strict?: boolean };
const parallel = (trail: TrailImage, given: Given = {}): Promise<VerifyReport> =>
  verifyTrailParallel(sourceOf(trail), { keys: [SIGNER.vkey], worker, argument: encoded(trail), workers: 2, ...given });
const oneByOne = (trail: TrailImage, given: Given = {}): Promise<VerifyReport> =>
  verifyTrail(sourceOf(trail), {
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
    keys: [SIGNER.vkey],
    ...given,
  });

describe("logs shared out to threads", () => {
  test("clean trails give the same report", async () => {
    for (const trail of [cleanTrail(), boundTrail()]) {
      const report = await parallel(trail);
      expect(report).toEqual(await oneByOne(trail));
      expect(report).toMatchObject({ verdict: "intact", level: "L1" });
    }
  });

  // A thread takes its time to start: all cases at depth proof, every ninth otherwise.
  test("tampered trails give the same report", { timeout: 600_000 }, async () => {
    for (const [index, one] of TAMPER_CASES.entries()) {
      if (!PROOF && index % 9 !== 0) continue;
      const { trail, anchors } = tamper(one);
      for (const strict of PROOF ? [false, true] : [false]) {
        expect(await parallel(trail, { anchors, strict }), one.name).toEqual(
          await oneByOne(trail, { anchors, strict }),
        );
      }
    }
  });

  test("progress ends with all records; an abort ends the threads with its reason", async () => {
    const seen: VerifyProgress[] = [];
    const trail = boundTrail();
    const options = { keys: [SIGNER.vkey], worker, argument: encoded(trail), workers: 2 };
    const report = await verifyTrailParallel(sourceOf(trail), { ...options, onProgress: (one) => seen.push(one) });
    const binders = report.checkpoint_logs.reduce((sum, { records }) => sum + records, 0);
    expect(seen.at(-1)?.records).toBe(report.records + binders);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(verifyTrailParallel(sourceOf(trail), { ...options, signal })).rejects.toBe(reason);
    await expect(verifyTrailParallel(sourceOf(trail), { ...options, workers: 0 })).rejects.toMatchObject({
      code: "invalid_option",
    });
  });

  test("a thread that fails to start is an error, not a report", async () => {
    const options = { keys: [SIGNER.vkey], worker, argument: "no JSON", workers: 1 };
    await expect(verifyTrailParallel(sourceOf(cleanTrail()), options)).rejects.toThrow("JSON");
  });
});
