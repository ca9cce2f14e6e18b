import { tamperKit, TAMPER_CASES, TAMPER_NEEDS } from "@proclaw/conformance/tamper";
import { expect, test } from "vitest";
import { verifyTrail } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const node = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
const kit = tamperKit({ verify: (source, given) => verifyTrail(source, { ...node, ...given }) });

test("the kit has cases, each with a name of its own", () => {
  expect(TAMPER_CASES.length).toBeGreaterThanOrEqual(160);
  expect(new Set(TAMPER_CASES.map(({ name }) => name)).size).toBe(TAMPER_CASES.length);
  expect(kit).toHaveLength(2 * (TAMPER_CASES.length + 2));
  expect(new Set(TAMPER_CASES.flatMap(({ needs = [] }) => needs))).toEqual(new Set(TAMPER_NEEDS));
});

test.each(kit)("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});
