import { describe, expect, test } from "vitest";
import { TAMPERS } from "./fixtures/tampers.ts";
import { cleanTrail, SIGNER, sourceOf } from "./fixtures/trail-builder.ts";
import { verifyTrail } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const node = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };

test("the trail before tampering is clean, in both modes", async () => {
  for (const strict of [false, true]) {
    const report = await verifyTrail(sourceOf(cleanTrail()), { ...node, keys: [SIGNER.vkey], strict });
    expect(report).toMatchObject({ verdict: "intact", level: "L1", findings: [] });
  }
});

test("the table has cases, each with a name of its own", () => {
  expect(TAMPERS.length).toBeGreaterThanOrEqual(90);
  expect(new Set(TAMPERS.map(({ name }) => name)).size).toBe(TAMPERS.length);
});

describe.each([false, true])("strict: %s", (strict) => {
  test.each(TAMPERS)("$name", async ({ edit, kind, strictKind, seq, anchors }) => {
    const trail = cleanTrail();
    edit(trail);
    expect(trail).not.toEqual(cleanTrail());
    const kept = anchors?.(cleanTrail()) ?? [];
    // What only the anchor can see must pass without it, or the case proves nothing about anchors.
    if (kept.length > 0) {
      const without = await verifyTrail(sourceOf(trail), { ...node, keys: [SIGNER.vkey], strict });
      expect(without.first_bad).toBeNull();
    }
    const report = await verifyTrail(sourceOf(trail), { ...node, keys: [SIGNER.vkey], strict, anchors: kept });
    const expected = (strict ? strictKind : undefined) ?? kind;
    if (expected === null) {
      expect(report.verdict).toBe("intact");
      return;
    }
    expect(report).toMatchObject({ verdict: "tampered", level: null });
    expect({ kind: report.first_bad?.kind, seq: report.first_bad?.seq }).toEqual({ kind: expected, seq });
  });
});
