import type { Findings, Place } from "../diagnostics.ts";
import { zoneWithin } from "../network/zone.ts";
import type { ToolPlan, ZonePlan } from "../plan/types.ts";
import { readDuration } from "./duration.ts";
import type { Members, Reader } from "./reader.ts";
import { readZone } from "./zones.ts";

const PAYLOAD_MODES = ["inline", "ref", "sealed", "omitted"] as const;
const TOOL_KEYS = [
  "network",
  "timeout",
  "sandbox",
  "reversible",
  "undo",
  "harmless_args",
  "aliases",
  "subject",
  "hosts",
  "output",
  "payload",
] as const;

/** What one source says of a tool; what it does not say is undefined. */
interface ToolWord {
  network?: ZonePlan | undefined;
  timeoutMs?: number | undefined;
  sandbox?: string | undefined;
  reversible?: boolean | undefined;
  undo?: string | undefined;
  harmlessArgs?: readonly string[] | undefined;
  aliases?: Readonly<Record<string, string>> | undefined;
  subject?: string | undefined;
  hosts?: readonly string[] | undefined;
  maxBytes?: number | undefined;
  keepFields?: readonly string[] | undefined;
  payload?: (typeof PAYLOAD_MODES)[number] | undefined;
}

/**
 * What the host and all policy files say of the tools, merged so that the stricter wins. Where two
 * sources speak and neither is stricter, that is a load error.
 */
export class ToolTable {
  readonly #words = new Map<string, { word: ToolWord; place: Place }>();

  read(reader: Reader, value: unknown, place: Place, internalDomains: readonly string[]): void {
    const tools = reader.mapping(value, place, "`tools`");
    if (tools === undefined) return;
    for (const name of Object.keys(tools)) {
      const at = place.at(name);
      const exact = !name.includes("*") && name !== "" && name.isWellFormed();
      if (!exact) {
        reader.findings.error(
          at,
          "invalid_value",
          `\`${name.toWellFormed()}\` is not the name of one tool`,
          "declare every tool by its exact name",
          "key",
        );
      }
      // What is wrong inside is said as well.
      const members = reader.mapping(tools[name], at, `tool \`${name.toWellFormed()}\``);
      if (members === undefined) continue;
      reader.knownKeys(members, at, TOOL_KEYS, "a tool");
      const word = readTool(reader, members, at);
      if (!exact) continue;
      const known = this.#words.get(name);
      if (known === undefined) this.#words.set(name, { word, place: at });
      else this.#words.set(name, { word: merge(reader.findings, known.word, word, at, internalDomains), place: at });
    }
  }

