/* The "settled questions" of the policy language, one test each, in the order of the note. */
import { describe, expect, test } from "vitest";
import { ask, codesOf, judge, NOON, planOf, threeWays } from "../fixtures/support.ts";
import type { RuleDocument } from "../policy.ts";

const T = "true true true";
const F = "false false false";
const E = "error error error";
const M = "false true true";

describe("values", () => {
  test("numbers are doubles; equality is deep and needs the JSON type", () => {
    expect(threeWays(200, { x: 200.0 })).toBe(T);
    expect(threeWays(0, { x: -0 })).toBe(T);
    expect(threeWays({ equals: { a: 1, b: [2] } }, { x: { b: [2], a: 1 } })).toBe(T);
    expect(threeWays({ equals: [] }, { x: {} })).toBe(M);
    expect(threeWays("a", { x: null })).toBe(M);
  });
  test("`type` is never mistyped; `one_of` needs a type among its operands", () => {
    expect(threeWays({ type: "number" }, { x: null })).toBe(F);
    expect(threeWays({ one_of: [1, "a"] }, { x: "b" })).toBe(F);
    expect(threeWays({ one_of: [1, "a"] }, { x: null })).toBe(M);
  });
  test("several operators must all hold", () => {
    expect(threeWays({ prefix: "a", suffix: "b" }, { x: "ab" })).toBe(T);
    expect(threeWays({ prefix: "a", suffix: "b" }, { x: "ac" })).toBe(F);
    expect(threeWays({ not: { prefix: "a", suffix: "b" } }, { x: "ac" })).toBe(T);
  });
  test("`${name}` may stand wherever an operand is a string, in lists and objects too; it compares deeply", () => {
    const given = { context: { variables: { v: ["a"], s: "b", n: 5 } } };
    expect(threeWays("${v}", { x: ["a"] }, given)).toBe(T);
    expect(threeWays(["z", "${s}"], { x: "b" }, given)).toBe(T);
    expect(threeWays({ equals: { k: ["${s}", "${n}"] } }, { x: { k: ["b", 5] } }, given)).toBe(T);
    expect(threeWays({ gt: "${n}" }, { x: 6 }, given)).toBe(T);
    expect(threeWays({ gt: "${s}" }, { x: 6 }, given)).toBe(E);
    expect(threeWays({ contains: "${s}" }, { x: "abc" }, given)).toBe(T);
    expect(threeWays("${v}", { x: "a" }, given)).toBe(M);
  });
});

describe("bare strings that look like a pattern", () => {
  const load = (value: unknown) => codesOf({ rules: [{ name: "r", tool: "t", constraints: { x: value } }] });
  test.each([
    "^rm",
    "rm$",
    "rm .*",
    "a.+",
    "\\d",
    "\\w+",
    "a\\s",
    "(?i)a",
    "[a-z]+",
    "x[0-9]",
    "$",
    "^",
    "^a${v}$",
    "${v}.*",
  ])("%s is refused", (value) => {
    expect(load(value)).toEqual(["error looks_like_pattern"]);
  });
  test.each(["a.b", "a*b", "[x]", "a-b", "C++", "what?", "^a$", "${v}", "a ${v} b", "", "a|b", "{}"])(
    "%s is not",
    (value) => {
      expect(load(value)).toEqual([]);
    },
  );
  test("`equals` and `one_of` take anything literally", () => {
    expect(threeWays({ equals: "^rm" }, { x: "^rm" })).toBe(T);
    expect(threeWays({ equals: "^rm$" }, { x: "rm" })).toBe(F);
    expect(threeWays({ one_of: ["[a-z]+"] }, { x: "[a-z]+" })).toBe(T);
    expect(load(["^rm$"])).toEqual(["error looks_like_pattern"]);
  });
});

