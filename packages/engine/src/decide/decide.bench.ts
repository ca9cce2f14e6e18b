/*
 * p50 of one decision at 10 to 10 000 rules, in the two shapes of the goals: one rule a tool, and all
 * rules on 16 tools. One rule in ten denies, one tool in ten is a glob, half of the calls are allowed.
 * From the root: `node --conditions @proclaw/source packages/engine/src/decide/decide.bench.ts`
 */
import type { CallContext, ToolCall } from "@proclaw/core";
import { findDataClasses } from "@proclaw/redact";
import { compile } from "../compile/compile.ts";
import { loadPlan } from "../plan/load.ts";
import type { PolicyDocument } from "../policy.ts";
import { decide } from "./decide.ts";

function policyOf(count: number, tools: number): PolicyDocument {
  return {
    rules: Array.from({ length: count }, (_, i) => ({
      name: `rule ${i}`,
      tool: toolOf(i, tools, "*"),
      effect: i % 10 === 4 ? "deny" : "allow",
      roles: [`r${i % 4}`, `r${(i + 1) % 4}`],
      constraints: { zone: `zone-${Math.floor(i / tools)}`, id: { regex: "[a-z]+-[0-9]{2,6}", search: false } },
    })),
  };
}

function toolOf(i: number, tools: number, star: string): string {
  const slot = i % tools;
  return slot % 10 === 9 ? `fs${slot}.${star}` : `tool${slot}`;
}

function callsOf(count: number, tools: number): { readonly call: ToolCall; readonly context: CallContext }[] {
  return Array.from({ length: 1024 }, (_, k) => {
    const i = (k * 7919) % count;
    const wrong = k % 9;
    const zone = wrong === 2 ? "elsewhere" : `zone-${Math.floor(i / tools)}`;
    return {
      call: {
        tool: toolOf(i, tools, "read") + (wrong === 1 ? "x" : ""),
        args: { zone, id: wrong === 3 ? "No-1" : `item-${100 + k}` },
      },
      context: { agent_id: "a", principal: { sub: "s", roles: wrong === 4 ? ["guest"] : [`r${i % 4}`] } },
    };
  });
}

/** Mean microseconds of one call in a batch: the median batch, and the quietest one, which other load disturbs least. */
function measure(run: (k: number) => void): { readonly p50: number; readonly quietest: number } {
  for (let k = 0; k < 100_000; k++) run(k);
  const means: number[] = [];
  for (let batch = 0; batch < 200; batch++) {
    const start = process.hrtime.bigint();
    for (let k = 0; k < 1024; k++) run(k);
    means.push(Number(process.hrtime.bigint() - start) / 1024 / 1000);
  }
  means.sort((a, b) => a - b);
  return { p50: means[100] as number, quietest: means[0] as number };
}

let sink = 0;
console.log(
  "shape          rules   decide p50 µs   quietest µs   data classes, quietest µs   allowed   compile ms   load ms",
);
for (const [shape, toolsOf] of [
  ["one a tool", (count: number) => count],
  ["on 16 tools", () => 16],
] as const) {
  for (const count of [10, 100, 1000, 10_000]) {
    const tools = toolsOf(count);
    const document = policyOf(count, tools);
    const compiling = performance.now();
    const compiled = compile(document);
    const compileMs = performance.now() - compiling;
    if (!compiled.ok) throw new Error(compiled.diagnostics[0]?.message);
    const data: unknown = JSON.parse(JSON.stringify(compiled.plan));
    const loading = performance.now();
    const plan = loadPlan(data);
    const loadMs = performance.now() - loading;
    const calls = callsOf(count, tools);
    const facts = {};
    let allowed = 0;
    for (const { call, context } of calls) if (decide(plan, call, context, facts, 0).effect === "allow") allowed++;
    const whole = measure((k) => {
      const { call, context } = calls[k & 1023] as (typeof calls)[number];
      if (decide(plan, call, context, facts, 0).effect === "allow") sink++;
    });
    const classes = measure((k) => {
      sink += findDataClasses((calls[k & 1023] as (typeof calls)[number]).call.args).length;
    });
    const cells = [
      shape.padEnd(12),
      String(count).padStart(7),
      whole.p50.toFixed(2).padStart(15),
      whole.quietest.toFixed(2).padStart(13),
      classes.quietest.toFixed(2).padStart(27),
    ];
    console.log(
      [
        ...cells,
        `${Math.round((allowed / 1024) * 100)} %`.padStart(9),
        compileMs.toFixed(1).padStart(12),
        loadMs.toFixed(1).padStart(9),
      ].join(" "),
    );
  }
}
if (sink < 0) throw new Error("unreachable");
