import { eventFields } from "@proclaw/core";
import type { JsonValue } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { createSanitizer, findDataClasses } from "./index.ts";

const CARD = "4111111111111111";
const OTHER_CARD = "5555555555554444";
const sanitizer = createSanitizer();

describe("sanitize", () => {
  test("strings, numbers and member names, at any depth, listed by JSON Pointer", () => {
    const value = { a: [{ "b/~": `x ${CARD}` }, Number(CARD)], [OTHER_CARD]: { password: "p", n: null, t: true } };
    expect(sanitizer.sanitize(value)).toEqual({
      value: {
        a: [{ "b/~": "x [redacted:payment_card]" }, "[redacted:payment_card]"],
        "[redacted:payment_card]": { password: "[redacted:secret]", n: null, t: true },
      },
      redactions: [
        { data_class: "payment_card", rule: "payment_card@1", at: "/[redacted:payment_card]" },
        { data_class: "payment_card", rule: "payment_card@1", at: "/a/0/b~1~0" },
        { data_class: "payment_card", rule: "payment_card@1", at: "/a/1" },
        { data_class: "secret", rule: "member_name@1", at: "/[redacted:payment_card]/password" },
      ],
      redactionCount: 4,
    });
  });

  test("member names that become equal are numbered: no member is lost, and a second pass changes nothing", () => {
    const value = { [CARD]: 1, "[redacted:payment_card]": 2, [OTHER_CARD]: 3, "[redacted:payment_card]#3": 4 };
    const once = sanitizer.sanitize(value).value;
    expect(once).toEqual({
      "[redacted:payment_card]#2": 1,
      "[redacted:payment_card]": 2,
      "[redacted:payment_card]#4": 3,
      "[redacted:payment_card]#3": 4,
    });
    expect(sanitizer.sanitize(once)).toEqual({ value: once, redactions: [], redactionCount: 0 });
  });

  test("32 redactions are listed, all are counted", () => {
    const { redactions, redactionCount } = sanitizer.sanitize(Array.from({ length: 100 }, () => CARD));
    expect(redactions).toHaveLength(32);
    expect(redactionCount).toBe(100);
  });

  test("names whose value is a secret, however they are spelled; other types and the empty string stay", () => {
    for (const name of ["password", "API_KEY", "x-api-key", "clientSecret", "Authorization", "refresh token"]) {
      expect(sanitizer.sanitize({ [name]: "x" }).value).toEqual({ [name]: "[redacted:secret]" });
      // As Node.js gives `set-cookie`: several texts under one name.
      expect(sanitizer.sanitize({ [name]: ["x", "", 1, { a: "x" }, "y"] })).toMatchObject({
        value: { [name]: ["[redacted:secret]", "", 1, { a: "x" }, "[redacted:secret]"] },
        redactions: [{ at: `/${name}/0` }, { at: `/${name}/4` }],
      });
      for (const other of ["", null, 1, true, [], [""], { a: "x" }]) {
        expect(sanitizer.sanitize({ [name]: other }).value).toEqual({ [name]: other });
      }
    }
    for (const name of ["tokens", "passwords_policy", "author", "secretary", "key"]) {
      expect(sanitizer.sanitize({ [name]: "x" }).value).toEqual({ [name]: "x" });
    }
  });

  test("private members of a JSON Web Key, and only of one", () => {
    expect(sanitizer.sanitize({ kty: "EC", crv: "P-256", x: "a", d: "b" }).value).toEqual({
      kty: "EC",
      crv: "P-256",
      x: "a",
      d: "[redacted:secret]",
    });
    expect(sanitizer.sanitize({ d: "b", k: "c" }).value).toEqual({ d: "b", k: "c" });
  });

  test("clean values are handed back, not copied; `__proto__` stays an ordinary member", () => {
    const clean: JsonValue = JSON.parse('{"a":[1,{"b":"c"}],"__proto__":{"x":1}}') as JsonValue;
    expect(sanitizer.sanitize(clean).value).toBe(clean);
    const dirty = JSON.parse(`{"__proto__":{"x":"${CARD}"},"a":"${CARD}"}`) as JsonValue;
    const { value } = sanitizer.sanitize(dirty);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":"[redacted:payment_card]"},"a":"[redacted:payment_card]"}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test("what is nested too deep to be looked at is taken out, not let through", () => {
    let deep: JsonValue = CARD;
    for (let i = 0; i < 50_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep };
    const { value, redactionCount } = sanitizer.sanitize(deep);
    expect(redactionCount).toBe(1);
    expect(JSON.stringify(value)).toContain('"[redacted:secret]"');
    expect(sanitizer.sanitize(value)).toEqual({ value, redactions: [], redactionCount: 0 });
  });
});

describe("findDataClasses", () => {
  test("neither class can crowd out the other, and `at` never shows the data", () => {
    const findings = findDataClasses({ cards: Array.from({ length: 100 }, () => CARD), [OTHER_CARD]: { token: "x" } });
    expect(findings.filter((finding) => finding.data_class === "payment_card")).toHaveLength(32);
    expect(findings.filter((finding) => finding.data_class === "secret")).toEqual([
      { data_class: "secret", rule: "member_name@1", at: "/[redacted:payment_card]/token" },
    ]);
    expect(JSON.stringify(findings)).not.toContain(OTHER_CARD);
  });
});