describe("templates", () => {
  const given = (v: unknown) => ({
    context: { variables: { v } as never },
    facts: { paths: { "/s/a": "/s/a", "/s": "/s" } },
  });
  test("a value is inserted literally", () => {
    expect(threeWays("a ${v} b", { x: "a .* b" }, given(".*"))).toBe(T);
    expect(threeWays("a ${v} b", { x: "a xx b" }, given(".*"))).toBe(F);
    expect(threeWays({ glob: "/s/${v}/*" }, { x: "/s/*/q" }, given("*"))).toBe(T);
    expect(threeWays({ glob: "/s/${v}/*" }, { x: "/s/p/q" }, given("*"))).toBe(F);
    expect(threeWays("${v}/${v}", { x: "a/b/a/b" }, given("a/b"))).toBe(T);
  });
  test.each(["a/b", "a\\b", "..", "a..b", 1, null])("in a path or glob %j is an error", (v) => {
    expect(threeWays({ glob: "/s/${v}/*" }, { x: "/s/a/b" }, given(v))).toBe(E);
    expect(threeWays({ path: { within: "/s/${v}" } }, { x: "/s/a" }, given(v))).toBe(E);
  });
  test.each(["", "."])("in a path %j would name the folder above, and is an error", (v) => {
    expect(threeWays({ path: { within: "/s/${v}" } }, { x: "/s/a" }, given(v))).toBe(E);
  });
  test("a variable alone may be a whole folder", () => {
    expect(threeWays({ path: { within: "${v}" } }, { x: "/s/a" }, given("/s/"))).toBe(T);
    for (const v of ["s", "/s/..", "~", "", ["/s"]])
      expect(threeWays({ path: { within: "${v}" } }, { x: "/s/a" }, given(v))).toBe(E);
  });
});

describe("paths into arguments", () => {
  const rule = (key: string, value: unknown): Partial<RuleDocument> => ({
    constraints: { [key]: value as never },
    other_args: "allow",
  });
  const ways = (key: string, value: unknown, args: object): string =>
    (["allow", "deny", "require_approval"] as const)
      .map((effect) => judge(effect, rule(key, value), args as never))
      .join(" ");
  test.each([
    ["m.n", "a", { m: { n: "a" } }, T],
    ["m.n", "a", { m: {} }, F],
    ["m.n", "a", {}, F],
    ["m.n", "a", { m: "a" }, M],
    ["m.n", "a", { m: null }, M],
    ["m.0", "a", { m: ["a"] }, M],
    ["m.n", { absent: true }, { m: 5 }, M],
    ["m.n", { absent: true }, { m: {} }, T],
    ["/m/0", "a", { m: ["a"] }, T],
    ["/m/1", "a", { m: ["a"] }, F],
    ["/m/x", "a", { m: ["a"] }, M],
    ["/m/01", "a", { m: ["a", "a"] }, M],
    ["/m/-", { absent: true }, { m: [] }, M],
    ["/m/n", "a", { m: { n: "a" } }, T],
    ["/a.b", "a", { "a.b": "a" }, T],
    ["/a~1b", "a", { "a/b": "a" }, T],
    ["/a~0b", "a", { "a~b": "a" }, T],
    ["args.network", "a", { network: "a" }, T],
    ["args.time_window", "a", { time_window: "a" }, T],
    ["args.network.x", "a", { network: { x: "a" } }, T],
    ["args.other", "a", { args: { other: "a" } }, T],
    ["/network", "a", { network: "a" }, T],
  ])("%s %j in %j", (key, value, args, expected) => {
    expect(ways(key, value, args)).toBe(expected);
  });
});

describe("listed arguments", () => {
  test("harmless arguments of host and policy: the intersection where both speak", () => {
    const rules = [{ name: "r", tool: "t", constraints: { a: 1 } }];
    const passes = (mine: object, theirs: object, args: object): string =>
      ask(planOf({ rules, tools: { t: mine } }, { t: theirs }), "t", { a: 1, ...args }).effect;
    expect(passes({ harmless_args: ["b", "c"] }, { harmless_args: ["b"] }, { b: 1 })).toBe("allow");
    expect(passes({ harmless_args: ["b", "c"] }, { harmless_args: ["b"] }, { c: 1 })).toBe("deny");
    expect(passes({}, { harmless_args: ["b"] }, { b: 1 })).toBe("allow");
    expect(passes({ harmless_args: [] }, { harmless_args: ["b"] }, { b: 1 })).toBe("deny");
  });
  test("an alias of a harmless argument is harmless, under both names", () => {
    const plan = planOf(
      { rules: [{ name: "r", tool: "t", constraints: { a: 1 } }] },
      { t: { harmless_args: ["lim"], aliases: { lim: "limit" } } },
    );
    for (const name of ["lim", "limit"]) expect(ask(plan, "t", { a: 1, [name]: 2 }).effect).toBe("allow");
  });
});

