import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
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

  it("does not wait for an input that it does not read", async () => {
    expect(await finish(start("--version"))).toMatchObject({ code: 0 });
  });
});
