import { expect, it } from "vitest";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { randomSource, times } from "./fixtures/depth.ts";
import { decision, outcome } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import type { Fault, Operation } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { expectIntact, recordsOf } from "./fixtures/verified.ts";
import { openTrail } from "./trail.ts";

const CODES = ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EINTR"];

/** Faults at random: most of them short, some lasting, until there were enough. */
function randomFaults(random: () => number): (operation: Operation) => Fault | null {
  let lasting: { operation: Operation; left: number; code: string } | null = null;
  let budget = 30;
  return (operation) => {
    if (lasting !== null && lasting.operation === operation && lasting.left-- > 0) return { code: lasting.code };
    if (budget === 0 || random() > 0.03) return null;
    budget--;
    const code = CODES[Math.floor(random() * CODES.length)] ?? "EIO";
    if (random() < 0.2) lasting = { operation, left: 3, code };
    if (operation === "write" && random() < 0.5) return { shortWrite: Math.floor(random() * 900) };
    if (random() < 0.2) return { until: new Promise((resolve) => setTimeout(resolve, 5)) };
    return { code };
  };
}

/** Many callers on a disk that fails at random: what they were told is what the trail says. */
async function storm(seed: number): Promise<void> {
  const random = randomSource(seed);
  const dir = await scratchFolder();
  const disk = new FaultyFileSystem();
  const signer = memorySigner();
  const store = createFileStore(dir, { fileSystem: disk, segmentBytes: 20_000 });
  const trail = await openTrail({
    store,
    signer,
    heartbeatMs: 3,
    checkpointEvery: { records: 20, ms: 5 },
    retry: { firstMs: 1, lastMs: 10 },
  });
  disk.fault = randomFaults(random);

  const durable = new Set<string>();
  const rejected = new Set<string>();
  await Promise.all(
    Array.from({ length: 8 }, async (_, caller) => {
      for (let i = 0; i < 15; i++) {
        await eventually(() => trail.state === "ready");
        const call = `${caller} ${i}`;
        try {
          durable.add((await trail.append(decision(call, "allow", "x".repeat(random() * 3000)))).event_id);
        } catch {
          rejected.add(call);
          continue;
        }
        await trail.append(outcome(call)).then(
          ({ event_id }) => durable.add(event_id),
          () => null,
        );
      }
    }),
  );
  disk.fault = () => null;
  await eventually(() => trail.state === "ready");
  await trail.close();

  const source = openFileSource(dir);
  const report = await expectIntact(source, signer);
  expect(report.findings.filter(({ kind }) => kind === "open_decision")).toEqual([]);
  const records = await recordsOf(source);
  const ids = new Set(records.map(({ event_id }) => event_id));
  expect([...durable].filter((id) => !ids.has(id))).toEqual([]);
  const settled = new Map(records.map(({ body, execution_status }) => [body?.["decision"], execution_status]));
  for (const { kind, call_id, event_id } of records) {
    if (kind !== "decision" || call_id === null) continue;
    // Found durable though its caller was told otherwise: the trail says that nothing ran.
    if (rejected.has(call_id)) expect([call_id, settled.get(event_id)]).toEqual([call_id, "not_executed"]);
    else expect(settled.get(event_id)).not.toBe("not_executed");
  }
  await store.close();
}

it.each(Array.from({ length: times(10, 300) }, (_, seed) => ({ seed })))(
  "nothing acknowledged is lost in storm $seed of faults",
  async ({ seed }) => {
    await expect(storm(seed)).resolves.toBeUndefined();
  },
  120_000,
);
