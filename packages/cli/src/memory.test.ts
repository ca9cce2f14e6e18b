import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { writeClinic } from "./fixtures/clinic.ts";
import { temporaryFolder } from "./fixtures/run.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";
const LINES = PROOF ? 1_000_000 : 20_000;
/** In ci depth the lines are long, so that holding all of them would not fit either. */
const PADDING = PROOF ? 400 : 12_000;
const HEAP_MB = 64;

const folder = temporaryFolder();

it(
  `decides ${LINES} lines in a heap of ${HEAP_MB} MB`,
  async () => {
    writeClinic(folder);
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${HEAP_MB}`,
        "--conditions",
        "@proclaw/source",
        join(import.meta.dirname, "bin.ts"),
        "decide",
        "--policy",
        "clinic.yaml",
        "--tools",
        "tools.yaml",
      ],
      { cwd: folder, stdio: ["pipe", "pipe", "pipe"] },
    );
    const stderr = text(child.stderr);
    const closed = once(child, "close");
    let answers = 0;
    let allowed = 0;
    const reading = (async () => {
      let rest = "";
      for await (const chunk of child.stdout) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        answers += lines.length;
        for (const line of lines) if (line.startsWith('{"effect":"allow"')) allowed++;
      }
    })();
    const padding = "x".repeat(PADDING);
    const line = (query: string): string =>
      `${JSON.stringify({ tool: "search_drug_info", args: { query: `${query}${padding}` } })}\n`;
    const even = line("aspirin");
    const odd = line("a@b.example");
    for (let i = 0; i < LINES; i++) {
      if (!child.stdin.write(i % 2 === 0 ? even : odd)) await once(child.stdin, "drain");
    }
    child.stdin.end();
    await reading;
    expect(await stderr).toBe("");
    expect(await closed).toEqual([0, null]);
    expect(answers).toBe(LINES);
    expect(allowed).toBe(LINES / 2);
  },
  PROOF ? 600_000 : 120_000,
);
