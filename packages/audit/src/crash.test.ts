import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { leafHash } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { expect, it } from "vitest";
import { openFileSigner } from "./file-signer.ts";
import { linesOf } from "./lines.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { randomSource, times } from "./fixtures/depth.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { expectIntact, recordsOf } from "./fixtures/verified.ts";
import { openTrail } from "./trail.ts";

const WRITER = fileURLToPath(new URL("./fixtures/crash-writer.ts", import.meta.url));
const KILLS = times(20, 200);

/** Starts a writer, kills it after so many acknowledgments or milliseconds, and gives what it had acknowledged. */
async function writeAndDie(dir: string, keyFile: string, until: { acks: number } | { ms: number }): Promise<string[]> {
  const child = spawn(process.execPath, ["--conditions", "@proclaw/source", WRITER, dir, keyFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let told = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if ("acks" in until && told.split("\n").length > until.acks) child.kill("SIGKILL");
  });
  if ("ms" in until) setTimeout(() => child.kill("SIGKILL"), until.ms);
  const signal = await new Promise((resolve) => child.on("close", (_code, by) => resolve(by)));
  expect({ signal, errors }).toEqual({ signal: "SIGKILL", errors: "" });
  // A cut last line was not told.
  return told.split("\n").slice(0, -1);
}

/** `<log> <seq> <leaf>` of every record that is really there. */
async function recordsFound(dir: string): Promise<Set<string>> {
  const source = openFileSource(dir);
  const found = new Set<string>();
  for (const log of await source.logs()) {
    let seq = 0;
    for await (const line of linesOf(source.read(log))) {
      found.add(`${log} ${seq++} ${Buffer.from(leafHash(nodeHasher, line)).toString("hex")}`);
    }
  }
  return found;
}

it("two processes on one folder write a log each, and one dies without harm to the other", async () => {
  const dir = join(await scratchFolder(), "trail");
  const keyFile = join(dir, "..", "key.pem");
  const [first, second] = await Promise.all([
    writeAndDie(dir, keyFile, { acks: 100 }),
    writeAndDie(dir, keyFile, { acks: 300 }),
  ]);
  const logs = [first, second].map((acked) => new Set(acked.map((record) => record.split(" ")[0])));
  expect(logs.map(({ size }) => size)).toEqual([1, 1]);
  expect(logs[0]).not.toEqual(logs[1]);
  const signer = await openFileSigner(keyFile);
  await (await openTrail({ store: createFileStore(dir), signer })).close();
  const found = await recordsFound(dir);
  expect([...first, ...second].filter((record) => !found.has(record))).toEqual([]);
  await expectIntact(openFileSource(dir), signer);
}, 60_000);

it(
  `after ${KILLS} kills at random moments every acknowledged record is there, and the trail verifies`,
  async () => {
    const dir = join(await scratchFolder(), "trail");
    const keyFile = join(dir, "..", "key.pem");
    const signer = await openFileSigner(keyFile);
    const random = randomSource(20_260_719);
    const acked: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      // Every fourth dies by the clock, which is mostly while it starts and recovers the one before.
      const until = kill % 4 === 3 ? { ms: 100 + random() * 300 } : { acks: 1 + Math.floor(random() ** 2 * 600) };
      acked.push(...(await writeAndDie(dir, keyFile, until)));
    }
    expect(acked.length).toBeGreaterThan(KILLS);

    const last = await openTrail({ store: createFileStore(dir), signer });
    await last.close();

    const found = await recordsFound(dir);
    expect(acked.filter((record) => !found.has(record))).toEqual([]);
    const source = openFileSource(dir);
    const report = await expectIntact(source, signer);
    expect(report.logs.every(({ closed, covered, records }) => records === 0 || (closed && covered === records))).toBe(
      true,
    );
    expect(report.findings.filter(({ kind }) => kind === "open_decision")).toEqual([]);
    const settled = (await recordsOf(source)).filter(({ kind, call_id }) => kind === "recovery" && call_id !== null);
    expect(settled.every(({ execution_status }) => execution_status === "unknown")).toBe(true);
  },
  KILLS * 5000 + 60_000,
);
