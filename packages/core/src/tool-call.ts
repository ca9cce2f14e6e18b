import type { JsonObject, JsonValue } from "./json.ts";

/*
 * Shapes that travel (calls, contexts, facts, decisions, records) are plain JSON with snake_case
 * members, one spelling in memory, in the trail and on the command line. Methods and options, which
 * stay in the process, are camelCase.
 */

/** One call of a tool as an agent asks for it. */
export interface ToolCall {
  /** Name of the tool, in the host's canonical spelling. */
  readonly tool: string;
  readonly args: JsonObject;
  /** The host's identity of this call; the guard makes one if it is absent. */
  readonly call_id?: string;
  /** The call that caused this one (a tool that calls tools). */
  readonly parent_call_id?: string;
}

/** On whose behalf the agent acts. */
export interface Principal {
  /** Subject identifier (as in OIDC's `sub`). */
  readonly sub?: string;
  /** Absent: the roles are unknown. Empty: known to have none. */
  readonly roles?: readonly string[];
}

/** Who calls, from where, with which variables. Owned by the host, never by the model. */
export interface CallContext {
  readonly agent_id?: string;
  readonly session_id?: string;
  readonly principal?: Principal;
  /** Values of `${name}` in the policy. */
  readonly variables?: Readonly<Record<string, JsonValue>>;
  /** Absolute path against which relative path arguments are read. */
  readonly working_directory?: string;
  /** RFC 3339 time of the call; absent: the clock of whoever decides. */
  readonly now?: string;
  /** W3C trace context identifiers, for correlation only. */
  readonly trace_id?: string;
  readonly span_id?: string;
}

/**
 * What the decision needs to know of the outside world. Fetched by the enforcement point, so that
 * deciding stays pure. A fact the plan asks for and that is missing denies (`missing_fact`).
 */
export interface Facts {
  /**
   * From the path as it stands in the argument to the absolute path it resolves to: symbolic links
   * of the nearest existing ancestor followed, the rest appended.
   */
  readonly paths?: Readonly<Record<string, string>>;
}

/** Which facts a decision on a tool needs. Selectors are JSON Pointers; `*` stands for each element. */
export interface FactRequirements {
  /** Arguments whose strings must appear in {@link Facts.paths}. */
  readonly paths: readonly string[];
}
