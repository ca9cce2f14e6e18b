import { describe, expect, test } from "vitest";
import { judge, NOON, threeWays } from "../fixtures/support.ts";

const T = "true true true";
const F = "false false false";
const E = "error error error";
/** Mistyped, and whatever else is doubtful: false in an allow rule, true in the others. */
const M = "false true true";
/** A negative operator on an absent argument. */
const N = M;

const HERE = { working_directory: "/work" };
const paths = (...list: readonly string[]): { readonly paths: Record<string, string> } => ({
  paths: Object.fromEntries(list.map((path) => [path, path.startsWith("/") ? path : `/work/${path}`])),
});

describe("each family: true, false, mistyped, absent", () => {
  const OPERATORS: readonly (readonly [string, unknown, unknown, unknown, unknown, string])[] = [
    // operator, condition, true for, false for, mistyped for (undefined: nothing is), absent
    ["bare string", "a", "a", "b", 1, F],
    ["bare number", 5, 5.0, 6, "5", F],
    ["bare boolean", true, true, false, "true", F],
    ["bare null", null, null, undefined, 0, F],
    ["bare list", ["a", 1], 1, "b", true, F],
    ["bare pattern", "^[a-z]+$", "abc", "ab1", ["abc"], F],
    ["equals", { equals: { a: [1, null] } }, { a: [1, null] }, { a: [1] }, [1], F],
    ["not a value", { not: "a" }, "b", "a", 1, N],
    ["not a mapping", { not: { gt: 5 } }, 5, 6, "6", N],
    ["not a list", { not: ["a", "b"] }, "c", "a", 1, N],
    ["one_of", { one_of: ["a", 2] }, 2, 3, null, F],
    ["none_of", { none_of: ["a", 2] }, "b", "a", null, N],
    ["regex", { regex: "b+", search: true }, "abbc", "ac", 1, F],
    ["regex, whole", { regex: "b+", search: false }, "bb", "abb", 1, F],
    ["glob", { glob: "/a/**" }, "/a/b/c", "/a", 1, F],
    ["prefix", { prefix: "ab" }, "abc", "bc", 1, F],
    ["suffix", { suffix: "bc" }, "abc", "ab", 1, F],
    ["contains in a string", { contains: "b" }, "abc", "ac", 1, F],
    ["contains in an array", { contains: { k: 1 } }, [{ k: 1 }], [{ k: 2 }], "k", F],
    ["gt", { gt: 1 }, 2, 1, "2", F],
    ["gte", { gte: 1 }, 1, 0, "2", F],
    ["lt", { lt: 1 }, 0, 1, null, F],
    ["lte", { lte: 1 }, 1, 2, [1], F],
    ["length of a string", { length: { max: 2 } }, "😀😀", "abc", 2, F],
    ["length of an array", { length: 2 }, [1, 2], [1], { a: 1, b: 2 }, F],
    ["type", { type: "string" }, "a", 1, undefined, F],
    ["type null", { type: ["null", "object"] }, null, [], undefined, F],
    ["present", { present: true }, null, undefined, undefined, F],
    ["present: false", { present: false }, undefined, 1, undefined, T],
    ["absent", { absent: true }, undefined, null, undefined, T],
    ["absent: false", { absent: false }, "a", undefined, undefined, F],
    ["url", { url: { hosts: ["a.example"] } }, "https://a.example/x", "https://b.example/x", "not a url", F],
    ["cidr", { cidr: "10.0.0.0/8" }, "10.1.2.3", "11.1.2.3", "10.1", F],
    ["email", { email: { domains: ["a.example"] } }, "x@a.example", "x@b.example", "x at a.example", F],
    ["time_of_day", { time_of_day: "22:00-06:00" }, "23:30", "06:00", "25:00", F],
    ["every", { every: "a" }, ["a", "a"], ["a", "b"], "a", F],
    ["some", { some: "a" }, ["a", "b"], ["b"], "a", F],
  ];
  test.each(OPERATORS)("%s", (_, condition, whenTrue, whenFalse, mistyped, absent) => {
    if (whenTrue !== undefined) expect(threeWays(condition, { x: whenTrue as never })).toBe(T);
    if (whenFalse !== undefined) expect(threeWays(condition, { x: whenFalse as never })).toBe(F);
    if (mistyped !== undefined) expect(threeWays(condition, { x: mistyped as never })).toBe(M);
    expect(threeWays(condition, {})).toBe(absent);
  });

  test("path operators", () => {
    const given = { context: HERE, facts: paths("/srv/a.md", "/etc/x", "/work/y", "y") };
    const within = { path: { within: "/srv" } };
    expect(threeWays(within, { x: "/srv/a.md" }, given)).toBe(T);
    expect(threeWays(within, { x: "/etc/x" }, given)).toBe(F);
    expect(threeWays(within, { x: 1 }, given)).toBe(M);
    expect(threeWays(within, {}, given)).toBe(F);
    expect(threeWays({ path: { not_within: ["/srv"] } }, { x: "y" }, given)).toBe(T);
    expect(threeWays({ path: { not_within: ["/srv"] } }, { x: "/srv/a.md" }, given)).toBe(F);
    expect(threeWays({ path: { not_within: ["/srv"] } }, {}, given)).toBe(N);
    expect(threeWays({ path: { extensions: ".md" } }, { x: "/srv/a.md" }, given)).toBe(T);
    expect(threeWays({ path: { extensions: ".md" } }, { x: "/etc/x" }, given)).toBe(F);
  });
});

