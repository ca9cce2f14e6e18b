import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { writeClinic } from "./fixtures/clinic.ts";
import { temporaryFolder } from "./fixtures/run.ts";

const BIN = join(import.meta.dirname, "bin.ts");
const NODE = ["--conditions", "@proclaw/source", BIN];
const folder = temporaryFolder();

function start(...argv: readonly string[]) {
  return spawn(process.execPath, [...NODE, ...argv], { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
}

async function finish(child: ReturnType<typeof start>) {
  const [[code, signal], out, err] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  return { code: code as number | null, signal: signal as string | null, out, err };
}

describe("the process", () => {
  it("prints help and leaves with 0", async () => {
    const child = start("--help");
    child.stdin.end();
    expect(await finish(child)).toMatchObject({
      code: 0,
      signal: null,
      err: "",
      out: expect.stringMatching(/^Usage: proclaw /),
    });
  });

  it("leaves with 2 and one line for wrong usage", async () => {
    const child = start("lint", "missing.yaml");
    child.stdin.end();
    expect(await finish(child)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/^error: .*\(invalid_policy\)\n$/),
    });
  });

  it("says so when its output cannot be written", async () => {
    // The device that is always full exists on Linux only.
    if (!existsSync("/dev/full")) return;
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [...NODE, "--help"], { stdio: ["ignore", full, "pipe"] });
    const [[code], err] = await Promise.all([once(child, "close"), text(child.stderr as Readable)]);
    closeSync(full);
    expect(code).toBe(2);
    expect(err).toBe("error: cannot write standard output: no space left (invalid_option)\n");
  });

  it("does not wait for an input that it does not read", async () => {
    expect(await finish(start("--version"))).toMatchObject({ code: 0 });
  });
});

describe("a process that is cut short", () => {
  const endless = (child: ReturnType<typeof start>): void => {
    const line = `${JSON.stringify({ tool: "search_drug_info", args: { query: "aspirin" } })}\n`.repeat(1_000);
    const feed = (): void => {
      while (child.stdin.write(line));
      child.stdin.once("drain", feed);
    };
    child.stdin.on("error", () => {});
    feed();
  };

  it("ends quietly when its reader goes away", async () => {
    writeClinic(folder);
    const child = start("decide", "--policy", "clinic.yaml");
    const closed = once(child, "close");
    const err = text(child.stderr);
    endless(child);
    await once(child.stdout, "data");
    child.stdout.destroy();
    expect(await closed).toEqual([141, null]);
    expect(await err).toBe("");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends quietly on %s while it waits for input", async (signal, code) => {
    writeClinic(folder);
    const child = start("decide", "--policy", "clinic.yaml");
    child.stdin.write('{"tool":"search_drug_info","args":{"query":"aspirin"}}\n');
    const closed = once(child, "close");
    const err = text(child.stderr);
    await once(child.stdout, "data");
    child.kill(signal);
    expect(await closed).toEqual([code, null]);
    expect(await err).toBe("");
  });

  it("ends on SIGINT while nobody reads its output", async () => {
    writeClinic(folder);
    const child = start("decide", "--policy", "clinic.yaml");
    const closed = once(child, "close");
    endless(child);
    await once(child.stdout, "readable");
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
  });
});
