import { clonePlainObject, MAX_CALL_BYTES, ProclawError } from "@proclaw/core";
import type { JsonObject, ReasonCode } from "@proclaw/core";
import { randomUUID } from "node:crypto";

const MAX_NAME = 256;

/** A call as it was read, once, before anything else happened. */
export interface ReadCall {
  /** Null: unusable. */
  readonly tool: string | null;
  /** Frozen, shares nothing with the caller's object. Null: unusable. */
  readonly args: JsonObject | null;
  readonly callId: string;
  readonly callIdIsOurs: boolean;
  readonly parentCallId: string | null;
  /** Why the call cannot be decided. */
  readonly problem: { readonly code: ReasonCode; readonly reason: string } | null;
}

/**
 * INVARIANT (exactly the decided clone executes): the arguments are copied here, synchronously, and
 * nothing reads the caller's object again; decision, record and tool all get this frozen copy.
 */
export function readCall(call: unknown): ReadCall {
  let problem: ReadCall["problem"] = null;
  let tool: unknown;
  let rawArgs: unknown;
  let callId: unknown;
  let parentCallId: unknown;
  try {
    const members = call as Readonly<Record<string, unknown>>;
    tool = members["tool"];
    rawArgs = members["args"];
    callId = members["call_id"];
    parentCallId = members["parent_call_id"];
  } catch {
    problem = { code: "invalid_call", reason: "the call cannot be read" };
  }
  let args: JsonObject | null = null;
  try {
    args = clonePlainObject(rawArgs, MAX_CALL_BYTES);
  } catch (error) {
    problem ??= ProclawError.is(error, "too_large")
      ? { code: "argument_too_large", reason: `the arguments are larger than ${MAX_CALL_BYTES} bytes` }
      : { code: "invalid_call", reason: "the arguments are not a plain JSON object" };
  }
  if (!isName(tool)) problem ??= { code: "invalid_call", reason: "the call names no tool" };
  const idGiven = callId !== undefined;
  if (idGiven && !isName(callId)) problem ??= { code: "invalid_call", reason: "the call id is not usable" };
  if (parentCallId !== undefined && !isName(parentCallId)) {
    problem ??= { code: "invalid_call", reason: "the parent call id is not usable" };
  }
  return {
    tool: isName(tool) ? tool : null,
    args,
    callId: isName(callId) ? callId : randomUUID(),
    callIdIsOurs: !isName(callId),
    parentCallId: isName(parentCallId) ? parentCallId : null,
    problem,
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME && value.isWellFormed();
}
