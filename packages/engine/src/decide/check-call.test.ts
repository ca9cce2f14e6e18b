import { MAX_CALL_BYTES } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { canonicalArgs, hasValidShape, measure } from "./check-call.ts";

const call = { tool: "t", args: {} };
const LONE = "\ud800";

describe("the shape of a request", () => {
  test.each<[what: string, call: unknown, context: unknown, facts: unknown, now: unknown]>([
    ["the least there can be", call, {}, {}, 0],
    [
      "everything",
      { ...call, call_id: "", parent_call_id: "p" },
      {
        agent_id: "a",
        session_id: "s",
        working_directory: "/w",
        trace_id: "t",
        span_id: "s",
        now: "2026-03-02T12:00:00Z",
        principal: { sub: "p", roles: ["r", ""] },
        variables: { v: 1 },
      },
      { paths: { a: "/a" } },
      -1.5,
    ],
    [
      "members that are undefined",
      { ...call, call_id: undefined },
      { now: undefined, principal: undefined, variables: undefined },
      { paths: undefined },
      0,
    ],
    [
      "objects without prototype",
      Object.assign(Object.create(null) as object, call),
      Object.create(null),
      Object.create(null),
      0,
    ],
    ["the first and last instants", call, {}, {}, 8.64e15],
    ["the first instant", call, {}, {}, -8.64e15],
    ["unknown roles", call, { principal: { sub: undefined, roles: undefined } }, {}, 0],
  ])("%s is valid", (_, givenCall, context, facts, now) => {
    expect(hasValidShape(givenCall, context, facts, now)).toBe(true);
  });

  test.each<[what: string, change: { call?: unknown; context?: unknown; facts?: unknown; now?: unknown }]>([
    ["a time beyond Date", { now: 8.64e15 + 2 }],
    ["a time before Date", { now: -8.64e15 - 2 }],
    ["a time that is infinite", { now: Infinity }],
    ["a time as text", { now: "0" }],
    ["a time as a big integer", { now: 0n }],
    [
      "a call that is an instance",
      {
        call: new (class {
          tool = "t";
          args = {};
        })(),
      },
    ],
    ["arguments that are an instance", { call: { tool: "t", args: new Map() } }],
    ["a call that is a function", { call: Object.assign(() => 1, call) }],
    ["a lone surrogate as call id", { call: { ...call, call_id: LONE } }],
    ["a number as parent call", { call: { ...call, parent_call_id: 5 } }],
    ["null as parent call", { call: { ...call, parent_call_id: null } }],
    ["a number as trace", { context: { trace_id: 5 } }],
    ["a number as span", { context: { span_id: 5 } }],
    ["a number as agent", { context: { agent_id: 5 } }],
    ["a number as session", { context: { session_id: 5 } }],
    ["a number as working directory", { context: { working_directory: 5 } }],
    ["a lone surrogate as agent", { context: { agent_id: LONE } }],
    ["a context's time that is none", { context: { now: "soon" } }],
    ["a context's time that is a number", { context: { now: 5 } }],
    ["a context's time that only reads as one", { context: { now: { toString: () => "2026-03-02T12:00:00Z" } } }],
    ["a context's time that is null", { context: { now: null } }],
    ["a principal that is null", { context: { principal: null } }],
    ["a principal whose name is a number", { context: { principal: { sub: 5 } } }],
    ["roles that are null", { context: { principal: { roles: null } } }],
    ["roles that are an object", { context: { principal: { roles: { length: 0 } } } }],
    ["a role that is none", { context: { principal: { roles: ["r", 5] } } }],
    ["variables that are a list", { context: { variables: [] } }],
    ["variables that are null", { context: { variables: null } }],
    ["paths that are null", { facts: { paths: null } }],
    ["paths that are a list", { facts: { paths: [] } }],
    ["facts that are a list", { facts: [] }],
  ])("%s is not", (_, { call: givenCall = call, context = {}, facts = {}, now = 0 }) => {
    expect(hasValidShape(givenCall, context, facts, now)).toBe(false);
  });
});

