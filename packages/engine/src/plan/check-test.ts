import type { JsonValue } from "@proclaw/core";
import { hasHostBits } from "../network/address.ts";
import { isNormal } from "../lexical-path.ts";
import { isPlainOption, isPlainProgram, isPlainSubcommand } from "../plain-command.ts";
import { JSON_TYPES, NETWORK_ZONES, URL_ZONES } from "../policy.ts";
import { isTimezone } from "../timezone.ts";
import * as is from "./check.ts";

const ZONES_OF_HOSTS: readonly string[] = ["host", "suffix", "cidr"];

/** Checks a {@link TestPlan}: every discriminant known, every member there, every index in range. */
export function checkTest(value: JsonValue | undefined, at: string, patterns: number): void {
  const op = is.string(is.record(value, at)["op"], `${at}/op`);
  const members = (...keys: readonly string[]): Readonly<Record<string, JsonValue>> =>
    is.object(value, at, ["op", ...keys]);
  const operands = (list: JsonValue | undefined, key: string): void =>
    is.each(list, `${at}/${key}`, (item, place) => checkOperand(item, place), 1);
  switch (op) {
    case "all":
      is.each(members("tests")["tests"], `${at}/tests`, (item, place) => checkTest(item, place, patterns), 1);
      return;
    case "not":
    case "every":
    case "some":
      checkTest(members("test")["test"], `${at}/test`, patterns);
      return;
    case "equals":
    case "contains":
      checkOperand(members("operand")["operand"], `${at}/operand`);
      return;
    case "prefix":
    case "suffix":
      checkOperand(members("operand")["operand"], `${at}/operand`, "string");
      return;
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      checkOperand(members("operand")["operand"], `${at}/operand`, "number");
      return;
    case "one_of":
    case "none_of":
      operands(members("operands")["operands"], "operands");
      return;
    case "regex":
      is.name(members("pattern", "source")["source"], `${at}/source`);
      is.integer(members("pattern", "source")["pattern"], `${at}/pattern`, 0, patterns - 1);
      return;
    case "glob":
      is.name(members("glob", "source")["source"], `${at}/source`);
      checkGlob(members("glob", "source")["glob"], `${at}/glob`, patterns);
      return;
    case "length":
      is.integer(members("min", "max")["min"], `${at}/min`, 0, 2 ** 31);
      is.orNull(members("min", "max")["max"], `${at}/max`, (max, place) => void is.integer(max, place, 0, 2 ** 31));
      return;
    case "type":
      is.each(members("types")["types"], `${at}/types`, (item, place) => void is.oneOf(item, place, JSON_TYPES), 1);
      return;
    case "present":
    case "absent":
      members();
      return;
    case "path_within":
    case "path_not_within":
      is.each(members("roots")["roots"], `${at}/roots`, checkRoot, 1);
      return;
    case "path_extensions":
      is.each(
        members("extensions")["extensions"],
        `${at}/extensions`,
        (item, place) => checkOperand(item, place, "string"),
        1,
      );
      return;
    case "url":
      checkUrl(members("schemes", "hosts", "ports", "paths", "zones", "userinfo"), at, patterns);
      return;
    case "cidr":
      is.each(
        members("members")["members"],
        `${at}/members`,
        (item, place) => {
          checkZoneMember(item, place);
          is.oneOf(is.record(item, place)["kind"], `${place}/kind`, ["cidr"]);
        },
        1,
      );
      return;
    case "email":
      operands(members("domains")["domains"], "domains");
      return;
    case "time_of_day":
      checkTimezone(members("timezone", "ranges")["timezone"], `${at}/timezone`);
      is.each(members("timezone", "ranges")["ranges"], `${at}/ranges`, checkRange, 1);
      return;
    case "command": {
      const command = members("programs", "subcommands", "options", "operands");
      is.each(command["programs"], `${at}/programs`, checkWord(isPlainProgram), 1);
      is.orNull(command["subcommands"], `${at}/subcommands`, (list, place) =>
        is.each(list, place, checkWord(isPlainSubcommand), 1),
      );
      is.orNull(command["options"], `${at}/options`, (list, place) => is.each(list, place, checkWord(isPlainOption)));
      is.boolean(command["operands"], `${at}/operands`);
      return;
    }
    default:
      is.bad(`${at}/op`, "is not a known operator");
  }
}

/** A word that no command has would never match: a deny rule that protects nothing. */
function checkWord(fits: (word: string) => boolean): (value: JsonValue, at: string) => void {
  return (value, at) => {
    if (!fits(is.name(value, at))) is.bad(at, "is not a word of a plain command");
  };
}

function checkRoot(value: JsonValue, at: string): void {
  checkOperand(value, at, "string");
  const constant = is.record(value, at)["value"];
  if (constant !== undefined && !isNormal(constant as string)) is.bad(at, "is not a normal absolute path");
}

function checkUrl(members: Readonly<Record<string, JsonValue>>, at: string, patterns: number): void {
  for (const key of ["schemes", "hosts"]) {
    is.orNull(members[key], `${at}/${key}`, (list, place) =>
      is.each(list, place, (item, where) => checkOperand(item, where, "string"), 1),
    );
  }
  is.orNull(members["ports"], `${at}/ports`, (list, place) =>
    is.each(list, place, (item, where) => void is.integer(item, where, 0, 65_535), 1),
  );
  is.orNull(members["paths"], `${at}/paths`, (list, place) =>
    is.each(list, place, (item, where) => checkGlob(item, where, patterns), 1),
  );
  is.orNull(members["zones"], `${at}/zones`, (list, place) =>
    is.each(list, place, (item, where) => void is.oneOf(item, where, URL_ZONES), 1),
  );
  is.boolean(members["userinfo"], `${at}/userinfo`);
}

