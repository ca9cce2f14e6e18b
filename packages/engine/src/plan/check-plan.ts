import type { JsonValue } from "@proclaw/core";
import { DATA_CLASSES, JSON_TYPES, POLICY_VERSION, RATE_LIMIT_DIMENSIONS } from "../policy.ts";
import * as is from "./check.ts";
import { checkHours, checkTest, checkTimezone, checkZone } from "./check-test.ts";
import { PLAN_VERSION } from "./types.ts";

const EFFECTS: readonly string[] = ["allow", "deny", "require_approval"];
const SHA256 = /^[0-9a-f]{64}$/;
const MAX_DURATION = 365 * 86_400_000;

/**
 * INVARIANT (a plan is checked whole): after this, every member of the plan has the type that
 * `types.ts` says, every discriminant is known and every index lies in its table. The pattern tables
 * are checked by `loadPattern`.
 */
export function checkPlan(value: JsonValue): void {
  if (is.record(value, "")["planVersion"] !== PLAN_VERSION) is.bad("planVersion", `is not ${PLAN_VERSION}`);
  const plan = is.object(value, "", [
    "planVersion",
    "policy",
    "variables",
    "internalDomains",
    "tools",
    "rules",
    "defaultRule",
    "patterns",
  ]);
  const policy = is.object(plan["policy"], "policy", ["id", "version", "mode", "sha256"]);
  is.orNull(policy["id"], "policy/id", (id, at) => void is.name(id, at));
  is.integer(policy["version"], "policy/version", POLICY_VERSION, POLICY_VERSION);
  const mode = is.oneOf(policy["mode"], "policy/mode", ["enforce", "audit"]);
  if (!SHA256.test(is.string(policy["sha256"], "policy/sha256"))) is.bad("policy/sha256", "is not a SHA-256");
  for (const [name, type] of Object.entries(is.record(plan["variables"], "variables"))) {
    is.oneOf(type, `variables/${name}`, JSON_TYPES);
  }
  is.names(plan["internalDomains"], "internalDomains");
  for (const [name, tool] of Object.entries(is.record(plan["tools"], "tools"))) checkTool(tool, `tools/${name}`);
  const patterns = is.list(plan["patterns"], "patterns").length;
  const ids = new Set<string>();
  const names = new Set<string>();
  const identify = (id: JsonValue | undefined, name: JsonValue | undefined, at: string): void => {
    if (ids.has(is.name(id, `${at}/id`)) || names.has(is.name(name, `${at}/name`)))
      is.bad(at, "has the name of another rule");
    ids.add(id as string);
    names.add(name as string);
  };
  is.each(plan["rules"], "rules", (rule, at) => {
    checkRule(rule, at, patterns);
    const { id, name } = rule as { readonly id: string; readonly name: string };
    identify(id, name, at);
  });
  is.orNull(plan["defaultRule"], "defaultRule", (rule, at) => {
    const members = is.object(rule, at, ["id", "name", "allow", "reason"]);
    identify(members["id"], members["name"], at);
    if (is.boolean(members["allow"], `${at}/allow`) && mode !== "audit") is.bad(at, "allows outside audit mode");
    is.orNull(members["reason"], `${at}/reason`, (reason, place) => void is.name(reason, place));
  });
}

function checkTool(value: JsonValue, at: string): void {
  const tool = is.object(value, at, [
    "network",
    "timeoutMs",
    "sandbox",
    "irreversible",
    "undo",
    "harmlessArgs",
    "aliases",
    "subject",
    "hosts",
    "output",
    "payload",
  ]);
  is.orNull(tool["network"], `${at}/network`, checkZone);
  is.orNull(tool["timeoutMs"], `${at}/timeoutMs`, (ms, place) => void is.integer(ms, place, 1, MAX_DURATION));
  for (const key of ["sandbox", "undo", "subject"])
    is.orNull(tool[key], `${at}/${key}`, (text, place) => void is.name(text, place));
  is.boolean(tool["irreversible"], `${at}/irreversible`);
  is.names(tool["harmlessArgs"], `${at}/harmlessArgs`);
  is.names(tool["hosts"], `${at}/hosts`);
  const aliases = is.record(tool["aliases"], `${at}/aliases`);
  for (const [alias, canonical] of Object.entries(aliases)) {
    if (Object.hasOwn(aliases, is.name(canonical, `${at}/aliases/${alias}`))) is.bad(`${at}/aliases`, "is a chain");
  }
  is.orNull(tool["output"], `${at}/output`, (output, place) => {
    const members = is.object(output, place, ["maxBytes", "keepFields"]);
    is.orNull(members["maxBytes"], `${place}/maxBytes`, (bytes, where) => void is.integer(bytes, where, 0, 2 ** 31));
    is.orNull(members["keepFields"], `${place}/keepFields`, (fields, where) => is.names(fields, where));
  });
  is.orNull(
    tool["payload"],
    `${at}/payload`,
    (mode, place) => void is.oneOf(mode, place, ["inline", "ref", "sealed", "omitted"]),
  );
}