describe("globs", () => {
  test.each([
    ["fs.*", "fs.read", true],
    ["fs.*", "fs.", true],
    ["fs.*", "fs", false],
    ["*", "anything/at all", true],
    ["*read*", "fs.read.all", true],
    ["a*a", "a", false],
    ["a*b*c", "a.c.b.c", true],
    ["a*b*c", "a.c.c", false],
    ["**", "x", true],
  ])("tool %s selects %s: %s", (glob, tool, selected) => {
    expect(ask(planOf({ rules: [{ name: "r", tool: glob }] }), tool, {}).effect).toBe(selected ? "allow" : "deny");
  });
  test("arguments: `*` and `?` do not cross `/`, `**` does; a leading dot is ordinary", () => {
    for (const [glob, text, expected] of [
      ["/a/*", "/a/b", T],
      ["/a/*", "/a/b/c", F],
      ["/a/*", "/a/.b", T],
      ["/a/?", "/a//", F],
      ["/a/**", "/a/b/c", T],
      ["/a/**", "/a", F],
      ["/a/**", "/a/", F],
    ] as const) {
      expect(threeWays({ glob }, { x: text })).toBe(expected);
    }
  });
});

describe("callers", () => {
  const rules: RuleDocument[] = [{ name: "r", tool: "t", roles: ["staff"] }];
  const effect = (roles: object, context: object): string =>
    ask(planOf({ rules, roles: roles as never }), "t", {}, { context }).effect;
  test("roles are inherited, over several steps", () => {
    const roles = { nurse: { inherits: ["staff"] }, head: { inherits: ["nurse", "boss"] } };
    for (const [role, expected] of [
      ["staff", "allow"],
      ["nurse", "allow"],
      ["head", "allow"],
      ["boss", "deny"],
      ["nobody", "deny"],
    ]) {
      expect(effect(roles, { principal: { roles: [role] } })).toBe(expected);
    }
  });
  test("`roles: []` is a known caller without roles", () => {
    expect(judge("deny", { roles: "r" }, {}, { context: { principal: { roles: [] } } })).toBe("false");
    expect(judge("deny", { roles: "r" }, {}, { context: { principal: {} } })).toBe("true");
  });
});

describe("windows", () => {
  const open = (window: unknown, time: string, timezone = "UTC"): string =>
    judge("allow", { time_window: window as never }, {}, { now: Date.parse(time), policy: { timezone } });
  test("the day of a window over midnight is the day it starts", () => {
    const friday = { days: ["fri"], hours: "22:00-06:00" };
    expect(open(friday, "2026-03-06T22:00:00Z")).toBe("true");
    expect(open(friday, "2026-03-07T02:00:00Z")).toBe("true");
    expect(open(friday, "2026-03-07T06:00:00Z")).toBe("false");
    expect(open(friday, "2026-03-06T02:00:00Z")).toBe("false");
    expect(open({ days: ["sat"], hours: "22:00-06:00" }, "2026-03-08T02:00:00Z")).toBe("true");
    expect(open({ days: ["sun"], hours: "22:00-06:00" }, "2026-03-09T02:00:00Z")).toBe("true");
  });
  test("[start, end), several, days alone, 24:00", () => {
    expect(open("08:00-18:00", "2026-03-02T18:00:00Z")).toBe("false");
    expect(open(["08:00-09:00", "10:00-11:00"], "2026-03-02T10:59:59.999Z")).toBe("true");
    expect(open({ hours: ["08:00-09:00", "10:00-11:00"] }, "2026-03-02T09:30:00Z")).toBe("false");
    expect(open({ days: ["mon"] }, "2026-03-02T23:59:59Z")).toBe("true");
    expect(open({ days: "mon", hours: "22:00-24:00" }, "2026-03-03T00:00:00Z")).toBe("false");
  });
  test("wall-clock time of the zone, over both changes of the clock", () => {
    // Madrid: UTC+1 until 2026-03-29 01:00Z, then UTC+2 until 2026-10-25 01:00Z.
    for (const [time, expected] of [
      ["2026-03-29T00:59:00Z", "false"],
      ["2026-03-29T01:00:00Z", "true"],
      ["2026-10-25T00:59:00Z", "false"],
      ["2026-10-25T02:00:00Z", "true"],
    ]) {
      expect(`${time} ${open("03:00-04:00", time as string, "Europe/Madrid")}`).toBe(`${time} ${expected}`);
    }
  });
  test("in `constraints` and on the rule: both must be open", () => {
    const rule = { time_window: "11:00-13:00", constraints: { time_window: "12:30-14:00" } };
    expect(judge("allow", rule, {}, { now: NOON })).toBe("false");
    expect(judge("allow", rule, {}, { now: NOON + 45 * 60_000 })).toBe("true");
  });
});

