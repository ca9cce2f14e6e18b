import { describe, expect, test } from "vitest";
import { ask, planOf } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { PreparedRule } from "./prepare.ts";
import { testsOversize } from "./oversize.ts";

const LIMIT = 65_536;
const FITS = "a".repeat(LIMIT);
const BIG = `${FITS}a`;
/** Not a string, however long. */
const LONG_LIST = Array.from({ length: LIMIT + 1 }, () => 1);

function oversize(constraints: Readonly<Record<string, unknown>>, args: unknown): boolean {
  const rule = { name: "r", tool: "t", effect: "deny", constraints } as never;
  const rules = preparedPlan(planOf({ rules: [rule] }))?.rules as readonly PreparedRule[];
  return testsOversize(rules, args as never, false);
}

const places = (value: unknown, at: number): readonly unknown[] =>
  Array.from({ length: 12 }, (_, i) => (i === at ? value : ""));

describe("a string beyond the limit that a pattern would test", () => {
  test.each<[what: string, constraints: Readonly<Record<string, unknown>>, args: unknown, expected: boolean]>([
    ["exactly the limit", { x: "^a*$" }, { x: FITS }, false],
    ["a byte more", { x: "^a*$" }, { x: BIG }, true],
    ["a glob", { x: { glob: "a*" } }, { x: BIG }, true],
    ["another operator", { x: { prefix: "a" } }, { x: BIG }, false],
    ["another argument", { x: "^a*$" }, { y: BIG }, false],
    ["an inherited one", { x: "^a*$" }, Object.create({ x: BIG }), false],
    ["a long list", { x: "^a*$" }, { x: LONG_LIST }, false],
    ["inside an object", { "x.y": "^a*$" }, { x: { y: BIG } }, true],
    ["nothing inside an object", { "x.y": "^a*$" }, { x: {} }, false],
    ["inside null", { "x.y": "^a*$" }, { x: null }, false],
    ["inside text", { "x.0": "^a*$" }, { x: BIG }, false],
    ["a dotted path does not enter an array", { "x.0": "^a*$" }, { x: [BIG] }, false],
    ["a pointer does", { "/x/0": "^a*$" }, { x: [BIG] }, true],
    ["into null it leads nowhere", { "/x/0": "^a*$" }, { x: null }, false],
    ["nor beyond absence", { "/x/0/0": "^a*$" }, {}, false],
    ["a place of one digit", { "/x/7": "^a*$" }, { x: places(BIG, 7) }, true],
    ["a place of two digits", { "/x/11": "^a*$" }, { x: places(BIG, 11) }, true],
    ["another place", { "/x/1": "^a*$" }, { x: places(BIG, 2) }, false],
    ["a leading zero is no place", { "/x/07": "^a*$" }, { x: places(BIG, 7) }, false],
    ["nor an exponent", { "/x/1e1": "^a*$" }, { x: places(BIG, 10) }, false],
    ["nor a space", { "/x/ 7": "^a*$" }, { x: places(BIG, 7) }, false],
    ["a key of an object", { "/x/07": "^a*$" }, { x: { "07": BIG } }, true],
    ["with another operator beside it", { x: { type: "string", regex: "a+", search: true } }, { x: BIG }, true],
    ["with another operator after it", { x: { regex: "a+", search: true, length: { max: 5 } } }, { x: BIG }, true],
    ["short, with another operator", { x: { type: "string", glob: "a*" } }, { x: "a" }, false],
    [
      "a URL of which no path is asked, beside a pattern",
      { x: { url: { hosts: ["h"] } }, y: { glob: "a" } },
      { x: `https://h/${BIG}` },
      false,
    ],
    ["two others alone", { x: { type: "string", length: { max: 5 } } }, { x: BIG }, false],
    ["in a negation", { x: { not: "^a*$" } }, { x: BIG }, true],
    ["in a negation, short", { x: { not: "^a*$" } }, { x: "a" }, false],
    ["an element", { x: { every: "^a*$" } }, { x: ["a", BIG] }, true],
    ["some element", { x: { some: { glob: "a*" } } }, { x: ["a", BIG] }, true],
    ["only short elements", { x: { every: "^a*$" } }, { x: ["a"] }, false],
    ["only short elements, of some", { x: { some: "^a*$" } }, { x: ["a"] }, false],
    ["no array", { x: { every: "^a*$" } }, { x: BIG }, false],
    ["null instead of an array", { x: { every: "^a*$" } }, { x: null }, false],
    ["a long element that is a list", { x: { every: "^a*$" } }, { x: [LONG_LIST] }, false],
    ["the path of a URL", { x: { url: { paths: ["/a/**"] } } }, { x: `https://h/${BIG}` }, true],
    ["a short URL", { x: { url: { paths: ["/a/**"] } } }, { x: "https://h/a" }, false],
    ["a URL of which no path is asked", { x: { url: { hosts: ["h"] } } }, { x: `https://h/${BIG}` }, false],
    ["a long list instead of a URL", { x: { url: { paths: ["/a/**"] } } }, { x: LONG_LIST }, false],
  ])("%s", (_, constraints, args, expected) => {
    expect(oversize(constraints, args)).toBe(expected);
  });

  test("one rule among several is enough, and rules in audit mode are asked apart", () => {
    const plan = planOf({
      rules: [
        { name: "plain", tool: "t" },
        { name: "short", tool: "t", constraints: { y: "^a*$" } },
        { name: "audited", tool: "t", effect: "deny", mode: "audit", constraints: { x: { regex: "a", search: true } } },
      ],
    });
    const rules = preparedPlan(plan)?.rules as readonly PreparedRule[];
    expect(testsOversize(rules, { x: BIG }, false)).toBe(false);
    expect(testsOversize(rules, { x: BIG }, true)).toBe(true);
    expect(testsOversize(rules, { y: BIG }, false)).toBe(true);
    expect(testsOversize(rules, { y: BIG }, true)).toBe(false);
    expect(ask(plan, "t", { x: BIG })).toMatchObject({
      effect: "allow",
      would_have: { effect: "deny", reason_code: "argument_too_large" },
    });
  });
});
