import type { CallContext, ToolCall } from "@proclaw/core";
import { createDecisionPoint, loadPlan, type PolicyDocument } from "@proclaw/engine";
import { compile } from "@proclaw/engine/compile";
import { interleave, table } from "./measure.ts";
import type { BenchContext, BenchResult } from "./part.ts";

/*
 * The workload of every engine comparison: each rule names a tool (one in ten by a glob), a set of
 * roles, one equality and one pattern; one rule in ten denies; half of the calls are allowed.
 */

interface Spec {
  readonly tool: string;
  readonly deny: boolean;
  readonly roles: readonly string[];
  readonly zone: string;
}

const ROLES = ["r0", "r1", "r2", "r3"];
const PATTERN = "^[a-z]+-[0-9]{2,6}$";

function specs(count: number, tools: number): Spec[] {
  return Array.from({ length: count }, (_, i) => {
    const slot = i % tools;
    return {
      tool: slot % 10 === 9 ? `fs${slot}.*` : `tool${slot}`,
      deny: i % 10 === 4,
      roles: [ROLES[i % 4] ?? "r0", ROLES[(i + 1) % 4] ?? "r1"],
      zone: `zone-${Math.floor(i / tools)}`,
    };
  });
}

function policyOf(rules: readonly Spec[]): PolicyDocument {
  return {
    rules: rules.map((rule, i) => ({
      name: `rule ${i}`,
      tool: rule.tool,
      effect: rule.deny ? ("deny" as const) : ("allow" as const),
      roles: rule.roles,
      constraints: {
        zone: rule.zone,
        id: rule.deny ? { regex: "[a-z]+-[0-9]{2,6}", search: false } : PATTERN,
      },
    })),
  };
}

/** Maps and closures written for this one workload: the limit of what JavaScript can do. */
function handWritten(rules: readonly Spec[]): (call: ToolCall, context: CallContext) => boolean {
  type Check = { deny: boolean; test: (call: ToolCall, context: CallContext) => boolean };
  const exact = new Map<string, Check[]>();
  const byPrefix = new Map<string, Check[]>();
  for (const rule of rules) {
    const roles = new Set(rule.roles);
    const pattern = new RegExp(PATTERN);
    const check: Check = {
      deny: rule.deny,
      test: (call, context) =>
        (context.principal?.roles?.some((role) => roles.has(role)) ?? false) &&
        call.args["zone"] === rule.zone &&
        pattern.test(call.args["id"] as string),
    };
    const [index, key] = rule.tool.endsWith("*") ? [byPrefix, rule.tool.slice(0, -1)] : [exact, rule.tool];
    const list = index.get(key);
    if (list === undefined) index.set(key, [check]);
    else list.push(check);
  }
  const scan = (list: readonly Check[] | undefined, call: ToolCall, context: CallContext, deny: boolean): boolean => {
    if (list !== undefined) for (const check of list) if (check.deny === deny && check.test(call, context)) return true;
    return false;
  };
  return (call, context) => {
    const dot = call.tool.indexOf(".");
    const globbed = dot < 0 ? undefined : byPrefix.get(call.tool.slice(0, dot + 1));
    const named = exact.get(call.tool);
    if (scan(named, call, context, true) || scan(globbed, call, context, true)) return false;
    return scan(named, call, context, false) || scan(globbed, call, context, false);
  };
}

/** Calls aimed at rules; about half of them allowed. */
function callsFor(rules: readonly Spec[]): { call: ToolCall; context: CallContext }[] {
  return Array.from({ length: 1024 }, (_, i) => {
    const rule = rules[(i * 7919) % rules.length];
    if (rule === undefined) throw new Error("no rules");
    const tool = rule.tool.replace("*", "read");
    const wrong = i % 9;
    return {
      call: {
        tool: wrong === 1 ? `${tool}x` : tool,
        args: { zone: wrong === 2 ? "elsewhere" : rule.zone, id: wrong === 3 ? "No-1" : `item-${100 + i}` },
      },
      context: { agent_id: "a", principal: { sub: "s", roles: wrong === 4 ? ["guest"] : [rule.roles[0] ?? ""] } },
    };
  });
}

/** What a reader must know of the comparison. */
const ABOUT =
  "The hand-written candidate knows this one workload: it does nothing but what these rules need. `decide` also " +
  "checks the shape and size of the call, scans the arguments for cards and secrets (about 0.45 µs of each figure), " +
  "and returns a decision with reason and obligations. Both give the same answer for each of the 1 024 calls.\n";

export async function benchDecide(bench: BenchContext): Promise<BenchResult> {
  const parts: string[] = [ABOUT];
  for (const [shape, toolsOf] of [
    ["one rule a tool", (rules: number) => rules],
    ["all rules on 16 tools", () => 16],
  ] as const) {
    for (const count of [10, 100, 1000, 10_000]) {
      bench.say(`${count} rules, ${shape}`);
      const rules = specs(count, toolsOf(count));
      const compileStart = performance.now();
      const compiled = compile(policyOf(rules));
      const compileMs = performance.now() - compileStart;
      if (!compiled.ok) throw new Error(`the workload does not compile: ${JSON.stringify(compiled.diagnostics[0])}`);
      const point = createDecisionPoint(loadPlan(JSON.parse(JSON.stringify(compiled.plan))));
      const byHand = handWritten(rules);
      const calls = callsFor(rules).map(({ call, context }) => ({ call, context, facts: {}, now: 0 }));

      // Candidates that do not answer alike are not compared.
      let allowed = 0;
      for (const request of calls) {
        const ours = point.decide(request).effect === "allow";
        if (ours !== byHand(request.call, request.context))
          throw new Error(`answers differ: ${JSON.stringify(request)}`);
        if (ours) allowed++;
      }

      let sink = 0;
      const measured = await interleave(
        [
          {
            name: "hand-written maps and closures (the limit)",
            run: (n) => {
              for (let i = 0; i < n; i++) {
                const request = calls[i & 1023];
                if (request !== undefined && byHand(request.call, request.context)) sink++;
              }
            },
          },
          {
            name: "@proclaw/engine `decide`",
            run: (n) => {
              for (let i = 0; i < n; i++) {
                const request = calls[i & 1023];
                if (request !== undefined && point.decide(request).effect === "allow") sink++;
              }
            },
          },
        ],
        bench.pick(20_000, 1000),
        bench.pick(21, 3),
      );
      if (sink === 0) throw new Error("nothing was allowed");
      const share = ((100 * allowed) / calls.length).toFixed(0);
      parts.push(
        `### ${count} rules, ${shape}\n\n${table(measured)}\n\n${share} % of the calls are allowed; compiled in ${compileMs.toFixed(0)} ms.\n`,
      );
    }
  }
  return { markdown: parts.join("\n") };
}
