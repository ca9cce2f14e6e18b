import type { JsonObject } from "@proclaw/core";
import { isPathTool } from "./canonical-call.ts";

/** What `path` fields of file tools and text fields of `exec` lose at their end, after all hooks. */
const ARGUMENT_TAIL = /<\/arg_value>>+$/;
/** Ends of file names that the file tools replace (`.docodex` by `.docx`), after all hooks. */
const REPLACED_EXTENSION = /\.(?:doc|ppt|xls)(?:odex|codex|xodex|xcodex)$/i;
/** NUL, and the spaces that some tools take for plain ones; the guard's own path resolver leaves out the same. */
const SPECIAL_SPACE = /[\0\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;
/** White space or a control character at an end, which a tool that trims drops; the resolver leaves out the same. */
const TRIMMED = /^[\s\p{Cc}]|[\s\p{Cc}]$/u;
/** The fields of `exec` that OpenClaw repairs. */
const EXEC_TEXTS = ["command", "workdir", "host", "ask", "node"] as const;

/**
 * Why an argument is refused that OpenClaw's tools would read in another way than the policy; null
 * if there is none.
 *
 * INVARIANT (one reading): a rule that compares text (`glob`, `regex`, `prefix`, `equals`) decides
 * about what is written, so what is opened must be what is written. OpenClaw 2026.9.6 drops a
 * leading `@` of a path, tries other spaces than those that were asked for, and repairs what it
 * takes for a slip of the model (`secret.docodex` opens `secret.docx`), all of it after the hooks.
 *
 * @param given the arguments as the host gave them
 * @param canonical the same as the policy was asked: a `file:` URL may hide any of these
 * @param patched files that a patch names, as written in it
 */
export function secondReading(
  tool: string,
  given: JsonObject,
  canonical: JsonObject,
  patched: readonly string[],
): string | null {
  if (tool === "exec") {
    const repaired = EXEC_TEXTS.some((name) => ARGUMENT_TAIL.test(textOf(given[name])));
    return repaired ? "an argument ends in `</arg_value>>`, which openclaw would cut off" : null;
  }
  const paths = isPathTool(tool) ? [textOf(given["path"]), textOf(canonical["path"])] : patched;
  if (paths.some((path) => path.startsWith("@"))) {
    return "a path begins with `@`, which openclaw may drop; `./@` names such a file";
  }
  if (paths.some((path) => TRIMMED.test(path))) {
    return "a path begins or ends with white space or a control character, which a tool may drop";
  }
  if (paths.some((path) => SPECIAL_SPACE.test(path))) {
    return "a path holds a special space, which openclaw may read as a plain one";
  }
  if (paths.some((path) => ARGUMENT_TAIL.test(path) || REPLACED_EXTENSION.test(path))) {
    return "a path ends in a way that openclaw would repair";
  }
  return null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
