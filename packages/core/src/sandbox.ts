import type { JsonObject, JsonValue } from "./json.ts";
import type { SpecVersion } from "./spec-version.ts";

/** A tool as a sandbox can run it: a module and a name, never a closure. */
export interface SandboxedTool {
  readonly moduleUrl: string;
  readonly exportName: string;
}

export interface SandboxRun {
  readonly tool: SandboxedTool;
  readonly args: JsonObject;
  readonly profile: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type SandboxOutcome =
  | { readonly status: "success"; readonly output: JsonValue }
  | { readonly status: "error"; readonly message: string }
  | { readonly status: "timeout" | "killed" };

/** Runs a tool confined. A profile that cannot be applied rejects, and the call is denied. */
export interface Sandbox {
  readonly specVersion: SpecVersion;
  /** Rejects `unsupported_platform` if `profile` cannot be applied here. */
  prepare(profile: string): Promise<void>;
  run(run: SandboxRun): Promise<SandboxOutcome>;
}
