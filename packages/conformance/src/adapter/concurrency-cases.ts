import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConformanceCase } from "../case.ts";
import { adapterCase, describe, textIn } from "./bench.ts";
import type { AdapterBench } from "./bench.ts";
import type { AdapterKitOptions } from "./options.ts";
import { outputOf } from "./parts.ts";

/** Several calls at a time, and several callers. */
export function concurrencyCases(options: AdapterKitOptions): ConformanceCase[] {
  const named = adapterCase.bind(null, options);
  return [
    named("at once: calls do not mix, whatever the order in which their decisions become durable", async (bench) => {
      backwards(bench, 6);
      const calls = Array.from({ length: 6 }, (_, i) => bench.args(i % 3 === 2 ? { forbidden: true } : {}));
      const answers = await Promise.all(calls.map((args) => bench.call("kit_write", args)));
      for (const [i, args] of calls.entries()) {
        const answer = answers[i];
        assert.ok(answer);
        const allowed = args["forbidden"] !== true;
        assert.equal(bench.runsWith(args).length, allowed ? 1 : 0);
        assert.equal(answer.status, allowed ? "returned" : "refused", describe(answer));
        if (answer.status === "returned")
          assert.ok(textIn(answer.output).includes(outputOf(args.id)), "another's output");
      }
    }),

    named("at once: the same call several times is decided, run and recorded as often", async (bench) => {
      const args = bench.args();
      const answers = await Promise.all([1, 2, 3].map(() => bench.call("kit_write", { ...args })));
      assert.deepEqual(
        answers.map(({ status }) => status),
        ["returned", "returned", "returned"],
      );
      assert.equal(bench.runsWith(args).length, 3);
      assert.equal(new Set(bench.records.map(({ call_id }) => call_id)).size, 3, "three calls, three ids");
    }),

    named("trail: every run of a mixed series has its decision before and its outcome after", async (bench) => {
      for (let round = 0; round < 3; round++) {
        await Promise.all([
          bench.call("kit_write", bench.args()),
          bench.call("kit_write", bench.args({ forbidden: true })),
          bench.call("kit_fail", bench.args()),
          bench.call("kit_write", bench.args()),
        ]);
      }
      await bench.close();
      // One decision for each call, one outcome for each run; what more an adapter records is its own.
      const count = (kind: string): number => bench.records.filter((event) => event.kind === kind).length;
      assert.equal(bench.runs.length, 9);
      assert.equal(count("outcome"), 9);
      assert.ok(count("decision") >= 12);
    }),

    ...(options.capabilities.identity ? identityCases(options) : [unknownCallerCase(options)]),
  ];
}

function identityCases(options: AdapterKitOptions): ConformanceCase[] {
  const named = adapterCase.bind(null, options);
  return [
    named("identity: each call is decided and recorded for whoever makes it", async (bench) => {
      backwards(bench, 3);
      const callers = ["ada", "bob", undefined];
      const calls = callers.map((caller) => ({ caller, args: bench.args() }));
      await Promise.all(
        calls.map(({ caller, args }) => bench.call("kit_write", args, caller === undefined ? {} : { caller })),
      );
      for (const { caller, args } of calls) {
        const asked = bench.point.asked.find(({ request }) => request.call.args["id"] === args.id);
        isCaller(asked?.request.context.principal?.sub, caller);
        const id = asked?.request.call.call_id;
        for (const record of bench.records.filter(({ call_id }) => call_id === id)) {
          isCaller(record.principal?.sub ?? undefined, caller);
        }
      }
    }),

    named("identity: arguments do not say who makes the call", async (bench) => {
      const args = bench.args({ principal: { sub: "root" }, caller: "root", context: { principal: { sub: "root" } } });
      await bench.call("kit_write", args, { caller: "ada" });
      isCaller(bench.point.asked[0]?.request.context.principal?.sub, "ada");
    }),
  ];
}

function unknownCallerCase(options: AdapterKitOptions): ConformanceCase {
  return adapterCase(options, "identity: a host that knows no caller claims none", async (bench) => {
    await bench.call("kit_write", bench.args({ principal: { sub: "root" } }), { caller: "ada" });
    isCaller(bench.point.asked[0]?.request.context.principal?.sub, undefined);
  });
}

function isCaller(sub: string | undefined, caller: string | undefined): void {
  if (caller === undefined) assert.equal(sub, undefined, "a call of nobody was made in somebody's name");
  else assert.ok(sub?.includes(caller), `a call of \`${caller}\` was made in the name of \`${sub}\``);
}

/** Lets the first `count` decisions become durable in the wrong order; a host that runs one call at a time gets on, too. */
function backwards(bench: AdapterBench, count: number): void {
  const waiting: (() => void)[] = [];
  bench.trail.before = async ({ kind }) => {
    if (kind !== "decision" || waiting.length >= count) return;
    const turn = Promise.withResolvers<void>();
    waiting.push(turn.resolve);
    if (waiting.length === count) for (const resolve of waiting.toReversed()) resolve();
    await Promise.race([turn.promise, sleep(bench.patienceMs / 10)]);
  };
}
