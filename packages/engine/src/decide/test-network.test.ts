import { describe, expect, test } from "vitest";
import { ask, planOf, threeWays } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { TestPlan } from "../plan/types.ts";
import type { PreparedPlan } from "./prepare.ts";
import { judgeTest } from "./evaluate.ts";
import { Scope } from "./scope.ts";
import { ERROR, TOO_LARGE } from "./truth.ts";

const HOLDS = "true true true";
const FAILS = "false false false";
const DOUBT = "false true true";
const ERRS = "error error error";
const context = { variables: { v: "a", n: 5 } };

describe("url", () => {
  test.each<[url: unknown, x: unknown, ways: string]>([
    [{ schemes: ["https", "http"] }, "http://a.example", HOLDS],
    [{ schemes: "https" }, "http://a.example", FAILS],
    [{ schemes: ["${nowhere}"] }, "http://a.example", ERRS],
    [{ schemes: ["${nowhere}", "http"] }, "http://a.example", ERRS],
    [{ schemes: "https" }, "https://u@a.example", DOUBT],
    [{ schemes: "https", userinfo: true }, "https://u@a.example", HOLDS],
    [{ schemes: "https" }, "no url", DOUBT],
    [{ schemes: "https" }, ["https://a.example"], DOUBT],
    [{ schemes: "https" }, 5, DOUBT],
    [{ schemes: "foo" }, "foo://%ff/", DOUBT],
    [{ schemes: "mailto" }, "mailto:x@a.example", HOLDS],
    [{ hosts: "a.example" }, "mailto:x@a.example", FAILS],
    [{ zones: ["public", "private"] }, "mailto:x@a.example", FAILS],
    [{ hosts: ["A.example", "b.example"] }, "https://a.EXAMPLE", HOLDS],
    [{ hosts: "*.example" }, "https://a.example", HOLDS],
    [{ hosts: "*.example" }, "https://example", FAILS],
    [{ hosts: "${v}.example" }, "https://a.example", HOLDS],
    [{ hosts: ["a.example", "${nowhere}"] }, "https://a.example", ERRS],
    [{ hosts: ["a.example", "${nowhere}"] }, "https://10.0.0.1", ERRS],
    [{ hosts: "10.0.0.1" }, "https://10.0.0.1", HOLDS],
    [{ hosts: "10.0.0.1" }, "https://0xa000001", HOLDS],
    [{ hosts: "10.0.0.1" }, "https://10.9.9.9", FAILS],
    [{ hosts: "10.0.0.1" }, "https://11.0.0.1", FAILS],
    [{ hosts: "a.example" }, "https://10.0.0.1", FAILS],
    [{ hosts: "fd00::1" }, "https://[fd00::1]/", HOLDS],
    // Four bytes are not the first of sixteen.
    [{ hosts: "253.0.0.0" }, "https://[fd00::]/", FAILS],
    [{ hosts: "fd00::" }, "https://253.0.0.0/", FAILS],
    [{ ports: [443, 8443] }, "https://a.example", HOLDS],
    [{ ports: [443, 8443] }, "https://a.example:8443", HOLDS],
    [{ ports: [443] }, "https://a.example:444", FAILS],
    [{ ports: [443] }, "http://a.example:443", HOLDS],
    [{ ports: [80] }, "http://a.example", HOLDS],
    [{ ports: [80] }, "ws://a.example", HOLDS],
    [{ ports: [443] }, "wss://a.example", HOLDS],
    [{ ports: [21] }, "ftp://a.example", HOLDS],
    [{ ports: [443] }, "foo://a.example", FAILS],
    [{ zones: ["private", "loopback"] }, "http://localhost", HOLDS],
    [{ zones: ["private"] }, "http://localhost", FAILS],
    [{ schemes: "https", hosts: "a.example", ports: 443, zones: "public", paths: "/x" }, "https://a.example/x", HOLDS],
    [{ schemes: "http", hosts: "a.example", ports: 443, zones: "public", paths: "/x" }, "https://a.example/x", FAILS],
    [{ schemes: "https", hosts: "b.example", ports: 443, zones: "public", paths: "/x" }, "https://a.example/x", FAILS],
    [{ schemes: "https", hosts: "a.example", ports: 444, zones: "public", paths: "/x" }, "https://a.example/x", FAILS],
    [{ schemes: "https", hosts: "a.example", ports: 443, zones: "private", paths: "/x" }, "https://a.example/x", FAILS],
    [{ schemes: "https", hosts: "a.example", ports: 443, zones: "public", paths: "/y" }, "https://a.example/x", FAILS],
  ])("%j on %j", (url, x, ways) => {
    expect(threeWays({ url }, { x: x as never }, { context })).toBe(ways);
  });
});

