import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LogWriter, writeTrailFolder } from "@proclaw/conformance/tamper";
import type { AuditTrail } from "@proclaw/core";
import { isLogId, parseVerifierKey } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { describe, expect, it } from "vitest";
import { decision, outcome } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { recordsOf, verify } from "./fixtures/verified.ts";
import { noteSigner } from "./note-signer.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { openTrail } from "./trail.ts";
import type { TrailOptions } from "./trail-options.ts";

/** A folder that an honest process writes, and a thief who has its files and not its key. */
async function scene() {
  const dir = await scratchFolder();
  const signer = memorySigner();
  const source = openFileSource(dir);
  const errors: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (text: string) => void errors.push(text) };
  const open = (options: Partial<TrailOptions> = {}): Promise<AuditTrail> =>
    openTrail({ store: createFileStore(dir), signer, logger, heartbeatMs: 0, ...options });
  const run = async (calls: number): Promise<void> => {
    const trail = await open();
    for (let i = 0; i < calls; i++) {
      await trail.append(decision(`call ${i}`, "allow", i === 1 ? "chart of 4711" : "harmless"));
      await trail.append(outcome(`call ${i}`));
    }
    await trail.close();
  };
  const newest = async (): Promise<string> => (await source.logs()).filter(isLogId).sort().at(-1) ?? "";
  const report = () => verify(source, signer);
  return { dir, signer, source, errors, open, run, newest, report };
}

/** Rewrites a log as its thief wants it, with a chain that is whole. */
async function rewrite(dir: string, log: string, change: (line: string) => string | null): Promise<void> {
  const segment = join(dir, "logs", log, "segments", "0000000000000000.jsonl");
  let prev: string | null = null;
  const lines: string[] = [];
  for (const line of (await readFile(segment, "utf8")).trimEnd().split("\n")) {
    const changed = change(line);
    if (changed === null) continue;
    const text: string = changed
      .replace(/"prev":(?:null|"[0-9a-f]{64}")/, `"prev":${prev === null ? "null" : `"${prev}"`}`)
      .replace(/"seq":[0-9]+/, `"seq":${lines.length}`);
    prev = createHash("sha256")
      .update(Buffer.from([0]))
      .update(text)
      .digest("hex");
    lines.push(`${text}\n`);
  }
  await writeFile(segment, lines.join(""));
}

const anotherChart = (line: string): string => line.replace("chart of 4711", "chart of 0815");
const withoutClose = (line: string): string | null => (line.includes('"kind":"log.close"') ? null : anotherChart(line));

/** Takes notes away: all, or all but the first one. */
async function dropNotes(dir: string, log: string, keepFirst: boolean): Promise<void> {
  const notes = join(dir, "logs", log, "checkpoints");
  for (const name of await readdir(notes)) if (!keepFirst || !name.endsWith("01.note")) await rm(join(notes, name));
}

const dropBindings = (dir: string): Promise<void> => rm(join(dir, "checkpoints"), { recursive: true });

describe("a log that a thief without the key rewrote before the next process starts", () => {
  it.each([
    ["opened again", withoutClose],
    ["left closed", anotherChart],
  ])("is not signed without its checkpoints: %s", async (_how, change) => {
    const { dir, run, newest, report, errors } = await scene();
    await run(3);
    await run(3);
    expect(await report()).toMatchObject({ level: "L1", finding_counts: { notice: 0 } });
    const log = await newest();
    await rewrite(dir, log, change);
    await dropNotes(dir, log, false);
    await dropBindings(dir);
    // Also not by the one after the next, who finds it closed.
    for (let restart = 0; restart < 2; restart++) {
      await run(1);
      expect(errors.at(-1)).toContain(`log \`${log}\`: its end is closed but neither signed nor bound`);
      expect(await readdir(join(dir, "logs", log, "checkpoints"))).toEqual([]);
      const found = await report();
      expect(found.level).not.toBe("L1");
      expect(found.kind_counts).toMatchObject({ unsigned_close: 1 });
    }
  });

  it("is signed on from its first checkpoint, with a notice that names what stands after it", async () => {
    const { dir, run, newest, report } = await scene();
    await run(3);
    const log = await newest();
    await rewrite(dir, log, withoutClose);
    await dropNotes(dir, log, true);
    await dropBindings(dir);
    await run(1);
    const found = await report();
    expect(found).toMatchObject({ verdict: "intact", level: "L1", kind_counts: { signed_after_death: 1 } });
    expect(found.findings).toMatchObject([{ kind: "signed_after_death", log, seq: 1 }]);
  });

  it("is not signed further than its first checkpoint if it was left closed", async () => {
    const { dir, run, newest, report } = await scene();
    await run(3);
    const log = await newest();
    await rewrite(dir, log, anotherChart);
    await dropNotes(dir, log, true);
    await dropBindings(dir);
    await run(1);
    expect(await report()).toMatchObject({ verdict: "intact", kind_counts: { uncovered_tail: 1 } });
    expect(await readdir(join(dir, "logs", log, "checkpoints"))).toEqual(["0000000000000001.note"]);
  });

  it("is not signed if it declares itself more under its checkpoint than is", async () => {
    const { dir, run, newest, report } = await scene();
    await run(3);
    const log = await newest();
    let lie = "";
    await rewrite(dir, log, (line) => {
      if (!line.includes('"kind":"log.close"')) return anotherChart(line);
      lie = line.replace('"reason":"closed"', '"reason":"writer_dead"');
      return line
        .replace('"kind":"log.close"', '"kind":"recovery"')
        .replace('{"reason":"closed"}', '{"cause":"writer_dead","signed_size":7}');
    });
    const segment = join(dir, "logs", log, "segments", "0000000000000000.jsonl");
    await writeFile(segment, `${await readFile(segment, "utf8")}${lie}\n`);
    let seq = 0;
    await rewrite(dir, log, (line) => (seq++, line));
    expect(seq).toBe(9);
    await dropNotes(dir, log, true);
    await dropBindings(dir);
    await run(1);
    expect(await report()).toMatchObject({ verdict: "intact", kind_counts: { uncovered_tail: 1 } });
    expect(await readdir(join(dir, "logs", log, "checkpoints"))).toEqual(["0000000000000001.note"]);
  });

  it.each([true, false])(
    "is left as it is while a log of checkpoints contradicts it (first note kept: %s)",
    async (keep) => {
      const { dir, run, newest, report, errors } = await scene();
      await run(3);
      const log = await newest();
      // As long as before, so that only its root tells.
      await rewrite(dir, log, (line) =>
        anotherChart(line).replace('"kind":"log.close"', '"kind":"heartbeat"').replace('{"reason":"closed"}', "null"),
      );
      await dropNotes(dir, log, keep);
      const before = await readFile(join(dir, "logs", log, "segments", "0000000000000000.jsonl"), "utf8");
      await run(1);
      expect(errors.join("\n")).toContain(`log \`${log}\` is left as it is`);
      expect(await readFile(join(dir, "logs", log, "segments", "0000000000000000.jsonl"), "utf8")).toBe(before);
      expect(await readdir(join(dir, "logs", log, "checkpoints"))).toHaveLength(keep ? 1 : 0);
      expect(await report()).toMatchObject({ verdict: "tampered", first_bad: { kind: "bound_root_mismatch" } });
    },
  );
});

