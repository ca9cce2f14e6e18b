import { ProclawError } from "@proclaw/core";
import { type Diagnostic, type Findings, type Locate, Place } from "../diagnostics.ts";
import { templateNames, templatePolicy } from "../templates/index.ts";
import { nearest } from "./nearest.ts";
import type { Members, Reader } from "./reader.ts";

/** One policy document, as parsed, and where it came from. */
export interface PolicySource {
  readonly document: unknown;
  readonly file?: string | undefined;
  readonly locate?: Locate | undefined;
}

/**
 * Finds the file that `extends` names. Throws `invalid_policy` if it cannot be read; answers with
 * diagnostics if it cannot be parsed.
 */
export type ResolveExtends = (
  reference: string,
  from: string | undefined,
) => PolicySource | { readonly diagnostics: readonly Diagnostic[] };

export interface Layer {
  readonly members: Members;
  readonly place: Place;
  readonly root: boolean;
}

const MAX_EXTENDS_DEPTH = 8;
const TEMPLATE = "template:";

/** The document and all it extends: what is extended comes first, and each source once. */
export function readLayers(
  reader: Reader,
  source: PolicySource,
  resolve: ResolveExtends | undefined,
): readonly Layer[] {
  const layers: Layer[] = [];
  const seen = new Set<string>();
  const open: string[] = [];

  const visit = (current: PolicySource, root: boolean): void => {
    const place = new Place(current.file, current.locate);
    const members = reader.mapping(current.document, place, "a policy");
    if (members === undefined) return;
    if (members["extends"] !== undefined) {
      const references = reader.each(members["extends"], place.at("extends"), "`extends`", (item, at) => {
        const reference = reader.string(item, at, "`extends`");
        if (reference === undefined) return undefined;
        extend(reference, current.file, at);
        return reference;
      });
      void references;
    }
    layers.push({ members, place, root });
  };

  const extend = (reference: string, from: string | undefined, at: Place): void => {
    const found = reference.startsWith(TEMPLATE)
      ? builtIn(reader.findings, reference, at)
      : load(reader.findings, resolve, reference, from, at);
    if (found === undefined) return;
    const key = found.file ?? reference;
    if (open.includes(key)) {
      const circle = [...open.slice(open.indexOf(key)), key].map((file) => `\`${file}\``).join(" extends ");
      reader.findings.error(
        at,
        "extends_failed",
        `a policy cannot extend itself: ${circle}`,
        "take one of these `extends` out",
      );
      return;
    }
    if (open.length >= MAX_EXTENDS_DEPTH) {
      reader.findings.error(
        at,
        "extends_failed",
        `\`${reference}\` lies more than ${MAX_EXTENDS_DEPTH} files deep`,
        "extend it from a file nearer to the policy",
      );
      return;
    }
    if (seen.has(key)) return;
    seen.add(key);
    open.push(key);
    visit(found, false);
    open.pop();
  };

  open.push(source.file ?? "");
  visit(source, true);
  return layers;
}

function builtIn(findings: Findings, reference: string, at: Place): PolicySource | undefined {
  const document = templatePolicy(reference.slice(TEMPLATE.length));
  if (document !== undefined) return { document, file: reference };
  const known = templateNames().map((name) => TEMPLATE + name);
  const near = nearest(reference, known);
  findings.error(
    at,
    "extends_failed",
    `there is no built-in \`${reference}\``,
    near === undefined ? `built in: ${known.join(", ")}` : `did you mean \`${near}\`?`,
  );
  return undefined;
}

function load(
  findings: Findings,
  resolve: ResolveExtends | undefined,
  reference: string,
  from: string | undefined,
  at: Place,
): PolicySource | undefined {
  if (resolve === undefined) {
    findings.error(at, "extends_failed", `\`${reference}\` cannot be read here: no reader of files was given`);
    return undefined;
  }
  try {
    const found = resolve(reference, from);
    if (!("diagnostics" in found)) return found;
    for (const diagnostic of found.diagnostics) findings.add(diagnostic);
  } catch (error) {
    if (!ProclawError.is(error)) throw error;
    findings.error(at, "extends_failed", `\`${reference}\` cannot be read: ${error.message}`);
  }
  return undefined;
}