test("a password is userinfo too, where secrets may pass", () => {
  const effect = (url: object, x: string): string => {
    const constraints = { x: { url: { schemes: "https", ...url } } };
    return ask(planOf({ rules: [{ name: "r", tool: "t", data: ["secret"], constraints }] }), "t", { x }).effect;
  };
  expect(effect({}, "https://:p@a.example")).toBe("deny");
  expect(effect({ userinfo: true }, "https://:p@a.example")).toBe("allow");
  expect(effect({ userinfo: true }, "https://u:p@a.example")).toBe("allow");
});

test("only a URL of which the path is asked may be too large", () => {
  expect(threeWays({ url: { hosts: "h" } }, { x: `https://h/${"a".repeat(65_536)}` })).toBe(HOLDS);
});

describe("the path of a URL, as written and as decoded", () => {
  test.each<[paths: readonly string[], x: string, ways: string]>([
    [["/a/**"], "https://h/a/b", HOLDS],
    [["/a/**"], "https://h/b/a", FAILS],
    [["/x", "/a/**"], "https://h/a/b", HOLDS],
    [["/a/${v}"], "https://h/a/a", HOLDS],
    [["/a/${nowhere}"], "https://h/a/a", ERRS],
    [["/a/*", "/a/${nowhere}"], "https://h/a/a", HOLDS],
    [["/a/%ff"], "https://h/a/%ff", DOUBT],
    [["/public/**"], "https://h/public/%2e%2e%2fadmin", DOUBT],
    [["/**"], "https://h/public/%2e%2e%2fadmin", HOLDS],
    [["/other/**"], "https://h/public/%2e%2e%2fadmin", FAILS],
    [["/a%2Fb"], "https://h/a%2Fb", DOUBT],
    [["/a/b"], "https://h/a%2Fb", DOUBT],
    [["/a/b", "/a%2Fb"], "https://h/a%2Fb", HOLDS],
    [["/a%2Fb", "/x/${nowhere}"], "https://h/a%2Fb", ERRS],
    [["/a/b", "/x/${nowhere}"], "https://h/a%2Fb", ERRS],
    // A decoded question mark does not end the path.
    [["/a\\?b", "/a%3Fb"], "https://h/a%3Fb", HOLDS],
    [["/a#b", "/a%23b"], "https://h/a%23b", HOLDS],
    [["a/b", "a%2Fb", "/a/b"], "mailto:a%2Fb", HOLDS],
    [["a/b", "a%2Fb"], "mailto:a%2Fb", DOUBT],
  ])("%j on %s", (paths, x, ways) => {
    expect(threeWays({ url: { paths } }, { x }, { context })).toBe(ways);
  });
});

test.each<[members: readonly string[], x: unknown, ways: string]>([
  [["10.0.0.0/8", "fd00::/8"], "10.1.2.3", HOLDS],
  [["10.0.0.0/8", "fd00::/8"], "fd00::1", HOLDS],
  [["10.0.0.0/8", "fd00::/8"], "11.0.0.1", FAILS],
  [["10.0.0.0/8"], "::ffff:10.0.0.1", HOLDS],
  [["10.0.0.0/8"], "a.example", DOUBT],
  [["10.0.0.0/8"], ["10.0.0.1"], DOUBT],
  [["10.0.0.0/8"], 10, DOUBT],
])("cidr %j on %j", (cidr, x, ways) => {
  expect(threeWays({ cidr }, { x: x as never })).toBe(ways);
});

describe("values and operands of another type", () => {
  test.each<[constraint: unknown, x: unknown, ways: string]>([
    [{ one_of: ["${n}", "b"] }, "a", FAILS],
    [{ one_of: ["${n}"] }, "a", DOUBT],
    [{ none_of: ["${n}"] }, "a", DOUBT],
    [{ one_of: ["${n}", "${v}"] }, "a", HOLDS],
    [{ one_of: ["${v}", "${n}"] }, 5, HOLDS],
    [{ email: { domains: ["${nowhere}"] } }, "bob@a.example", ERRS],
    [{ email: { domains: ["a.example", "${nowhere}"] } }, "bob@a.example", ERRS],
    [{ email: { domains: ["${v}.example"] } }, "bob@a.example", HOLDS],
  ])("%j on %j", (constraint, x, ways) => {
    expect(threeWays(constraint, { x: x as never }, { context })).toBe(ways);
  });
});

/** Deciding refuses such a call before any rule is looked at; whoever judges a test alone is safe too. */
test.each<[constraint: unknown]>([[{ regex: "^a*$" }], [{ glob: "a*" }], [{ url: { paths: ["/a/**"] } }]])(
  "%j on a text beyond the limit is an error",
  (constraint) => {
    const plan = planOf({ rules: [{ name: "r", tool: "t", constraints: { x: constraint as never } }] });
    const prepared = preparedPlan(plan) as PreparedPlan;
    const scope = new Scope(prepared, "t", undefined, {}, {}, {}, 0);
    const found = prepared.rules[0]?.conditions[0]?.test as TestPlan;
    expect(judgeTest(found, `https://h/${"a".repeat(65_536)}`, scope)).toBe(ERROR);
    expect(scope.causes).toBe(TOO_LARGE);
  },
);