describe("zones", () => {
  const ways = (zone: unknown, declared: unknown, args: object = {}, more: object = {}): string => {
    const given = {
      tools: { t: { ...(declared === undefined ? {} : { network: declared as never }), ...more } },
      policy: { internal_domains: ["corp.example"] },
    };
    const rule = { constraints: { network: zone as never } };
    return (["allow", "deny", "require_approval"] as const)
      .map((effect) => judge(effect, rule, args as never, given))
      .join(" ");
  };
  test.each([
    ["internal", undefined, M],
    ["internal", "none", T],
    ["internal", "internal", T],
    ["internal", "external", F],
    ["external", "internal", T],
    ["none", "internal", F],
    ["internal", ["10.0.0.0/8", "db", "x.internal", "*.corp.example", "corp.example"], T],
    ["internal", ["10.0.0.0/8", "api.example"], F],
    ["external", ["10.0.0.0/8", "api.example", "8.8.8.0/24"], T],
    ["external", ["127.0.0.1"], F],
    ["external", ["0.0.0.0/0"], F],
    ["external", ["localhost"], F],
    ["internal", ["metadata.google.internal"], F],
    [["10.0.0.0/8", "*.a.example"], ["10.1.0.0/16", "x.a.example", "*.b.a.example"], T],
    [["*.a.example"], ["a.example"], F],
    [["127.0.0.1"], ["127.0.0.1"], T],
    [["a.example"], "none", T],
    [["a.example"], "internal", F],
  ])("%j, tool in %j", (zone, declared, expected) => {
    expect(ways(zone, declared)).toBe(expected);
  });
  test.each([
    ["http://10.0.0.1/", T],
    ["http://0x0a.1/x", T],
    ["http://db/", T],
    ["https://api.corp.example", T],
    ["https://corp.example.evil.example/", F],
    ["ssh://167772161/", T],
    ["ssh://134744072/", F],
    ["8.8.8.8", F],
    ["10.0.0.1", T],
    ["fe80::1", F],
    ["http://127.0.0.1/", F],
    ["http://169.254.169.254/latest", F],
    ["see http://8.8.8.8/ for more", T],
    ["mailto:x@evil.example", T],
    ["not a url", T],
  ])("an argument %s within internal", (text, expected) => {
    expect(ways("internal", "internal", { a: [{ b: text }] })).toBe(expected);
  });
  test("arguments that the catalogue names as hosts", () => {
    const hosts = { hosts: ["h"] };
    expect(ways("internal", "internal", { h: "8.8.8.8" }, hosts)).toBe(F);
    expect(ways("internal", "internal", { h: "evil.example:80" }, hosts)).toBe(F);
    expect(ways("internal", "internal", { h: "0x08.0x08.0x08.0x08" }, hosts)).toBe(F);
    expect(ways("internal", "internal", { h: ["db", "10.1"] }, hosts)).toBe(T);
    expect(ways("internal", "internal", { h: "no host" }, hosts)).toBe(M);
    expect(ways("internal", "internal", { h: 134744072 }, hosts)).toBe(M);
    expect(ways("internal", "internal", { other: "evil.example" }, hosts)).toBe(T);
  });
  test("the stricter of two declarations is the contained one; else a load error", () => {
    const rules = [{ name: "r", tool: "t" }];
    const zone = (a: unknown, b: unknown) =>
      codesOf({ rules, tools: { t: { network: a } } }, { t: { network: b } } as never);
    expect(zone("external", "internal")).toEqual([]);
    expect(zone(["10.0.0.0/8"], "internal")).toEqual([]);
    expect(zone(["a.example"], ["b.example"])).toEqual(["error conflict"]);
    expect(zone("internal", ["8.8.8.8"])).toEqual(["error conflict"]);
  });
});

