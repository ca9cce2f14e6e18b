import { randomUUID } from "node:crypto";

const MAX_HOST_ID = 128;
const NESTED = "tool_search_code:";

/**
 * Identity of a call as the host has it. One run may use an id twice (models choose them), so this
 * finds a call but does not name it for ever.
 */
export function hostKey(runId: string | undefined, toolCallId: string): string {
  return JSON.stringify([runId ?? null, toolCallId]);
}

/** Makes ids for the trail: the host's id, so that people find it again, and what makes it unique. */
export class CallIds {
  readonly #process = randomUUID().slice(0, 8);
  #count = 0;

  /**
   * INVARIANT (a call id names one call): rate limits are taken once per call id, and the model
   * chooses the host's ids, so a repeated id must never count as the same call.
   */
  next(toolCallId: string): string {
    this.#count += 1;
    return `${toolCallId.toWellFormed().slice(0, MAX_HOST_ID)}~${this.#process}${this.#count.toString(36)}`;
  }
}

/** Whether `toolCallId` is a call that tool search or code mode made inside call `outer`. */
export function isNestedIn(toolCallId: string, outer: string): boolean {
  // OpenClaw's ToolSearchRuntime: `tool_search_code:<outer, sanitized>:<tool>:<count>`
  const part = outer
    .trim()
    .replace(/[^A-Za-z0-9_.:-]+/g, "_")
    .slice(0, 120);
  return part !== "" && toolCallId.startsWith(`${NESTED}${part}:`);
}
