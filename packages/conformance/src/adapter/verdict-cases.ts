import assert from "node:assert/strict";
import type { Obligation } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import { adapterCase, describe, refused, runs, textIn, withheld } from "./bench.ts";
import type { AdapterKitOptions } from "./options.ts";
import { decisionOf, FAILURE, REASON } from "./parts.ts";
import { allows } from "./timeline.ts";

export function verdictCases(options: AdapterKitOptions): ConformanceCase[] {
  const named = adapterCase.bind(null, options);
  return [
    named("allow: an allowed call runs once, and its output comes back", async (bench) => {
      await runs(bench);
      await runs(bench);
    }),

    named("allow: no tool starts before its decision is durable", async (bench) => {
      const gate = bench.hold("decision");
      const call = runs(bench);
      call.catch(() => {});
      await gate.reached;
      await turns();
      const started = bench.runs.length;
      gate.open();
      await call;
      assert.equal(started, 0, "the tool started while its decision was still being written");
    }),

    ...(options.capabilities.replaceOutput
      ? [
          named("allow: no output comes back before its outcome is durable", async (bench) => {
            const gate = bench.hold("outcome");
            let answered = false;
            const call = runs(bench).finally(() => {
              answered = true;
            });
            call.catch(() => {});
            await gate.reached;
            await turns();
            const early = answered;
            gate.open();
            await call;
            assert.equal(early, false, "the output came back while its outcome was still being written");
          }),
        ]
      : []),

    named("deny: a denied call does not run, and stands in the trail as not executed", async (bench) => {
      await refused(bench, bench.args({ forbidden: true }));
      const [record, ...more] = bench.records.filter(({ kind }) => kind === "decision");
      assert.equal(more.length, 0, "one denied call, one record");
      assert.equal(record?.policy_decision?.effect, "deny");
      assert.equal(record.execution_status, "not_executed");
      assert.equal(record.tool_name, "kit_write");
    }),

    named("deny: the agent is told why, and nothing of the arguments", async (bench) => {
      const message = await refused(bench, bench.args({ forbidden: true, note: "confidential-7391" }));
      assert.ok(message.includes(REASON), `the reason is missing: ${message}`);
      assert.ok(!message.includes("confidential-7391"), "an argument stands in the message");
    }),

    named("deny: a denied call and an allowed one leave each other alone", async (bench) => {
      await refused(bench, bench.args({ forbidden: true }));
      await runs(bench);
      await refused(bench, bench.args({ forbidden: true }));
      await runs(bench);
    }),

    named("deny: a verdict holds for one call, not for the same one again", async (bench) => {
      const args = bench.args();
      await runs(bench, args);
      bench.point.answer = () => decisionOf("deny");
      await refused(bench, { ...args });
      bench.point.answer = () => decisionOf("allow");
      await runs(bench, { ...args });
    }),

    named("deny: an approval that nobody gives", async (bench) => {
      bench.point.answer = () =>
        decisionOf("require_approval", { obligations: [{ type: "approval", rule_id: null, reason: null }] });
      await refused(bench);
      // An obligation counts also where the effect says allow.
      bench.point.answer = () =>
        decisionOf("allow", { obligations: [{ type: "approval", rule_id: null, reason: null }] });
      await refused(bench);
      assert.ok(!bench.records.some(allows), "an allow stands in the trail");
    }),

    ...obligationCases(options),
  ];
}

/** Obligations that the host can discharge are kept; with one that it cannot, the call does not run. */
function obligationCases(options: AdapterKitOptions): ConformanceCase[] {
  const { abort, replaceOutput, executes } = options.capabilities;
  const named = adapterCase.bind(null, options);
  const unsupported = (name: string, ...obligations: readonly unknown[]): ConformanceCase =>
    named(`obligation: ${name}, the call does not run`, async (bench) => {
      bench.point.answer = () => decisionOf("allow", { obligations: obligations as readonly Obligation[] });
      await refused(bench);
      bench.point.answer = () => decisionOf("allow");
      await runs(bench);
    });
  const rateLimit: Obligation = {
    type: "rate_limit",
    rule_id: "kit-rule",
    key: "kit-rule",
    limit: 1,
    per_ms: 3_600_000,
    algorithm: "sliding_window",
  };
  const timeLimit: Obligation = { type: "time_limit", timeout_ms: 50 };
  const output: Obligation = { type: "output", max_bytes: 1 };
  return [
    unsupported("of a type that nobody knows", { type: "kit_unknown" }),
    unsupported("a known one beside one of a type that nobody knows", rateLimit, { type: "kit_unknown" }),
    unsupported("a sandbox profile that nobody knows", { type: "sandbox", profile: "kit-unknown" }),

    named("obligation: a call beyond its rate limit does not run", async (bench) => {
      bench.point.answer = () => decisionOf("allow", { obligations: [rateLimit] });
      await runs(bench);
      await refused(bench);
      bench.point.answer = () => decisionOf("allow");
      await runs(bench);
    }),

    abort || executes === "guard"
      ? named("obligation: a tool that hangs is cut off at its time limit", async (bench) => {
          bench.point.answer = () => decisionOf("allow", { obligations: [timeLimit] });
          const args = bench.args();
          const answer = await bench.call("kit_hang", args);
          assert.equal(answer.status, "failed", `a call that was cut off was ${describe(answer)}`);
          const statuses = bench.records
            .filter(({ kind }) => kind === "outcome")
            .map((event) => event.execution_status);
          assert.ok(
            statuses.length === 1 && (statuses[0] === "timeout" || statuses[0] === "killed"),
            `the trail says ${statuses.join()} of a call that was cut off`,
          );
          bench.point.answer = () => decisionOf("allow");
          await runs(bench);
        })
      : unsupported("a time limit that this host cannot keep", timeLimit),

    replaceOutput
      ? named("obligation: an output larger than allowed is withheld", async (bench) => {
          bench.point.answer = () => decisionOf("allow", { obligations: [output] });
          const args = bench.args();
          const answer = await bench.call("kit_write", args);
          withheld(answer, args.id);
          assert.equal(bench.runsWith(args).length, 1);
          const failed = await bench.call("kit_fail", bench.args());
          assert.ok(!textIn(failed).includes(FAILURE), "an error passed that says more than an output may");
        })
      : unsupported("a limit of the output that this host cannot keep", output),
  ];
}

/** Gives whatever is ready to go on the chance to do so. */
async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
