import type { JsonObject, JsonValue } from "@proclaw/core";
import type { Surroundings } from "./reference-condition.ts";
import { isArray } from "./reference-document.ts";
import { insert, variable, WHOLE_VARIABLE } from "./reference-operand.ts";
import type { Resolved } from "./reference-operand.ts";
import { all, errorOf, fromBoolean } from "./truth.ts";
import type { ErrorKind, Truth } from "./truth.ts";

/**
 * "lexical normalization, plus the resolved path as a fact; both must satisfy". Where the two
 * disagree the condition is neither true nor false and counts as mistyped, so that no link leads
 * round an allow rule or round a deny rule.
 */
export function pathTruth(operand: JsonObject, value: JsonValue, around: Surroundings): Truth {
  if (typeof value !== "string" || isNoPath(value)) return "mistyped";
  const { context, facts, column } = around;
  const known = facts.paths ?? {};
  const fact = Object.hasOwn(known, value) ? known[value] : undefined;
  const base = context.working_directory;
  const absolute = value.startsWith("/") ? value : isPlace(base) ? `${base}/${value}` : null;
  const truths = Object.entries(operand).map(([part, list]): Truth => {
    const entries = (isArray(list) ? list : [list]) as readonly string[];
    const operands = entries.map((entry) => (part === "extensions" ? extension(entry, around) : place(entry, around)));
    const errors: ErrorKind[] = operands.flatMap((one) => ("error" in one ? [one.error] : []));
    if (absolute === null || typeof fact !== "string") errors.push("missing_fact");
    else if (!isPlace(fact)) errors.push("evaluation_error");
    const error = errorOf(errors);
    if (error !== null || absolute === null || typeof fact !== "string") return error ?? "missing_fact";
    const texts = operands.map((one) => ("value" in one ? (one.value as string) : ""));
    const holds = (path: string): boolean => {
      if (part === "extensions") return texts.some((end) => (path.split("/").at(-1) as string).endsWith(end));
      return texts.some((folder) => isWithin(path, folder)) === (part === "within");
    };
    // "if the NFC form of a path says something else than the path, the condition is mistyped"
    const says = [normalize(absolute), normalize(fact)].flatMap((path) => [holds(path), holds(path.normalize("NFC"))]);
    return new Set(says).size === 1 ? fromBoolean(says[0] as boolean) : "mistyped";
  });
  return all(truths, column);
}

/**
 * Empty, a home directory, a mention (`@`), Windows forms, NUL, a file URL, a space that is not the
 * plain one, ends that somebody would trim: nothing that could be told to lie somewhere.
 */
function isNoPath(text: string): boolean {
  if (text === "" || /^[~@]|[\\\0]|^[A-Za-z]:|^file:/i.test(text)) return true;
  if (text.trim() !== text || isControl(text.charCodeAt(0)) || isControl(text.charCodeAt(text.length - 1))) return true;
  return Array.from(text).some((char) => char !== " " && /\p{Zs}/u.test(char));
}

function isControl(unit: number): boolean {
  return unit < 0x20 || (unit >= 0x7f && unit < 0xa0);
}

/** What the host or the policy may state as a place. */
function isPlace(path: string | undefined): path is string {
  return path !== undefined && path.startsWith("/") && !/[\\\0]/.test(path);
}

/** A folder of the policy: a constant, a variable that is the whole folder, or a template. */
function place(entry: string, around: Surroundings): Resolved {
  const whole = WHOLE_VARIABLE.exec(entry);
  if (whole !== null) {
    const resolved = variable(whole[1] as string, around);
    if ("error" in resolved) return resolved;
    const folder = resolved.value;
    const fits = typeof folder === "string" && isPlace(folder) && !folder.split("/").includes("..");
    return fits ? { value: normalize(folder) } : { error: "evaluation_error" };
  }
  const errors: ErrorKind[] = [];
  const segments = entry.split("/").map((segment) => {
    const filled = fill(segment, around, errors);
    // "In a template an empty value or `.` is an error too"
    if (filled !== segment && ["", ".", ".."].includes(filled)) errors.push("evaluation_error");
    return filled;
  });
  const error = errorOf(errors);
  return error === null ? { value: normalize(segments.join("/")) } : { error };
}

function extension(entry: string, around: Surroundings): Resolved {
  const whole = WHOLE_VARIABLE.exec(entry);
  const errors: ErrorKind[] = [];
  const resolved: Resolved =
    whole === null ? { value: fill(entry, around, errors) } : variable(whole[1] as string, around);
  if ("error" in resolved) return resolved;
  const error = errorOf(errors);
  if (error !== null) return { error };
  const { value } = resolved;
  const fits = typeof value === "string" && value.startsWith(".") && !value.includes("/");
  return fits ? { value } : { error: "evaluation_error" };
}

/** "the inserted value may hold no `/`, `\` or `..`" */
function fill(template: string, around: Surroundings, errors: ErrorKind[]): string {
  return template.replaceAll(/\$\{([^{}]+)\}/g, (_, name: string) => {
    const before = errors.length;
    const inserted = insert(name, around, errors);
    if (/[/\\]|\.\./.test(inserted)) errors.push("evaluation_error");
    // What has no value is told once, and not taken for an empty text.
    return errors.length > before ? "?" : inserted;
  });
}

function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

function normalize(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  return `/${steps.join("/")}`;
}
