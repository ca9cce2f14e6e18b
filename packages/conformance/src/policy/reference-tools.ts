import type { JsonObject, JsonValue, Obligation, ToolCatalogue } from "@proclaw/core";
import { LoadError, milliseconds, readToolFacts } from "./reference-document.ts";
import type { Document } from "./reference-document.ts";
import { zoneWithin } from "./reference-network.ts";
import type { Zone } from "./reference-network.ts";

/** What is known of a tool after policy and host have spoken. */
export interface Tool {
  readonly network: Zone | undefined;
  readonly harmlessArgs: readonly string[];
  readonly aliases: ReadonlyMap<string, string>;
  readonly hosts: readonly string[];
  /** False: irreversible, and nothing undoes it. */
  readonly reversible: boolean;
  readonly obligations: readonly Obligation[];
}

/** "The host may give the same facts when it registers a tool; the stricter wins." */
export function mergeTools(document: Document, host: ToolCatalogue): ReadonlyMap<string, Tool> {
  const names = new Set([...Object.keys(document.tools), ...Object.keys(host)]);
  const tools = new Map<string, Tool>();
  for (const name of names) {
    const sources = [document.tools, host as unknown as JsonObject]
      .filter((source) => Object.hasOwn(source, name))
      .map((source) => readToolFacts(source[name] as JsonValue));
    tools.set(name, mergeTool(sources, document.internalDomains));
  }
  return tools;
}

function mergeTool(sources: readonly JsonObject[], internalDomains: readonly string[]): Tool {
  const said = <T>(key: string): T[] =>
    sources.flatMap((source) => (Object.hasOwn(source, key) ? [source[key] as T] : []));
  const aliases = new Map<string, string>();
  for (const [alias, canonical] of said<Record<string, string>>("aliases").flatMap((map) => Object.entries(map))) {
    if ((aliases.get(alias) ?? canonical) !== canonical) throw new LoadError("one alias of two arguments");
    aliases.set(alias, canonical);
  }
  return {
    network: said<Zone>("network").reduce<Zone | undefined>((a, b) => stricter(a, b, internalDomains), undefined),
    // "the intersection where both speak, else the one that speaks"
    harmlessArgs:
      said<readonly string[]>("harmless_args").reduce<readonly string[] | undefined>(
        (a, b) => a?.filter((name) => b.includes(name)) ?? b,
        undefined,
      ) ?? [],
    aliases,
    hosts: said<readonly string[]>("hosts").flat(),
    reversible: !said<boolean>("reversible").includes(false) || said("undo").length > 0,
    obligations: duties(said),
  };
}

/** "The stricter of two is the contained one; if neither contains the other: load error." */
function stricter(a: Zone | undefined, b: Zone, internalDomains: readonly string[]): Zone {
  if (a === undefined || zoneWithin(b, a, internalDomains)) return b;
  if (zoneWithin(a, b, internalDomains)) return a;
  throw new LoadError("neither zone contains the other");
}

function duties(said: <T>(key: string) => T[]): Obligation[] {
  const list: Obligation[] = [];
  const timeouts = said<string | number>("timeout").map(milliseconds);
  if (timeouts.length > 0) list.push({ type: "time_limit", timeout_ms: Math.min(...timeouts) });
  const profile = said<string>("sandbox")[0];
  if (profile !== undefined && profile !== "none") list.push({ type: "sandbox", profile });
  const outputs = said<{ readonly max_bytes?: number; readonly keep_fields?: readonly string[] }>("output");
  if (outputs.length > 0) list.push({ type: "output", ...Object.assign({}, ...(outputs as object[])) });
  return list;
}
