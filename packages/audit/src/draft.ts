import { canonicalJson, MAX_RECORD_BYTES, ProclawError, RECORD_VERSION } from "@proclaw/core";
import type { Clock, EventFields, Payload } from "@proclaw/core";
import { fastCanonicalJson } from "./fast-json.ts";
import { decisionInOrder, payloadInOrder, principalInOrder } from "./member-order.ts";

/**
 * A record whose place in the chain is still open: its canonical text in two parts. Almost all the work of a record is done when it is queued, while an earlier batch
 * is being flushed; what is left for {@link seal} is a few numbers and the hash.
 */
export interface Draft {
  /** An object of the members before `hash_chain`. */
  readonly before: string;
  /** An object of the members after it. */
  readonly after: string;
  /** UTF-8 bytes of both, and of the longest `hash_chain`. */
  readonly bytes: number;
  readonly event_id: string;
  readonly timestamp: string;
  readonly event: EventFields;
}

/** Bytes of the longest `hash_chain` member value: three ids of 36, a hash of 64, three numbers of 16 digits, names. */
export const CHAIN_BYTES = 320;

export type Drafter = (event: EventFields) => Draft;

/**
 * Makes drafts that carry the time of their making.
 *
 * A record over the limit of 65 535 bytes loses its payloads, first the output, then the input:
 * each becomes `omitted` with its type and size. Throws `record_too_large` if that is not enough,
 * `not_json` for what is not plain JSON, and `invalid_option` for an event without exactly the
 * members of `EventFields` (a member that nobody hashes must not get lost unseen).
 */
export function createDrafter(parts: { clock: Clock; bootId: string; nextId: () => string }): Drafter {
  const time = timestamps();
  const draftOnce = (event: EventFields): Draft => {
    const event_id = parts.nextId();
    const timestamp = time(parts.clock.now());
    // Members stand in the order of RFC 8785 section 3.2.3, around `hash_chain`.
    const before = fastCanonicalJson({
      agent_id: event.agent_id,
      body: event.body,
      boot_id: parts.bootId,
      call_id: event.call_id,
      duration_us: event.duration_us,
      error: event.error,
      event_id,
      execution_status: event.execution_status,
    });
    const after = fastCanonicalJson({
      input_payload: payloadInOrder(event.input_payload),
      kind: event.kind,
      mono_ns: String(parts.clock.monotonic()),
      output_payload: payloadInOrder(event.output_payload),
      parent_call_id: event.parent_call_id,
      policy_decision: decisionInOrder(event.policy_decision),
      principal: principalInOrder(event.principal),
      session_id: event.session_id,
      span_id: event.span_id,
      timestamp,
      tool_name: event.tool_name,
      tool_schema_sha256: event.tool_schema_sha256,
      trace_id: event.trace_id,
      v: RECORD_VERSION,
    });
    const bytes = Buffer.byteLength(before) + Buffer.byteLength(after) + CHAIN_BYTES;
    return { before, after, bytes, event_id, timestamp, event };
  };
  return (event) => {
    if (Object.keys(event).length !== EVENT_MEMBERS) {
      throw new ProclawError("invalid_option", "an event has exactly the members of `EventFields`");
    }
    let draft = draftOnce(event);
    if (draft.bytes > MAX_RECORD_BYTES) draft = draftOnce({ ...event, output_payload: detach(event.output_payload) });
    if (draft.bytes > MAX_RECORD_BYTES)
      draft = draftOnce({ ...draft.event, input_payload: detach(event.input_payload) });
    if (draft.bytes > MAX_RECORD_BYTES) {
      throw new ProclawError(
        "record_too_large",
        `a record of ${draft.bytes} bytes is over the limit of ${MAX_RECORD_BYTES}`,
      );
    }
    return draft;
  };
}

const EVENT_MEMBERS = 17;

/** RFC 3339 times, UTC, milliseconds. Records come many a second, so all but the milliseconds is kept. */
function timestamps(): (now: number) => string {
  let second = Number.NaN;
  let prefix = "";
  return (now) => {
    const whole = Math.floor(now / 1000);
    if (whole !== second) {
      prefix = new Date(whole * 1000).toISOString().slice(0, -4);
      second = whole;
    }
    return `${prefix}${String(Math.floor(now - whole * 1000)).padStart(3, "0")}Z`;
  };
}

/** What a payload was like, in place of what it was. */
function detach(payload: Payload | null): Payload | null {
  switch (payload?.mode) {
    case undefined:
      return null;
    case "inline":
      return { mode: "omitted", type: typeOf(payload.value), bytes: Buffer.byteLength(canonicalJson(payload.value)) };
    case "sealed":
      return { mode: "omitted", type: "sealed", bytes: payload.ciphertext.length };
    case "ref":
    case "same_as":
    case "omitted":
      return payload;
    default:
      return payload satisfies never;
  }
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