describe("recognizers of one's own", () => {
  const badge = {
    data_class: "badge_number",
    find: (text: string) =>
      [...text.matchAll(/B-\d{4}/g)].map((m) => ({ start: m.index, end: m.index + 6, rule: "badge@1" })),
  };

  test("see what the built-in ones left", () => {
    expect(createSanitizer({ recognizers: [badge] }).sanitize({ "B-1234": `B-5678 and ${CARD}` })).toEqual({
      value: { "[redacted:badge_number]": "[redacted:badge_number] and [redacted:payment_card]" },
      redactions: [
        { data_class: "badge_number", rule: "badge@1", at: "/[redacted:badge_number]" },
        { data_class: "payment_card", rule: "payment_card@1", at: "/[redacted:badge_number]" },
        { data_class: "badge_number", rule: "badge@1", at: "/[redacted:badge_number]" },
      ],
      redactionCount: 3,
    });
  });

  test("one that throws, or answers nonsense, takes the whole text out", () => {
    const broken = [
      () => {
        throw new Error("x");
      },
      () => [{ start: 2, end: 1, rule: "r" }],
      () => [{ start: 0, end: 99, rule: "r" }],
      () => [{ start: 0.5, end: 1, rule: "r" }],
      () => null as never,
    ];
    for (const find of broken) {
      const { value } = createSanitizer({ recognizers: [{ data_class: "broken", find }] }).sanitize(["abc", ""]);
      expect(value).toEqual(["[redacted:broken]", ""]);
    }
  });

  test("spans may overlap and come in any order", () => {
    const find = () => [
      { start: 3, end: 5, rule: "b" },
      { start: 0, end: 2, rule: "a" },
      { start: 4, end: 6, rule: "c" },
      { start: 0, end: 1, rule: "d" },
    ];
    expect(createSanitizer({ recognizers: [{ data_class: "x", find }] }).sanitizeText("0123456789")).toBe(
      "[redacted:x]2[redacted:x]6789",
    );
  });

  test.each(["Card", "", "a b", "a]b", "1a"])("data class `%s` is refused", (data_class) => {
    expect(() => createSanitizer({ recognizers: [{ data_class, find: () => [] }] })).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });
});

describe("sanitizeEvent", () => {
  const payload = (value: JsonValue) => ({ mode: "inline" as const, value, redactions: [], redaction_count: 0 });
  const decision = {
    effect: "deny",
    mode: "enforce",
    would_have: null,
    reason: CARD,
    reason_code: "denied_by_rule",
    rule_id: CARD,
    rule_name: CARD,
    determining_rules: [CARD],
    determining_rule_count: 1,
    policy_id: CARD,
    policy_version: 1,
    policy_sha256: CARD,
    plan_sha256: CARD,
    approver: CARD,
    eval_us: 1,
  } as const;

  test("every free string is sanitized; ids of the policy, hashes and enums are not", () => {
    const redacted = "[redacted:payment_card]";
    const redactions = [{ data_class: "payment_card", rule: "payment_card@1", at: "/a" }];
    const event = sanitizer.sanitizeEvent(
      eventFields({
        kind: "outcome",
        call_id: CARD,
        parent_call_id: CARD,
        agent_id: CARD,
        session_id: CARD,
        principal: { sub: CARD, roles: [CARD, "nurse"] },
        tool_name: CARD,
        tool_schema_sha256: CARD,
        input_payload: payload({ a: CARD }),
        output_payload: payload({ a: CARD }),
        policy_decision: decision,
        execution_status: "error",
        error: { type: CARD, message: `no ${CARD}` },
        trace_id: CARD.repeat(2),
        span_id: CARD,
        body: { [CARD]: CARD },
      }),
    );
    expect(event).toEqual({
      kind: "outcome",
      call_id: redacted,
      parent_call_id: redacted,
      agent_id: redacted,
      session_id: redacted,
      principal: { sub: redacted, roles: [redacted, "nurse"] },
      tool_name: redacted,
      tool_schema_sha256: CARD,
      input_payload: { mode: "inline", value: { a: redacted }, redactions, redaction_count: 1 },
      output_payload: { mode: "inline", value: { a: redacted }, redactions, redaction_count: 1 },
      policy_decision: { ...decision, reason: redacted, approver: redacted },
      execution_status: "error",
      duration_us: null,
      error: { type: redacted, message: `no ${redacted}` },
      trace_id: CARD.repeat(2),
      span_id: redacted,
      body: { [redacted]: redacted },
    });
  });

  test("an event of nulls stays one; a trace context comes from whoever calls, so it is free text; earlier redactions stay listed", () => {
    const nothing = eventFields({ kind: "heartbeat", principal: { sub: null, roles: null } });
    expect(sanitizer.sanitizeEvent(nothing)).toEqual(nothing);
    expect(sanitizer.sanitizeEvent(eventFields({ kind: "decision", trace_id: `x ${CARD}` })).trace_id).toBe(
      "x [redacted:payment_card]",
    );
    const earlier = { data_class: "secret", rule: "jwt@1", at: "/b" };
    const twice = { ...payload({ a: CARD }), redactions: [earlier], redaction_count: 7 };
    const event = sanitizer.sanitizeEvent(eventFields({ kind: "decision", input_payload: twice }));
    expect(event.input_payload).toMatchObject({
      redactions: [earlier, { data_class: "payment_card", at: "/a" }],
      redaction_count: 8,
    });
    const omitted = { mode: "omitted", type: "object", bytes: 1 } as const;
    expect(sanitizer.sanitizeEvent(eventFields({ kind: "outcome", output_payload: omitted })).output_payload).toBe(
      omitted,
    );
  });
});