function checkGlob(value: JsonValue | undefined, at: string, patterns: number): void {
  if (is.record(value, at)["kind"] === "table") {
    is.integer(is.object(value, at, ["kind", "pattern"])["pattern"], `${at}/pattern`, 0, patterns - 1);
    return;
  }
  const glob = is.object(value, at, ["kind", "tokens"]);
  is.oneOf(glob["kind"], `${at}/kind`, ["tokens"]);
  is.each(
    glob["tokens"],
    `${at}/tokens`,
    (token, place) => {
      const kind = is.oneOf(is.record(token, place)["kind"], `${place}/kind`, [
        "text",
        "variable",
        "one",
        "run",
        "any",
        "some",
        "segments",
      ]);
      if (kind === "text") is.name(is.object(token, place, ["kind", "text"])["text"], `${place}/text`);
      else if (kind === "variable") is.name(is.object(token, place, ["kind", "name"])["name"], `${place}/name`);
      else is.object(token, place, ["kind"]);
    },
    1,
  );
}

/** Checks an {@link OperandPlan}; `type`: what a constant must be, and then only text or a variable may stand there. */
export function checkOperand(value: JsonValue | undefined, at: string, type?: "string" | "number"): void {
  const kind = is.oneOf(is.record(value, at)["kind"], `${at}/kind`, [
    "value",
    "variable",
    "template",
    "list",
    "object",
  ]);
  if (type !== undefined && (kind === "list" || kind === "object" || (kind === "template" && type === "number"))) {
    is.bad(at, `is not a ${type}`);
  }
  switch (kind) {
    case "value": {
      const constant = is.object(value, at, ["kind", "value"])["value"];
      if (type !== undefined && typeof constant !== type) is.bad(at, `is not a ${type}`);
      return;
    }
    case "variable":
      is.name(is.object(value, at, ["kind", "name"])["name"], `${at}/name`);
      return;
    case "template": {
      const parts = is.list(is.object(value, at, ["kind", "parts"])["parts"], `${at}/parts`, 3);
      if (parts.length % 2 === 0) is.bad(`${at}/parts`, "does not end with text");
      parts.forEach((part, index) => void (index % 2 === 0 ? is.string : is.name)(part, `${at}/parts/${index}`));
      return;
    }
    case "list":
      is.each(is.object(value, at, ["kind", "items"])["items"], `${at}/items`, (item, place) =>
        checkOperand(item, place),
      );
      return;
    default:
      is.each(is.object(value, at, ["kind", "members"])["members"], `${at}/members`, (member, place) => {
        const pair = is.list(member, place, 2);
        if (pair.length !== 2) is.bad(place, "is not a pair");
        if (is.string(pair[0], `${place}/0`) === "__proto__") is.bad(place, "is not a name that can stand here");
        checkOperand(pair[1], `${place}/1`);
      });
  }
}

export function checkZone(value: JsonValue | undefined, at: string): void {
  if (Object.hasOwn(is.record(value, at), "zone")) {
    is.oneOf(is.object(value, at, ["zone"])["zone"], `${at}/zone`, NETWORK_ZONES);
  } else is.each(is.object(value, at, ["members"])["members"], `${at}/members`, checkZoneMember, 1);
}

function checkZoneMember(value: JsonValue, at: string): void {
  const kind = is.oneOf(is.record(value, at)["kind"], `${at}/kind`, ZONES_OF_HOSTS);
  if (kind === "host") is.name(is.object(value, at, ["kind", "host"])["host"], `${at}/host`);
  else if (kind === "suffix") is.name(is.object(value, at, ["kind", "suffix"])["suffix"], `${at}/suffix`);
  else {
    const cidr = is.object(value, at, ["kind", "address", "bits"]);
    const address = is.list(cidr["address"], `${at}/address`);
    if (address.length !== 4 && address.length !== 16) is.bad(`${at}/address`, "is not an address");
    is.each(cidr["address"], `${at}/address`, (byte, place) => void is.integer(byte, place, 0, 255));
    const bits = is.integer(cidr["bits"], `${at}/bits`, 0, address.length * 8);
    if (hasHostBits({ address: address as readonly number[], bits })) is.bad(at, "has host bits");
  }
}

export function checkTimezone(value: JsonValue | undefined, at: string): void {
  if (!isTimezone(is.name(value, at))) is.bad(at, "is not a time zone that this platform knows");
}

function checkRange(value: JsonValue, at: string): void {
  const range = is.list(value, at, 2);
  if (range.length !== 2) is.bad(at, "is not a pair");
  checkHours(range[0], range[1], at);
}

export function checkHours(start: JsonValue | undefined, end: JsonValue | undefined, at: string): void {
  is.integer(start, `${at}/start`, 0, 1439);
  is.integer(end, `${at}/end`, 0, 1440);
  if (start === end) is.bad(at, "begins and ends at the same time");
}
