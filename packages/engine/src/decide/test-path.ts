import type { JsonValue } from "@proclaw/core";
import { isWithin, readPath, readPlace, normalizeAbsolute } from "../lexical-path.ts";
import type { OperandPlan } from "../plan/types.ts";
import { resolve, resolveTemplate, resolveText } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { agree, ERROR, EVALUATION, MISSING_FACT, MISTYPED, truth, type Truth } from "./truth.ts";

export type PathTest =
  | { readonly op: "path_within" | "path_not_within"; readonly roots: readonly OperandPlan[] }
  | { readonly op: "path_extensions"; readonly extensions: readonly OperandPlan[] };

/**
 * INVARIANT (text and fact agree): a path counts only as both its text and the place it really
 * leads to say; where they differ, or its Unicode normalization says something else, the doubt goes
 * against the call, in allow and in deny rules alike.
 */
export function testPath(test: PathTest, value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string") return MISTYPED;
  const lexical = readPath(value, scope.context.working_directory);
  if ("problem" in lexical && lexical.problem === "unreadable") return MISTYPED;
  const operands =
    test.op === "path_extensions" ? resolveExtensions(test.extensions, scope) : resolveRoots(test.roots, scope);
  const fact = scope.resolvedPath(value);
  if ("problem" in lexical || fact === undefined) {
    scope.causes |= MISSING_FACT;
    scope.notes?.add(
      "problem" in lexical
        ? "the path is relative, and the call's context has no `working_directory`"
        : "nobody said where the path leads (a resolved path is missing)",
    );
    return ERROR;
  }
  const resolved = readPlace(fact);
  if (resolved === null) {
    scope.causes |= EVALUATION;
    scope.notes?.add("what the path is said to lead to is not an absolute path");
  }
  if (operands === undefined || resolved === null) return ERROR;
  return agree(judge(test.op, lexical.path, operands), judge(test.op, resolved, operands));
}

function judge(op: PathTest["op"], path: string, operands: readonly string[]): Truth {
  const plain = holds(op, path, operands);
  // Some file systems fold Unicode forms: the composed form must say the same.
  const composed = path.normalize("NFC");
  return composed === path || holds(op, composed, operands) === plain ? truth(plain) : MISTYPED;
}

function holds(op: PathTest["op"], path: string, operands: readonly string[]): boolean {
  if (op === "path_extensions") {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return operands.some((extension) => name.endsWith(extension));
  }
  return operands.some((root) => isWithin(path, root)) === (op === "path_within");
}

function resolveExtensions(operands: readonly OperandPlan[], scope: Scope): readonly string[] | undefined {
  const texts: string[] = [];
  for (const operand of operands) {
    const text =
      operand.kind === "template" ? resolveTemplate(operand.parts, scope, true) : resolveText(operand, scope);
    if (text?.startsWith(".") === true && !text.includes("/")) texts.push(text);
    else if (text !== undefined) scope.causes |= EVALUATION;
  }
  return texts.length === operands.length ? texts : undefined;
}

function resolveRoots(operands: readonly OperandPlan[], scope: Scope): readonly string[] | undefined {
  const roots: string[] = [];
  for (const operand of operands) {
    const root = resolveRoot(operand, scope);
    if (root !== undefined) roots.push(root);
  }
  return roots.length === operands.length ? roots : undefined;
}

function resolveRoot(operand: OperandPlan, scope: Scope): string | undefined {
  if (operand.kind === "value") return operand.value as string;
  let text: JsonValue | undefined;
  if (operand.kind === "template") {
    text = resolveTemplate(operand.parts, scope, true);
    // An empty value or `.` would name the folder above instead of one inside it.
    const shape = operand.parts.map((part, index) => (index % 2 === 0 ? part : "v")).join("");
    if (text !== undefined && depth(normalizeAbsolute(text)) !== depth(normalizeAbsolute(shape))) text = null;
  } else text = resolve(operand, scope);
  if (text === undefined) return undefined;
  const root = typeof text === "string" ? readPlace(text) : null;
  // A variable is the whole folder: it must be absolute and may not climb.
  if (root !== null && !(text as string).split("/").includes("..")) return root;
  scope.causes |= EVALUATION;
  return undefined;
}

function depth(path: string): number {
  return path === "/" ? 0 : path.split("/").length - 1;
}
