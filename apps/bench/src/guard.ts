import type { AppendReceipt, AuditTrail, JsonObject } from "@proclaw/core";
import { createDecisionPoint, loadPlan } from "@proclaw/engine";
import { compile } from "@proclaw/engine/compile";
import { createSanitizer } from "@proclaw/redact";
import { createGuard } from "@proclaw/runtime";
import { interleave, table } from "./measure.ts";
import type { BenchContext, BenchResult } from "./part.ts";

/** Takes everything and keeps nothing: what remains is the guard's own cost. */
const FORGETFUL: AuditTrail = {
  specVersion: 0,
  state: "ready",
  append: async (): Promise<AppendReceipt> => RECEIPT,
  close: async () => {},
};
const RECEIPT: AppendReceipt = {
  log: "none",
  seq: 0,
  event_id: "none",
  timestamp: "1970-01-01T00:00:00.000Z",
  leaf: "",
};

/** The guard around a tool that does nothing, without the flush; arguments of about 1 KB. */
export async function benchGuard(bench: BenchContext): Promise<BenchResult> {
  const compiled = compile({
    rules: [{ name: "notes", tool: "note", constraints: { kind: "visit" }, other_args: "allow" }],
  });
  if (!compiled.ok) throw new Error(`the policy does not compile: ${JSON.stringify(compiled.diagnostics[0])}`);
  const guard = createGuard({
    decisionPoint: createDecisionPoint(loadPlan(JSON.parse(JSON.stringify(compiled.plan)))),
    trail: FORGETFUL,
    sanitizer: createSanitizer(),
    context: () => ({ agent_id: "bench", session_id: "s" }),
  });
  const lines = Array.from(
    { length: 12 },
    (_, i) => `line ${i}: ${"the patient slept well and took her tea ".repeat(2)}`,
  );
  const args: JsonObject = { kind: "visit", text: lines, meta: { ward: 7, urgent: false } };
  const tool = async (given: JsonObject): Promise<JsonObject> => ({ length: JSON.stringify(given).length });

  const measured = await interleave(
    [
      {
        name: "the bare tool",
        run: async (n) => {
          for (let i = 0; i < n; i++) await tool(args);
        },
      },
      {
        name: "through `guard.call`, without the flush",
        run: async (n) => {
          for (let i = 0; i < n; i++) await guard.call({ tool: "note", args }, tool);
        },
      },
    ],
    bench.pick(1000, 50),
    bench.pick(21, 3),
  );
  await guard.close();
  const [bare, guarded] = measured;
  const added = (guarded?.p50 ?? Number.NaN) - (bare?.p50 ?? Number.NaN);
  const sentence = `Added by the guard: ${added.toFixed(1)} µs p50 (goal: at most 50) with ${JSON.stringify(args).length} bytes of arguments.`;
  return { markdown: `${table(measured)}\n\n${sentence}` };
}
