/** A UUIDv7, or the name of a log of checkpoints (docs/audit/format.md). */
const LOG_NAME = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|checkpoints-[0-9a-f]{8})$/;

export function isLogName(name: string): boolean {
  return LOG_NAME.test(name);
}
