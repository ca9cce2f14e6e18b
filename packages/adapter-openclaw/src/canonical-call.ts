import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { canonicalJson, clonePlainObject, type JsonObject, MAX_CALL_BYTES } from "@proclaw/core";

/** Names that OpenClaw itself takes for these tools. */
const TOOL_ALIASES: Readonly<Record<string, string>> = { bash: "exec", cron: "automations" };

/** Tools whose `path` is a file or folder of this host. */
const PATH_TOOLS: ReadonlySet<string> = new Set(["read", "write", "edit", "ls"]);

/** Whether the tool's `path` names a file or folder of this host. */
export function isPathTool(tool: string): boolean {
  return PATH_TOOLS.has(tool);
}

/** JavaScript, not shell, although the tool is called `exec` too. */
const CODE_MODE_EXEC = "code_mode_exec";

/**
 * The policy's name of a tool. A kind, where the host states one, separates tools that share a
 * name, so the kind is the name; a kind this version does not know thereby matches no rule that
 * was written for the plain tool.
 */
export function canonicalToolName(toolName: string, toolKind: string | undefined): string {
  if (toolKind !== undefined && toolKind !== "") return toolKind;
  const name = toolName.trim().toLowerCase();
  return Object.hasOwn(TOOL_ALIASES, name) ? (TOOL_ALIASES[name] ?? name) : name;
}

/**
 * The arguments as plain data, before anything is normalized; `not_json` if they are not. OpenClaw
 * hands code mode the same text as `code` and as `command`: the copy is dropped.
 */
export function cloneArguments(tool: string, params: unknown): JsonObject {
  const args = clonePlainObject(params, MAX_CALL_BYTES);
  if (tool !== CODE_MODE_EXEC || args["command"] === undefined || args["command"] !== args["code"]) return args;
  const { command: _copy, ...rest } = args;
  return Object.freeze(rest);
}

/**
 * The call that is decided, and that will be run: file paths are made absolute the way OpenClaw's
 * tools would read them (`~`, `file:` URLs, relative to the agent's workspace), so that what was
 * decided does not depend on how, or against which folder, the tool reads them later.
 *
 * @param workingDirectory undefined: relative paths stay, and a policy about paths denies them
 */
export function canonicalArguments(tool: string, args: JsonObject, workingDirectory: string | undefined): JsonObject {
  if (!PATH_TOOLS.has(tool)) return args;
  const path = args["path"];
  if (typeof path !== "string" || path === "") return args;
  const absolute = absolutePath(path, workingDirectory);
  return absolute === undefined || absolute === path ? args : Object.freeze({ ...args, path: absolute });
}

/** The path that OpenClaw's file tools would open; undefined if that cannot be told. */
export function absolutePath(path: string, workingDirectory: string | undefined): string | undefined {
  let expanded = path;
  if (path === "~" || path.startsWith("~/")) expanded = homedir() + path.slice(1);
  else if (/^file:/i.test(path)) {
    try {
      expanded = fileURLToPath(path);
    } catch {
      return undefined;
    }
  }
  if (isAbsolute(expanded)) return resolve(expanded);
  return workingDirectory === undefined ? undefined : resolve(workingDirectory, expanded);
}

/** SHA-256, hex, of the canonical text: whether two calls would do the same. */
export function digestOf(value: JsonObject): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