test("null is a value, not absence", () => {
  expect(threeWays({ present: true }, { x: null })).toBe(T);
  expect(threeWays({ not: "a" }, { x: null })).toBe(M);
  expect(threeWays(null, { x: null })).toBe(T);
  expect(threeWays(null, {})).toBe(F);
});

test("`every` and `some` on an empty array are false everywhere", () => {
  expect(threeWays({ every: "a" }, { x: [] })).toBe(F);
  expect(threeWays({ some: "a" }, { x: [] })).toBe(F);
  expect(threeWays({ every: { not: "a" } }, { x: [] })).toBe(F);
});

test("one mistyped element makes `every` and `some` mistyped", () => {
  for (const x of [["a", 1], ["b", 1], [1]]) {
    expect(threeWays({ every: "a" }, { x })).toBe(M);
    expect(threeWays({ some: "a" }, { x })).toBe(M);
  }
});

test("an unknown caller is nobody to an allow rule and anybody to the others", () => {
  for (const [selector, known, other, unknown] of [
    ["roles", { principal: { roles: ["r"] } }, { principal: { roles: [] } }, { principal: { sub: "s" } }],
    ["agents", { agent_id: "r" }, { agent_id: "s" }, {}],
    ["sessions", { session_id: "r" }, { session_id: "s" }, {}],
    ["principals", { principal: { sub: "r" } }, { principal: { sub: "s" } }, { principal: { roles: [] } }],
  ] as const) {
    for (const [context, expected] of [
      [known, T],
      [other, F],
      [unknown, M],
    ] as const) {
      const rule = { [selector]: ["r"] };
      const found = (["allow", "deny", "require_approval"] as const).map((effect) =>
        judge(effect, rule, {}, { context }),
      );
      expect(`${selector} ${found.join(" ")}`).toBe(`${selector} ${expected}`);
    }
  }
});

describe("errors stay errors", () => {
  test.each([
    ["unknown variable", "${v}", { x: "a" }],
    ["unknown variable in a template", "a${v}", { x: "a" }],
    ["unknown variable under not", { not: "${v}" }, { x: "a" }],
    ["unknown variable in a list", ["a", "${v}"], { x: "a" }],
    ["unknown variable in every", { every: "${v}" }, { x: ["a"] }],
    ["relative path without folder", { path: { within: "/srv" } }, { x: "a" }],
    ["path without fact", { path: { within: "/srv" } }, { x: "/srv/a" }],
    ["path without fact under not", { not: { path: { within: "/srv" } } }, { x: "/srv/a" }],
  ])("%s", (_, condition, args) => {
    expect(threeWays(condition, args)).toBe(E);
  });

  test("a variable that does not fit its declared type", () => {
    const given = { policy: { variables: { v: { type: "string" } } }, context: { variables: { v: 1 } } } as const;
    expect(threeWays("${v}", { x: "a" }, given)).toBe(E);
    expect(threeWays("a${v}", { x: "a" }, { context: { variables: { v: 1 } } })).toBe(E);
  });

  test("a false condition beside it makes the rule false, whatever the order", () => {
    for (const constraints of [
      { x: "${v}", y: "b" },
      { y: "b", x: "${v}" },
    ]) {
      for (const effect of ["allow", "deny", "require_approval"] as const) {
        expect(judge(effect, { constraints }, { x: "a", y: "c" })).toBe("false");
        expect(judge(effect, { constraints }, { x: "a", y: "b" })).toBe("error");
      }
    }
    for (const condition of [
      { equals: "${v}", prefix: "b" },
      { prefix: "b", equals: "${v}" },
    ]) {
      expect(threeWays(condition, { x: "a" })).toBe(F);
    }
  });

  test("so does a window, a caller or a network that is false", () => {
    const constraints = { x: "${v}" };
    for (const effect of ["allow", "deny", "require_approval"] as const) {
      const now = NOON;
      expect(judge(effect, { constraints, time_window: "13:00-14:00" }, { x: "a" }, { now })).toBe("false");
      expect(judge(effect, { constraints, agents: "a" }, { x: "a" }, { context: { agent_id: "b" } })).toBe("false");
      expect(
        judge(
          effect,
          { constraints: { ...constraints, network: "none" } },
          { x: "a" },
          { tools: { t: { network: "external" } } },
        ),
      ).toBe("false");
    }
  });
});

