import { EXECUTION_STATUSES, REASON_CODES, RECORD_KINDS, RECORD_VERSION } from "@proclaw/core";
import { isLogId } from "./layout.ts";

/*
 * The shape of a record as data: what docs/audit/format.md says of each member. A checker answers
 * with the path, from the value it was given, of the first member that is wrong (empty: the value
 * itself), or null. Paths name members of the format only, never text of the record.
 */

type Checker = (value: unknown) => string | null;

const fails = (test: (value: unknown) => boolean): Checker => {
  return (value) => (test(value) ? null : "");
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text = fails((value) => typeof value === "string");
const filledText = fails((value) => typeof value === "string" && value !== "");
const count = fails((value) => Number.isSafeInteger(value) && (value as number) >= 0);
const positive = fails((value) => Number.isSafeInteger(value) && (value as number) >= 1);
const amount = fails((value) => typeof value === "number" && Number.isFinite(value) && value >= 0);
const anything: Checker = () => null;
const jsonObject = fails(isObject);
const literal = (expected: unknown): Checker => fails((value) => value === expected);
const oneOf = (members: readonly string[]): Checker => {
  const set: ReadonlySet<unknown> = new Set(members);
  return fails((value) => set.has(value));
};
const matching = (pattern: RegExp): Checker => fails((value) => typeof value === "string" && pattern.test(value));
const orNull = (checker: Checker): Checker => {
  return (value) => (value === null ? null : checker(value));
};

const listOf = (checker: Checker, max = Number.POSITIVE_INFINITY): Checker => {
  return (value) => {
    if (!Array.isArray(value) || value.length > max) return "";
    for (const element of value) if (checker(element) !== null) return "";
    return null;
  };
};

/** An object with exactly these members: one missing or one more is wrong. */
const exactly = (members: Readonly<Record<string, Checker>>): Checker => {
  const names = Object.keys(members);
  const checkers = Object.values(members);
  return (value) => {
    if (!isObject(value)) return "";
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const member = value[name];
      // JSON holds no undefined, so that means a missing member. (An inherited one, such as
      // `constructor`, is not among the names of the format.)
      const wrong = member === undefined ? "" : (checkers[i] as Checker)(member);
      if (wrong !== null) return wrong === "" ? name : `${name}.${wrong}`;
    }
    // All members are there, so another number of keys means one that the format does not know.
    return Object.keys(value).length === names.length ? null : "";
  };
};

/** A list that was cut at 32 entries, and the count of all. */
const countCovers = (checker: Checker, list: string, total: string): Checker => {
  return (value) => {
    const wrong = checker(value);
    if (wrong !== null) return wrong;
    const members = value as Readonly<Record<string, unknown>>;
    return (members[total] as number) >= (members[list] as readonly unknown[]).length ? null : total;
  };
};

const MAX_LISTED = 32;
const SHA256_HEX = /^[0-9a-f]{64}$/;
const sha256 = matching(SHA256_HEX);
const effect = oneOf(["allow", "deny", "require_approval"]);
const reasonCode = oneOf(REASON_CODES);
const uuidV7 = fails((value) => typeof value === "string" && isLogId(value));

const TIMESTAMP =
  /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$/;

/** RFC 3339, UTC, milliseconds; a day that exists; no leap second, which POSIX clocks do not show. */
const timestamp = fails((value) => {
  if (typeof value !== "string" || !TIMESTAMP.test(value)) return false;
  // Every month has 28 days; only the rest needs the calendar, and the calendar is slow.
  return value.slice(8, 10) <= "28" || new Date(value).toISOString() === value;
});

const PAYLOADS: ReadonlyMap<unknown, Checker> = new Map([
  [
    "inline",
    countCovers(
      exactly({
        mode: literal("inline"),
        value: anything,
        redactions: listOf(exactly({ data_class: filledText, rule: filledText, at: text }), MAX_LISTED),
        redaction_count: count,
      }),
      "redactions",
      "redaction_count",
    ),
  ],
  ["ref", exactly({ mode: literal("ref"), blob: filledText, bytes: count, commitment: filledText })],
  ["sealed", exactly({ mode: literal("sealed"), subject_key: filledText, nonce: filledText, ciphertext: text })],
  ["same_as", exactly({ mode: literal("same_as"), event_id: uuidV7 })],
  ["omitted", exactly({ mode: literal("omitted"), type: text, bytes: orNull(count) })],
]);

const payload: Checker = (value) => {
  const checker = isObject(value) ? PAYLOADS.get(value["mode"]) : undefined;
  return checker === undefined ? "mode" : checker(value);
};

const policyDecision = countCovers(
  exactly({
    effect,
    mode: oneOf(["enforce", "audit"]),
    would_have: orNull(exactly({ effect, reason_code: reasonCode })),
    reason: text,
    reason_code: reasonCode,
    rule_id: orNull(text),
    rule_name: orNull(text),
    determining_rules: listOf(text, MAX_LISTED),
    determining_rule_count: count,
    policy_id: orNull(text),
    policy_version: count,
    policy_sha256: sha256,
    plan_sha256: sha256,
    approver: orNull(text),
    eval_us: amount,
  }),
  "determining_rules",
  "determining_rule_count",
);

const hashChain = exactly({
  alg: literal("sha256-rfc6962"),
  log: uuidV7,
  writer: filledText,
  writer_epoch: count,
  key_epoch: count,
  seq: count,
  prev: orNull(sha256),
});

const record = exactly({
  v: literal(RECORD_VERSION),
  kind: oneOf(RECORD_KINDS),
  event_id: uuidV7,
  timestamp,
  mono_ns: matching(/^(?:0|[1-9][0-9]{0,19})$/),
  boot_id: filledText,
  call_id: orNull(text),
  parent_call_id: orNull(text),
  agent_id: orNull(text),
  session_id: orNull(text),
  principal: orNull(exactly({ sub: orNull(text), roles: orNull(listOf(text)) })),
  tool_name: orNull(text),
  tool_schema_sha256: orNull(sha256),
  input_payload: orNull(payload),
  policy_decision: orNull(policyDecision),
  output_payload: orNull(payload),
  execution_status: orNull(oneOf(EXECUTION_STATUSES)),
  duration_us: orNull(amount),
  error: orNull(exactly({ type: text, message: text })),
  trace_id: orNull(text),
  span_id: orNull(text),
  body: orNull(jsonObject),
  hash_chain: hashChain,
});

/** What a kind of record must say besides: members that are optional for others. */
const BY_KIND: ReadonlyMap<unknown, Checker> = new Map<unknown, Checker>([
  [
    "decision",
    requires({ call_id: text, policy_decision: anything, execution_status: oneOf(["pending", "not_executed"]) }),
  ],
  ["outcome", requires({ call_id: text, execution_status: anything })],
  ["checkpoint", requires({ body: exactly({ log: uuidV7, size: positive, root: sha256 }) })],
]);

function requires(members: Readonly<Record<string, Checker>>): Checker {
  const entries = Object.entries(members);
  return (value) => {
    for (const [name, checker] of entries) {
      const member = (value as Readonly<Record<string, unknown>>)[name];
      if (member === null || checker(member) !== null) return name;
    }
    return null;
  };
}

/**
 * Path of the first member that is not as the format demands (empty: the record itself, because it
 * is no object or has a member too many); null if the value has the shape of a record.
 */
export function wrongMember(value: unknown): string | null {
  const wrong = record(value);
  if (wrong !== null) return wrong;
  return BY_KIND.get((value as Readonly<Record<string, unknown>>)["kind"])?.(value) ?? null;
}
