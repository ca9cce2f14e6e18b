import {
  boundTrail,
  cleanTrail,
  LogWriter,
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

/** About a record: each log is shared out in many windows. */
const windowBytes = 1_500;
type Given = { readonly anchors?: readonly NoteImage[]; readonly strict?: boolean };
const parallel = (trail: TrailImage, given: Given = {}): Promise<VerifyReport> =>
  verifyTrailParallel(sourceOf(trail), {
    keys: [SIGNER.vkey],
    worker,
    argument: encoded(trail),
    workers: 3,
    windowBytes,
    ...given,
  });
const oneByOne = (trail: TrailImage, given: Given = {}): Promise<VerifyReport> =>
  verifyTrail(sourceOf(trail), {
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
    keys: [SIGNER.vkey],
    ...given,
  });

function flip(bytes: Uint8Array | undefined): void {
  if (bytes !== undefined) bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
}

describe("logs and windows of logs shared out to threads", () => {
  test("clean trails give the same report", async () => {
    for (const trail of [cleanTrail(), boundTrail()]) {
      const report = await parallel(trail);
      expect(report).toEqual(await oneByOne(trail));
      expect(report).toMatchObject({ verdict: "intact", level: "L1" });
    }
  });

  // A thread takes its time to start: all cases at depth proof, every twelfth otherwise.
  test("tampered trails give the same report", { timeout: 600_000 }, async () => {
    for (const [index, one] of TAMPER_CASES.entries()) {
      if (!PROOF && index % 12 !== 0) continue;
      const { trail, anchors } = tamper(one);
      for (const strict of PROOF ? [false, true] : [false]) {
        expect(await parallel(trail, { anchors, strict }), one.name).toEqual(
          await oneByOne(trail, { anchors, strict }),
        );
      }
    }
  });

  test("a single log in many windows gives the same report", async () => {
    const writer = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 40 });
    for (let call = 0; call < 300; call++) writer.call(`call-${call}`, call % 7 === 0 ? "deny" : "allow");
    writer.checkpoint().call("last").close().checkpoint();
    for (const change of [() => undefined, () => flip(writer.log.segments[5]?.bytes)]) {
      change();
      for (const strict of [false, true]) {
        const trail = { logs: [writer.log] };
        expect(await parallel(trail, { strict })).toEqual(await oneByOne(trail, { strict }));
      }
    }
    expect((await oneByOne({ logs: [writer.log] })).verdict).toBe("tampered");
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
    for (const wrong of [{ workers: 0 }, { windowBytes: 0 }]) {
      await expect(verifyTrailParallel(sourceOf(trail), { ...options, ...wrong })).rejects.toMatchObject({
        code: "invalid_option",
      });
    }
  });

  test("a thread that fails to start is an error, not a report", async () => {
    const options = { keys: [SIGNER.vkey], worker, argument: "no JSON", workers: 1 };
    await expect(verifyTrailParallel(sourceOf(cleanTrail()), options)).rejects.toThrow("JSON");
  });
});
