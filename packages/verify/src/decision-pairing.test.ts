import type { AuditRecord } from "@proclaw/core";
import { expect, test } from "vitest";
import { DecisionPairing, MAX_OPEN_DECISIONS, pairingFields, type PairingFields } from "./decision-pairing.ts";
import { decisionEvent, outcomeEvent } from "@proclaw/conformance/tamper";
import { nodeHasher } from "./node.ts";

const at = (seq: number, event: ReturnType<typeof decisionEvent>): PairingFields =>
  pairingFields({ ...event, hash_chain: { seq } } as unknown as AuditRecord);

test("open decisions are bounded: one too many is damage, and a closed one makes room", () => {
  const pairing = new DecisionPairing(nodeHasher);
  for (let i = 0; i < MAX_OPEN_DECISIONS; i++) expect(pairing.take(at(i, decisionEvent(`c${i}`)))).toBeNull();
  expect(pairing.take(at(0, decisionEvent("more")))).toMatchObject({ kind: "too_many_open_decisions" });
  expect(pairing.take(at(0, outcomeEvent("c7")))).toBeNull();
  expect(pairing.take(at(0, decisionEvent("more")))).toBeNull();
  expect(pairing.open()).toHaveLength(MAX_OPEN_DECISIONS);
});

test("call ids of any length and any characters pair, and do not take each other's place", () => {
  const pairing = new DecisionPairing(nodeHasher);
  const ids = [
    "",
    "a",
    "x".repeat(64),
    "x".repeat(65),
    `${"x".repeat(64)}y`,
    "\ud800".repeat(70),
    "sha256:",
    "__proto__",
  ];
  ids.forEach((id, i) => expect(pairing.take(at(i, decisionEvent(id)))).toBeNull());
  expect(pairing.open().map(({ seq }) => seq)).toEqual(ids.map((_, i) => i));
  for (const id of ids) {
    expect(pairing.take(at(9, outcomeEvent(id)))).toBeNull();
    expect(pairing.take(at(9, outcomeEvent(id)))).toMatchObject({ kind: "orphan_outcome" });
  }
  expect(pairing.open()).toEqual([]);
});

test("one call id used again waits for as many outcomes", () => {
  const pairing = new DecisionPairing(nodeHasher);
  pairing.take(at(1, decisionEvent("a")));
  pairing.take(at(2, decisionEvent("a")));
  expect(pairing.take(at(3, outcomeEvent("a")))).toBeNull();
  expect(pairing.open()).toEqual([{ seq: 2, call: "a" }]);
  expect(pairing.take(at(4, outcomeEvent("a", "timeout")))).toBeNull();
  expect(pairing.take(at(5, outcomeEvent("a")))).toMatchObject({ kind: "orphan_outcome" });
});
