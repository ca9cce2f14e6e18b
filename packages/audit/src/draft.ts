import { canonicalJson, MAX_RECORD_BYTES, ProclawError, RECORD_VERSION } from "@proclaw/core";
import type { Clock, EventFields, Payload } from "@proclaw/core";

/**
 * A record whose place in the chain is still open: its canonical text before and after
 * `hash_chain`. Almost all the work of a record is done when it is queued, while an earlier batch
 * is being flushed; what is left for {@link seal} is a few numbers and the hash.
 */
export interface Draft {
  /** Up to and including `"hash_chain":`. */
  readonly before: string;
  /** The rest. */
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
  const boot = canonicalJson(parts.bootId);
  const draftOnce = (event: EventFields): Draft => {
    const eventId = parts.nextId();
    const timestamp = new Date(parts.clock.now()).toISOString();
    // Member names in the order of RFC 8785 section 3.2.3. A test compares with `canonicalJson` of
    // the whole record.
    const before =
      `{"agent_id":${canonicalJson(event.agent_id)},"body":${canonicalJson(event.body)},"boot_id":${boot}` +
      `,"call_id":${canonicalJson(event.call_id)},"duration_us":${canonicalJson(event.duration_us)}` +
      `,"error":${canonicalJson(event.error)},"event_id":"${eventId}"` +
      `,"execution_status":${canonicalJson(event.execution_status)},"hash_chain":`;
    const after =
      `,"input_payload":${canonicalJson(event.input_payload)},"kind":${canonicalJson(event.kind)}` +
      `,"mono_ns":"${parts.clock.monotonic()}","output_payload":${canonicalJson(event.output_payload)}` +
      `,"parent_call_id":${canonicalJson(event.parent_call_id)}` +
      `,"policy_decision":${canonicalJson(event.policy_decision)},"principal":${canonicalJson(event.principal)}` +
      `,"session_id":${canonicalJson(event.session_id)},"span_id":${canonicalJson(event.span_id)}` +
      `,"timestamp":"${timestamp}","tool_name":${canonicalJson(event.tool_name)}` +
      `,"tool_schema_sha256":${canonicalJson(event.tool_schema_sha256)},"trace_id":${canonicalJson(event.trace_id)}` +
      `,"v":${RECORD_VERSION}}`;
    const bytes = Buffer.byteLength(before) + Buffer.byteLength(after) + CHAIN_BYTES;
    return { before, after, bytes, event_id: eventId, timestamp, event };
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