function checkRule(value: JsonValue, at: string, patterns: number): void {
  const rule = is.object(value, at, [
    "id",
    "name",
    "effect",
    "audit",
    "reason",
    "tools",
    "toolGlobs",
    "roles",
    "agents",
    "principals",
    "sessions",
    "windows",
    "network",
    "conditions",
    "otherArgs",
    "data",
    "rateLimit",
  ]);
  const effect = is.oneOf(rule["effect"], `${at}/effect`, EFFECTS);
  if (is.boolean(rule["audit"], `${at}/audit`) && effect === "allow") is.bad(at, "is an allow rule in audit mode");
  is.orNull(rule["reason"], `${at}/reason`, (reason, place) => void is.name(reason, place));
  is.names(rule["tools"], `${at}/tools`);
  is.each(rule["toolGlobs"], `${at}/toolGlobs`, (pieces, place) =>
    is.each(pieces, place, (piece, where) => void is.string(piece, where), 2),
  );
  if ((rule["tools"] as readonly JsonValue[]).length + (rule["toolGlobs"] as readonly JsonValue[]).length === 0)
    is.bad(at, "names no tool");
  for (const key of ["roles", "agents", "principals", "sessions"])
    is.orNull(rule[key], `${at}/${key}`, (list, place) => is.names(list, place, 1));
  is.each(rule["windows"], `${at}/windows`, checkWindowSet);
  is.orNull(rule["network"], `${at}/network`, checkZone);
  is.each(rule["conditions"], `${at}/conditions`, (item, place) => {
    const condition = is.object(item, place, ["key", "path", "pointer", "test"]);
    is.name(condition["key"], `${place}/key`);
    is.each(condition["path"], `${place}/path`, (step, where) => void is.string(step, where), 1);
    is.boolean(condition["pointer"], `${place}/pointer`);
    checkTest(condition["test"], `${place}/test`, patterns);
  });
  is.boolean(rule["otherArgs"], `${at}/otherArgs`);
  is.each(rule["data"], `${at}/data`, (item, place) => void is.oneOf(item, place, DATA_CLASSES));
  is.orNull(rule["rateLimit"], `${at}/rateLimit`, (limit, place) => {
    const members = is.object(limit, place, ["limit", "perMs", "by", "algorithm"]);
    is.integer(members["limit"], `${place}/limit`, 1, 1_000_000_000);
    is.integer(members["perMs"], `${place}/perMs`, 1, MAX_DURATION);
    is.orNull(members["by"], `${place}/by`, (by, where) => void is.oneOf(by, where, RATE_LIMIT_DIMENSIONS));
    is.oneOf(members["algorithm"], `${place}/algorithm`, ["token_bucket", "sliding_window"]);
  });
  if (effect === "deny" && (rule["rateLimit"] !== null || (rule["data"] as readonly JsonValue[]).length > 0)) {
    is.bad(at, "is a deny rule that grants something");
  }
}

function checkWindowSet(value: JsonValue, at: string): void {
  const set = is.object(value, at, ["timezone", "windows"]);
  checkTimezone(set["timezone"], `${at}/timezone`);
  is.each(
    set["windows"],
    `${at}/windows`,
    (item, place) => {
      const window = is.object(item, place, ["days", "start", "end"]);
      is.each(window["days"], `${place}/days`, (day, where) => void is.integer(day, where, 0, 6), 1);
      checkHours(window["start"], window["end"], place);
    },
    1,
  );
}