describe("measuring the arguments", () => {
  test("the longest string is found, in keys too", () => {
    expect(measure("t", {}).longest).toBe(0);
    expect(measure("t", { a: "abc", b: ["x", { c: "ab" }] }).longest).toBe(3);
    expect(measure("t", { abcde: "abc" }).longest).toBe(5);
    expect(measure("t", { a: ["x", "xxxx", "x"] }).longest).toBe(4);
  });

  test.each<[what: string, tool: string, args: unknown]>([
    ["control characters", "t", { a: "\u0000".repeat(50) }],
    ["a long name", "é".repeat(40), {}],
    ["numbers", "t", { a: [-1.7976931348623157e308, 1e-7, 5e-324, 0] }],
    ["truths and null", "t", { a: [true, false, null], b: null }],
    ["many empty things", "t", { a: [[], [], {}, {}], "": {} }],
    ["many keys", "t", Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, false]))],
  ])("the bound is never below the bytes: %s", (_, tool, args) => {
    const { bytes, problem } = measure(tool, args as never);
    expect(problem).toBeNull();
    expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(tool) + Buffer.byteLength(JSON.stringify(args)));
    // And not so far above that the quick refusal could be wrong.
    expect(bytes).toBeLessThan(32 * (Buffer.byteLength(tool) + Buffer.byteLength(JSON.stringify(args))));
  });

  const sized = (bytes: number): unknown => ({ z: "a".repeat(bytes - 8) });
  test.each<[what: string, tool: string, args: unknown, problem: string | null]>([
    ["a large text and an object behind it", "t", { a: "a".repeat(100_000), b: {} }, null],
    ["exactly the limit", "t", sized(MAX_CALL_BYTES - 1), null],
    ["a byte more", "t", sized(MAX_CALL_BYTES), "argument_too_large"],
    ["the tool's name counts", "tt", sized(MAX_CALL_BYTES - 1), "argument_too_large"],
    ["bytes and not characters", "t", { z: "é".repeat(MAX_CALL_BYTES / 2 - 5) }, null],
    ["bytes of the name", "é".repeat(MAX_CALL_BYTES / 2), {}, "argument_too_large"],
    ["many small values", "t", { z: Array.from({ length: 300_000 }, () => 1) }, null],
    ["too many small values", "t", { z: Array.from({ length: 530_000 }, () => 1) }, "argument_too_large"],
    ["many truths", "t", { z: Array.from({ length: 200_000 }, () => true) }, null],
  ])("%s", (_, tool, args, problem) => {
    expect(measure(tool, args as never).problem).toBe(problem);
  });

  test("of two problems the first is named", () => {
    const big = "a".repeat(MAX_CALL_BYTES + 1);
    expect(measure("t", { a: LONE, b: big }).problem).toBe("invalid_call");
    expect(measure("t", { a: { b: Number.NaN } }).problem).toBe("invalid_call");
    expect(measure("t", { a: [1n, { b: 1 }] } as never).problem).toBe("invalid_call");
    expect(measure("t", { a: [undefined] } as never).problem).toBe("invalid_call");
    expect(measure("t", { a: new Date(0) } as never).problem).toBe("invalid_call");
  });

  test("the walk ends at the first problem", () => {
    const nest = (depth: number, inner: unknown): unknown => {
      let value = inner;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { a: value } : [value];
      return value;
    };
    // Depth is that of the arguments themselves and what they hold: 63 more levels.
    expect(measure("t", { a: nest(63, 1) } as never).problem).toBeNull();
    expect(measure("t", { a: nest(63, 1n) } as never).problem).toBe("invalid_call");
    expect(measure("t", { a: nest(63, {}) } as never).problem).toBe("argument_too_large");
    expect(measure("t", { a: nest(63, { a: Number.NaN }) } as never).problem).toBe("argument_too_large");
    expect(measure("t", { a: [nest(64, 1), Number.NaN] } as never).problem).toBe("argument_too_large");
    expect(measure("t", { a: nest(64, 1), b: Number.NaN } as never).problem).toBe("argument_too_large");
    expect(measure("t", { a: Number.NaN, b: nest(64, 1) } as never).problem).toBe("invalid_call");
  });

  test("inherited members are no arguments", () => {
    const args = Object.create(Object.assign(Object.create(null) as object, { a: "\ud800" })) as never;
    expect(measure("t", args).problem).toBeNull();
  });
});

describe("canonical names", () => {
  const aliases = new Map([
    ["file", "path"],
    ["file_path", "path"],
    ["constructor", "c"],
  ]);

  test("nothing to rename gives the very arguments", () => {
    const args = { path: "a", other: 1 };
    expect(canonicalArgs(args, aliases)).toBe(args);
  });

  test("renames, and keeps the rest", () => {
    expect(canonicalArgs({ other: 1, file: "a" }, aliases)).toEqual({ other: 1, path: "a" });
    expect(canonicalArgs({ constructor: 1 }, aliases)).toEqual({ c: 1 });
  });

  test.each([
    { file: 1, path: 1 },
    { path: 1, file: 1 },
    { file: 1, file_path: 1 },
  ])("%j is ambiguous", (args) => {
    expect(canonicalArgs(args, aliases)).toBeNull();
  });

  test("an inherited name is no argument", () => {
    const args = Object.create(Object.assign(Object.create(null) as object, { file: 1 })) as never;
    expect(canonicalArgs(args, aliases)).toBe(args);
  });
});
