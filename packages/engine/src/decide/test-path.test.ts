import { describe, expect, test } from "vitest";
import { ask, planOf, threeWays } from "../fixtures/support.ts";

const HOLDS = "true true true";
const FAILS = "false false false";
const DOUBT = "false true true";
const ERRS = "error error error";
const context = {
  working_directory: "/srv/work",
  variables: {
    v: "x",
    n: 5,
    dot: ".",
    root: "/srv",
    relative: "srv",
    climbs: "/srv/..",
    odd: "/srv/./x//",
    empty: "",
    ext: ".md",
    up: "..",
  },
};

/** Each path leads where its text says, unless `to` says otherwise. */
function ways(path: unknown, x: unknown, to?: unknown): string {
  const facts = typeof x === "string" ? { paths: { [x]: to ?? (x.startsWith("/") ? x : `/srv/work/${x}`) } } : {};
  return threeWays({ path }, { x: x as never }, { context, facts: facts as never });
}

describe("within folders", () => {
  test.each<[path: unknown, x: unknown, expected: string, to?: unknown]>([
    [{ within: "/srv" }, "/srv", HOLDS],
    [{ within: "/srv" }, "/srv/a", HOLDS],
    [{ within: "/srv" }, "/srvx", FAILS],
    [{ within: "/srv" }, "/sr", FAILS],
    [{ within: "/" }, "/", HOLDS],
    [{ within: "/" }, "/a", HOLDS],
    [{ within: ["/a", "/srv"] }, "/srv/a", HOLDS],
    [{ not_within: ["/a", "/b"] }, "/srv", HOLDS],
    [{ not_within: ["/a", "/srv"] }, "/srv/a", FAILS],
    [{ within: "/srv" }, "a", HOLDS],
    [{ within: "/srv" }, "../../etc", FAILS, "/etc"],
    [{ within: "/srv" }, "/srv/../etc", FAILS, "/etc"],
    // Text and fact must agree.
    [{ within: "/srv" }, "/srv/link", DOUBT, "/etc/passwd"],
    [{ within: "/srv" }, "/etc/link", DOUBT, "/srv/a"],
    [{ not_within: "/srv" }, "/srv/link", DOUBT, "/etc/passwd"],
    [{ within: "/srv" }, "/srv/a", ERRS, "srv/a"],
    [{ within: "/srv" }, "/srv/a", ERRS, 5],
    [{ within: "/srv" }, "", DOUBT],
    [{ within: "/srv" }, "~/a", DOUBT],
    [{ within: "/srv" }, 5, DOUBT],
    [{ within: "/srv" }, ["/srv"], DOUBT],
    // The composed form must say the same.
    [{ within: "/srv/e\u0301" }, "/srv/e\u0301/a", DOUBT],
    [{ within: "/srv/\u00e9" }, "/srv/e\u0301/a", DOUBT],
    [{ within: "/srv" }, "/srv/e\u0301/a", HOLDS],
    [{ within: "/srv/\u00e9" }, "/srv/\u00e9/a", HOLDS],
    [{ within: "/other" }, "/srv/e\u0301/a", FAILS],
  ])("%j, %j", (path, x, expected, to) => {
    expect(ways(path, x, to)).toBe(expected);
  });
});

describe("extensions", () => {
  test.each<[extensions: unknown, x: string, expected: string]>([
    [".md", "/srv/a.md", HOLDS],
    [".md", "/srv/.md", HOLDS],
    [".md", "/srv/a.md/b", FAILS],
    [".md", "/srv.md/b", FAILS],
    [".md", "/srv/amd", FAILS],
    [".tar.gz", "/srv/a.tar.gz", HOLDS],
    [[".md", ".txt"], "/srv/a.txt", HOLDS],
    [[".md", ".txt"], "/srv/a.pdf", FAILS],
    ["${ext}", "/srv/a.md", HOLDS],
    [".${v}", "/srv/a.x", HOLDS],
    [".${v}", "/srv/a.y", FAILS],
    ["${v}", "/srv/a.x", ERRS],
    ["${n}", "/srv/a.5", ERRS],
    ["${root}", "/srv/srv", ERRS],
    [".${nowhere}", "/srv/a.x", ERRS],
    [".${root}", "/srv/a.x", ERRS],
    [[".x", "${nowhere}"], "/srv/a.x", ERRS],
    [".${up}", "/srv/a.x", ERRS],
    [".\u00e9", "/srv/a.e\u0301", DOUBT],
  ])("%j, %s", (extensions, x, expected) => {
    expect(ways({ extensions }, x)).toBe(expected);
  });
});

describe("folders with variables", () => {
  test.each<[within: unknown, x: string, expected: string]>([
    ["/srv/${v}", "/srv/x/a", HOLDS],
    ["/srv/${v}", "/srv/y/a", FAILS],
    ["/srv/${v}/b", "/srv/x/b", HOLDS],
    ["/srv/${v}${v}", "/srv/xx", HOLDS],
    ["/${v}", "/x/a", HOLDS],
    ["/srv/${n}", "/srv/5", ERRS],
    ["/srv/${dot}", "/srv/a", ERRS],
    ["/srv/${empty}", "/srv/a", ERRS],
    ["/${empty}", "/a", ERRS],
    ["/${dot}", "/a", ERRS],
    ["/srv/${root}", "/srv/srv", ERRS],
    ["/srv/${nowhere}", "/srv/a", ERRS],
    ["${root}", "/srv/a", HOLDS],
    ["${odd}", "/srv/x/a", HOLDS],
    ["${odd}", "/srv/a", FAILS],
    ["${relative}", "/srv/a", ERRS],
    ["${climbs}", "/a", ERRS],
    ["${empty}", "/a", ERRS],
    ["${n}", "/5", ERRS],
    ["${nowhere}", "/srv/a", ERRS],
    [["/srv", "${nowhere}"], "/srv/a", ERRS],
  ])("%j, %s", (within, x, expected) => {
    expect(ways({ within }, x)).toBe(expected);
  });
});

describe("what is missing, and what is wrong beside it", () => {
  const code = (constraints: unknown, args: unknown, facts: unknown, given: object = context): string =>
    ask(planOf({ rules: [{ name: "r", tool: "t", constraints: constraints as never }] }), "t", args as never, {
      context: given,
      facts: facts as never,
    }).reason_code;

  test("facts and folders", () => {
    const within = { x: { path: { within: "/srv" } } };
    expect(code(within, { x: "/srv/a" }, {})).toBe("missing_fact");
    expect(code(within, { x: "/srv/a" }, { paths: { "/srv/b": "/srv/b" } })).toBe("missing_fact");
    expect(code(within, { x: "a" }, { paths: { a: "/srv/a" } }, {})).toBe("missing_fact");
    expect(code(within, { x: "/srv/a" }, { paths: { "/srv/a": 5 } })).toBe("missing_fact");
  });

  test.each<[first: unknown, to: string]>([
    [{ path: { within: "/srv" } }, "not absolute"],
    [{ path: { within: "${relative}" } }, "/a"],
    [{ path: { extensions: "${v}" } }, "/a"],
  ])("%j leading to %s is an error of evaluation, which adds to an unknown variable", (first, to) => {
    const facts = { paths: { "/a": to } };
    expect(code({ x: first, y: "${nowhere}" }, { x: "/a", y: "b" }, facts)).toBe("evaluation_error");
    expect(code({ y: "${nowhere}", x: first }, { x: "/a", y: "b" }, facts)).toBe("evaluation_error");
  });
});