describe("url", () => {
  const ways = (url: unknown, x: string): string => threeWays({ url }, { x });
  test.each([
    [{ schemes: ["https"] }, "https://a.example/", T],
    [{ schemes: "https" }, "HTTP://a.example/", F],
    [{ hosts: ["a.example"] }, "https://A.EXAMPLE./", T],
    [{ hosts: ["*.a.example"] }, "https://a.example/", F],
    [{ hosts: ["*.a.example"] }, "https://x.a.example/", T],
    [{ hosts: ["*.a.example"] }, "https://xa.example/", F],
    [{ hosts: ["10.0.0.1"] }, "https://0xa.1/", T],
    [{ hosts: ["bücher.example"] }, "https://xn--bcher-kva.example/", T],
    [{ hosts: ["a.example"] }, "https://u@a.example/", M],
    [{ hosts: ["a.example"] }, "https://a.example@evil.example/", M],
    [{ hosts: ["a.example"], userinfo: true }, "https://u@a.example/", T],
    [{ hosts: ["a.example"] }, "/relative", M],
    [{ ports: [443] }, "https://a.example/", T],
    [{ ports: 8080 }, "https://a.example:8080/", T],
    [{ ports: [443] }, "http://a.example/", F],
    [{ paths: ["/a/**"] }, "https://a.example/a/b", T],
    [{ paths: ["/a/**"] }, "https://a.example/a/../b", F],
    [{ paths: ["/a/**"] }, "https://a.example/a/%2e%2e/b", F],
    [{ paths: ["/a/**"] }, "https://a.example/a/%2e%2e%2fb", M],
    [{ paths: ["/a/*"] }, "https://a.example/a/%2f", M],
    [{ paths: ["/a/*"] }, "https://a.example/a/b%20c", T],
    [{ zones: ["private"] }, "http://db/", T],
    [{ zones: ["private", "loopback"] }, "http://[::1]/", T],
    [{ zones: "metadata" }, "http://169.254.169.254/", T],
    [{ zones: "public" }, "http://2130706433/", F],
    [{ zones: "public" }, "mailto:x@y", F],
    [{ zones: "link_local" }, "http://[fe80::1]/", T],
  ])("%j %s", (url, x, expected) => {
    expect(ways(url, x)).toBe(expected);
  });
});

describe("paths under `decide`", () => {
  const given = (facts: Record<string, string>, working_directory = "/work") => ({
    context: { working_directory },
    facts: { paths: facts },
  });
  const within = { path: { within: "/srv" } };
  test("text and fact must agree; where they differ the doubt goes against the call", () => {
    expect(threeWays(within, { x: "/srv/link" }, given({ "/srv/link": "/etc/shadow" }))).toBe(M);
    expect(threeWays(within, { x: "/tmp/link" }, given({ "/tmp/link": "/srv/a" }))).toBe(M);
    expect(threeWays({ not: within }, { x: "/tmp/link" }, given({ "/tmp/link": "/srv/a" }))).toBe(M);
    expect(threeWays({ path: { not_within: "/srv" } }, { x: "/tmp/link" }, given({ "/tmp/link": "/srv/a" }))).toBe(M);
  });
  test.each([
    ["/srv/../etc/x", "/etc/x", F],
    ["/srv//a/./b/", "/srv/a/b", T],
    ["../srv/a", "/srv/a", T],
    ["/srvx/a", "/srvx/a", F],
    ["/srv", "/srv", T],
    ["/../../srv/a", "/srv/a", T],
  ])("%s", (x, fact, expected) => {
    expect(threeWays(within, { x }, given({ [x]: fact }))).toBe(expected);
  });
  test.each([
    "",
    "~/a",
    "~root",
    "C:\\a",
    "c:/a",
    "\\\\host\\a",
    "/srv/a\\..\\b",
    "file:///srv/a",
    "FILE:/srv/a",
    "/srv/a\0.md",
  ])("%j is read in different ways by different tools: mistyped", (x) => {
    expect(threeWays(within, { x }, given({ [x]: "/srv/a" }))).toBe(M);
  });
  test("Unicode forms that differ in composition are in doubt", () => {
    const composed = "/srv/caf\u00e9";
    const decomposed = "/srv/cafe\u0301/a";
    expect(threeWays({ path: { within: composed } }, { x: decomposed }, given({ [decomposed]: decomposed }))).toBe(M);
  });
  test("a relative path needs the working directory", () => {
    expect(threeWays(within, { x: "a" }, { facts: { paths: { a: "/srv/a" } } })).toBe(E);
    expect(threeWays(within, { x: "a" }, given({ a: "/srv/a" }, "/srv"))).toBe(T);
    expect(
      ask(planOf({ rules: [{ name: "r", tool: "t", constraints: { x: within } }] }), "t", { x: "a" }).reason_code,
    ).toBe("missing_fact");
  });
});
