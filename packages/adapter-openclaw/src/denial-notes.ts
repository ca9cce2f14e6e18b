import type { CallMeta } from "@proclaw/runtime";
import type { OpenClawPersistContext, OpenClawPersistEvent, OpenClawTranscriptMessage } from "./host-types.ts";
import { isRecord } from "./results.ts";

/**
 * What was decided of denied calls, from the decision until OpenClaw writes their results into the
 * history. A denied call passes no result middleware, so this is the only way to put the record's
 * id beside the refusal. Ids repeat (models choose them): the latest decision of an id is the one
 * whose result comes next.
 */
export class DenialNotes {
  readonly #notes = new Map<string, CallMeta>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(sessionKey: string | undefined, toolCallId: string | undefined, meta: CallMeta | undefined): void {
    if (toolCallId === undefined || meta === undefined) return;
    const key = keyOf(sessionKey, toolCallId);
    // Put at the end, so that the oldest stands first.
    this.#notes.delete(key);
    this.#notes.set(key, meta);
    for (const oldest of this.#notes.keys()) {
      if (this.#notes.size <= this.#capacity) return;
      this.#notes.delete(oldest);
    }
  }

  /** The message with the note in its details; undefined: nothing is noted about it. */
  attach(
    event: OpenClawPersistEvent,
    context: OpenClawPersistContext,
  ): { message: OpenClawTranscriptMessage } | undefined {
    const { message } = event;
    const toolCallId = event.toolCallId ?? context.toolCallId;
    if (toolCallId === undefined || message.role !== "toolResult") return undefined;
    const key = keyOf(context.sessionKey, toolCallId);
    const meta = this.#notes.get(key);
    if (meta === undefined) return undefined;
    this.#notes.delete(key);
    const { details } = message;
    return { message: { ...message, details: { ...(isRecord(details) ? details : {}), proclaw: meta } } };
  }
}

function keyOf(sessionKey: string | undefined, toolCallId: string): string {
  return JSON.stringify([sessionKey ?? null, toolCallId]);
}