it("a log that a thief made with the public key is neither signed nor bound", async () => {
  const { dir, signer, run, report, source, errors } = await scene();
  await run(1);
  const { vkey } = noteSigner(signer, 1000);
  const mute = {
    key: parseVerifierKey(nodeHasher, vkey),
    vkey,
    sign: (): never => {
      throw new Error("no key");
    },
  };
  const fake = new LogWriter({ n: 1, signer: mute });
  fake.call("a transfer of a million");
  await writeTrailFolder(dir, { logs: [fake.log] });
  await run(1);
  const planted = (await source.logs()).filter(isLogId).sort()[0] ?? "";
  expect((await recordsOf(source, planted)).at(-1)?.kind).toBe("log.close");
  expect(errors.join("\n")).toContain(planted);
  expect(await readdir(join(dir, "logs", planted, "checkpoints"))).toEqual([]);
  const found = await report();
  expect(found.level).not.toBe("L1");
  expect(found.kind_counts).toMatchObject({ unsigned_close: 1, unbound_log: 1 });
});

describe("a log of checkpoints that a running writer has in use", () => {
  it.each([
    ["is gone", dropBindings],
    [
      "is cut together with its notes",
      async (dir: string) => {
        const [id = ""] = await readdir(join(dir, "checkpoints"));
        const folder = join(dir, "checkpoints", id);
        const segment = join(folder, "segments", "0000000000000000.jsonl");
        const [first = "", second = ""] = (await readFile(segment, "utf8")).split("\n");
        await writeFile(segment, `${first}\n${second}\n`);
        for (const note of await readdir(join(folder, "checkpoints"))) {
          if (!note.endsWith("02.note")) await rm(join(folder, "checkpoints", note));
        }
      },
    ],
  ])("is not begun anew when it %s, and the trail says so", async (_how, harm) => {
    const { dir, run, open, report, errors, source } = await scene();
    await run(1);
    const trail = await open({ bindMs: 1, checkpointEvery: { records: 1, ms: 5 } });
    const { log } = await trail.append(decision("before", "deny"));
    const name = (await source.logs()).find((one) => !isLogId(one)) ?? "";
    const bindsOwn = async (): Promise<boolean> =>
      (await recordsOf(source, name)).filter(({ body }) => body?.["log"] === log).length > 1;
    let calls = 0;
    await eventually(async () => {
      await trail.append(decision(`call ${calls++}`, "deny"));
      return await bindsOwn();
    });
    await harm(dir);
    await eventually(async () => {
      await trail.append(decision(`call ${calls++}`, "deny"));
      return errors.length > 0;
    });
    await trail.append(decision("after", "deny"));
    await trail.close();
    expect(errors).toEqual([expect.stringContaining("nothing more is bound by this process")]);
    const said = (await recordsOf(source, log)).filter(({ kind }) => kind === "recovery");
    expect(said.map(({ body }) => body)).toEqual([{ cause: "checkpoint_log_lost", log: name }]);
    expect((await recordsOf(source, name)).length).toBeLessThan(3);
    expect((await report()).kind_counts).toMatchObject({ checkpoint_log_lost: 1 });
  });
});
