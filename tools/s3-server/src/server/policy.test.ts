import { describe, expect, it } from "vitest";
import { MANNERS } from "./manner.ts";
import { evaluatePolicy, parsePolicy } from "./policy.ts";

const { aws, ceph } = MANNERS;
const STATEMENT = { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::b/*" };
const text = (...Statement: readonly unknown[]): string => JSON.stringify({ Version: "2012-10-17", Statement });

const evaluate = (values: Record<string, string>, ...statements: readonly unknown[]): string | null =>
  evaluatePolicy(
    parsePolicy(text(...statements), aws),
    { principal: "arn:x", action: "s3:PutObject", resource: "arn:aws:s3:::b/k", values },
    aws,
  );

describe("what is not understood is refused", () => {
  it.each([
    ["a list", "[]"],
    ["no statement", "{}"],
    ["an effect in lower case", text({ ...STATEMENT, Effect: "deny" })],
    ["NotAction", text({ Effect: "Deny", Principal: "*", NotAction: "s3:PutObject", Resource: "*" })],
    ["NotPrincipal", text({ ...STATEMENT, NotPrincipal: "*" })],
    ["no principal", text({ ...STATEMENT, Principal: undefined })],
    ["a principal of a service", text({ ...STATEMENT, Principal: { Service: "s3.amazonaws.com" } })],
    ["no resource", text({ ...STATEMENT, Resource: [] })],
    ["a misspelled action", text({ ...STATEMENT, Action: "s3:PutObjekt" })],
    ["an unknown operator", text({ ...STATEMENT, Condition: { StringIs: { "s3:object-lock-mode": "x" } } })],
    ["a misspelled key", text({ ...STATEMENT, Condition: { StringEquals: { "s3:object-lock-mod": "x" } } })],
  ])("%s", (_, source) => {
    expect(() => parsePolicy(source, aws)).toThrow(expect.objectContaining({ code: "MalformedPolicy" }));
  });
});

describe("evaluation", () => {
  const ALLOW = { ...STATEMENT, Effect: "Allow" };

  it("a Deny wins over an Allow, whatever their order", () => {
    expect(evaluate({}, ALLOW)).toBe("Allow");
    expect(evaluate({}, ALLOW, STATEMENT)).toBe("Deny");
    expect(evaluate({}, STATEMENT, ALLOW)).toBe("Deny");
  });

  it("principal, action and resource must fit; actions without regard to case", () => {
    expect(evaluate({}, { ...ALLOW, Principal: { AWS: "arn:y" } })).toBe(null);
    expect(evaluate({}, { ...ALLOW, Principal: { AWS: ["arn:y", "arn:x"] } })).toBe("Allow");
    expect(evaluate({}, { ...ALLOW, Action: "s3:GetObject" })).toBe(null);
    expect(evaluate({}, { ...ALLOW, Action: "S3:PUT*" })).toBe("Allow");
    expect(evaluate({}, { ...ALLOW, Resource: "arn:aws:s3:::b" })).toBe(null);
    expect(evaluate({}, { ...ALLOW, Resource: "arn:aws:s3:::b/K" })).toBe(null);
    expect(evaluate({}, { ...ALLOW, Resource: "arn:aws:s3:::?/k" })).toBe("Allow");
  });

  const MODE = "s3:object-lock-mode";
  const DAYS = "s3:object-lock-remaining-retention-days";
  it.each([
    ["StringEquals", MODE, ["a", "b"], { a: true, b: true, c: false, missing: false }],
    ["StringNotEquals", MODE, ["a", "b"], { a: false, b: false, c: true, missing: true }],
    ["StringNotEqualsIfExists", MODE, ["a"], { a: false, b: true, missing: true }],
    ["StringEqualsIfExists", MODE, ["a"], { a: true, b: false, missing: true }],
    ["StringLike", MODE, ["a*"], { abc: true, b: false, missing: false }],
    ["NumericLessThan", DAYS, ["30"], { "29": true, "30": false, "100": false, missing: false }],
    ["NumericGreaterThanEquals", DAYS, ["30"], { "29": false, "30": true, "100": true, missing: false }],
    ["Null", MODE, ["true"], { a: false, missing: true }],
    ["Null", MODE, ["false"], { a: true, missing: false }],
    ["Bool", "aws:SecureTransport", [false], { false: true, true: false, missing: false }],
  ] as const)("%s %s %j", (operator, key, expected, table) => {
    const statement = { ...STATEMENT, Condition: { [operator]: { [key]: expected } } };
    const found = Object.fromEntries(
      Object.keys(table).map((value): [string, boolean] => {
        const values: Record<string, string> = value === "missing" ? {} : { [key.toLowerCase()]: value };
        return [value, evaluate(values, statement) === "Deny"];
      }),
    );
    expect(found).toEqual(table);
  });

  it("all conditions of a statement must hold", () => {
    const Condition = { StringEquals: { [MODE]: "a" }, NumericLessThan: { [DAYS]: "30" } };
    const lower = { [MODE]: "a", [DAYS]: "29" };
    expect(evaluate(lower, { ...STATEMENT, Condition })).toBe("Deny");
    expect(evaluate({ ...lower, [DAYS]: "31" }, { ...STATEMENT, Condition })).toBe(null);
  });

  it("as Ceph does it, a missing key satisfies no operator with `Not`", () => {
    const policy = parsePolicy(text({ ...STATEMENT, Condition: { StringNotEquals: { [MODE]: "a" } } }), ceph);
    const question = { principal: null, action: "s3:PutObject", resource: "arn:aws:s3:::b/k", values: {} };
    expect(evaluatePolicy(policy, question, ceph)).toBe(null);
    expect(evaluatePolicy(policy, question, aws)).toBe("Deny");
  });
});
