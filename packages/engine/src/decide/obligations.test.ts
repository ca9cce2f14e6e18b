import type { JsonValue, ToolCatalogue } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { ask, planOf } from "../fixtures/support.ts";
import type { RuleDocument } from "../policy.ts";

const limit = (name: string, by?: "agent" | "session" | "principal" | "tool"): RuleDocument => ({
  name,
  tool: "t",
  rate_limit: { limit: 2, per: "1s", ...(by === undefined ? {} : { by }) },
});

const keyed = (rule: string, ...more: readonly (string | null)[]): JsonValue => ({
  type: "rate_limit",
  rule_id: rule,
  key: JSON.stringify([rule, ...more]),
  limit: 2,
  per_ms: 1000,
  algorithm: "token_bucket",
});

function obligations(rules: readonly RuleDocument[], context = {}, tools?: ToolCatalogue): unknown {
  return ask(planOf({ rules }, tools), "t", {}, { context }).obligations;
}

describe("limits", () => {
  test("a granting rule without limit adds none", () => {
    const plain: RuleDocument = { name: "plain", tool: "t" };
    const asking: RuleDocument = { name: "ask", tool: "t", effect: "require_approval" };
    const limited: RuleDocument = { ...limit("b"), effect: "require_approval" };
    expect(obligations([plain, limit("a")])).toEqual([keyed("a")]);
    expect(obligations([limit("a"), plain])).toEqual([keyed("a")]);
    expect(obligations([asking, limited])).toEqual([
      { type: "approval", rule_id: "ask", reason: null },
      { type: "approval", rule_id: "b", reason: null },
      keyed("b"),
    ]);
    expect(obligations([plain])).toEqual([]);
    expect(obligations([asking, limit("z"), limit("a")])).toEqual([
      { type: "approval", rule_id: "ask", reason: null },
      keyed("a"),
      keyed("z"),
    ]);
  });

  test.each<["agent" | "session" | "principal" | "tool", string]>([
    ["agent", "an agent"],
    ["session", "a session"],
    ["principal", "somebody"],
    ["tool", "t"],
  ])("by %s", (by, name) => {
    const context = { agent_id: "an agent", session_id: "a session", principal: { sub: "somebody" } };
    expect(obligations([limit("a", by)], context)).toEqual([keyed("a", by, name)]);
    expect(obligations([limit("a", by)])).toEqual([keyed("a", by, by === "tool" ? "t" : null)]);
  });
});

describe("what the tool asks for", () => {
  test.each<[what: string, tool: ToolCatalogue[string], wanted: unknown]>([
    ["bytes alone", { output: { max_bytes: 5 } }, { type: "output", max_bytes: 5 }],
    ["fields alone", { output: { keep_fields: ["a"] } }, { type: "output", keep_fields: ["a"] }],
    ["both", { output: { max_bytes: 0, keep_fields: [] } }, { type: "output", max_bytes: 0, keep_fields: [] }],
    ["a time limit", { timeout: "2s" }, { type: "time_limit", timeout_ms: 2000 }],
    ["a sandbox", { sandbox: "strict" }, { type: "sandbox", profile: "strict" }],
    [
      "somebody's eyes",
      { reversible: false },
      { type: "approval", rule_id: null, reason: "the tool's effect cannot be undone" },
    ],
  ])("%s", (_, tool, wanted) => {
    expect(obligations([{ name: "r", tool: "t" }], {}, { t: tool })).toEqual([wanted]);
  });

  test("nothing, for a tool of which nothing is asked", () => {
    expect(obligations([{ name: "r", tool: "t" }], {}, { t: { network: "none" } })).toEqual([]);
  });
});