test("absence is judged first, then type, then the operand", () => {
  expect(threeWays("${v}", {})).toBe(F);
  expect(threeWays({ not: "${v}" }, {})).toBe(N);
  const declared = { policy: { variables: { v: { type: "string" } } } } as const;
  expect(threeWays("${v}", { x: 1 }, declared)).toBe(M);
  expect(threeWays("${v}", { x: "a" }, declared)).toBe(E);
  expect(threeWays("a${v}", { x: 1 })).toBe(M);
  expect(threeWays({ one_of: ["a", "${v}"] }, { x: 1 }, declared)).toBe(M);
  expect(threeWays({ one_of: [1, "${v}"] }, { x: 1 }, declared)).toBe(T);
  expect(threeWays({ prefix: "${v}" }, { x: 1 })).toBe(M);
  expect(threeWays({ gt: "${v}" }, { x: "1" })).toBe(M);
  expect(threeWays({ path: { within: "${v}" } }, { x: 1 })).toBe(M);
  expect(threeWays({ glob: "a${v}" }, { x: 1 })).toBe(M);
});

describe("unlisted arguments", () => {
  const rule = { constraints: { a: "1" } };
  test("false in an allow rule, ignored in the others", () => {
    expect(judge("allow", rule, { a: "1", b: 2 })).toBe("false");
    expect(judge("deny", rule, { a: "1", b: 2 })).toBe("true");
    expect(judge("require_approval", rule, { a: "1", b: 2 })).toBe("true");
    expect(judge("allow", rule, { a: "1" })).toBe("true");
  });
  test("unless the rule says so, the argument is harmless, or the rule constrains no argument", () => {
    expect(judge("allow", { ...rule, other_args: "allow" }, { a: "1", b: 2 })).toBe("true");
    expect(judge("allow", rule, { a: "1", b: 2 }, { tools: { t: { harmless_args: ["b"] } } })).toBe("true");
    expect(judge("allow", {}, { b: 2 })).toBe("true");
    expect(judge("allow", { constraints: { time_window: "00:00-24:00" } }, { b: 2 })).toBe("true");
    expect(
      judge("allow", { constraints: { network: "internal" } }, { b: 2 }, { tools: { t: { network: "none" } } }),
    ).toBe("true");
  });
  test("a condition lists what it addresses and everything below, but no sibling", () => {
    const nested = { constraints: { "meta.source": "app" } };
    expect(judge("allow", nested, { meta: { source: "app" } })).toBe("true");
    expect(judge("allow", nested, { meta: { source: "app", other: 1 } })).toBe("false");
    expect(judge("allow", { constraints: { meta: { type: "object" } } }, { meta: { source: "app", other: 1 } })).toBe(
      "true",
    );
    expect(judge("allow", { constraints: { "/l/0": 1 } }, { l: [1] })).toBe("true");
    expect(judge("allow", { constraints: { "/l/0": 1 } }, { l: [1, 2] })).toBe("false");
    expect(
      judge(
        "allow",
        { constraints: { "meta.source": "app", meta: { type: "object" } } },
        { meta: { source: "app", other: 1 } },
      ),
    ).toBe("true");
  });
  test("being unlisted is a false condition like any other", () => {
    expect(judge("allow", { constraints: { a: "${v}" } }, { a: "1", b: 2 })).toBe("false");
  });
});

test("own members only", () => {
  expect(threeWays({ present: true }, JSON.parse('{"y":1}') as never)).toBe(F);
  for (const name of ["constructor", "toString", "__proto__"]) {
    const rule = { constraints: { [`/${name}`]: { present: true } }, other_args: "allow" } as const;
    expect(judge("deny", rule, {})).toBe("false");
    expect(judge("deny", rule, JSON.parse(`{"${name}":1}`) as never)).toBe("true");
  }
  const variable = { constraints: { x: "${constructor}" } };
  expect(judge("allow", variable, { x: "a" }, { context: { variables: {} } })).toBe("error");
});

test("mistyped values inside a negated mapping count against the call", () => {
  // Each operator alone is mistyped or false; the negation may not turn that into an allow.
  expect(threeWays({ not: { gt: 5, prefix: "a" } }, { x: "b" })).toBe("false true true");
  expect(threeWays({ not: { not: { gt: 5 } } }, { x: "b" })).toBe(M);
});
