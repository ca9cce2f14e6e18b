/*
 * Names inside a trail folder (docs/audit/format.md). A log id is a lower-case UUIDv7.
 */

const LOG_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether `text` is a log id: a UUID of version 7 (RFC 9562 section 5.7), lower case. */
export function isLogId(text: string): boolean {
  return LOG_ID.test(text);
}

const CHECKPOINT_LOG = /^checkpoints-([0-9a-f]{8})$/;

/** The name under which a store knows the log of checkpoints of the key with this id. */
export function checkpointLogName(keyId: string): string {
  return `checkpoints-${keyId}`;
}

/** Id of the key whose log of checkpoints has this name; null: it is no such name. */
export function checkpointLogKeyId(name: string): string | null {
  return CHECKPOINT_LOG.exec(name)?.[1] ?? null;
}

/** When a log with this id was opened, in milliseconds since 1970: the first 48 bits of a UUIDv7. */
export function openingTime(logId: string): number {
  return Number.parseInt(logId.slice(0, 8) + logId.slice(9, 13), 16);
}

/** Origin line of a log's checkpoints. */
export function logOrigin(log: string): string {
  return `proclaw.log/${log}`;
}

/** File name of the segment that begins with record `firstSeq`. */
export function segmentName(firstSeq: number): string {
  return `${String(firstSeq).padStart(16, "0")}.jsonl`;
}

/** File name of the checkpoint over the first `size` records. */
export function checkpointName(size: number): string {
  return `${String(size).padStart(16, "0")}.note`;
}

/**
 * The number in a segment or checkpoint name (its last path component), or null if the name is not
 * of that form: stores may name things as they like, but a name that says a number must say the right one.
 */
export function numberInName(name: string, ending: ".jsonl" | ".note"): number | null {
  const match = /(?:^|[/\\])([0-9]{16})(\.jsonl|\.note)$/.exec(name);
  return match !== null && match[2] === ending ? Number(match[1]) : null;
}
