import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cleanTrail, SIGNER, sourceOf, textOf } from "@proclaw/conformance/tamper";
import { verifyTrail, type VerifyReport } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

/** Verifies a trail in a vm context that has nothing of Node in it. */
function runWithoutNode(trail: ReturnType<typeof cleanTrail>): { report: VerifyReport; modules: string[] } {
  const input = {
    keys: [SIGNER.vkey],
    logs: trail.logs.map(({ id, segments, notes }) => ({
      id,
      segments: segments.map(({ name, bytes }) => ({ name, text: textOf(bytes) })),
      notes: notes.map(({ name, note }) => ({ name, text: textOf(note) })),
    })),
  };
  const script = fileURLToPath(new URL("./fixtures/browser-run.ts", import.meta.url));
  const run = spawnSync(process.execPath, ["--experimental-vm-modules", "--no-warnings", script], {
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as { report: VerifyReport; modules: string[] };
}

test("the main entry verifies without Node: web globals, a hasher in plain JavaScript, WebCrypto", async () => {
  const { report, modules } = runWithoutNode(cleanTrail());
  const options = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys: [SIGNER.vkey], strict: true };
  expect(report).toEqual(JSON.parse(JSON.stringify(await verifyTrail(sourceOf(cleanTrail()), options))));
  expect(report).toMatchObject({ verdict: "intact", level: "L1", records: 22 });
  expect(modules).toContain("core/src/canonical-json.ts");
  expect(modules).toContain("verify/src/log-chain.ts");
  expect(modules.filter((module) => module.includes("node"))).toEqual([]);

  const tampered = cleanTrail();
  const [segment] = tampered.logs[0]?.segments ?? [];
  if (segment !== undefined) segment.bytes = new TextEncoder().encode(textOf(segment.bytes).replace("naïve", "native"));
  expect(runWithoutNode(tampered).report.first_bad).toMatchObject({ seq: 4, kind: "chain_broken" });
});
