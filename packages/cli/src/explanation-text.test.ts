import { describe, expect, it } from "vitest";
import { explanationText } from "./explanation-text.ts";

describe("explanationText", () => {
  it("shows rules, checks and the smallest change, harmlessly", () => {
    const text = explanationText(
      {
        decision: {
          effect: "deny",
          reason_code: "no_matching_rule",
          reason: "",
          rule_id: null,
          rule_name: null,
          determining_rules: [],
          obligations: [],
          policy_sha256: "",
          plan_sha256: "",
          mode: "enforce",
        },
        other_rules: 1,
        rules: [
          {
            id: "r",
            name: "R\u001b[2J",
            effect: "allow",
            audit: false,
            result: "false",
            checks: [
              { kind: "argument", key: "a", must: "be 1", result: "error", cause: "a variable is not known" },
              { kind: "listing", key: "/x", must: "", result: "false" },
              { kind: "listing", key: "", must: "", result: "true" },
            ],
          },
        ],
        change: {
          rule_id: "r",
          rule_name: "R",
          avoids: [],
          confirmed: true,
          steps: [
            { kind: "argument", key: "a", must: "be 1", value: 1 },
            { kind: "argument", key: "x", must: "", remove: true },
          ],
        },
      },
      (_tone, painted) => painted,
    );
    expect(text).toBe(`considered 1 rule, 1 rule for other tools
  no    R\\u{1b}[2J (allow)
      error a must be 1: a variable is not known
      no    argument /x must be listed
      yes   all arguments are listed
smallest change, for rule R (tried: it is not denied):
  a must be 1, for example 1
  without argument x
`);
  });

  it("says which deny rules a change keeps clear of, or that none was found", () => {
    const change = {
      rule_id: "r",
      rule_name: "R",
      avoids: [{ rule_id: "n", rule_name: "never" }],
      steps: [{ kind: "argument", key: "a", must: "not equal `1`", value: 2 }],
      confirmed: true,
    } as const;
    const shown = (given: Parameters<typeof explanationText>[0]["change"]): string[] =>
      explanationText({ rules: [], other_rules: 0, change: given } as never, (_tone, text) => text).split("\n");
    expect(shown(change)).toEqual([
      "considered 0 rules, 0 rules for other tools",
      "smallest change, for rule R (tried: it is not denied):",
      "  a must not equal `1`, for example 2",
      "  and it keeps clear of the deny rule never",
      "",
    ]);
    const avoids = [...change.avoids, { rule_id: "m", rule_name: "mostly" }];
    expect(shown({ ...change, steps: [], avoids, confirmed: false }).slice(1)).toEqual([
      "smallest change, for rule R (undecided: necessary, but perhaps not enough):",
      "  no change was found that keeps clear of the deny rules never, mostly",
      "",
    ]);
  });
});
