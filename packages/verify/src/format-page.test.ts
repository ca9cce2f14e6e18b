import { readFileSync } from "node:fs";
import { EXECUTION_STATUSES, RECORD_KINDS } from "@proclaw/core";
import { expect, test } from "vitest";
import { sourceOf, uuid, utf8 } from "@proclaw/conformance/tamper";
import { DAMAGE_KINDS, leafHash, LEVELS, NOTICE_KINDS, verifyTrail } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const page = readFileSync(new URL("../../../docs/audit/format.md", import.meta.url), "utf8");

test("docs/audit/format.md names every kind, status and level", () => {
  const missing = [...DAMAGE_KINDS, ...NOTICE_KINDS, ...RECORD_KINDS, ...EXECUTION_STATUSES].filter(
    (name) => !page.includes(`\`${name}\``),
  );
  expect(missing).toEqual([]);
  for (const level of LEVELS) expect(page).toContain(`| ${level} |`);
});

test("the example of docs/audit/format.md verifies, and its leaves are as it says", async () => {
  const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "";
  const [, key] = /Under the vkey `([^`]+)`/.exec(page) ?? [];
  const source = sourceOf({
    logs: [
      {
        id: uuid(1),
        segments: [{ name: "0000000000000000.jsonl", bytes: utf8(block("jsonl")) }],
        notes: [{ name: "0000000000000002.note", note: utf8(block("note")) }],
      },
    ],
  });
  const options = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys: [key ?? ""], strict: true };
  expect(await verifyTrail(source, options)).toMatchObject({
    verdict: "intact",
    level: "L1",
    records: 2,
    findings: [],
  });
  const lines = block("jsonl").trimEnd().split("\n");
  const leaves = lines.map((line) => Buffer.from(leafHash(nodeHasher, utf8(line))).toString("hex"));
  for (const leaf of leaves) expect(page).toContain(`\`${leaf}\``);
});