  names(): readonly string[] {
    return [...this.#words.keys()];
  }

  finish(findings: Findings): Readonly<Record<string, ToolPlan>> {
    const plans: [string, ToolPlan][] = [];
    for (const [name, { word, place }] of [...this.#words].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const aliases = word.aliases ?? {};
      for (const [alias, canonical] of Object.entries(aliases)) {
        if (Object.hasOwn(aliases, canonical)) {
          findings.error(
            place.at("aliases"),
            "conflict",
            `alias \`${alias}\` stands for \`${canonical}\`, which is an alias itself`,
          );
        }
      }
      const canonicalize = (args: readonly string[] | undefined): readonly string[] =>
        [...new Set((args ?? []).map((arg) => (Object.hasOwn(aliases, arg) ? (aliases[arg] as string) : arg)))].sort();
      plans.push([
        name,
        {
          network: word.network ?? null,
          timeoutMs: word.timeoutMs ?? null,
          sandbox: word.sandbox ?? null,
          irreversible: word.reversible === false && word.undo === undefined,
          undo: word.undo ?? null,
          harmlessArgs: canonicalize(word.harmlessArgs),
          aliases,
          subject: word.subject === undefined ? null : (canonicalize([word.subject])[0] as string),
          hosts: canonicalize(word.hosts),
          output:
            word.maxBytes === undefined && word.keepFields === undefined
              ? null
              : { maxBytes: word.maxBytes ?? null, keepFields: word.keepFields ?? null },
          payload: word.payload ?? null,
        },
      ]);
    }
    // `fromEntries` defines own properties, so a tool called `__proto__` is an ordinary one.
    return Object.fromEntries(plans);
  }
}

function readTool(reader: Reader, members: Members, place: Place): ToolWord {
  const word: ToolWord = {};
  const read = <T>(
    key: (typeof TOOL_KEYS)[number],
    how: (value: unknown, at: Place, what: string) => T,
  ): T | undefined => (members[key] === undefined ? undefined : how(members[key], place.at(key), `\`${key}\``));
  word.network = read("network", (value, at, what) => readZone(reader, value, at, what));
  word.timeoutMs = read("timeout", (value, at, what) => readDuration(reader, value, at, what));
  word.sandbox = read("sandbox", (value, at, what) => reader.string(value, at, what));
  word.reversible = read("reversible", (value, at, what) => reader.boolean(value, at, what));
  word.undo = read("undo", (value, at, what) => reader.string(value, at, what));
  word.harmlessArgs = read("harmless_args", (value, at, what) => readNames(reader, value, at, what));
  word.aliases = read("aliases", (value, at, what) => readAliases(reader, value, at, what));
  word.subject = read("subject", (value, at, what) => reader.string(value, at, what));
  word.hosts = read("hosts", (value, at, what) => readNames(reader, value, at, what));
  word.payload = read("payload", (value, at, what) => reader.oneOf(value, at, what, PAYLOAD_MODES));
  const output = read("output", (value, at, what) => reader.mapping(value, at, what));
  if (output !== undefined) {
    const at = place.at("output");
    reader.knownKeys(output, at, ["max_bytes", "keep_fields"], "`output`");
    if (output["max_bytes"] !== undefined) {
      word.maxBytes = reader.integer(output["max_bytes"], at.at("max_bytes"), "`max_bytes`", 0, 2 ** 31);
    }
    if (output["keep_fields"] !== undefined) {
      word.keepFields = readNames(reader, output["keep_fields"], at.at("keep_fields"), "`keep_fields`");
    }
  }
  return word;
}

/** A list of names that may be empty: empty says "none", which is not the same as saying nothing. */
function readNames(reader: Reader, value: unknown, place: Place, what: string): readonly string[] | undefined {
  return Array.isArray(value) && value.length === 0 ? [] : reader.strings(value, place, what);
}

function readAliases(
  reader: Reader,
  value: unknown,
  place: Place,
  what: string,
): Readonly<Record<string, string>> | undefined {
  const members = reader.mapping(value, place, what);
  if (members === undefined) return undefined;
  const aliases: [string, string][] = [];
  for (const alias of Object.keys(members).sort()) {
    const canonical = reader.string(members[alias], place.at(alias), "the canonical name of an alias");
    if (canonical === undefined) continue;
    if (canonical === alias) reader.invalid(place.at(alias), `\`${alias}\` is an alias of itself`);
    else if (!alias.isWellFormed()) reader.invalid(place.at(alias), "an alias holds a lone surrogate");
    else aliases.push([alias, canonical]);
  }
  return Object.fromEntries(aliases);
}

function merge(
  findings: Findings,
  a: ToolWord,
  b: ToolWord,
  place: Place,
  internalDomains: readonly string[],
): ToolWord {
  const conflict = (key: string): undefined => {
    findings.error(place.at(key), "conflict", `two sources disagree on \`${key}\`, and neither is the stricter one`);
    return undefined;
  };
  const same = (key: "sandbox" | "undo" | "subject"): string | undefined =>
    a[key] === undefined || b[key] === undefined || a[key] === b[key] ? (a[key] ?? b[key]) : conflict(key);
  return {
    network:
      a.network === undefined || b.network === undefined
        ? (a.network ?? b.network)
        : zoneWithin(b.network, a.network, internalDomains)
          ? b.network
          : zoneWithin(a.network, b.network, internalDomains)
            ? a.network
            : conflict("network"),
    timeoutMs: both(a.timeoutMs, b.timeoutMs, Math.min),
    sandbox: same("sandbox"),
    reversible: both(a.reversible, b.reversible, (x, y) => x && y),
    undo: same("undo"),
    harmlessArgs: both(a.harmlessArgs, b.harmlessArgs, intersection),
    aliases: both(a.aliases, b.aliases, (x, y) => {
      for (const alias of Object.keys(y)) if (Object.hasOwn(x, alias) && x[alias] !== y[alias]) conflict("aliases");
      return Object.fromEntries([...Object.entries(x), ...Object.entries(y)].sort(([p], [q]) => (p < q ? -1 : 1)));
    }),
    subject: same("subject"),
    hosts: both(a.hosts, b.hosts, (x, y) => [...new Set([...x, ...y])]),
    maxBytes: both(a.maxBytes, b.maxBytes, Math.min),
    keepFields: both(a.keepFields, b.keepFields, intersection),
    // The later in the list keeps less in the trail.
    payload: both(a.payload, b.payload, (x, y) => (PAYLOAD_MODES.indexOf(x) > PAYLOAD_MODES.indexOf(y) ? x : y)),
  };
}

function both<T>(a: T | undefined, b: T | undefined, combine: (a: T, b: T) => T): T | undefined {
  return a === undefined || b === undefined ? (a ?? b) : combine(a, b);
}

function intersection(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.filter((name) => b.includes(name));
}
