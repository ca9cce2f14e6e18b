import { eventFields } from "@proclaw/core";
import type { EventFields, ExecutionStatus } from "@proclaw/core";
import type { OpenDecision } from "./open-decisions.ts";

/** A log at a size: what a log that goes on from it names, and what a log of checkpoints binds. */
export interface LogRoot {
  readonly log: string;
  readonly size: number;
  /** Merkle root over the first `size` records, hex. */
  readonly root: string;
}

/*
 * Records of the trail's own making. They hold ids, numbers and constants only, so they need no
 * sanitizer.
 */

export function logOpen(parts: {
  origin: string;
  publicKey: string;
  predecessor: LogRoot | null;
  software: string;
}): EventFields {
  const predecessor = parts.predecessor === null ? null : { ...parts.predecessor };
  return eventFields({
    kind: "log.open",
    body: { origin: parts.origin, public_key: parts.publicKey, predecessor, software: parts.software },
  });
}

/** Binds a root of another log; only for a log of checkpoints. */
export function checkpointBinding({ log, size, root }: LogRoot): EventFields {
  return eventFields({ kind: "checkpoint", body: { log, size, root } });
}

/** Ends a key epoch; the record itself still belongs to the old one. */
export function keyRotate(parts: { publicKey: string; keyEpoch: number; signature: Uint8Array }): EventFields {
  const { publicKey, keyEpoch } = parts;
  const signature = Buffer.from(parts.signature).toString("base64");
  return eventFields({ kind: "key.rotate", body: { public_key: publicKey, key_epoch: keyEpoch, signature } });
}

/** What the key of an epoch signs to name the one of the next (docs/audit/format.md, Keys). */
export function rotationText(parts: { origin: string; keyEpoch: number; publicKey: string }): Uint8Array {
  return Buffer.from(`proclaw key rotation v1\n${parts.origin}\n${parts.keyEpoch}\n${parts.publicKey}\n`);
}

export function logClose(reason: "closed" | "writer_dead"): EventFields {
  return eventFields({ kind: "log.close", body: { reason } });
}

export function heartbeat(records: number, signed: number): EventFields {
  return eventFields({ kind: "heartbeat", body: { records, signed } });
}

/** `by` is how far the wall clock moved against the monotonic one, in milliseconds. */
export function clockStep(by: number): EventFields {
  return eventFields({ kind: "clock.step", body: { step_ms: by } });
}

/** Why a decision is settled by the trail and not by an outcome. */
export type SettleReason = "writer_dead" | "trail_closed" | "append_rejected" | "outcome_rejected" | "log_lost";

/** Says of one decision how it ended, as far as the trail can know. */
export function settleDecision(open: OpenDecision, status: ExecutionStatus, reason: SettleReason): EventFields {
  return eventFields({
    ...open.event,
    kind: "recovery",
    execution_status: status,
    body: { decision: open.event_id, reason },
  });
}

/** Says that its own writer recovered the log. */
export function logRecovered(parts: {
  keptAsideBytes: number;
  /** Records whose append was rejected and that are durable all the same. */
  rejectedButDurable: readonly string[];
}): EventFields {
  return eventFields({
    kind: "recovery",
    body: {
      cause: "append_failed",
      kept_aside_bytes: parts.keptAsideBytes,
      rejected_but_durable: parts.rejectedButDurable.slice(0, MAX_LISTED),
      rejected_but_durable_count: parts.rejectedButDurable.length,
    },
  });
}

/**
 * Says that another process recovered the log. From record `signedSize` up to this one nothing was
 * signed when the writer died: of these, the signature that follows says only how they were found.
 */
export function deadLogRecovered(parts: { keptAsideBytes: number; signedSize: number }): EventFields {
  return eventFields({
    kind: "recovery",
    body: {
      cause: "writer_dead",
      kept_aside_bytes: parts.keptAsideBytes,
      rejected_but_durable: [],
      rejected_but_durable_count: 0,
      signed_size: parts.signedSize,
    },
  });
}

/** Says that the log of checkpoints which this process had in use is gone, cut, or another one. */
export function checkpointLogLost(log: string): EventFields {
  return eventFields({ kind: "recovery", body: { cause: "checkpoint_log_lost", log } });
}

const MAX_LISTED = 32;

/** Says in our own log that a dead log was found and could not be closed. */
export function logLeft(left: { readonly log: string; readonly code: string }): EventFields {
  return eventFields({ kind: "recovery", body: { cause: "log_left_as_it_is", log: left.log, code: left.code } });
}
