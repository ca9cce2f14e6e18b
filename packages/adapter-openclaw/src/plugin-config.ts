import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { ProclawError } from "@proclaw/core";

/** `plugins.entries.proclaw.config` in OpenClaw's configuration. */
export interface PluginConfig {
  /** Absolute path of the policy. */
  readonly policyFile: string;
  /** ProClaw's own folder: signing key, trail. */
  readonly stateDir: string;
  readonly trailDir: string;
  readonly deadlineMs: number | undefined;
  readonly unobservedAfterMs: number | undefined;
}

const PATHS = ["policyFile", "stateDir", "trailDir"] as const;
const DURATIONS = ["deadlineMs", "unobservedAfterMs"] as const;

/**
 * Reads the plugin's settings. OpenClaw checks them against `openclaw.plugin.json` too, but only a
 * reader of our own says what is wrong in words that reach the operator and the model.
 *
 * @throws ProclawError `invalid_option`
 */
export function readPluginConfig(config: unknown, env: NodeJS.ProcessEnv = process.env): PluginConfig {
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw invalid("is not an object");
  const members = config as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    if (!(PATHS as readonly string[]).includes(name) && !(DURATIONS as readonly string[]).includes(name)) {
      throw invalid(`has an unknown key \`${name}\``);
    }
  }
  const path = (name: (typeof PATHS)[number]): string | undefined => {
    const value = members[name];
    if (value === undefined) return undefined;
    // A relative path would depend on the folder in which somebody started the host.
    if (typeof value !== "string" || !isAbsolute(value)) throw invalid(`needs an absolute path in \`${name}\``);
    return value;
  };
  const duration = (name: (typeof DURATIONS)[number]): number | undefined => {
    const value = members[name];
    if (value === undefined) return undefined;
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw invalid(`needs a number of milliseconds in \`${name}\``);
    return value as number;
  };

  const policyFile = path("policyFile");
  if (policyFile === undefined) throw invalid("names no `policyFile`");
  const stateDir = path("stateDir") ?? defaultStateDir(env);
  return {
    policyFile,
    stateDir,
    trailDir: path("trailDir") ?? join(stateDir, "trail"),
    deadlineMs: duration("deadlineMs"),
    unobservedAfterMs: duration("unobservedAfterMs"),
  };
}

function defaultStateDir(env: NodeJS.ProcessEnv): string {
  if (env["PROCLAW_STATE_DIR"]) return env["PROCLAW_STATE_DIR"];
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "proclaw");
}

function invalid(what: string): ProclawError {
  return new ProclawError("invalid_option", `plugins.entries.proclaw.config ${what}`);
}
