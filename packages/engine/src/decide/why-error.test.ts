import { describe, expect, test } from "vitest";
import { ask, planOf } from "../fixtures/support.ts";

const reason = (constraints: object, args: object, given: Parameters<typeof ask>[3] = {}): string =>
  ask(
    planOf({ ...given.policy, rules: [{ name: "r", tool: "t", constraints: constraints as never }] }),
    "t",
    args as never,
    given,
  ).reason;

describe("the reason of a decision on a rule in error", () => {
  test("names the variable that is not known", () => {
    expect(reason({ to: "${payee}" }, { to: "bob" })).toBe(
      "rule `r` cannot be evaluated: argument `to`: variable `payee` is not in the call's context",
    );
  });

  test("names the fact that is missing, by the argument that needs it", () => {
    const path = { path: { within: "/srv" } };
    expect(reason({ "meta.file": path }, { meta: { file: "/srv/secret" } })).toBe(
      "rule `r` cannot be evaluated: argument `meta.file`: nobody said where the path leads (a resolved path is missing)",
    );
    expect(reason({ p: path }, { p: "a" }, { facts: { paths: { a: "/srv/a" } } })).toContain(
      "argument `p`: the path is relative, and the call's context has no `working_directory`",
    );
    expect(reason({ p: path }, { p: "/srv/a" }, { facts: { paths: { "/srv/a": "elsewhere" } } })).toContain(
      "argument `p`: what the path is said to lead to is not an absolute path",
    );
  });

  test("names what does not fit", () => {
    const given = { policy: { variables: { n: { type: "number" } } }, context: { variables: { n: "9" } } } as const;
    expect(reason({ x: { lte: "${n}" } }, { x: 1 }, given)).toBe(
      "rule `r` cannot be evaluated: argument `x`: variable `n` is not a number, as it is declared",
    );
    expect(reason({ x: { gt: "${n}" } }, { x: 1 }, { context: { variables: { n: "9" } } })).toBe(
      "rule `r` cannot be evaluated: argument `x`: an operand does not fit",
    );
  });

  test("names several conditions, at most three, and only those in error", () => {
    const constraints = { a: 1, b: "${v}", c: "${w}", d: "${x}", e: "${y}" };
    const said = reason(constraints, { a: 1, b: "1", c: "1", d: "1", e: "1" });
    expect(said.match(/argument `.`/g)).toEqual(["argument `b`", "argument `c`", "argument `d`"]);
  });

  test("is about the first of several rules in file order, and holds no value of the call", () => {
    const plan = planOf({
      rules: [
        { name: "second by name", tool: "t", constraints: { x: "${one}" } },
        { name: "first by name", tool: "t", constraints: { x: "${two}" } },
      ],
    });
    const decision = ask(plan, "t", { x: "hunter22" });
    expect(decision).toMatchObject({ reason_code: "unknown_variable", rule_name: "second by name" });
    expect(decision.reason).toContain("`one`");
    expect(decision.reason).not.toMatch(/two|hunter22/);
  });

  test("stands in what audit mode waived", () => {
    const plan = planOf({ mode: "audit", rules: [{ name: "r", tool: "t", constraints: { x: "${v}" } }] });
    expect(ask(plan, "t", { x: "a" }).reason).toBe(
      "audit mode lets it pass; enforced: rule `r` cannot be evaluated: argument `x`: variable `v` is not in the call's context",
    );
  });
});
