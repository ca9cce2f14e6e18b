import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openFileSource } from "@proclaw/audit";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { expect, test } from "vitest";

/*
 * Trails of every record version, as a writer of that time left them. A verifier must read them for
 * ever; so a case is added when the record version rises, and none is ever changed: the digest over
 * all files is pinned.
 */

const FROZEN = new URL("../../../packages/verify/frozen/", import.meta.url).pathname;

const TRAILS: Readonly<Record<string, { digest: string; records: number; logs: number; checkpointLogs: number }>> = {
  v1: {
    digest: "18bb6dab9594f14b6a174304aad28420178bbc36760ef572f43af28a1ea62a3c",
    records: 49,
    logs: 3,
    checkpointLogs: 2,
  },
};

function digestOf(folder: string): string {
  const hash = createHash("sha256");
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    hash.update(`${name.replaceAll("\\", "/")}\n`).update(createHash("sha256").update(readFileSync(path)).digest());
  }
  return hash.digest("hex");
}

test("every frozen trail is pinned here", () => {
  expect(readdirSync(FROZEN).filter((name) => statSync(join(FROZEN, name)).isDirectory())).toEqual(Object.keys(TRAILS));
});

test.each(Object.entries(TRAILS))("%s verifies as on its first day", async (name, expected) => {
  const folder = join(FROZEN, name);
  expect(digestOf(folder)).toBe(expected.digest);
  const keys = [readFileSync(join(folder, "keys", "proclaw.vkey"), "utf8").trim()];
  for (const strict of [false, true]) {
    const options = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys, strict };
    const report = await verifyTrail(openFileSource(folder), options);
    expect(report).toMatchObject({ verdict: "intact", level: "L1", records: expected.records, first_bad: null });
    expect(report.findings.filter(({ severity }) => severity === "damage")).toEqual([]);
    expect(report.logs).toHaveLength(expected.logs);
    expect(report.checkpoint_logs).toHaveLength(expected.checkpointLogs);
  }
});
