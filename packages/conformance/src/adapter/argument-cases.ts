import assert from "node:assert/strict";
import type { ConformanceCase } from "../case.ts";
import { adapterCase, runs } from "./bench.ts";
import type { AdapterKitOptions } from "./options.ts";

/**
 * Arguments that are large, deep, or no JSON. Each runs exactly as it was decided or does not run
 * (`checkTimeline`), the call gets an answer, and the next one finds everything in order.
 */
export function argumentCases(options: AdapterKitOptions): ConformanceCase[] {
  return Object.entries(STRANGE).map(([what, make]) =>
    adapterCase(options, `arguments: ${what} run exactly as decided, or not at all`, async (bench) => {
      const before = bench.point.asked.length;
      const answer = await bench.call("kit_write", make());
      const [run, ...more] = bench.runs;
      assert.equal(more.length, 0, "one call, one run");
      if (answer.status === "refused") assert.equal(run, undefined, "the call was refused, and ran");
      if (run !== undefined) {
        const decided = bench.point.asked.slice(before).map(({ args }) => args);
        assert.ok(decided.includes(run.args), `ran with arguments that nobody decided: ${run.args.slice(0, 80)}`);
      }
      assert.equal(({} as { readonly polluted?: unknown }).polluted, undefined, "a prototype was polluted");
      await runs(bench);
    }),
  );
}

/** Each value is made anew: cases must not share objects. */
const STRANGE: Readonly<Record<string, () => unknown>> = {
  "1 MiB of text": () => ({ id: "x", text: "t".repeat(1_048_576) }),
  "16 MiB of text": () => ({ id: "x", text: "t".repeat(16_777_216) }),
  "20 000 members": () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, i])),
  "nesting of 60": () => ({ id: "x", deep: nested(60) }),
  "nesting of 5 000": () => ({ id: "x", deep: nested(5_000) }),
  "a member `__proto__`": () => JSON.parse('{"id":"x","__proto__":{"polluted":true,"forbidden":true}}') as unknown,
  "members `constructor` and `toString`": () => ({
    id: "x",
    constructor: { prototype: { polluted: true } },
    toString: 1,
  }),
  "an object without prototype": () => Object.assign(Object.create(null) as object, { id: "x" }),
  "an inherited member": () => Object.assign(Object.create({ forbidden: true }) as object, { id: "x" }),
  "an empty key and keys that are numbers": () => ({ "": 1, 2: "two", 10: "ten", "-1": "minus" }),
  "a lone surrogate": () => ({ id: "x\uD800" }),
  "a lone surrogate in a key": () => ({ id: "x", "\uDC00": 1 }),
  "control characters and NUL": () => ({ id: "x", text: "\u0000\u0007\u001B[2J\u2028\u202E" }),
  "`undefined` as a member": () => ({ id: "x", forbidden: undefined }),
  NaN: () => ({ id: "x", amount: Number.NaN }),
  "an infinite number": () => ({ id: "x", amount: Number.POSITIVE_INFINITY }),
  "a number beyond 2^53": () => ({ id: "x", amount: 2 ** 60 }),
  "a bigint": () => ({ id: "x", amount: 1n }),
  "a function": () => ({ id: "x", run: () => "ran" }),
  "a symbol": () => ({ id: "x", mark: Symbol("kit") }),
  "a Date": () => ({ id: "x", at: new Date(0) }),
  "a Map": () => ({ id: "x", map: new Map([["a", 1]]) }),
  bytes: () => ({ id: "x", bytes: new Uint8Array(8) }),
  "an instance of a class": () => ({ id: "x", it: new URL("https://kit.invalid") }),
  "an object with its own JSON": () => ({ id: "x", toJSON: () => ({ id: "other" }) }),
  "a cycle": () => {
    const args: Record<string, unknown> = { id: "x" };
    args["self"] = args;
    return args;
  },
  "an array with holes": () => ({ id: "x", list: Object.assign([], { length: 3 }) }),
  "a getter that answers differently each time": () => {
    let reads = 0;
    return {
      get id() {
        reads += 1;
        return `read ${reads}`;
      },
    };
  },
  "a getter that throws": () => ({
    get id(): string {
      throw new Error("the kit lets the getter fail");
    },
  }),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({ id: "x" }, {});
    revoke();
    return proxy;
  },
  "a small graph that unfolds into a million": () => {
    let level: unknown[] = [1];
    for (let i = 0; i < 20; i++) level = [level, level];
    return { id: "x", level };
  },
  "an array instead of an object": () => ["x"],
  "a text instead of an object": () => "x",
  "null instead of an object": () => null,
  "nothing instead of an object": () => undefined,
};

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { inner: value };
  return value;
}
